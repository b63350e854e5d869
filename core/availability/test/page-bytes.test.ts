/** Bodies of answers under mutation: one byte string for each value, every other is none, never a crash. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addressPageCoder,
  bucketPageCoder,
  evaluateBucket,
  evaluateSum,
  leafOf,
  provenKeyCoder,
  rangeSymbolsCoder,
} from '@dsm/availability';
import { decodeWith, encodeWith, equal, type Coder } from '@dsm/primitive';
import { installPortable } from '@dsm/portable';
import fc from 'fast-check';

installPortable();

const key = (fill: number): Uint8Array => new Uint8Array(32).fill(fill);
const side = leafOf({ key: key(9), size: 5 });
const path = [side, undefined, { ...side, sum: 2 ** 53 - 1 }, undefined, side, side, side, side];

const samples: readonly (readonly [string, Coder<{}>, Uint8Array])[] = [
  sample('bucket', bucketPageCoder, {
    sequence: 3,
    bucket: 7,
    entries: [
      { key: key(7), size: 1 },
      { key: key(8), size: 2 },
    ],
    more: 0,
    path,
  }),
  sample('proven key', provenKeyCoder, {
    sequence: 3,
    size: 4,
    proof: { siblings: [side, undefined, side], other: { key: key(6), size: 2 } },
  }),
  sample('addresses', addressPageCoder, { addresses: [key(1), key(2), key(3)], more: 1 }),
  sample('symbols', rangeSymbolsCoder, {
    keys: 4,
    set: key(1).slice(0, 8),
    batch: { from: 2, symbols: new Uint8Array(120).fill(3) },
  }),
];

function sample<T extends {}>(
  name: string,
  coder: Coder<T>,
  value: T,
): readonly [string, Coder<{}>, Uint8Array] {
  return [name, coder as unknown as Coder<{}>, encodeWith(coder, value)];
}

for (const [name, coder, bytes] of samples) {
  test(`${name}: changed, cut and longer bytes are another value or none`, () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { maxLength: 4 }),
        fc.nat(bytes.length),
        fc.uint8Array({ maxLength: 3 }),
        (changes, length, more) => {
          const changed = Uint8Array.of(...bytes.subarray(0, length), ...more);
          for (const [at, byte] of changes) if (at < changed.length) changed[at] = byte;
          const value = decodeWith(coder, changed);
          if (value !== undefined) assert.ok(equal(encodeWith(coder, value), changed));
        },
      ),
      { numRuns: 2_000 },
    );
  });
}

test('what a page or a proof comes to is told for any that decodes, never by a crash', () => {
  const [, bucket, bytes] = samples[0]!;
  const [, proven, proof] = samples[1]!;
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(proof.length - 1), fc.nat(255), (at, to, byte) => {
      const page = decodeWith(bucket as unknown as typeof bucketPageCoder, bytes.with(at, byte));
      if (page !== undefined) evaluateBucket(8, page.bucket, page.entries, page.path);
      const said = decodeWith(proven as unknown as typeof provenKeyCoder, proof.with(to, byte));
      if (said !== undefined) evaluateSum(said.proof, key(4), said.size);
    }),
    { numRuns: 2_000 },
  );
});
