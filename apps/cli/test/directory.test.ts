/** The directory at the command line: people who have never met find and pay each other. */

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

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  for (const name of ['Ann', 'Ben', 'Eve']) await good('init', `--name ${name} --yes`, name);
  await good('token issue', 'ERA --cap 100 --decimals 0', 'Ann');
  await good('token mint', 'ERA 50', 'Ann');
});

after(() => nodes.end());

test('a listed name is found, and paid only if the owner says that it is meant', async () => {
  assert.equal((await good<{ name: string }>('directory publish', 'BEN', 'Ben')).name, 'ben');
  const [found] = await good<Claimant[]>('directory find', 'Ben', 'Ann');
  assert.equal(found?.phrase, (await good<{ phrase: string }>('id', '', 'Ben')).phrase);
  assert.equal((await said('directory find nobody', 'Ann')).exit, 3);
  assert.equal((await said('pay nobody 5 ERA --yes', 'Ann')).exit, 3);
  assert.equal((await said('pay ben 5 ERA', 'Ann')).exit, 2, 'asked, and nobody answers');
  await good('pay', 'ben 5 ERA --yes', 'Ann');
  const { introduced, received } = await good<Synced>('sync', '', 'Ben');
  assert.deepEqual([introduced, received], [1, 1]);
  const [first] = await good<{ name: string; introduced: string }[]>('contact ls', '', 'Ben');
  assert.deepEqual([first?.name, first?.introduced], ['Ann', 'by-them']);
});

test('a name that two claim is refused, and an invitation is one', async () => {
  const { others } = await good<{ others: number }>('directory publish', 'ben', 'Eve');
  assert.equal(others, 1);
  assert.equal((await good<Claimant[]>('directory find', 'ben', 'Ann')).length, 2);
  assert.equal((await said('contact add ben', 'Eve')).exit, 2);
  const { invitation } = await good<{ invitation: string }>('directory invite', '', 'Eve');
  const added = await good<Contact>('contact add', `${invitation} --name Eva`, 'Ann');
  assert.deepEqual([added.name, added.introduced], ['Eva', 'unanswered']);
  assert.equal((await good<Synced>('sync', '', 'Eve')).introduced, 1);
  await good('directory withdraw', 'ben', 'Eve');
  const { names } = await good<{ names: string[] }>('directory status', '', 'Eve');
  assert.deepEqual(names, []);
  assert.equal((await said('directory withdraw ben', 'Eve')).exit, 3);
  assert.equal((await good<Claimant[]>('directory find', 'ben', 'Ann')).length, 1);
  await good('contact show', 'Eva', 'Ann');
});

interface Claimant {
  readonly phrase: string;
}

interface Contact {
  readonly name: string;
  readonly introduced: string;
}

interface Synced {
  readonly introduced: number;
  readonly received: number;
}

function said(line: string, name: string): ReturnType<typeof dsm> {
  return dsm(`${line} --json --home ${join(folder, name)} --network ${nodes.networkPath}`);
}

/** Runs well, and prints what its schema says. */
async function good<T>(command: string, rest: string, name: string): Promise<T> {
  const { exit, stdout, stderr } = await said(rest === '' ? command : `${command} ${rest}`, name);
  assert.equal(exit, 0, `${command} ${rest}: ${stderr}`);
  const document: unknown = JSON.parse(stdout);
  assert.equal(mismatch(described[command]!, document), undefined, command);
  return document as T;
}
