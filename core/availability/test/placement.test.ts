/** Placement is a function of registry and address: by bucket, replicas first, then the spill. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bucketOf,
  firstRegistry,
  perm,
  place,
  placement,
  rendezvous,
  rendezvousOf,
  seated,
  spillMax,
  tableOf,
} from '@dsm/availability';
import { registryLineage, type Registry } from '@dsm/primitive';
import fc from 'fast-check';
import { installPortable } from '@dsm/portable';

installPortable();

const address = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('an object is placed by its bucket, the seats and the lineage', () => {
  fc.assert(
    fc.property(address, fc.integer({ min: 4, max: 24 }), (at, count) => {
      const registry = registryOf(count);
      const { seats, bucketBits, nodes } = registry;
      const salt = registryLineage(registry);
      const view = rendezvous({ seats, bucketBits, salt, nodes: nodes.length });
      const order = perm(view, bucketOf(bucketBits, at));
      assert.equal(order.length, count);
      assert.deepEqual(place(registry, at), order);
      assert.deepEqual(rendezvousOf(registry), view);
    }),
    { numRuns: 50 },
  );
});

test('the first r are the replicas, the next e the spill, and small registries have fewer', () => {
  const at = new Uint8Array(32).fill(3);
  const nine = registryOf(9);
  const { replicas, spill } = placement(nine, at);
  assert.deepEqual([...replicas, ...spill], place(nine, at).slice(0, 4 + spillMax));
  assert.deepEqual(tableOf(nine).replicas(bucketOf(nine.bucketBits, at)), [...replicas, ...spill]);
  assert.equal(replicas.length, 4);
  assert.equal(placement(registryOf(5), at).spill.length, 1);
  assert.equal(placement(registryOf(4), at).spill.length, 0);
});

test('the next version moves only the share of the node that came or gave up its seats', () => {
  fc.assert(
    fc.property(address, fc.nat(8), (at, index) => {
      const before = registryOf(9);
      const after: Registry = { ...next(before), seats: seated(before.seats, index, 0) };
      assert.deepEqual(
        place(after, at),
        place(before, at).filter((node) => node !== index),
      );
    }),
    { numRuns: 50 },
  );
});

test('what is no address is a fault of the caller', () => {
  assert.throws(() => place(registryOf(4), new Uint8Array(31)), RangeError);
  assert.throws(() => placement(registryOf(4), new Uint8Array(33)), RangeError);
});

function registryOf(count: number): Registry {
  const nodes = Array.from({ length: count }, (_, i) => ({
    suite: 2 as const,
    id: new Uint8Array(32).fill(i + 1),
    voteKey: new Uint8Array(32).fill(i + 1),
    address: `node ${i}`,
    capacityBytes: 1_000 * ((i % 3) + 1),
  }));
  return firstRegistry({ network: new Uint8Array(32).fill(1), nodes })!;
}

/** The second version of a lineage, in which nothing changed. */
function next(first: Registry): Registry {
  return { ...first, first: registryLineage(first), version: 2 };
}
