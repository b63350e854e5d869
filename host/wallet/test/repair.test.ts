/** Repair puts every object where it should be, whatever was lost, and moves only bytes that fit. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { objectClasses, placement, type Terms } from '@dsm/availability';
import { installNative } from '@dsm/node';
import { address } from '@dsm/primitive';
import { quorum, repair, type RepairOptions, type RepairReport } from '../src/index.ts';
import { objectOf, storageWorld, type StorageWorld } from './storage-world.ts';

installNative();

const entropy = {
  bytes: (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length)),
};

async function repaired(
  world: StorageWorld,
  options: Partial<RepairOptions> = {},
): Promise<RepairReport> {
  const { registries, reach } = world;
  return repair({ registries, reach, entropy, ...options });
}

async function published(
  world: StorageWorld,
  count: number,
  from = 0,
): Promise<readonly Uint8Array[]> {
  const registry = world.registry();
  const nodes = registry.nodes.map((node) => world.reach(node));
  const storage = quorum(registry, nodes);
  const addresses: Uint8Array[] = [];
  for (let i = from; i < from + count; i++) {
    assert.ok((await storage.publish(objectOf(i))).available);
    addresses.push(address(objectOf(i)));
  }
  return addresses;
}

/** Every object lies at all of its holders. */
async function assertWhole(world: StorageWorld, addresses: readonly Uint8Array[]): Promise<void> {
  for (const one of addresses) {
    const keepers = await world.keepers(one);
    for (const holder of world.holders(one)) assert.ok(keepers.includes(holder));
  }
}

test('where nothing is missing nothing moves', async () => {
  const world = await storageWorld();
  await published(world, 100);
  const report = await repaired(world);
  assert.deepEqual(
    { ...report, traffic: undefined, buckets: report.buckets.size },
    {
      version: 1,
      phase: 'done',
      found: 0,
      copied: 0,
      bytes: 0,
      before: { belowQ: 0, belowR: 0 },
      after: { belowQ: 0, belowR: 0 },
      buckets: 0,
      compared: 15,
      uncompared: 0,
      silent: [],
      wrong: [],
      traffic: undefined,
    },
  );
});

test('two lost disks between repairs: everything is back at r, and a second repair finds nothing', async () => {
  const world = await storageWorld();
  const addresses = await published(world, 200);
  await world.loseDisk(0);
  await world.loseDisk(3);
  const lost = addresses.map((one) => world.holders(one).filter((i) => i === 0 || i === 3).length);
  const report = await repaired(world);
  assert.equal(
    report.copied,
    lost.reduce((a, b) => a + b, 0),
  );
  assert.equal(report.before.belowR, lost.filter((count) => count > 0).length);
  assert.equal(report.before.belowQ, lost.filter((count) => count > 1).length);
  assert.deepEqual(report.after, { belowQ: 0, belowR: 0 });
  await assertWhole(world, addresses);
  const again = await repaired(world);
  assert.deepEqual([again.found, again.copied], [0, 0]);
});

test('a few differences among many objects are found by symbols, not by lists', async () => {
  const world = await storageWorld({ count: 4 });
  await published(world, 2_000);
  for (let i = 5_000; i < 5_020; i++) await world.nodes[i % 4]!.putObject(objectOf(i));
  const asked: string[] = [];
  for (let i = 0; i < 4; i++) {
    world.lies.set(i, (honest) => ({
      ...honest,
      ask: (requests) => {
        asked.push(...requests.map(({ type }) => type));
        return honest.ask(requests);
      },
    }));
  }
  const report = await repaired(world);
  assert.equal(report.copied, 20 * 3);
  assert.equal(asked.filter((type) => type === 'list').length, 0);
  assert.ok(asked.includes('symbols'));
});

test('those with fewer than q copies come first', async () => {
  const world = await storageWorld({ count: 4 });
  const order: number[] = [];
  // One copy of the first ten, three of the others.
  for (let i = 0; i < 40; i++) {
    for (let node = 0; node < (i < 10 ? 1 : 3); node++)
      await world.nodes[node]!.putObject(objectOf(i));
  }
  world.lies.set(3, (honest) => ({
    ...honest,
    ask: (requests) => {
      for (const one of requests) {
        if (one.type === 'put') order.push(new DataView(one.bytes.slice().buffer).getUint32(0));
      }
      return honest.ask(requests);
    },
  }));
  const report = await repaired(world);
  assert.deepEqual(report.before, { belowQ: 10, belowR: 40 });
  assert.ok(order.slice(0, 10).every((number) => number < 10));
  assert.equal(order.length, 40);
});

test('claims travel with an object, also those that one holder hides', async () => {
  const world = await storageWorld({ count: 4 });
  const owner = new Uint8Array(32).fill(7);
  const [mine, long]: readonly Terms[] = [
    { class: objectClasses.receipt, until: 9, owner },
    { class: objectClasses.commitment, until: 20, owner: undefined },
  ];
  const bytes = objectOf(1);
  for (const node of [0, 1, 2]) {
    await world.nodes[node]!.keepObject(bytes, mine);
    await world.nodes[node]!.keepObject(bytes, long);
  }
  for (const liar of [0, 1, 2]) {
    world.lies.clear();
    world.lies.set(liar, (honest) => ({
      ...honest,
      ask: async (requests) => {
        const answers = await honest.ask(requests);
        return answers.map((answer, i) =>
          requests[i]!.type === 'terms' ? { type: 'absent' } : answer,
        );
      },
    }));
    await world.loseDisk(3);
    await repaired(world);
    const [answer] = await world.nodes[3]!.ask([{ type: 'terms', address: address(bytes) }]);
    const [expected] = await world.nodes[(liar + 1) % 3]!.ask([
      { type: 'terms', address: address(bytes) },
    ]);
    assert.deepEqual(answer, expected);
  }
});

