/**
 * The container image of a storage node: built without a daemon, started, asked, stopped.
 *
 * It runs under buildah's own isolation, so that it needs no privileges that a build machine lacks.
 */

import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const tools = ['buildah', 'mmdebstrap'];
const missing = tools.filter((tool) => spawnSync('which', [tool]).status !== 0);
const skip = missing.length === 0 ? false : `${missing.join(' and ')} not installed here`;

test('the image is built, its node starts, answers and ends well', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-image-'));
  const name = `dsm-node-test-${process.pid}`;
  t.after(() => {
    rmSync(folder, { recursive: true, force: true });
    spawnSync('buildah', ['rmi', '--force', name]);
  });
  execFileSync('deploy/image.sh', [name], {
    env: { ...process.env, BASE: 'mmdebstrap' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const container = execFileSync('sh', ['-c', `buildah from ${name}`], { encoding: 'utf8' }).trim();
  t.after(() => void spawnSync('buildah', ['rm', container]));
  const port = await freePort();
  const entry = ['/opt/dsm/bin/node', '/opt/dsm/apps/cli/src/main.ts', 'node', 'run'];
  const where = ['--data', '/var/lib/dsm', '--listen', `127.0.0.1:${port}`, '--with-parent'];
  const run = spawn(
    'buildah',
    // The volume of a container belongs to whoever mounts it; here nobody does.
    ['run', '--isolation', 'chroot', '--user', '0', container, '--', ...entry, ...where],
    { stdio: ['pipe', 'ignore', 'pipe'] },
  );
  t.after(() => run.kill('SIGKILL'));
  let log = '';
  run.stderr.on('data', (part) => (log += String(part)));
  const health = await answered(`http://127.0.0.1:${port}/healthz`, () => log);
  assert.equal(health.status, 'ok');
  const ended = once(run, 'exit');
  run.stdin.end();
  await ended;
  assert.match(log, /"stopped"/);
});

async function answered(url: string, log: () => string): Promise<{ readonly status: string }> {
  for (let tries = 0; tries < 300; tries++) {
    try {
      const response = await fetch(url);
      return (await response.json()) as { status: string };
    } catch {
      await sleep(100);
    }
  }
  throw new Error(`the node in the image does not answer: ${log()}`);
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
