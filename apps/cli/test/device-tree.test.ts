/** The devices of one owner at the command line: words in the environment, never among the arguments. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { installNative } from '@dsm/node';
import { commands } from '../src/commands/index.ts';
import { schemas } from '../src/commands/schema.ts';
import { cluster, type Cluster } from '../src/dev/cluster.ts';
import { mismatch } from './schema-check.ts';
import { place } from './surroundings.ts';

installNative();

const described = schemas(commands);
const { folder, dsm } = place();
let nodes: Cluster;
let words = '';

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  words = (await good<{ words: string }>('init', '--name Phone --yes', 'Phone')).words;
  await good('init', '--name Laptop --words-from env --device 1 --yes', 'Laptop');
  await good('sync', '', 'Laptop');
  await good('id', '--card laptop.card', 'Laptop');
  await good('init', '--name Cafe --without-words --yes', 'Cafe');
});

after(() => nodes.end());

test('a device is added by its card, listed by both, and retired', async () => {
  const first = await good<Tree>('device add', '', 'Phone');
  assert.deepEqual([first.seq, first.devices.length], [1, 1]);
  const both = await good<Tree>('device add', 'laptop.card', 'Phone');
  assert.equal(both.seq, 2);
  const there = await good<Tree>('device ls', '', 'Laptop');
  assert.equal(there.identity, both.identity);
  assert.deepEqual(there.devices.map(({ state, here }) => `${state} ${here}`).toSorted(), [
    'alive false',
    'alive true',
  ]);
  assert.equal((await good<Tree>('device rotate', '', 'Phone')).rotations, 1);
  const { device } = await good<{ device: string }>('id', '', 'Phone');
  const after = await good<Tree>('device retire', device, 'Laptop');
  assert.equal(after.devices.find((one) => one.device === device)?.state, 'retired');
  assert.equal((await said('sync', 'Phone')).exit, 6);
});

test('without words nothing is signed, and who has no identity has no devices', async () => {
  const line = `device rotate --json --home ${join(folder, 'Laptop')} --network ${nodes.networkPath}`;
  const { exit, stderr } = await dsm(line);
  assert.equal(exit, 9, stderr);
  assert.equal((await said('device ls', 'Cafe')).exit, 2);
  assert.equal((await said('device show nobody', 'Laptop')).exit, 3);
});

interface Tree {
  readonly identity: string;
  readonly seq: number;
  readonly rotations: number;
  readonly devices: readonly { device: string; state: string; here: boolean }[];
}

function said(line: string, name: string): ReturnType<typeof dsm> {
  const whole = `${line} --json --home ${join(folder, name)} --network ${nodes.networkPath}`;
  return dsm(whole, words === '' ? {} : { DSM_WORDS: words });
}

/** Runs well, and prints what its schema says. */
async function good<T>(command: string, rest: string, name: string): Promise<T> {
  const { exit, stdout, stderr } = await said(rest === '' ? command : `${command} ${rest}`, name);
  assert.equal(exit, 0, `${command} ${rest}: ${stderr}`);
  const document: unknown = JSON.parse(stdout);
  assert.equal(mismatch(described[command]!, document), undefined, command);
  return document as T;
}
