/** What every source of randomness must do. */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { keyOf } from '@dsm/primitive';
import type { Entropy } from '../entropy.ts';

export function entropyConformance(name: string, make: () => Entropy): void {
  suite(`entropy: ${name}`, () => {
    test('gives exactly as many bytes as asked for', () => {
      const entropy = make();
      for (const length of [0, 1, 31, 32, 33, 64, 1_000, 70_000]) {
        assert.equal(entropy.bytes(length).length, length);
      }
    });

    test('refuses a length that is none', () => {
      const entropy = make();
      for (const length of [-1, 0.5, Number.NaN]) {
        assert.throws(() => entropy.bytes(length), RangeError);
      }
    });

    test('never gives the same bytes twice', () => {
      const entropy = make();
      const seen = new Set(Array.from({ length: 1_000 }, () => keyOf(entropy.bytes(32))));
      assert.equal(seen.size, 1_000);
    });

    test('gives bytes that the caller owns', () => {
      const entropy = make();
      const first = entropy.bytes(32);
      const copy = first.slice();
      const second = entropy.bytes(32).fill(0);
      assert.deepEqual(first, copy);
      assert.equal(second.length, 32);
    });

    test('uses every value of a byte about as often as the others', () => {
      const counts = new Uint32Array(256);
      for (const byte of make().bytes(65_536)) counts[byte]! += 1;
      const chiSquared = counts.reduce((sum, count) => sum + (count - 256) ** 2 / 256, 0);
      // 255 degrees of freedom: mean 255, standard deviation 22.6. Eleven of them never happen.
      assert.ok(chiSquared < 500, `chi squared ${chiSquared}`);
    });
  });
}