test('a repair that was stopped goes on where it ended', async () => {
  const world = await storageWorld();
  const addresses = await published(world, 120);
  await world.loseDisk(1);
  const controller = new AbortController();
  const first = await repaired(world, {
    signal: controller.signal,
    budget: { bytesInFlight: 1_000 },
    onProgress: ({ copied }) => {
      if (copied >= 20) controller.abort();
    },
  });
  assert.ok(first.copied >= 20 && first.after.belowR > 0);
  const second = await repaired(world);
  assert.equal(second.found, first.after.belowR);
  await assertWhole(world, addresses);
});

test('no more bytes are on their way than may be, and the caller sets the pace', async () => {
  const world = await storageWorld({ count: 4 });
  await published(world, 100);
  await world.loseDisk(2);
  const steps: number[] = [];
  const report = await repaired(world, {
    budget: {
      bytesInFlight: 3_000,
      pace: async (bytes) => void steps.push(bytes),
    },
  });
  assert.equal(report.copied, 100);
  // Each byte moves twice: from a source, and to the one that lacks it.
  assert.ok(steps.every((bytes) => bytes <= 6_000));
  assert.equal(
    steps.reduce((a, b) => a + b, 0),
    2 * report.bytes,
  );
});

test('a node that leaves, one that joins: the target moves, also while a repair runs', async () => {
  const world = await storageWorld({ count: 5, more: 2 });
  const addresses = await published(world, 300);
  world.change([0, 1, 2, 3, 5]);
  let isChanged = false;
  const report = await repaired(world, {
    budget: { bytesInFlight: 4_000 },
    onProgress: ({ copied }) => {
      if (copied < 50 || isChanged) return;
      isChanged = true;
      world.change([0, 1, 2, 5, 6]);
    },
  });
  assert.equal(report.version, 3);
  assert.deepEqual(report.after, { belowQ: 0, belowR: 0 });
  await assertWhole(world, addresses);
});

test('an object that only a former node has comes back', async () => {
  const world = await storageWorld({ count: 5, more: 1 });
  const bytes = objectOf(77);
  await world.nodes[4]!.putObject(bytes);
  world.change([0, 1, 2, 3, 5]);
  const report = await repaired(world);
  assert.equal(report.copied, 4);
  await assertWhole(world, [address(bytes)]);
});

test('what a full node cannot take stands with the next in the order, and is not offered to it in vain', async () => {
  const full = 2;
  const world = await storageWorld({ capacityBytes: (i) => (i === full ? 10_000 : 1 << 24) });
  const addresses = await published(world, 150);
  const r = world.registry().r;
  for (const one of addresses) assert.equal((await world.keepers(one)).length, r);
  const { registry } = world;
  for (const one of addresses) {
    const { replicas, spill } = placement(registry(), one);
    const keepers = await world.keepers(one);
    assert.ok(keepers.every((index) => replicas.includes(index) || spill.includes(index)));
  }
  const report = await repaired(world);
  assert.deepEqual(report.after, { belowQ: 0, belowR: 0 }, 'r copies stand, some of them beside');
  assert.ok(report.copied <= 3, 'a few small ones may find room');
  await world.loseDisk(5);
  const second = await repaired(world);
  assert.deepEqual(second.after, { belowQ: 0, belowR: 0 });
  for (const one of addresses) assert.ok((await world.keepers(one)).length >= r);
});

test('others stand in for a node that does not answer, if they are asked to', async () => {
  const world = await storageWorld();
  const addresses = await published(world, 150);
  world.away.add(4);
  const waiting = await repaired(world);
  assert.deepEqual([waiting.copied, waiting.silent.length], [0, 1]);
  const report = await repaired(world, { replace: true });
  const lost = addresses.filter((one) => world.holders(one).includes(4));
  assert.equal(report.copied, lost.length);
  for (const one of addresses) {
    const keepers = (await world.keepers(one)).filter((index) => index !== 4);
    assert.equal(keepers.length, world.registry().r);
  }
  world.away.clear();
  const after = await repaired(world);
  assert.equal(after.copied, 0);
});

test('a node repairs what it shares with others, and nothing else', async () => {
  const world = await storageWorld();
  const addresses = await published(world, 150);
  await world.loseDisk(0);
  await world.loseDisk(5);
  const report = await repaired(world, { only: world.nodes[0]!.nodeId });
  assert.equal(report.compared, 5);
  for (const one of addresses) {
    if (world.holders(one).includes(0)) assert.ok((await world.keepers(one)).includes(0));
  }
  const rest = await repaired(world);
  assert.ok(rest.copied > 0);
  await assertWhole(world, addresses);
});
