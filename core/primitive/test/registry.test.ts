/** Registries: what has bytes, which versions belong together, and which group keeps a slot. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { equal } from '../src/bytes.ts';
import { limits } from '../src/limits.ts';
import {
  emptySeat,
  groupIndexOf,
  groupOf,
  nodeId,
  nodeIndex,
  registriesOf,
  registry,
  registryLineage,
  voterId,
  type Registry,
} from '../src/registry.ts';
import { flipped, installFakes, named, nextNodes, nodesOf } from './fixture.ts';

installFakes();

const first = nodesOf(2);
const second = nextNodes(first);
const base: Registry = { ...first.registry, signers: [0, 2, 3, 7], threshold: 3 };

test('versions survive their bytes', () => {
  for (const value of [first.registry, second.registry, base]) {
    assert.deepEqual(registry.decode(registry.encode(value)), { ok: true, value });
  }
});

const changedNode = (index: number, changes: Partial<Registry['nodes'][number]>): Registry => ({
  ...base,
  nodes: base.nodes.with(index, { ...base.nodes[index]!, ...changes }),
});
const [some, zero] = [named('something'), new Uint8Array(32)];

/** Each breaks one rule and no other. */
const illFormed: Readonly<Record<string, Registry>> = {
  'version 0': { ...second.registry, version: 0 },
  'version 1 that names a first': { ...base, first: some },
  'version 1 that names a previous': { ...base, previous: some },
  'version 1 that follows from signals': { ...base, closed: some },
  'version 2 without a first': { ...second.registry, first: zero },
  'version 2 without a previous': { ...second.registry, previous: zero },
  'version 2 without signals': { ...second.registry, closed: zero },
  'r above 3f + 1': { ...base, r: 5, q: 4, groups: [[0, 1, 2, 3, 4]] },
  'r below 3f + 1': { ...base, f: 2, q: 4 },
  'quorums that share faulty nodes only': { ...base, q: 2 },
  'quorums that cannot form': { ...base, q: 5 },
  'buckets too wide': { ...base, bucketBits: limits.bucketBitsMin - 1 },
  'buckets too narrow': { ...base, bucketBits: limits.bucketBitsMax + 1 },
  'seats for nothing': { ...base, seatBytes: 0 },
  'an id twice': changedNode(1, { id: base.nodes[0]!.id }),
  'a vote key twice': changedNode(1, { voteKey: base.nodes[0]!.voteKey }),
  'a group of three': { ...base, groups: [[0, 1, 2]] },
  'a group of five': { ...base, groups: [[0, 1, 2, 3, 4]] },
  'a member that is no node': { ...base, groups: [[0, 1, 2, 8]] },
  'a member of two groups': {
    ...base,
    groups: [
      [0, 1, 2, 3],
      [3, 4, 5, 6],
    ],
  },
  'a member twice': { ...base, groups: [[0, 1, 2, 2]] },
  'three seats': { ...base, seats: [0, 1, 2] },
  'a seat of no node': { ...base, seats: [0, 8] },
  'signers that descend': { ...base, signers: [0, 3, 2, 7] },
  'a signer twice': { ...base, signers: [0, 2, 2, 7] },
  'a signer that is no node': { ...base, signers: [0, 2, 3, 8] },
  'signers whose sets share bad ones only': { ...base, threshold: 2 },
  'signers that need the bad ones': { ...base, threshold: 4 },
};

for (const [name, value] of Object.entries(illFormed)) {
  test(`a registry has no bytes: ${name}`, () => {
    assert.throws(() => registry.encode(value), RangeError);
  });
}

test('a registry may leave seats empty, count a key of each suite, and have nodes in no group', () => {
  const { voteKey } = base.nodes[0]!;
  const wellFormed = [
    { ...base, seats: [emptySeat, 7, emptySeat, 7] },
    { ...base, seats: [emptySeat] },
    changedNode(1, { voteKey, suite: 2 }),
    changedNode(1, { capacityBytes: 0, missed: 255, address: '' }),
    { ...base, groups: [[0, 2, 4, 6]] },
    { ...base, bucketBits: limits.bucketBitsMin },
    { ...base, bucketBits: limits.bucketBitsMax },
  ];
  for (const value of wellFormed) {
    assert.deepEqual(registry.decode(registry.encode(value)), { ok: true, value });
  }
});

test('quorums: exactly those of which two share an honest node and one can form', () => {
  const { nodes } = nodesOf(4).registry;
  fc.assert(
    fc.property(fc.nat({ max: 4 }), fc.nat({ max: 14 }), (f, q) => {
      const r = 3 * f + 1;
      const groups = [Array.from({ length: r }, (_, i) => i)];
      const value = { ...base, r, q, f, nodes, groups };
      const isSound = q <= r && 2 * q - r > f;
      if (isSound) assert.ok(registry.decode(registry.encode(value)).ok);
      else assert.throws(() => registry.encode(value), RangeError);
    }),
    { numRuns: 100 },
  );
});

