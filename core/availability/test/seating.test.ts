/** Seats: in proportion to capacity, the lowest empty ones, and nobody else's ever changes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renumbered, seated, seatsFor } from '@dsm/availability';
import { emptySeat, limits } from '@dsm/primitive';
import fc from 'fast-check';

const empty: readonly number[] = [emptySeat];
const held = (seats: readonly number[], index: number): number[] =>
  [...seats.keys()].filter((seat) => seats[seat] === index);
const isPowerOfTwo = (count: number): boolean => Number.isInteger(Math.log2(count));

test('a capacity earns whole seats, at least one and at most as many as a node may have', () => {
  for (const [capacity, seats] of [
    [0, 1],
    [99, 1],
    [100, 1],
    [199, 1],
    [200, 2],
    [100 * limits.nodeSeatsMax - 1, limits.nodeSeatsMax - 1],
    [100 * limits.nodeSeatsMax, limits.nodeSeatsMax],
    [Number.MAX_SAFE_INTEGER, limits.nodeSeatsMax],
  ] as const) {
    assert.equal(seatsFor(capacity, 100), seats, `${capacity} bytes`);
  }
  assert.equal(seatsFor(Number.MAX_SAFE_INTEGER, 1), limits.nodeSeatsMax);
});

test('a node takes the lowest empty seats and gives up its highest', () => {
  const two = seated(seated(empty, 0, 2), 1, 2);
  assert.deepEqual(two, [0, 0, 1, 1]);
  const gone = seated(two, 0, 0);
  assert.deepEqual(gone, [emptySeat, emptySeat, 1, 1]);
  assert.deepEqual(seated(gone, 2, 1), [2, emptySeat, 1, 1]);
  assert.deepEqual(seated(gone, 1, 3), [1, emptySeat, 1, 1]);
  assert.deepEqual(seated([1, 0, 1, 1], 1, 2), [1, 0, 1, emptySeat]);
  assert.deepEqual(seated(two, 1, 2), two, 'as many as before is no change');
});

/** Joins, leaves and changes of capacity, as `[node, seats]`. */
const changes = fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 40 })), { maxLength: 40 });

test('in every history nobody else’s seat changes, and the lowest empty ones are taken', () => {
  fc.assert(
    fc.property(changes, (history) => {
      let seats = empty;
      for (const [index, count] of history) {
        const after = seated(seats, index, count);
        assert.ok(isPowerOfTwo(after.length) && after.length >= seats.length);
        assert.equal(held(after, index).length, count);
        for (const [seat, owner] of after.entries()) {
          const before = seats[seat] ?? emptySeat;
          if (owner !== before) assert.ok(owner === index || before === index, 'somebody else’s');
        }
        const [had, has] = [held(seats, index), held(after, index)];
        if (count >= had.length) {
          const free = [...after.keys()].filter((seat) => (seats[seat] ?? emptySeat) === emptySeat);
          assert.deepEqual(
            has,
            [...had, ...free.slice(0, count - had.length)].toSorted((a, b) => a - b),
          );
        } else assert.deepEqual(has, had.slice(0, count));
        seats = after;
      }
    }),
    { numRuns: 200 },
  );
});

test('a table doubles when it is full, and no sooner', () => {
  let seats = empty;
  for (let index = 0; index < 40; index++) {
    const isFull = !seats.includes(emptySeat);
    const after = seated(seats, index, 1);
    assert.equal(after.length, isFull ? 2 * seats.length : seats.length);
    assert.deepEqual(after.slice(0, seats.length), isFull ? seats : seats.with(index, index));
    seats = after;
  }
  // The lowest table that holds what nodes have: what was given up is taken again first.
  for (let index = 0; index < 40; index += 2) seats = seated(seats, index, 0);
  const { length } = seats;
  for (let index = 40; index < 60; index++) seats = seated(seats, index, 1);
  assert.equal(seats.length, length);
});

test('a table ends at its limit: who comes then gets the seats that are left', () => {
  const all = limits.seatsMax / limits.nodeSeatsMax;
  let seats = empty;
  for (let index = 0; index < all; index++) {
    seats = seated(seats, index, limits.nodeSeatsMax - (index === 0 ? 3 : 0));
  }
  assert.equal(seats.length, limits.seatsMax);
  seats = seated(seats, all, limits.nodeSeatsMax);
  assert.equal(seats.length, limits.seatsMax);
  assert.equal(held(seats, all).length, 3);
  assert.deepEqual(seated(seats, all + 1, 5), seats);
  assert.equal(held(seated(seats, all - 1, 0), all - 1).length, 0);
});

test('nodes keep their seats under new numbers, and a leaver’s are empty', () => {
  const seats = [0, 1, emptySeat, 2, 2, 1, 0, 2];
  assert.deepEqual(renumbered(seats, [1, undefined, 0]), [
    1,
    emptySeat,
    emptySeat,
    0,
    0,
    emptySeat,
    1,
    0,
  ]);
  fc.assert(
    fc.property(changes, fc.shuffledSubarray([...Array(12).keys()]), (history, staying) => {
      const before = history.reduce((all, [index, count]) => seated(all, index, count), empty);
      const renamed = Array.from({ length: 12 }, (_, old) => {
        const index = staying.indexOf(old);
        return index < 0 ? undefined : index;
      });
      const after = renumbered(before, renamed);
      assert.equal(after.length, before.length);
      for (const [old, index] of renamed.entries()) {
        if (index !== undefined) assert.deepEqual(held(after, index), held(before, old));
      }
      const left = [...before.keys()].filter((seat) => !staying.includes(before[seat]!));
      assert.ok(left.every((seat) => after[seat] === emptySeat));
    }),
    { numRuns: 100 },
  );
});
