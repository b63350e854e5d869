/** `dsm stream` between two wallets: amounts from options and from lines, what the receiver sees, the bound. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { installNative } from '@dsm/node';
import { commands } from '../src/commands/index.ts';
import { schemas } from '../src/commands/schema.ts';
import { cluster, type Cluster } from '../src/dev/cluster.ts';
import { mismatch } from './schema-check.ts';
import { place, type Ongoing } from './surroundings.ts';

installNative();

const described = schemas(commands);
const { folder, dsm, begin } = place();
let nodes: Cluster;

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  for (const name of ['Maya', 'Cafe']) await good('init', `--name ${name} --yes`, name);
  const { id } = await good<{ id: string }>('token issue', 'ERA --cap 1000 --decimals 2', 'Maya');
  await good('token mint', 'ERA 100', 'Maya');
  await good('token adopt', id, 'Cafe');
  await visited((to) => good('meet', `--to ${to}`, 'Maya'));
  await good('edge fund', 'Cafe 50 ERA --yes', 'Maya');
  await good('sync', '', 'Cafe');
});

after(() => nodes.end());

test('the bound of what is unsigned is shown and set, for all and for one', async () => {
  const allowed = async (more: string): Promise<string> =>
    (await good<{ decimal: string }>('stream allow', more, 'Cafe')).decimal;
  assert.equal(await allowed('ERA'), '50.00');
  assert.equal(await allowed('ERA 2.50'), '2.50');
  assert.equal(await allowed('ERA 0 --contact Maya'), '0.00');
  assert.equal(await allowed('ERA'), '2.50');
  assert.equal(await allowed('ERA none --contact Maya'), '2.50');
});

test('a stream is sent, and its receiver is told of its end', async () => {
  const host = listening();
  const to = await addressOf(host);
  const sent = await good<Sent>(
    'stream send',
    `Cafe ERA --to ${to} --amount 0.01 --count 300 --every 100 --note water`,
    'Maya',
  );
  assert.deepEqual([sent.transfers, sent.decimal, sent.left], [300, '3.00', '4700']);
  const { stdout } = await host.ended;
  const documents = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { event: string; stream?: Streamed });
  for (const document of documents) {
    assert.equal(mismatch(described['meet']!, document), undefined);
  }
  const last = documents.findLast(({ event }) => event === 'stream')!.stream!;
  assert.deepEqual(
    [last.state, last.decimal, last.unsigned, last.transfers],
    ['ended', '3.00', '0', 300],
  );
  const [payment] = (await good<readonly Paid[]>('history', 'Maya', 'Cafe')).slice(-1);
  assert.deepEqual(
    [payment!.decimal, payment!.transfers, payment!.finality],
    ['3.00', 300, 'edge-final'],
  );
});

test('amounts come line by line', async () => {
  const sent = await visited(async (to) => {
    const { exit, stdout, stderr } = await dsm(
      `stream send Cafe ERA --to ${to} ${common('Maya')}`,
      {},
      ['0.50', '', ' 0.25 ', '1'],
    );
    assert.equal(exit, 0, stderr);
    return JSON.parse(stdout) as Sent;
  });
  assert.deepEqual([sent.transfers, sent.decimal], [3, '1.75']);
});

test('what cannot be streamed is refused before anything is sent', async () => {
  const exit = async (more: string): Promise<number> =>
    (await dsm(`stream send ${more} ${common('Maya')}`)).exit;
  assert.equal(await exit('Nobody ERA --amount 1'), 3);
  assert.equal(await exit('Cafe ER --amount 1'), 3);
  assert.equal(await exit('Cafe ERA'), 2);
  assert.equal(await exit('Cafe ERA --count 3'), 2);
  assert.equal(await exit('Cafe ERA --amount 1 --every 0'), 2);
  assert.equal(await exit('Cafe ERA --amount 1'), 5);
  await visited(async (to) => {
    assert.equal(await exit(`Cafe ERA --to ${to} --amount 51`), 4);
  });
});

interface Sent {
  readonly transfers: number;
  readonly decimal: string;
  readonly left: string;
}

interface Streamed {
  readonly state: string;
  readonly decimal: string;
  readonly unsigned: string;
  readonly transfers: number;
}

interface Paid {
  readonly decimal: string;
  readonly transfers: number;
  readonly finality: string;
}

function common(name: string): string {
  return `--json --home ${join(folder, name)} --network ${nodes.networkPath}`;
}

function listening(): Ongoing {
  return begin(
    `meet --listen 127.0.0.1:0 --once --home ${join(folder, 'Cafe')} --network ${nodes.networkPath}`,
  );
}

async function addressOf(host: Ongoing): Promise<string> {
  return String((await host.event('listening'))['address']);
}

/** Do something while the cafe listens, and wait until it has seen the end. */
async function visited<T>(visit: (to: string) => Promise<T>): Promise<T> {
  const host = listening();
  const result = await visit(await addressOf(host));
  await host.ended;
  return result;
}

/** Runs a command that must succeed, and checks what it prints against its schema. */
async function good<T>(command: string, more: string, name: string): Promise<T> {
  const { exit, stdout, stderr } = await dsm(
    [command, ...(more === '' ? [] : [more]), common(name)].join(' '),
  );
  assert.equal(exit, 0, `${command} ${more}: ${stderr}`);
  const document = JSON.parse(stdout) as T;
  assert.equal(mismatch(described[command]!, document), undefined, command);
  return document;
}
