/** Version 1 of a registry: whatever nodes are named, what is made has bytes and shares fairly. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { firstRegistry, quorumOf, seatsFor, thresholdOf, type Genesis } from '@dsm/availability';
import { installPortable } from '@dsm/portable';
import { address, ascii, limits, registry } from '@dsm/primitive';
import fc from 'fast-check';

installPortable();

const network = address(ascii('a network'));

function nodes(capacities: readonly number[]): Genesis['nodes'] {
  return capacities.map((capacityBytes, i) => ({
    suite: 2,
    id: address(ascii(`node ${i}`)),
    voteKey: address(ascii(`vote key ${i}`)),
    address: `http://node-${i}.test`,
    capacityBytes,
  }));
}

test('whatever nodes are named, the registry has bytes, whole groups and seats by capacity', () => {
  const capacity = fc.oneof(fc.nat({ max: 1_000 }), fc.nat({ max: 2 ** 40 }));
  const capacities = fc.array(capacity, { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(capacities, fc.constantFrom(undefined, 1, 4), (all, faulty) => {
      const named = nodes(all);
      const made = firstRegistry({ network, nodes: named, ...(faulty && { faulty }) });
      const r = 3 * (faulty ?? 1) + 1;
      assert.equal(made === undefined, all.length < r);
      if (made === undefined) return;
      assert.deepEqual(registry.decode(registry.encode(made)), { ok: true, value: made });
      assert.equal(made.groups.length, Math.floor(all.length / r));
      assert.deepEqual(
        made.groups.flat(),
        Array.from({ length: made.groups.length * r }, (_, i) => i),
      );
      for (const [index, bytes] of all.entries()) {
        const held: number = made.seats.filter((owner) => owner === index).length;
        assert.equal(held, seatsFor(bytes, made.seatBytes));
      }
      // As many signers as may be, in the order of the nodes; together they are sound.
      assert.deepEqual(made.signers, [...named.keys()].slice(0, limits.registrySignersMax));
    }),
    { numRuns: 60 },
  );
});

test('the smallest node has four seats, and another in proportion', () => {
  const made = firstRegistry({ network, nodes: nodes([1_000, 4_000, 1_500, 1_000]) })!;
  const seats = [0, 1, 2, 3].map((index) => made.seats.filter((owner) => owner === index).length);
  assert.deepEqual(seats, [4, 16, 6, 4]);
});

test('groups may be fewer than the nodes would make, and buckets and faults are chosen', () => {
  const thirteen = nodes(Array.from({ length: 27 }, () => 1_000));
  const made = firstRegistry({ network, nodes: thirteen, faulty: 4, bucketBits: 8, groupsMax: 1 })!;
  assert.deepEqual([made.r, made.q, made.f, made.bucketBits], [13, 9, 4, 8]);
  assert.deepEqual(made.groups, [Array.from({ length: 13 }, (_, i) => i)]);
  assert.equal(firstRegistry({ network, nodes: nodes([1, 2, 3]) }), undefined);
});

test('more nodes than may sign: the first ones sign', () => {
  const many = nodes(Array.from({ length: limits.registrySignersMax + 4 }, () => 1_000));
  const made = firstRegistry({ network, nodes: many })!;
  assert.equal(made.signers.length, limits.registrySignersMax);
  assert.ok(registry.decode(registry.encode(made)).ok);
});

test('quorums and thresholds are the least of which two share an honest member', () => {
  for (let f = 0; f <= 4; f++) {
    const r = 3 * f + 1;
    const q = quorumOf(r, f);
    assert.ok(2 * q - r > f && 2 * (q - 1) - r <= f && q <= r - f);
  }
  for (let count = 1; count <= limits.registrySignersMax; count++) {
    const bad = Math.floor((count - 1) / 3);
    const threshold = thresholdOf(count);
    assert.ok(2 * threshold - count > bad && 2 * (threshold - 1) - count <= bad);
    assert.ok(threshold <= count - bad, 'the honest ones suffice');
  }
});
