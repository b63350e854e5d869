/**
 * Theorems 4 and 5 of seed 000 with real nodes: a query asks a bounded number of nodes, and capacity
 * adds up. Theorem 6 is in repair-lies.test.ts; theorem 8, the load, is counted for 6 to 10,000 nodes
 * in core/availability/test/balance.test.ts.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placement, recordSize, spillMax, usualTerms } from '@dsm/availability';
import { installNative } from '@dsm/node';
import type { NodeApi } from '@dsm/ports';
import { address } from '@dsm/primitive';
import { quorum } from '../src/index.ts';
import { dice } from './storage-drawn.ts';
import { objectOf, storageWorld } from './storage-world.ts';

installNative();

const seed = Number(process.env['SEED'] ?? 1);

test('theorem 4: a client asks nobody outside the first r + e, whoever is away', async () => {
  const world = await storageWorld({ count: 20 });
  const registry = world.registry();
  const fall = dice(seed);
  const asked = new Set<number>();
  const counted = (index: number): NodeApi => {
    const node = world.reached(index);
    const mark = <A extends readonly unknown[], T>(call: (...given: A) => T) => {
      return (...given: A): T => {
        asked.add(index);
        return call(...given);
      };
    };
    return {
      ...node,
      putObject: mark(node.putObject),
      getObject: mark(node.getObject),
      ask: mark(node.ask),
    };
  };
  const storage = quorum(
    registry,
    registry.nodes.map((_, index) => counted(index)),
  );
  let most = 0;
  for (let i = 0; i < 60; i++) {
    world.away.clear();
    for (let gone = fall.below(12); gone > 0; gone--) world.away.add(fall.below(20));
    const at = address(objectOf(i));
    const { replicas, spill } = placement(registry, at);
    const allowed = [...replicas, ...spill];
    assert.equal(allowed.length, registry.r + spillMax);
    for (const query of [
      () => storage.publish(objectOf(i)),
      () => storage.fetch(at),
      () => storage.available(at),
    ]) {
      asked.clear();
      await query();
      assert.ok(asked.size > 0 && [...asked].every((index) => allowed.includes(index)));
      most = Math.max(most, asked.size);
    }
  }
  assert.equal(most, registry.r + spillMax, 'it does go as far as it may');
});

test('theorem 5: N nodes hold N / r times what one holds before the first refusal', async () => {
  const size = 1_000;
  const each = 400;
  // So many objects fit into the part of a node that is not kept for slots.
  const capacityBytes = Math.ceil((each * recordSize(size) * 20) / 19) + 20;
  const bucketBits = 12;
  for (const count of [4, 8, 12]) {
    const world = await storageWorld({ count, capacityBytes, bucketBits });
    const registry = world.registry();
    const { r } = registry;
    let kept = 0;
    for (let isRefused = false; !isRefused;) {
      const bytes = new Uint8Array(size);
      new DataView(bytes.buffer).setUint32(0, kept);
      const { replicas } = placement(registry, address(bytes));
      for (const index of replicas) {
        const put = { type: 'put', terms: usualTerms, bytes } as const;
        const [answer] = await world.nodes[index]!.ask([put]);
        isRefused ||= answer!.type === 'full';
      }
      kept += isRefused ? 0 : 1;
    }
    const ideal = (count / r) * each;
    // Of one node: objects fall like dice, and so do buckets. The fullest of them refuses first.
    const dicing = count === r ? 0 : Math.sqrt((1 - r / count) * (count / (r * ideal)));
    const bucketing = Math.sqrt((1 - r / count) * (count / (r * 2 ** bucketBits)));
    const deviation = 4 * Math.hypot(dicing, bucketing);
    assert.ok(kept <= ideal, `${count}: ${kept} of ${ideal}`);
    assert.ok(kept >= ideal * (1 - deviation), `${count}: ${kept} of ${ideal}`);
  }
});