test('signers: two sets share an honest one and one can form, with fewer than a third of them bad', () => {
  const { nodes } = nodesOf(4).registry;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 16 }), fc.nat({ max: 17 }), (count, threshold) => {
      const signers = Array.from({ length: count }, (_, i) => i);
      const value = { ...base, nodes, signers, threshold };
      // The most that are fewer than a third.
      const bad = signers.findLast((some) => 3 * some < count) ?? 0;
      const isSound = threshold + bad <= count && 2 * threshold - count > bad;
      if (isSound) assert.ok(registry.decode(registry.encode(value)).ok);
      else assert.throws(() => registry.encode(value), RangeError);
    }),
    { numRuns: 200 },
  );
});

test('a lineage is named by the address of its first version', () => {
  const third = nextNodes(second).registry;
  const lineage = registryLineage(first.registry);
  for (const { lineage: named, newest, at } of [
    registriesOf(first.registry),
    registriesOf(first.registry, second.registry, third),
    registriesOf(third),
  ]) {
    assert.deepEqual(named, lineage);
    assert.equal(at(newest.version), newest);
  }
  const known = registriesOf(first.registry, third);
  assert.equal(known.newest, third);
  assert.deepEqual([1, 2, 3, 4].map(known.at), [first.registry, undefined, third, undefined]);
  assert.notDeepEqual(registryLineage(nodesOf(1).registry), lineage);
});

test('versions of two lineages do not belong together, and none are no registries', () => {
  assert.throws(() => registriesOf(), RangeError);
  assert.throws(() => registriesOf(first.registry, nodesOf(1).registry), RangeError);
  assert.throws(() => registriesOf(first.registry, nextNodes(nodesOf(1)).registry), RangeError);
});

test('a node has an id for its life, and a name for each of its vote keys', () => {
  const [one, other] = [first.registry.nodes[0]!, first.registry.nodes[1]!];
  assert.deepEqual(second.registry.nodes[0]!.id, one.id);
  assert.notDeepEqual(voterId(second.registry.nodes[0]!), voterId(one));
  assert.notDeepEqual(voterId(one), voterId(other));
  assert.notDeepEqual(voterId(one), voterId({ ...one, suite: 2 }));
  const key = named('an identity key');
  assert.notDeepEqual(nodeId(1, key), nodeId(2, key));
  assert.notDeepEqual(nodeId(1, key), nodeId(1, flipped(key)));
  assert.notDeepEqual(nodeId(1, key), voterId({ suite: 1, voteKey: key }));
  assert.equal(nodeIndex(first.registry, other.id), 1);
  assert.equal(nodeIndex(first.registry, flipped(other.id)), -1);
});

/** A version with so many groups, which are numbers only, of a lineage that does not depend on them. */
function grouped(count: number): Registry {
  return { ...second.registry, groups: Array.from({ length: count }, (_, i) => [i]) };
}

const keys = Array.from({ length: 20_000 }, (_, i) => named(`slot ${i}`));

test('every slot has one group, the same in every version with as many groups', () => {
  const [now, later] = [grouped(7), { ...grouped(7), version: 9, closed: named('later') }];
  for (const key of keys.slice(0, 200)) {
    assert.equal(groupOf(now, key), now.groups[groupIndexOf(now, key)]);
    assert.equal(groupIndexOf(later, key), groupIndexOf(now, key));
  }
  const elsewhere = { ...grouped(7), first: named('another lineage') };
  const moved = keys.filter((key) => groupIndexOf(elsewhere, key) !== groupIndexOf(now, key));
  assert.ok(moved.length > keys.length / 2, 'each lineage draws anew');
});

test('groups get equal shares', () => {
  for (const count of [1, 2, 3, 5, 16, 100]) {
    const value = grouped(count);
    const held = Array.from({ length: count }, () => 0);
    for (const key of keys) held[groupIndexOf(value, key)]! += 1;
    const mean = keys.length / count;
    const square = held.reduce((sum, one) => sum + (one - mean) ** 2 / mean, 0);
    // Chi-square has this mean and deviation; five deviations are met once in thousands of draws.
    const free = count - 1;
    assert.ok(square <= free + 5 * Math.sqrt(2 * free), `${count} groups: ${square}`);
  }
});

test('a group that is added at the end takes its share from each, and nothing else moves', () => {
  for (const count of [1, 2, 5, 16, 60]) {
    const [before, after] = [grouped(count), grouped(count + 1)];
    const taken = Array.from({ length: count }, () => 0);
    for (const key of keys) {
      const [from, to] = [groupIndexOf(before, key), groupIndexOf(after, key)];
      if (from === to) continue;
      assert.equal(to, count, 'only the new group gains');
      taken[from]! += 1;
    }
    // Of each of the old groups' shares one in `count + 1` is taken.
    const mean = keys.length / count / (count + 1);
    const square = taken.reduce((sum, one) => sum + (one - mean) ** 2 / mean, 0);
    assert.ok(square <= count + 5 * Math.sqrt(2 * count), `${count} groups: ${square}`);
  }
});

test('lineages are told apart by their bytes, not by their objects', () => {
  const copy = { ...first.registry };
  assert.ok(equal(registryLineage(copy), registryLineage(first.registry)));
  assert.equal(registriesOf(copy, second.registry).newest, second.registry);
});
