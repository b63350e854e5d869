/** Copies are counted by distinct nodes that answer; under load with nodes that come and go none is lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { address } from '@dsm/primitive';
import { quorum, repair, replication } from '../src/index.ts';
import { dice } from './storage-drawn.ts';
import { objectOf, storageWorld } from './storage-world.ts';

installNative();

const seed = Number(process.env['SEED'] ?? 1);

test('copies are counted by node, wherever they lie, and only where somebody answers', async () => {
  const world = await storageWorld();
  for (let i = 0; i < 30; i++) {
    // One to six copies, at nodes that should keep the object or not; twice the same is one.
    for (let node = 0; node <= i % 6; node++) {
      await world.nodes[node]!.putObject(objectOf(i));
      await world.nodes[node]!.putObject(objectOf(i));
    }
  }
  const all = await replication(world.registry(), world.reach);
  assert.deepEqual(
    [...all.objects].toSorted(([a], [b]) => a - b),
    [1, 2, 3, 4, 5, 6].map((count) => [count, 5]),
  );
  assert.deepEqual([all.belowQ, all.belowR, all.silent.length], [10, 15, 0]);
  world.away.add(0);
  const without = await replication(world.registry(), world.reach);
  assert.deepEqual(
    [...without.objects].toSorted(([a], [b]) => a - b),
    [1, 2, 3, 4, 5].map((count) => [count, 5]),
  );
  assert.deepEqual(without.silent, [world.nodes[0]!.nodeId]);
});

test('a fifth of the nodes away at any time under load, then two disks lost: nothing acknowledged is lost', async () => {
  const fall = dice(seed);
  const count = 10;
  const world = await storageWorld({ count });
  const registry = world.registry();
  const storage = quorum(registry, registry.nodes.map(world.reach));
  const acknowledged: Uint8Array[] = [];
  const repaired = (): ReturnType<typeof repair> =>
    repair({ registries: world.registries, reach: world.reach, entropy: fall });
  for (let i = 0; i < 400; i++) {
    if (i % 10 === 0) {
      world.away.clear();
      while (world.away.size < count / 5) world.away.add(fall.below(count));
    }
    const { available } = await storage.publish(objectOf(i));
    if (available) acknowledged.push(address(objectOf(i)));
  }
  assert.ok(acknowledged.length > 350);
  world.away.clear();
  await repaired();
  await world.loseDisk(fall.below(5));
  await world.loseDisk(5 + fall.below(5));
  for (const at of acknowledged) assert.notEqual(await storage.fetch(at), undefined);
  const report = await repaired();
  assert.deepEqual(report.after, { belowQ: 0, belowR: 0 });
  const { belowR } = await replication(registry, world.reach);
  assert.equal(belowR, 0);
  for (const at of acknowledged) {
    const keepers = await world.keepers(at);
    assert.ok(world.holders(at).every((index) => keepers.includes(index)));
  }
});
