/** Recovery data at the nodes: what comes back is what was there, and a copy of the device is noticed. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore, type MemoryPlace } from '@dsm/memory';
import { NodeError, type NodeApi } from '@dsm/ports';
import type { CapsuleStatus, RestoreProgress } from '../src/index.ts';
import { returned, rowsIn } from './capsule-scene.ts';
import { copied, market, opened, paid } from './market.ts';

test('what comes back from the nodes are all rows as they were sent', async () => {
  const { maya, cafe, network, stalls } = await market();
  const first = await maya.capsules.send();
  assert.deepEqual([first.certified, first.waiting, first.complete], [1, 0, true]);
  await paid(maya, cafe, 3n, 'offline');
  assert.equal((await maya.capsules.status()).complete, false);
  await maya.capsules.send();
  await paid(maya, cafe, 20n, 'online');
  const last = await maya.capsules.send();
  assert.ok(last.certified >= 3 && last.complete && !last.copied);
  const { place, found } = await returned(network, stalls.maya);
  assert.deepEqual(rowsIn(place), rowsIn(stalls.maya.place));
  assert.deepEqual([found?.base, found?.newest], [0, last.certified - 1]);
  assert.deepEqual([found?.answers, found?.of], [3, 4]);
  await maya.close();
  const again = await opened(network, { ...stalls.maya, place });
  await assert.rejects(
    cafe
      .contact('Maya')
      .verify()
      .then(() => again.mint('ERA', 1n)),
    {
      code: 'needs-restore',
    },
  );
  await again.sync();
  assert.equal(again.id.incarnation, 1);
  assert.equal(again.history().length, 2);
  assert.ok((await again.balance('ERA')) > 0n);
});

test('from the first time on every sync sends, and payments do while nodes answer', async () => {
  const { maya, cafe, network, stalls } = await market();
  await maya.sync();
  assert.equal((await maya.capsules.status()).certified, 0);
  await maya.capsules.send();
  await maya.load('ERA', 7n);
  await maya.sync();
  assert.ok((await maya.capsules.status()).complete);
  await paid(maya, cafe, 20n, 'online');
  await maya.close();
  const { place } = await returned(network, stalls.maya);
  assert.deepEqual(rowsIn(place), rowsIn(stalls.maya.place));
});

test('who opens a wallet, pays with the nodes and closes it has kept its capsules up', async () => {
  const { maya, cafe, network, stalls } = await market();
  await maya.capsules.send();
  await maya.close();
  const again = await opened(network, stalls.maya);
  await paid(again, cafe, 20n, 'online');
  await again.close();
  const { place } = await returned(network, stalls.maya);
  assert.deepEqual(rowsIn(place), rowsIn(stalls.maya.place));
});

test('what an incarnation before has left is not sent, and the next one has its own', async () => {
  const { maya, network, stalls } = await market();
  await maya.capsules.send();
  await maya.close();
  const { place } = await returned(network, stalls.maya);
  const stall = { ...stalls.maya, place };
  const again = await opened(network, stall);
  assert.equal((await again.capsules.send()).certified, 0, 'not before it is certified');
  await again.sync();
  const status = await again.capsules.send();
  assert.deepEqual([status.incarnation, status.certified >= 1, status.complete], [1, true, true]);
  const twice = await returned(network, stall);
  assert.deepEqual(rowsIn(twice.place), rowsIn(place));
  assert.equal(twice.found?.incarnation, 1);
});

test('a copied device is noticed when both have sent, and says so', async () => {
  const { maya, network, stalls } = await market();
  await maya.capsules.send();
  const thief = await opened(network, copied(stalls.maya));
  await thief.setOfflineLimit('ERA', 5n);
  assert.equal((await thief.capsules.send()).copied, false);
  const heard: CapsuleStatus[] = [];
  maya.on('copied', (status) => heard.push(status));
  await maya.setOfflineLimit('ERA', 6n);
  const status = await maya.capsules.send();
  assert.deepEqual([status.copied, heard.length, heard[0]?.copied], [true, 1, true]);
  await maya.setOfflineLimit('ERA', 7n);
  assert.equal((await maya.capsules.send()).copied, true);
  assert.equal(heard.length, 1, 'the owner is told once');
  // What was certified is the thief’s: capsules say what was known, and decide nothing about value.
  const { place } = await returned(network, stalls.maya);
  assert.notDeepEqual(rowsIn(place), rowsIn(stalls.maya.place));
});

test('nothing is made twice for one counter: what was sealed is sent again as it is', async () => {
  const { maya, network, stalls } = await market();
  const silent = network.nodes.map(deaf);
  await maya.close();
  const off = await opened({ ...network, nodes: silent }, stalls.maya);
  await assert.rejects(off.capsules.send(), { code: 'offline' });
  const kept = sealedIn(stalls.maya.place);
  assert.equal(kept.length, 1);
  await off.setOfflineLimit('ERA', 9n);
  await assert.rejects(off.capsules.send(), { code: 'offline' });
  assert.deepEqual(sealedIn(stalls.maya.place), kept);
  await off.close();
  const on = await opened(network, stalls.maya);
  const status = await on.capsules.send();
  assert.deepEqual([status.certified, status.waiting, status.copied], [2, 0, false]);
});

function sealedIn({ rows }: MemoryPlace): readonly string[] {
  const pending = [...rows.values()].filter(([key]) => key[0] === 0x32 && key[1] === 1);
  return pending.map(([, value]) => Buffer.from(value).toString('hex'));
}

function deaf(node: NodeApi): NodeApi {
  const never = async (): Promise<never> => {
    throw new NodeError('unreachable', 'silent');
  };
  return { ...node, writeSlot: never, readSlot: never };
}

test('a slot that lacks votes is completed by whoever restores', async () => {
  const { maya, network, stalls } = await market();
  await maya.close();
  // Two of four nodes take the slot: it has a value and no certificate.
  const half = network.nodes.map((node, i) => (i < 2 ? node : deaf(node)));
  const off = await opened({ ...network, nodes: half }, stalls.maya);
  await assert.rejects(off.capsules.send(), { code: 'offline' });
  const { found } = await returned(network, stalls.maya);
  assert.deepEqual([found?.newest, found?.answers], [0, 3]);
  await assert.rejects(returned({ ...network, nodes: half }, stalls.maya), { code: 'offline' });
});

test('no capsules are nothing, and a place that is taken stays as it is', async () => {
  const { maya, network, stalls } = await market();
  assert.equal((await returned(network, stalls.maya)).found, undefined);
  await maya.capsules.send();
  await maya.close();
  const store = memoryStore({ place: stalls.maya.place });
  await assert.rejects(returned(network, stalls.maya, { store }), { code: 'exists' });
});

test('progress is told, and what a restore that was cut has left is removed', async () => {
  const { maya, cafe, network, stalls } = await market();
  for (let i = 0; i < 5; i++) {
    await maya.capsules.send();
    await paid(maya, cafe, 1n, 'offline');
  }
  await maya.capsules.send();
  const told: RestoreProgress[] = [];
  const place = memoryPlace();
  const before = memoryStore({ place });
  await before.commit([{ key: Uint8Array.of(8, 1), value: Uint8Array.of(1) }]);
  const more = { store: before, onProgress: (so: RestoreProgress) => told.push(so) };
  const { found } = await returned(network, stalls.maya, more);
  assert.deepEqual(rowsIn(place), rowsIn(stalls.maya.place));
  assert.deepEqual(
    told.map(({ capsules, of }) => [capsules, of]),
    told.map((_, i) => [i + 1, told.length]),
  );
  assert.equal(told.length, found!.newest - found!.base + 1);
  assert.deepEqual([told.at(-1)?.rows, told.at(-1)?.bytes], [found!.rows, found!.bytes]);
});

test('with another secret there are no capsules, and none of them opens', async () => {
  const { maya, network, stalls } = await market();
  await maya.capsules.send();
  const stranger = { ...stalls.maya, keystore: stalls.cafe.keystore };
  assert.equal((await returned(network, stranger)).found, undefined);
});
