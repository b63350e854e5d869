/** Two wallets, four node processes, every command; each JSON document is what its schema says. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
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
/** What each was shown when it was made. */
const wordsOf = new Map<string, string>();
let nodes: Cluster;

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  for (const name of ['Maya', 'Café']) {
    const { words } = await good<{ words: string }>('init', `--name ${name} --yes`, name);
    wordsOf.set(name, words);
  }
});

after(() => nodes.end());

test('two wallets meet, and know each other by the same phrases', async () => {
  const host = begin(`meet --listen 127.0.0.1:0 --once --home ${home('Café')}`);
  const { address } = await host.event('listening');
  const met = await good<Contact>('meet', `--to ${String(address)}`, 'Maya');
  assert.equal(met.name, 'Café');
  assert.equal(met.phrase, (await good<Contact>('id', '', 'Café')).phrase);
  const { exit, stdout } = await host.ended;
  assert.equal(exit, 0);
  for (const line of stdout.trim().split('\n')) {
    assert.equal(mismatch(described['meet']!, JSON.parse(line)), undefined);
  }
});

test('a token is issued, minted, adopted and loaded', async () => {
  const { id } = await good<Token>('token issue', 'ERA --cap 1000 --decimals 2', 'Maya');
  assert.equal((await good<Balance>('token mint', 'ERA 100', 'Maya')).total, '10000');
  assert.equal((await good<Token>('token adopt', id, 'Café')).id, id);
  assert.equal((await good<Balance>('load', '40 ERA', 'Maya')).purse, '4000');
  await good('token ls', '', 'Café');
  await good('token show', 'ERA', 'Café');
  assert.equal((await said('token mint ERA 901', 'Maya')).exit, 4);
  assert.equal((await said('load 61 ERA', 'Maya')).exit, 4);
});

test('the receiver of value is a name or a whole id, never a prefix', async () => {
  const { device } = await good<Contact>('id', '', 'Café');
  const short = device.slice(0, 12);
  await good('contact show', short, 'Maya');
  assert.equal((await said(`pay ${short} 1 ERA`, 'Maya')).exit, 3);
  assert.equal((await said('pay Café 1 ER', 'Maya')).exit, 3);
  assert.equal((await said('pay Café 0 ERA', 'Maya')).exit, 2);
  assert.equal((await said('pay Nobody 1 ERA', 'Maya')).exit, 3);
  assert.equal((await said('pay Café 1000 ERA --over online', 'Maya')).exit, 4);
  assert.equal((await said('pay Café 1 ERA --over offline', 'Maya')).exit, 5);
  assert.equal((await said('pay Café 1 ERA --to 127.0.0.1:9', 'Maya')).exit, 5);
});

test('a request is paid where it was asked, without a network, once its owner says so', async () => {
  const request = await good<{ request: string }>('ask', '5 ERA --note tea', 'Café');
  assert.match(request.request, /units=500&note=tea$/);
  const asked = begin(`ask 12.50 ERA --listen 127.0.0.1:0 --home ${home('Café')}`);
  const { request: text } = await asked.event('asked');
  assert.equal((await said(`pay ${String(text)}`, 'Maya')).exit, 2);
  const paid = await good<Paid>('pay', `${String(text)} --yes --over offline`, 'Maya');
  assert.deepEqual([paid.payment.decimal, paid.payment.finality], ['12.50', 'pair-final']);
  const end = await asked.ended;
  assert.equal(end.exit, 0);
  for (const line of end.stdout.trim().split('\n')) {
    const document = JSON.parse(line) as { event: string };
    const schema = document.event === 'asked' || document.event === 'payment' ? 'ask' : 'meet';
    assert.equal(mismatch(described[schema]!, document), undefined);
  }
});

test('what was paid offline is certified by a sync, and its receipt holds for anybody', async () => {
  await good('inbox', '', 'Café');
  await good('sync', '', 'Café');
  const [payment] = await good<readonly Paid['payment'][]>('history', 'Maya', 'Café');
  assert.equal(payment!.finality, 'certified');
  const shown = await good<{ means: string }>('receipt show', payment!.id.slice(0, 12), 'Café');
  assert.match(shown.means, /a quorum of nodes excludes/);
  await good('receipt export', `${payment!.id} tea.receipt`, 'Café');
  const checked = await good<{ ok: boolean; finality: string }>(
    'receipt verify',
    'tea.receipt',
    'Maya',
  );
  assert.equal(checked.finality, 'pair-final');
  assert.equal(checked.ok, true);
  const bytes = readFileSync(join(folder, 'tea.receipt'));
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(join(folder, 'bent.receipt'), bytes);
  assert.equal((await said('receipt verify bent.receipt', 'Maya')).exit, 7);
});

