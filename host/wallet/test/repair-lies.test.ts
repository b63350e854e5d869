/** What a repair believes of nodes that lie, and that it comes to its target however much is lost. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressPageCoder,
  rangeDigestBytes,
  rangeCount,
  symbolBytes,
  type NodeAnswer,
  type NodeRequest,
} from '@dsm/availability';
import { installNative } from '@dsm/node';
import { NodeError, type NodeApi } from '@dsm/ports';
import { address, compare, encodeWith, keyOf } from '@dsm/primitive';
import { quorum, repair, type RepairReport } from '../src/index.ts';
import { dice, type Dice } from './storage-drawn.ts';
import { objectOf, storageWorld, type StorageWorld } from './storage-world.ts';

installNative();

const seed = Number(process.env['SEED'] ?? 1);

async function filledWorld(count = 80): Promise<readonly [StorageWorld, readonly Uint8Array[]]> {
  const world = await storageWorld();
  const registry = world.registry();
  const storage = quorum(registry, registry.nodes.map(world.reach));
  const addresses: Uint8Array[] = [];
  for (let i = 0; i < count; i++) {
    await storage.publish(objectOf(i));
    addresses.push(address(objectOf(i)));
  }
  return [world, addresses];
}

function repaired(world: StorageWorld, entropy: Dice = dice(seed)): Promise<RepairReport> {
  return repair({ registries: world.registries, reach: world.reach, entropy });
}

type Say = (request: NodeRequest, honest: NodeApi) => Promise<NodeAnswer | undefined>;

function lying(say: Say): (honest: NodeApi) => NodeApi {
  return (honest) => ({
    ...honest,
    ask: (requests) =>
      Promise.all(
        requests.map(async (one) => (await say(one, honest)) ?? (await honest.ask([one]))[0]!),
      ),
  });
}

/** Everything lies at all holders but those that are left out. */
async function assertWhole(
  world: StorageWorld,
  addresses: readonly Uint8Array[],
  but: readonly number[],
): Promise<void> {
  for (const one of addresses) {
    const keepers = await world.keepers(one);
    for (const holder of world.holders(one)) {
      assert.ok(but.includes(holder) || keepers.includes(holder));
    }
  }
}

test('a node that hands out other bytes is named, and others are taken', async () => {
  const [world, addresses] = await filledWorld();
  await world.loseDisk(0);
  world.lies.set(
    1,
    lying(async ({ type }) => (type === 'get' ? { type: 'ok', body: objectOf(999) } : undefined)),
  );
  const report = await repaired(world);
  assert.deepEqual(report.wrong.map(keyOf), [keyOf(world.nodes[1]!.nodeId)]);
  await assertWhole(world, addresses, []);
  assert.deepEqual(await world.keepers(address(objectOf(999))), []);
});

test('a node that says that it has nothing takes nothing from anybody', async () => {
  const [world, addresses] = await filledWorld();
  await world.loseDisk(0);
  world.lies.set(
    1,
    lying(async ({ type }) => {
      if (type === 'ranges') {
        return { type: 'ok', body: new Uint8Array(rangeCount * rangeDigestBytes) };
      }
      if (type === 'list') {
        return { type: 'ok', body: encodeWith(addressPageCoder, { addresses: [], more: 0 }) };
      }
      return type === 'has' || type === 'get' ? { type: 'absent' } : undefined;
    }),
  );
  await repaired(world);
  await assertWhole(world, addresses, []);
});

test('objects that a node makes up are copied nowhere, and the repair ends', async () => {
  const [world, addresses] = await filledWorld();
  await world.loseDisk(0);
  const junk = dice(seed + 1);
  let made = 0;
  world.lies.set(
    1,
    lying(async (request) => {
      if (request.type === 'has') return { type: 'ok', body: Uint8Array.of(0, 0, 0, 9) };
      if (request.type === 'ranges') {
        return { type: 'ok', body: junk.bytes(rangeCount * rangeDigestBytes) };
      }
      if (request.type !== 'list') return undefined;
      const all = Array.from({ length: 40 }, () => {
        const key = junk.bytes(32);
        key[0] = (request.range << 2) | (key[0]! & 3);
        return key;
      });
      made += all.length;
      return {
        type: 'ok',
        body: encodeWith(addressPageCoder, { addresses: all.toSorted(compare), more: 0 }),
      };
    }),
  );
  const report = await repaired(world);
  assert.ok(made > 1_000);
  await assertWhole(world, addresses, []);
  // What it really has is given to it again, at most.
  const lost = addresses.filter((one) => world.holders(one).includes(0)).length;
  assert.ok(report.copied >= lost && report.copied <= 2 * addresses.length);
});

