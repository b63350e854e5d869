/**
 * The order of nodes is the one that the specification describes, a permutation of the holders, and
 * a change of one node's seats moves no other.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bucketOf,
  bucketsOf,
  logarithms,
  mixed,
  negativeLog,
  perm,
  replicaTable,
  rendezvous,
  type SeatView,
} from '@dsm/availability';
import { emptySeat, hash, utf8 } from '@dsm/primitive';
import fc from 'fast-check';
import { installPortable } from '@dsm/portable';
import { logarithmOf, permOf } from './perm-reference.ts';

installPortable();

const salt = hash('mark', utf8('perm'));

/** Tables of 1 to 64 seats, of up to 12 nodes, some seats empty. */
const tables: fc.Arbitrary<readonly number[]> = fc.integer({ min: 0, max: 6 }).chain((bits) =>
  fc.array(fc.oneof(fc.nat(11), fc.constant(emptySeat)), {
    minLength: 2 ** bits,
    maxLength: 2 ** bits,
  }),
);
const buckets = fc.nat(2 ** 16 - 1);

test('the order is that of the specification, computed in another way', () => {
  fc.assert(
    fc.property(tables, buckets, (seats, bucket) => {
      const order = perm(rendezvous(viewOf(seats)), bucket);
      assert.deepEqual(order, permOf(viewOf(seats), bucket));
    }),
    { numRuns: 100 },
  );
});

test('the same holds for a large table', () => {
  const seats = Array.from({ length: 2_048 }, (_, i) => (i % 5 === 0 ? emptySeat : i % 700));
  for (const bucket of [0, 77, 65_535]) {
    assert.deepEqual(perm(rendezvous(viewOf(seats)), bucket), permOf(viewOf(seats), bucket));
  }
});

test('the table of logarithms is exact, and between its entries the error is below 3 in a million', () => {
  assert.deepEqual(
    [...logarithms],
    Array.from({ length: 257 }, (_, i) => logarithmOf(i)),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 32 - 1 }), (u) => {
      const exact = 32 - Math.log2(u);
      assert.ok(Math.abs(negativeLog(u | 0) / 2 ** 26 - exact) < 3e-6);
    }),
  );
  assert.equal(negativeLog(0), 32 * 2 ** 26);
  assert.equal(negativeLog(1), 32 * 2 ** 26);
  assert.equal(negativeLog(0x80000000 | 0), 2 ** 26);
  assert.ok(negativeLog(-1) >= 0 && negativeLog(-1) < 2);
});

test('every bit of a number moves every bit of what it is mixed to, nearly half of the time', () => {
  const flips = new Float64Array(32 * 32);
  const samples = 4_096;
  for (let i = 0; i < samples; i++) {
    // Small numbers, as the numbers of hits are, under a key that differs.
    const word = (i & 63) ^ Math.imul(i >> 6, 0x9e3779b1);
    for (let bit = 0; bit < 32; bit++) {
      const moved = mixed(word) ^ mixed(word ^ (1 << bit));
      for (let to = 0; to < 32; to++) flips[bit * 32 + to]! += (moved >>> to) & 1;
    }
  }
  // 1,024 pairs: six standard deviations of a fair coin, and as much again for a finite mix.
  const far = 12 * Math.sqrt(samples / 4);
  for (const count of flips) assert.ok(Math.abs(count - samples / 2) < far, `${count}`);
});

test('it is a permutation of the nodes that have a seat, and fewer are its beginning', () => {
  fc.assert(
    fc.property(tables, buckets, fc.nat(12), (seats, bucket, count) => {
      const view = rendezvous(viewOf(seats));
      const order = perm(view, bucket);
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        view.holders,
      );
      assert.deepEqual(perm(view, bucket, count), order.slice(0, count));
    }),
  );
});

test('who gains or loses seats changes the order of no others', () => {
  fc.assert(
    fc.property(tables, buckets, fc.nat(63), fc.nat(12), (seats, bucket, seat, to) => {
      const changed = seats.with(seat % seats.length, to === 12 ? emptySeat : to);
      const touched = new Set([seats[seat % seats.length], to]);
      const others = (table: readonly number[]): readonly number[] =>
        perm(rendezvous(viewOf(table)), bucket).filter((node) => !touched.has(node));
      assert.deepEqual(others(changed), others(seats));
    }),
  );
});