test('an online payment waits at the nodes until the receiver comes', async () => {
  const paid = await good<Paid>('pay', 'Café 7 ERA --over online', 'Maya');
  assert.equal(paid.payment.finality, 'certified');
  await good('outbox', '', 'Maya');
  await good('sync', '', 'Café');
  const [balance] = await good<readonly Balance[]>('balance', '', 'Café');
  assert.equal(balance!.total, '1950');
});

test('an edge is funded knowingly, paid over, shown on both sides and left', async () => {
  const unread = await said('edge fund Café 10 ERA', 'Maya');
  assert.equal(unread.exit, 2);
  assert.equal((await good<Edge>('edge limit', 'Café ERA 15', 'Maya')).limit[0], '1500');
  const funded = await said('edge fund Café 10 ERA --yes --json', 'Maya');
  assert.match(funded.stderr, /^- You cannot take the rest back alone\./m, 'also with --yes');
  assert.equal((JSON.parse(funded.stdout) as Edge).mine, '1000');
  assert.equal((await said('edge fund Café 10 ERA --yes', 'Maya')).exit, 4);
  const paid = await good<Paid>('pay', 'Café 3 ERA --over edge', 'Maya');
  assert.equal(paid.payment.finality, 'edge-final');
  await good('sync', '', 'Café');
  const [edge] = await good<readonly Edge[]>('edge ls', '', 'Café');
  assert.deepEqual([edge!.mine, edge!.theirs], ['300', '700']);
  assert.equal((await good<Edge>('edge exit', 'Maya ERA', 'Café')).mine, '0');
  await good('sync', '', 'Maya');
  const left = await good<Edge>('edge show', 'Café ERA', 'Maya');
  assert.deepEqual([left.mine, left.escrows[0]!.state], ['0', 'left']);
  await good('pay', 'Maya 3 ERA --over online', 'Café');
  await good('sync', '', 'Maya');
});

test('an invoice is paid by locks, through the nodes alone; who takes part is said', async () => {
  await good('edge fund', 'Café 5 ERA --yes', 'Maya');
  await good('sync', '', 'Café');
  const off = await good<Terms>('route relay', 'Café', 'Maya');
  assert.deepEqual([off.edges, off.flat], [false, '0']);
  const on = await good<Terms>('route relay', 'Café --on --flat 2 --per-million 500', 'Maya');
  assert.deepEqual([on.edges, on.flat, on.perMillion], [true, '2', 500]);
  assert.equal((await said('route relay Café --on --off', 'Maya')).exit, 2);
  const { invoice } = await good<{ invoice: string }>('route ask', '2 ERA --note tea', 'Café');
  assert.equal((await said(`route pay ${invoice}`, 'Maya')).exit, 2, 'it asks first');
  assert.equal((await said('route pay inv1qq --yes', 'Maya')).exit, 2);
  const large = await good<{ invoice: string }>('route ask', '50 ERA', 'Café');
  assert.equal((await said(`route pay ${large.invoice} --yes`, 'Maya')).exit, 4);
  assert.equal((await said(`route pay ${invoice} --max-fee x --yes`, 'Maya')).exit, 2);
  const locked = await said(`route pay ${invoice} --max-fee 0 --yes --json`, 'Maya');
  assert.equal(locked.exit, 8);
  const pending = JSON.parse(locked.stdout) as Route;
  assert.deepEqual([pending.state, pending.locked], ['pending', '200']);
  assert.match(pending.waiting, /^Café, who has not answered/);
  for (const name of ['Café', 'Maya', 'Café']) await good('sync', '', name);
  const [paid] = await good<readonly Route[]>('route ls', '', 'Maya');
  assert.deepEqual([paid!.state, paid!.note, paid!.waiting], ['paid', 'tea', '']);
  const got = await good<Route>('route show', paid!.id.slice(0, 12), 'Maya');
  assert.equal(got.role, 'payer');
  assert.equal((await good<readonly Route[]>('route ls', '', 'Café'))[0]!.state, 'paid');
  await good('edge exit', 'Maya ERA', 'Café');
  await good('sync', '', 'Maya');
  await good('pay', 'Maya 2 ERA --over online', 'Café');
  await good('sync', '', 'Maya');
});

test('contacts are renamed and blocked', async () => {
  await good('contact rename', 'Café Central', 'Maya');
  assert.equal((await good<Contact>('contact block', 'Central', 'Maya')).state, 'blocked');
  assert.equal((await said('pay Central 1 ERA', 'Maya')).exit, 4);
  assert.equal((await good<Contact>('contact block', 'Central --undo', 'Maya')).state, 'ok');
  await good('contact ls', '', 'Maya');
});

