/** `dsm node repair`, `audit` and `fsck` against nodes over HTTP, and what they print. */

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { filled } from '@dsm/ports/conformance';
import { openSegmentLog } from '@dsm/segment-log';
import { address, zero32, type Registry } from '@dsm/primitive';
import { secretsInMemory, shelves, storageNode, type StorageNode } from '@dsm/storage-node';
import { serveNode, type ServedNode } from '@dsm/storage-node/http';
import { networkId } from '@dsm/wallet';
import { commands } from '../src/commands/index.ts';
import { schemas } from '../src/commands/schema.ts';
import { newNetwork } from '../src/network-new.ts';
import { writeNetwork } from '../src/network-file.ts';
import { reachByHttp } from '../src/node-care.ts';
import { mismatch } from './schema-check.ts';
import { place, type Said } from './surroundings.ts';

installNative();

const described = schemas(commands);
const { folder, dsm } = place();
const nodes: StorageNode[] = [];
const served: ServedNode[] = [];
const reach = reachByHttp();

before(async () => {
  let registry: Registry | undefined;
  for (let i = 0; i < 5; i++) {
    const node = await storageNode({
      engine: memoryEngine(),
      registry: () => registry,
      network: networkId('village'),
      suite: 1,
      secrets: secretsInMemory(filled(100 + i)),
      capacityBytes: 1 << 24,
      dial: reach.at,
    });
    nodes.push(node);
    served.push(await serveNode(node, { host: '127.0.0.1', port: 0 }));
  }
  const cards = nodes.map(({ card }, i) => ({ ...card, address: served[i]!.address }));
  const network = newNetwork('village', cards);
  ({ registry } = network);
  await writeNetwork(join(folder, 'network.json'), network);
});

after(async () => {
  reach.close();
  for (const one of served) await one.close();
  for (const node of nodes) await node.close();
});

async function said<T>(line: string, exit: number): Promise<T> {
  const answer: Said = await dsm(`node ${line} --json`);
  assert.equal(answer.exit, exit, answer.stderr);
  const document = JSON.parse(answer.stdout) as T;
  const [command] = line.split(' ');
  assert.equal(mismatch(described[`node ${command}`]!, document), undefined, line);
  return document;
}

test('repair copies what is missing, and finds nothing the second time', async () => {
  const objects = [1, 2, 3, 4, 5].map((fill) => filled(fill));
  for (const bytes of objects) await nodes[0]!.putObject(bytes);
  const first = await said<{
    found: number;
    copied: number;
    after: object;
    copies: readonly { copies: number; objects: number }[];
  }>('repair --registry network.json --pace 10MB --count', 0);
  const counted = first.copies.reduce((sum, one) => sum + one.objects, 0);
  assert.equal(counted, 5);
  assert.ok(first.copies.every((one) => one.copies >= 4));
  assert.equal(first.found, 5);
  assert.ok(first.copied >= 5 * 3);
  assert.deepEqual(first.after, { belowQ: 0, belowR: 0 });
  const second = await said<{ found: number }>('repair --registry network.json --replace', 0);
  assert.equal(second.found, 0);
});

test('audit tells whether a node keeps what it says, and remembers what it said', async () => {
  const url = served[1]!.address;
  const about = `audit ${url} --registry network.json --samples 4 --records audits.jsonl`;
  assert.equal((await said<{ outcome: string }>(about, 1)).outcome, 'silent');
  await nodes[1]!.commitBytes();
  const first = await said<{ outcome: string; sequence: number }>(about, 0);
  assert.deepEqual([first.outcome, first.sequence], ['passed', 0]);
  await nodes[1]!.commitBytes();
  assert.equal((await said<{ sequence: number }>(about, 0)).sequence, 1);
  const elsewhere = await dsm('node audit http://127.0.0.1:1 --registry network.json');
  assert.equal(elsewhere.exit, 3);
  assert.equal((await dsm(`node audit ${url} --registry network.json --samples x`)).exit, 2);
});

test('fsck names damaged objects of a folder, and drops them if it is told to', async () => {
  await dsm('node card --data shed');
  assert.equal((await dsm('node fsck --data nowhere')).exit, 3);
  const engine = await openSegmentLog(join(folder, 'shed', 'log'));
  const key = address(filled(1));
  await engine.commit([
    { shelf: shelves.objects, key, value: filled(2) },
    { shelf: shelves.objects, key: address(zero32), value: zero32 },
  ]);
  await engine.close();
  const found = await said<{ objects: number; damagedObjects: readonly string[] }>(
    'fsck --data shed',
    1,
  );
  assert.deepEqual(found.damagedObjects, [Buffer.from(key).toString('base64url')]);
  assert.equal(found.objects, 2);
  const dropped = await said<{ dropped: number; counted: boolean }>('fsck --data shed --drop', 0);
  assert.deepEqual([dropped.dropped, dropped.counted], [1, true]);
  assert.equal((await said<{ objects: number }>('fsck --data shed', 0)).objects, 1);
});

test('fsck of a segment log checks the log, too', async () => {
  await dsm('node card --data barn');
  await writeFile(join(folder, 'barn', 'engine.json'), JSON.stringify({ engine: 'segment-log' }));
  const log = await openSegmentLog(join(folder, 'barn', 'log'));
  await log.commit([{ shelf: shelves.objects, key: address(filled(1)), value: filled(1) }]);
  await log.close();
  const whole = await said<Checked>('fsck --data barn', 0);
  assert.deepEqual([whole.objects, whole.engine], [1, []]);
  const names = await readdir(join(folder, 'barn', 'log'));
  const segment = names.find((name) => name.endsWith('.segment'))!;
  const path = join(folder, 'barn', 'log', segment);
  const bytes = await readFile(path);
  await writeFile(path, Buffer.concat([bytes, Buffer.alloc(48, 7)]));
  const cut = await said<Checked>('fsck --data barn', 0);
  assert.deepEqual(
    cut.engine.map(({ kind, harmless }) => [kind, harmless]),
    [['tail', true]],
  );
});

interface Checked {
  readonly objects: number;
  readonly engine: readonly { readonly kind: string; readonly harmless: boolean }[];
}

test('minutes of a node that runs are whole and not many', async () => {
  for (const minutes of ['0', '1.5', '99999', 'often']) {
    assert.equal((await dsm(`node run --commit ${minutes}`)).exit, 2, minutes);
  }
});
