/** The checks of `dsm doctor`. None of them changes anything. */

import { access, constants, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  httpNode,
  keystoreLevel,
  keystoreLock,
  lockDirectory,
  nativeSignaturesAvailable,
  tcpTransport,
} from '@dsm/node';
import type { Registry } from '@dsm/primitive';
import type { Context } from './context.ts';
import { failureOf } from './failure.ts';
import { exists, keyPath, networkOf } from './session.ts';
import { thingsHere } from './things.ts';

export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'warn' | 'fail';
  readonly found: string;
  readonly fix?: string;
}

const nodeMajorMin = 26;
const roomBytesMin = 100_000_000;
const healthMs = 3_000;

/** Everything is looked at, whatever is found on the way. */
export async function examine(context: Context): Promise<readonly Finding[]> {
  const checks: readonly (readonly [string, (context: Context) => Promise<Found>])[] = [
    ['node', runtime],
    ['disk', disk],
    ['key', key],
    ['things', things],
    ['store', store],
    ['nodes', nodes],
    ['listen', listen],
  ];
  const findings: Finding[] = [];
  for (const [check, look] of checks) {
    const found = await look(context).catch((error: unknown): Found => {
      const { message, fix } = failureOf(error);
      return { state: 'fail', found: message, fix };
    });
    findings.push({ check, ...found });
  }
  return findings;
}

type Found = Omit<Finding, 'check'>;

async function runtime(): Promise<Found> {
  const { version } = process;
  if (Number.parseInt(version.slice(1)) < nodeMajorMin) {
    const fix = `use Node ${nodeMajorMin} or later`;
    return { state: 'fail', found: `Node ${version} is too old`, fix };
  }
  const isNative = nativeSignaturesAvailable();
  const found = `Node ${version}, ${isNative ? 'native' : 'portable, slower'} signatures`;
  return { state: isNative ? 'ok' : 'warn', found };
}

async function disk({ home }: Context): Promise<Found> {
  const place = await nearest(home);
  const { bavail, bsize } = await statfs(place);
  const free = bavail * bsize;
  await access(place, constants.W_OK);
  const found = `${(free / 1e9).toFixed(1)} GB free at ${place}`;
  return free < roomBytesMin ? { state: 'warn', found, fix: 'make room' } : { state: 'ok', found };
}

async function key({ home }: Context): Promise<Found> {
  const path = keyPath(home);
  switch (await keystoreLock(path)) {
    case 'absent':
      return { state: 'warn', found: `no wallet in ${home}`, fix: 'dsm init' };
    case 'no-passphrase':
      return {
        state: 'warn',
        found: `${path} has no passphrase`,
        fix: 'make wallets for value with DSM_PASSPHRASE set',
      };
    case 'passphrase':
      return { state: 'ok', found: `${path} is sealed, level ${await keystoreLevel(path)}` };
  }
}

/** What a secret could be sealed to here. Nothing needs it, so what lacks is no warning. */
async function things(context: Context): Promise<Found> {
  const all = await thingsHere(context);
  const found = all.map(({ level, missing }) =>
    missing === undefined ? level : `no ${level} (${missing.message})`,
  );
  return { state: 'ok', found: `a secret can be sealed to: ${found.join(', ')}` };
}

async function store({ home }: Context): Promise<Found> {
  if (!(await exists(join(home, 'wallet.db')))) {
    return { state: 'warn', found: `no store in ${home}`, fix: 'dsm init' };
  }
  const lock = await lockDirectory(home);
  await lock.release();
  return { state: 'ok', found: 'the store is there and nobody else holds it' };
}

async function nodes(context: Context): Promise<Found> {
  const { name, registry, nodes: urls } = await networkOf(context);
  const answers = await Promise.all(urls.map(isThere));
  const count = answers.filter(Boolean).length;
  const found = `${count} of ${urls.length} nodes of ${name} answer`;
  if (!hasQuorums(registry, answers)) {
    return { state: 'fail', found: `${found}: too few to certify`, fix: 'try again later' };
  }
  const fix = `no answer: ${urls.filter((_, i) => answers[i] !== true).join(', ')}`;
  return count === urls.length ? { state: 'ok', found } : { state: 'warn', found, fix };
}

async function listen({ settings }: Context): Promise<Found> {
  const listener = await tcpTransport().listen(settings.listen.value);
  await listener.close();
  return { state: 'ok', found: `${settings.listen.value} can be listened on` };
}

async function isThere(url: string): Promise<boolean> {
  const node = httpNode(url, { answerMs: healthMs });
  try {
    await node.health();
    return true;
  } catch {
    return false;
  } finally {
    node.close();
  }
}

function hasQuorums({ groups, q }: Registry, answers: readonly boolean[]): boolean {
  return groups.every((group) => group.filter((index) => answers[index] === true).length >= q);
}

/** The folder, or the nearest one above it that is there. */
async function nearest(folder: string): Promise<string> {
  if (await exists(folder)) return folder;
  const parent = dirname(folder);
  return parent === folder ? folder : nearest(parent);
}