test('limits are set for everybody, for strangers and for one contact, and shown with what is left', async () => {
  const all = await good<Limits>('limit set', 'ERA 7.50', 'Café');
  assert.deepEqual([all.total.limit, all.total.decimal, all.strangers.length], ['750', '7.50', 0]);
  await good('limit set', 'ERA 2 --strangers', 'Café');
  const { contacts } = await good<Limits>('limit set', 'ERA 5 --contact Maya', 'Café');
  assert.deepEqual([contacts[0]?.contact, contacts[0]?.left], ['Maya', '500']);
  const [shown] = await good<readonly Limits[]>('limit show', 'ERA', 'Café');
  assert.deepEqual([shown?.strangers[0]?.limit, shown?.contacts.length], ['200', 1]);
  await good('limit set', 'ERA none --strangers', 'Café');
  const without = await good<Limits>('limit set', 'ERA none --contact Maya', 'Café');
  assert.deepEqual([without.strangers, without.contacts], [[], []]);
  assert.equal((await said('limit set ERA none', 'Café')).exit, 2);
  assert.equal((await said('limit set ERA 1 --strangers --contact Maya', 'Café')).exit, 2);
});

test('who wants more than a signature says so for each contact', async () => {
  const strict = await good<Contact>('limit finality', 'Maya certified', 'Café');
  assert.equal(strict.minimumFinality, 'certified');
  assert.equal(
    (await good<Contact>('limit finality', 'Maya', 'Café')).minimumFinality,
    'certified',
  );
  assert.equal((await said('limit finality Maya pending', 'Café')).exit, 2);
  await good('limit finality', 'Maya pair-final', 'Café');
});

test('the rest of the commands say what they describe', async () => {
  for (const line of [
    'status',
    'alarm ls',
    'chain verify',
    'config ls',
    'doctor',
    'network show',
  ]) {
    await good(line, '', 'Maya');
  }
  await good('node status', nodes.network.nodes[0]!, 'Maya');
  assert.equal((await said('alarm show alarm1', 'Maya')).exit, 3);
});

test('a backup becomes the next incarnation, with what the nodes show unspent', async () => {
  await good('backup', 'cafe.backup', 'Café');
  await good('restore', `cafe.backup --network ${nodes.networkPath}`, 'Again');
  assert.equal((await said('pay Maya 1 ERA', 'Again')).exit, 4);
  assert.equal(
    (await said('sync', 'Again')).exit,
    9,
    'the root key certifies the next incarnation',
  );
  const env = { DSM_WORDS: wordsOf.get('Café')! };
  assert.equal((await said('sync', 'Again', env)).exit, 0);
  assert.equal((await good<{ incarnation: number }>('id', '', 'Again')).incarnation, 1);
  const [balance] = await good<readonly Balance[]>('balance', '', 'Again');
  assert.equal(balance!.total, '1950');
});

interface Edge {
  readonly mine: string;
  readonly theirs: string;
  readonly limit: readonly string[];
  readonly escrows: readonly { readonly state: string }[];
}

interface Terms {
  readonly edges: boolean;
  readonly flat: string;
  readonly perMillion: number;
}

interface Route {
  readonly id: string;
  readonly role: string;
  readonly state: string;
  readonly locked: string;
  readonly note: string;
  readonly waiting: string;
}

interface Contact {
  readonly name: string;
  readonly device: string;
  readonly phrase: string;
  readonly state: string;
  readonly minimumFinality: string;
}

interface Limits {
  readonly total: { readonly limit: string; readonly decimal: string };
  readonly strangers: readonly { readonly limit: string }[];
  readonly contacts: readonly { readonly contact: string; readonly left: string }[];
}

interface Token {
  readonly id: string;
}

interface Balance {
  readonly total: string;
  readonly purse: string;
}

interface Paid {
  readonly payment: { readonly id: string; readonly decimal: string; readonly finality: string };
}

function home(name: string): string {
  return join(folder, name);
}

function said(
  line: string,
  name: string,
  env: Readonly<Record<string, string>> = {},
): ReturnType<typeof dsm> {
  return dsm(`${line} --json --home ${home(name)} --network ${nodes.networkPath}`, env);
}

/** Runs a command that must succeed, and checks what it prints against its schema. */
async function good<T>(command: string, more: string, name: string): Promise<T> {
  const { exit, stdout, stderr } = await said(more === '' ? command : `${command} ${more}`, name);
  assert.equal(exit, 0, `${command} ${more}: ${stderr}`);
  const document = JSON.parse(stdout) as T;
  assert.equal(mismatch(described[command]!, document), undefined, command);
  return document;
}
