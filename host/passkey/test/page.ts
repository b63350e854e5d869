/**
 * A page in a real Chromium that runs the sources of this repository, with an authenticator that the
 * browser plays (Chrome DevTools, WebAuthn): platform, user recognised, PRF.
 */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { stripTypeScriptTypes } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core';

const executable = '/usr/bin/chromium';

/** A reason to skip, or false. */
export const withoutChromium: string | false = existsSync(executable)
  ? false
  : 'needs Chromium (Debian package chromium)';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const sources = ['primitive', 'protocols', 'identity', 'availability'].map(
  (name) => [`@dsm/${name}`, `/core/${name}/src/index.ts`] as const,
);
const imports = Object.fromEntries([
  ...sources,
  ['@dsm/ports', '/host/ports/src/index.ts'],
  ['@dsm/passkey', '/host/passkey/src/index.ts'],
]);
const html = `<!doctype html><title>passkey</title>
<script type="importmap">${JSON.stringify({ imports })}</script>`;

export interface Browsing {
  readonly newThing: (flags?: {
    readonly backupEligible?: boolean;
    readonly hasPrf?: boolean;
    /** Whether it keeps passkeys itself, or has them kept by who made them. */
    readonly lists?: boolean;
  }) => Promise<Thing>;
  readonly close: () => Promise<void>;
}

/** One authenticator, and the page that reaches it. */
export interface Thing {
  readonly page: Page;
  /** Whether its user is recognised from now on. */
  readonly recognise: (isUser: boolean) => Promise<void>;
}

export async function startBrowsing(): Promise<Browsing> {
  const server = createServer((request, response) => {
    void answer(request.url ?? '/').then(({ type, body }) => {
      response.writeHead(body === undefined ? 404 : 200, { 'content-type': type });
      response.end(body);
    });
  });
  server.listen(0, 'localhost');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const args = [
    '--no-sandbox',
    '--disable-gpu',
    '--no-first-run',
    '--disable-background-networking',
  ];
  const browser: Browser = await chromium.launch({ executablePath: executable, args });
  return {
    newThing: async ({ backupEligible = false, hasPrf = true, lists = true } = {}) => {
      const page = await (await browser.newContext()).newPage();
      await page.goto(`http://localhost:${port}/`);
      const devtools: CDPSession = await page.context().newCDPSession(page);
      await devtools.send('WebAuthn.enable', { enableUI: false });
      const { authenticatorId } = await devtools.send('WebAuthn.addVirtualAuthenticator', {
        options: {
          protocol: 'ctap2',
          ctap2Version: 'ctap2_1',
          transport: 'internal',
          hasResidentKey: lists,
          hasUserVerification: true,
          isUserVerified: true,
          automaticPresenceSimulation: true,
          hasPrf,
          defaultBackupEligibility: backupEligible,
        },
      });
      const recognise = async (isUserVerified: boolean): Promise<void> => {
        await devtools.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
      };
      return { page, recognise };
    },
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      server.close();
    },
  };
}

/** The page, and sources without their types. */
async function answer(url: string): Promise<{ readonly type: string; readonly body?: string }> {
  if (url === '/') return { type: 'text/html; charset=utf-8', body: html };
  if (!/^\/(?:core|host)\/[\w/-]+\.ts$/.test(url)) return { type: 'text/plain' };
  const source = await readFile(`${root}${url}`, 'utf8').catch(() => undefined);
  assert.ok(source !== undefined, url);
  return { type: 'text/javascript; charset=utf-8', body: stripTypeScriptTypes(source) };
}
