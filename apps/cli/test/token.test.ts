/** Tokens at the command line: shown before they are taken, issued together, items, burns, re-mints. */

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
const { folder, dsm, begin } = place();
let nodes: Cluster;

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  for (const name of ['Ann', 'Ben', 'Maya']) await good('init', `--name ${name} --yes`, name);
});

after(() => nodes.end());

test('a token is shown in full, and a look-alike is adopted only if it is meant', async () => {
  const { id } = await good<Named>('token issue', 'GOLD --cap 100 --decimals 0', 'Ann');
  const shown = await good<Details>('token show', id, 'Maya');
  assert.ok(id.endsWith(shown.shortId));
  assert.deepEqual([shown.threshold, shown.burn, shown.warnings.length], [1, false, 0]);
  await good('token adopt', id, 'Maya');
  const { id: other } = await good<Named>('token issue', 'G0LD --cap 5', 'Ben');
  assert.equal((await good<Details>('token show', other, 'Maya')).warnings.length, 1);
  assert.equal((await said(`token adopt ${other}`, 'Maya')).exit, 4);
  await good('token adopt', `${other} --look-alike`, 'Maya');
});

test('two issuers sign one issue, by files', async () => {
  const keys = [
    await good<{ key: string }>('token key', '', 'Ann'),
    await good<{ key: string }>('token key', '', 'Ben'),
  ].map(({ key }) => key);
  const { id } = await good<Named>(
    'token issue',
    `EUR --cap 900 --decimals 0 --issuers ${keys.join()}`,
    'Ann',
  );
  await good('token adopt', id, 'Ben');
  assert.equal((await said('token mint EUR 5', 'Ann')).exit, 4);
  const [one, two] = ['one.issue', 'two.issue'].map((name) => join(folder, name));
  await good('token propose', `EUR 50 ${one}`, 'Ann');
  await good('token cosign', `${one} ${two}`, 'Ben');
  assert.equal((await said(`token propose EUR 51 ${one}`, 'Ann')).exit, 4);
  await good('token finish', `${two}`, 'Ann');
  const balance = await good<Balance[]>('balance', '', 'Ann');
  assert.equal(balance.find(({ ticker }) => ticker === 'EUR')?.total, '50');
});

test('items are minted, listed, paid and burnt; notes are made anew by whoever issues them', async () => {
  const host = begin(
    `meet --listen 127.0.0.1:0 --once --home ${home('Maya')} --json --network ${nodes.networkPath}`,
  );
  const { address } = await host.event('listening');
  await good('meet', `--to ${String(address)}`, 'Ann');
  await host.ended;
  const { id } = await good<Named>('token issue', 'ART --cap 9 --form unique --burn', 'Ann');
  await good('token adopt', id, 'Maya');
  await good('token mint', 'ART 2', 'Ann');
  await good('token mint', 'ART 1 --to Maya', 'Ann');
  await good('pay', 'Maya 2 ART --over online', 'Ann');
  await good('sync', '', 'Maya');
  const held = await good<{ serial: string }[]>('token items', 'ART', 'Maya');
  assert.deepEqual(
    held.map(({ serial }) => serial),
    ['2', '3'],
  );
  assert.equal((await said('token burn ART 2', 'Maya')).exit, 2, 'asked, and nobody answers');
  const burnt = await good<{ what: string; item: string[] }>('token burn', 'ART 2 --yes', 'Maya');
  assert.deepEqual([burnt.what, burnt.item], ['burn', ['2']]);
  assert.equal((await good<{ collected: number }>('token collect', 'ART', 'Maya')).collected, 0);
  const issuer = begin(
    `meet --listen 127.0.0.1:0 --once --home ${home('Ann')} --json --network ${nodes.networkPath}`,
  );
  const there = await issuer.event('listening');
  const asked = await said(`token remint ART Ann --to ${String(there['address'])}`, 'Maya');
  assert.equal(asked.exit, 4, 'what is left is fresh from the mint');
  await issuer.ended;
});

interface Named {
  readonly id: string;
}

interface Details {
  readonly shortId: string;
  readonly threshold: number;
  readonly burn: boolean;
  readonly warnings: readonly unknown[];
}

interface Balance {
  readonly ticker: string;
  readonly total: string;
}

function home(name: string): string {
  return join(folder, name);
}

function said(line: string, name: string): ReturnType<typeof dsm> {
  return dsm(`${line} --json --home ${home(name)} --network ${nodes.networkPath}`);
}

/** Runs well, and prints what its schema says. */
async function good<T>(command: string, rest: string, name: string): Promise<T> {
  const { exit, stdout, stderr } = await said(rest === '' ? command : `${command} ${rest}`, name);
  assert.equal(exit, 0, `${command} ${rest}: ${stderr}`);
  const document: unknown = JSON.parse(stdout);
  assert.equal(mismatch(described[command]!, document), undefined, command);
  return document as T;
}