test('symbols of no set, of another set each time, or too few of them lead to lists', async () => {
  const junk = dice(seed + 2);
  const cheats: readonly Say[] = [
    async (request) =>
      request.type === 'symbols'
        ? { type: 'ok', body: junk.bytes(14 + 40 * request.count) }
        : undefined,
    async (request, honest) => {
      if (request.type !== 'symbols') return undefined;
      const { body } = (await honest.ask([request]))[0] as { body: Uint8Array };
      const changed = body.slice();
      changed.set(
        junk.bytes(symbolBytes * request.count),
        body.length - symbolBytes * request.count,
      );
      return { type: 'ok', body: changed };
    },
    async (request, honest) => {
      if (request.type !== 'symbols') return undefined;
      const { body } = (await honest.ask([request]))[0] as { body: Uint8Array };
      return { type: 'ok', body: body.slice(0, body.length - symbolBytes) };
    },
  ];
  for (const cheat of cheats) {
    const [world, addresses] = await filledWorld(300);
    for (const i of range(400, 420)) await world.nodes[i % 6]!.putObject(objectOf(i));
    world.lies.set(2, lying(cheat));
    const report = await repaired(world);
    assert.equal(report.uncompared, 0);
    const all = [...addresses, ...range(400, 420).map((i) => address(objectOf(i)))];
    await assertWhole(world, all, []);
  }
});

test('a node that has no time for symbols is compared another time, and the others now', async () => {
  const [world, addresses] = await filledWorld(300);
  const more = range(400, 420);
  for (const i of more) await world.nodes[i % 6]!.putObject(objectOf(i));
  const all = [...addresses, ...more.map((i) => address(objectOf(i)))];
  world.lies.set(
    2,
    lying(async ({ type }) =>
      type === 'symbols' || type === 'list' ? { type: 'later' } : undefined,
    ),
  );
  const report = await repaired(world);
  assert.ok(report.uncompared > 0);
  await assertWhole(
    world,
    all.filter((_, i) => i < 300 || (100 + i) % 6 !== 2),
    [2],
  );
  world.lies.clear();
  await repaired(world);
  await assertWhole(world, all, []);
});

test('a list that goes on for ever, falls back or names other ranges is given up', async () => {
  const cheats: readonly ((from: number) => readonly Uint8Array[])[] = [
    () => [],
    () => [new Uint8Array(32)],
    () => [new Uint8Array(32).fill(255)],
  ];
  for (const cheat of cheats) {
    const [world, addresses] = await filledWorld();
    await world.loseDisk(0);
    let asked = 0;
    world.lies.set(
      3,
      lying(async (request) => {
        if (request.type !== 'list') return undefined;
        asked += 1;
        const page = { addresses: cheat(asked), more: 1 } as const;
        return {
          type: 'ok',
          body: encodeWith(addressPageCoder, page),
        };
      }),
    );
    const report = await repaired(world);
    assert.ok(asked < 1_000);
    assert.ok(report.uncompared <= 5);
    await assertWhole(world, addresses, []);
  }
});

test('answers that make no sense, too few of them, or none: others are repaired', async () => {
  const cheats: readonly ((honest: NodeApi) => NodeApi)[] = [
    lying(async ({ type }) =>
      type === 'has' ? undefined : { type: 'ok', body: new Uint8Array(3) },
    ),
    lying(async ({ type }) => (type === 'has' ? undefined : { type: 'later' })),
    lying(async () => ({ type: 'refused', sentence: 'no' })),
    (honest) => ({ ...honest, ask: () => Promise.resolve([]) }),
    (honest) => ({
      ...honest,
      ask: () => Promise.reject(new NodeError('unreachable', 'away')),
    }),
  ];
  for (const cheat of cheats) {
    const [world, addresses] = await filledWorld();
    await world.loseDisk(0);
    world.lies.set(5, cheat);
    await repaired(world);
    await assertWhole(world, addresses, [5]);
  }
});

test('theorem 6: whatever is lost, late or repeated, repeated repair comes to the target', async () => {
  for (let run = 0; run < 4; run++) {
    const fall = dice(seed * 100 + run);
    const [world, addresses] = await filledWorld(60);
    for (const index of [0, 1, 2, 3, 4, 5]) {
      world.lies.set(index, (honest) => ({
        ...honest,
        ask: async (requests) => {
          // Reordered: others go on meanwhile. Lost on the way there, or the answer on the way back.
          for (let turn = fall.below(4); turn > 0; turn--) await Promise.resolve();
          if (fall.below(12) === 0) throw new NodeError('unreachable', 'lost');
          const answers = await honest.ask(requests);
          if (fall.below(6) === 0) await honest.ask(requests);
          if (fall.below(12) === 0) throw new NodeError('unreachable', 'lost');
          return answers;
        },
      }));
    }
    // One copy of each object is left, at whichever node.
    const kept = addresses.map((_, i) => objectOf(i));
    for (const index of [0, 1, 2, 3, 4, 5]) await world.loseDisk(index);
    for (const bytes of kept) await world.nodes[fall.below(6)]!.putObject(bytes);
    let rounds = 0;
    for (let isWhole = false; !isWhole; rounds++) {
      assert.ok(rounds < 200, 'no progress');
      await repaired(world, fall);
      const keepers = await Promise.all(addresses.map((one) => world.keepers(one)));
      isWhole = addresses.every((one, i) =>
        world.holders(one).every((index) => keepers[i]!.includes(index)),
      );
    }
    const last = await Promise.all([0, 1, 2].map(() => repaired(world, fall)));
    assert.ok(last.every(({ copied }) => copied === 0));
  }
});

function range(from: number, end: number): readonly number[] {
  return Array.from({ length: end - from }, (_, i) => from + i);
}
