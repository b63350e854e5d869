/** `dsm recover`: a lost device out of its words, with the nodes, with a file, alone, and as a rehearsal. */

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { installNative } from '@dsm/node';
import { wordsOf } from '@dsm/words';
import { commands } from '../src/commands/index.ts';
import { schemas } from '../src/commands/schema.ts';
import { cluster, type Cluster } from '../src/dev/cluster.ts';
import { mismatch } from './schema-check.ts';
import { place, type Said } from './surroundings.ts';

installNative();

const described = schemas(commands);
const { folder, dsm } = place();
let nodes: Cluster;
let words = '';

interface Report {
  readonly rehearsal: boolean;
  readonly source: string;
  readonly device: string;
  readonly incarnation: number;
  readonly tokens: readonly { readonly kept: string; readonly purse: string }[];
  readonly missing: readonly string[];
}

function home(name: string): string {
  return join(folder, name);
}

function said(
  line: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Said> {
  return dsm(`${line} --json --home ${home(name)} --network ${nodes.networkPath}`, {
    DSM_CAPSULES: 'nodes',
    ...env,
  });
}

async function good<T>(
  line: string,
  name: string,
  env?: Readonly<Record<string, string>>,
): Promise<T> {
  const { exit, stdout, stderr } = await said(line, name, env);
  assert.equal(exit, 0, `${line}: ${stderr}`);
  return JSON.parse(stdout) as T;
}

async function recovered(more: string, name: string): Promise<Report & Said> {
  const answer = await said(`recover ${more}`.trim(), name, { DSM_WORDS: words });
  assert.equal(answer.exit, 0, answer.stderr);
  const report = JSON.parse(answer.stdout) as Report;
  assert.equal(mismatch(described['recover']!, report), undefined);
  return { ...answer, ...report };
}

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  ({ words } = await good<{ words: string }>('init --name Maya --yes', 'Maya'));
  await good('token issue ERA --cap 1000', 'Maya');
  await good('token mint ERA 100', 'Maya');
  await good('load 7 ERA', 'Maya');
  await good('sync', 'Maya');
  await good('backup maya.capsule', 'Maya');
});

after(() => nodes.end());

test('a rehearsal says what would come back, and changes nothing', async () => {
  const fromNodes = await recovered('--rehearse', 'Nowhere');
  assert.equal(fromNodes.rehearsal, true);
  assert.equal(fromNodes.source, 'nodes');
  assert.deepEqual(
    fromNodes.tokens.map(({ kept, purse }) => [kept, purse]),
    [['9300', '700']],
  );
  assert.ok(fromNodes.missing.some((line) => /^7(\.00)? ERA of the purse/.test(line)));
  assert.match(fromNodes.stderr, /Asking the nodes/);
  assert.ok(!existsSync(home('Nowhere')), 'no wallet is made');
  const fromFile = await recovered('--rehearse --capsule maya.capsule', 'Nowhere');
  assert.equal(fromFile.source, 'file');
  assert.deepEqual(fromFile.tokens, fromNodes.tokens);
  assert.equal((await recovered('--rehearse --words-only', 'Nowhere')).tokens.length, 0);
  assert.equal((await said('sync', 'Maya')).exit, 0, 'the device itself goes on');
});

test('a recovery brings it back, the old device is told, and a second one finds it done', async () => {
  const report = await recovered('--yes', 'Again');
  assert.deepEqual([report.source, report.incarnation], ['nodes', 1]);
  const [balance] = await good<readonly { total: string }[]>('balance', 'Again');
  assert.equal(balance!.total, '9300');
  const old = await said('sync', 'Maya');
  assert.equal(old.exit, 6);
  assert.match(old.stderr, /superseded/);
  assert.equal((await said('token mint ERA 1', 'Maya')).exit, 6);
  const { phase } = await good<{ phase: string }>('status', 'Maya');
  assert.equal(phase, 'superseded');
  const again = await recovered('--yes', 'Again');
  assert.deepEqual([again.source, again.incarnation], ['store', 1]);
});

test('out of a file, into a third place', async () => {
  const report = await recovered('--yes --capsule maya.capsule', 'Third');
  assert.deepEqual([report.source, report.incarnation], ['file', 2]);
  assert.equal((await said('sync', 'Again')).exit, 6);
});

test('what cannot be asked for is refused with its code', async () => {
  assert.equal((await said('recover', 'Fourth')).exit, 9, 'no words, and nobody to ask');
  const twelve = words.split(' ').slice(0, 12).join(' ');
  assert.equal((await said('recover', 'Fourth', { DSM_WORDS: twelve })).exit, 2);
  const env = { DSM_WORDS: words };
  assert.equal((await said('recover --device x', 'Fourth', env)).exit, 2);
  assert.equal((await said('recover --capsule a --words-only', 'Fourth', env)).exit, 2);
  assert.equal((await said('recover --capsule nothing.here', 'Fourth', env)).exit, 3);
  const others = { DSM_WORDS: wordsOf(new Uint8Array(32).fill(0x6b)) };
  assert.equal((await said('recover --yes --capsule maya.capsule', 'Fifth', others)).exit, 2);
});
