/** A node never holds more than it has room for. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { admits, recordOverheadBytes, recordSize } from '@dsm/availability';
import fc from 'fast-check';

const size = fc.nat(1 << 30);

test('a node admits exactly what fits', () => {
  fc.assert(
    fc.property(size, size, size, (used, more, capacity) => {
      assert.equal(admits(used, more, capacity), used + more - capacity <= 0);
    }),
  );
  assert.ok(admits(90, 10, 100));
  assert.ok(!admits(90, 11, 100));
});

test('a node that admits by the predicate never exceeds its capacity', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5_000)), fc.nat(100_000), (lengths, capacity) => {
      let used = 0;
      for (const length of lengths) {
        if (admits(used, recordSize(length), capacity)) used += recordSize(length);
      }
      assert.ok(used <= capacity);
    }),
  );
});

test('an empty record is not free', () => {
  assert.equal(recordSize(0), recordOverheadBytes);
  assert.ok(recordOverheadBytes > 0);
  assert.ok(!admits(0, recordSize(0), recordOverheadBytes - 1));
});

test('what is no size is a fault of the caller', () => {
  for (const bad of [-1, 0.5, Number.NaN, Infinity, 2 ** 53]) {
    assert.throws(() => recordSize(bad), RangeError);
    assert.throws(() => admits(bad, 1, 1), RangeError);
    assert.throws(() => admits(1, bad, 1), RangeError);
    assert.throws(() => admits(1, 1, bad), RangeError);
  }
});
