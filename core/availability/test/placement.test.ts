/** Placement is a function of registry and address, evenly spread, and moves little when a node joins. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { place, placement, spillMax } from '@dsm/availability';
import { compare, hash, nodeId, type Registry, type RegistryNode } from '@dsm/primitive';
import fc from 'fast-check';
import { installPortable } from '@dsm/portable';

installPortable();

const address = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('the order is a permutation of all nodes, by score', () => {
  fc.assert(
    fc.property(address, fc.integer({ min: 4, max: 24 }), (at, count) => {
      const registry = registryOf(nodes(count));
      const order = place(registry, at);
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        Array.from({ length: count }, (_, i) => i),
      );
      const scores = order.map((i) => hash('place', at, registry.nodes[i]!.id));
      assert.ok(scores.every((score, i) => i === 0 || compare(scores[i - 1]!, score) > 0));
    }),
    { numRuns: 50 },
  );
});

test('the order does not depend on how the registry lists its nodes', () => {
  fc.assert(
    fc.property(address, fc.shuffledSubarray(nodes(12), { minLength: 12 }), (at, shuffled) => {
      const [one, other] = [registryOf(nodes(12)), registryOf(shuffled)];
      assert.deepEqual(ids(other, place(other, at)), ids(one, place(one, at)));
    }),
    { numRuns: 50 },
  );
});

test('a node that joins or leaves does not change the order of the others', () => {
  fc.assert(
    fc.property(address, fc.nat(11), (at, gone) => {
      const [before, after] = [registryOf(nodes(12)), registryOf(nodes(12).toSpliced(gone, 1))];
      const left = nodeId(before.nodes[gone]!);
      assert.deepEqual(
        ids(after, place(after, at)),
        ids(before, place(before, at)).filter((id) => compare(id, left) !== 0),
      );
    }),
    { numRuns: 50 },
  );
});

test('the first r are the replicas, the next e the spill, and small registries have fewer', () => {
  const at = new Uint8Array(32).fill(3);
  const order = place(registryOf(nodes(9)), at);
  const { replicas, spill } = placement(registryOf(nodes(9)), at);
  assert.deepEqual([...replicas, ...spill], order.slice(0, 4 + spillMax));
  assert.equal(replicas.length, 4);
  assert.equal(placement(registryOf(nodes(5)), at).spill.length, 1);
  assert.equal(placement(registryOf(nodes(4)), at).spill.length, 0);
});

test('every node gets its share, as a throw of dice would give it', () => {
  const [count, objects, r] = [20, 4_000, 4];
  const registry = registryOf(nodes(count));
  const load = Array.from({ length: count }, () => 0);
  for (let i = 0; i < objects; i++) {
    const at = hash('mark', Uint8Array.of(i & 255, i >> 8));
    for (const index of placement(registry, at).replicas) load[index]! += 1;
  }
  const mean = (objects * r) / count;
  // Binomial: five standard deviations are met by chance once in a million draws.
  const far = 5 * Math.sqrt(mean * (1 - r / count));
  for (const kept of load) assert.ok(Math.abs(kept - mean) < far, `${kept} of ${mean}`);
});

test('what is no address is a fault of the caller', () => {
  assert.throws(() => place(registryOf(nodes(4)), new Uint8Array(31)), RangeError);
});

function nodes(count: number): RegistryNode[] {
  return Array.from({ length: count }, (_, i) => ({
    suite: 2,
    id: new Uint8Array(32).fill(i + 1),
    capacityBytes: 1,
    missed: 0,
    voteKey: new Uint8Array(32).fill(i + 1),
    address: `node ${i}`,
  }));
}

function registryOf(all: readonly RegistryNode[]): Registry {
  const zero = new Uint8Array(32);
  const groups = [[0, 1, 2, 3]];
  return {
    network: zero,
    first: zero,
    previous: zero,
    version: 1,
    closed: zero,
    r: 4,
    q: 3,
    f: 1,
    bucketBits: 8,
    admission: 0,
    seatBytes: 1,
    nodes: all,
    seats: all.map((_, i) => i % 256).slice(0, 1),
    groups,
    signers: [0],
    threshold: 1,
  };
}

function ids(registry: Registry, order: readonly number[]): Uint8Array[] {
  return order.map((i) => registry.nodes[i]!.id);
}