test('more seats never move a node back', () => {
  fc.assert(
    fc.property(tables, buckets, fc.nat(63), fc.nat(11), (seats, bucket, seat, to) => {
      const at = seat % seats.length;
      fc.pre(seats[at] === emptySeat && seats.includes(to));
      const place = (table: readonly number[]): number =>
        perm(rendezvous(viewOf(table)), bucket).indexOf(to);
      assert.ok(place(seats.with(at, to)) <= place(seats));
    }),
  );
});

test('a table that doubles without new owners changes nothing', () => {
  fc.assert(
    fc.property(tables, buckets, (seats, bucket) => {
      const doubled = [...seats, ...seats.map(() => emptySeat)];
      assert.deepEqual(
        perm(rendezvous(viewOf(doubled)), bucket),
        perm(rendezvous(viewOf(seats)), bucket),
      );
    }),
  );
});

test('another lineage and another bucket draw another order', () => {
  const seats = Array.from({ length: 64 }, (_, i) => i);
  const order = perm(rendezvous(viewOf(seats)), 1);
  assert.notDeepEqual(perm(rendezvous(viewOf(seats)), 2), order);
  assert.notDeepEqual(perm(rendezvous({ ...viewOf(seats), salt: hash('mark', salt) }), 1), order);
});

test('the replica table gives the beginning of the order, whatever was asked before', () => {
  fc.assert(
    fc.property(tables, fc.nat(6), fc.array(fc.nat(255), { maxLength: 40 }), (seats, r, asked) => {
      const view = rendezvous({ ...viewOf(seats), bucketBits: 8 });
      const table = replicaTable(view, r);
      for (const bucket of asked) {
        assert.deepEqual(table.replicas(bucket), perm(view, bucket, r));
        const at = table.at(bucket);
        assert.deepEqual([...table.nodes.subarray(at, at + table.width)], table.replicas(bucket));
      }
    }),
  );
});

test('the buckets of a node are those that have it among their replicas', () => {
  const seats = [0, 1, 2, 3, 4, 5, 5, emptySeat];
  const view = rendezvous({ ...viewOf(seats), bucketBits: 8 });
  for (const node of [0, 5, 9]) {
    const all = Array.from({ length: 256 }, (_, bucket) => bucket);
    const kept = all.filter((bucket) => perm(view, bucket, 2).includes(node));
    assert.deepEqual([...bucketsOf(view, node, 2)], kept);
    assert.deepEqual([...bucketsOf(view, node, 2, replicaTable(view, 4))], kept);
  }
});

test('a bucket is the first bits of an address', () => {
  const address = new Uint8Array(32);
  address.set([0xab, 0xcd, 0xef, 0xff]);
  assert.equal(bucketOf(8, address), 0xab);
  assert.equal(bucketOf(12, address), 0xabc);
  assert.equal(bucketOf(20, address), 0xabcde);
});

test('views and buckets that no registry has are a fault of the caller', () => {
  const good = viewOf([0, 1]);
  for (const bad of [
    { seats: [] },
    { seats: [0, 1, 2] },
    { seats: Array.from({ length: 131_072 }, () => 0) },
    { seats: [0, 2_048] },
    { seats: [0, -1] },
    { seats: [0, 0.5] },
    { bucketBits: 7 },
    { bucketBits: 21 },
    { bucketBits: 9.5 },
    { salt: new Uint8Array(31) },
    { nodes: 65_536 },
  ]) {
    assert.throws(() => rendezvous({ ...good, ...bad }), RangeError, JSON.stringify(bad));
  }
  const view = rendezvous({ ...good, bucketBits: 8 });
  for (const bucket of [-1, 256, 1.5]) {
    assert.throws(() => perm(view, bucket), RangeError);
    assert.throws(() => replicaTable(view, 2).at(bucket), RangeError);
  }
  assert.throws(() => bucketOf(8, new Uint8Array(31)), RangeError);
  assert.throws(() => bucketsOf(view, -1, 2), RangeError);
});

function viewOf(seats: readonly number[]): SeatView {
  return { seats, bucketBits: 16, salt, nodes: 2_048 };
}
