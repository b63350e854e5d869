/** The fast BLAKE3: the rules of the port, the official vectors, and the portable twin. */

import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { test } from 'node:test';
import { portableHash } from '@dsm/portable';
import fc from 'fast-check';
import { hashConformance } from '@dsm/ports/conformance';
import { hashVectors, ownHashVectors } from '@dsm/ports/conformance';
import { nativeHash } from '../src/hash.ts';

const seed = Number(process.env['SEED'] ?? 1);

hashConformance('native hash', nativeHash);
hashVectors('native hash', nativeHash);
ownHashVectors('native hash', nativeHash);

test('native hash: equals the portable one on every length up to 4,200 bytes', () => {
  const room = pattern(4_201);
  for (let length = 0; length <= 4_200; length++) {
    // Odd lengths start at an odd address, where the fast paths for words are not open.
    const from = length & 1;
    assertSame(room.subarray(from, from + length), `${length} bytes`);
  }
});

test('native hash: equals the portable one around every boundary of its tree', () => {
  const room = pattern(133_124);
  // Chunks are 1 KiB, the SIMD path takes four at a time, subtrees are powers of two.
  for (const chunks of [4, 5, 7, 8, 9, 12, 15, 16, 17, 31, 32, 33, 64, 65, 127, 128, 129]) {
    for (const beside of [-65, -64, -1, 0, 1, 64, 65, 512]) {
      assertSame(room.subarray(0, chunks * 1024 + beside), `${chunks} chunks and ${beside}`);
    }
  }
});

test('native hash: equals the portable one on the largest object and beyond', () => {
  for (const length of [1_048_575, 1_048_576, 1_048_577]) assertSame(pattern(length), `${length}`);
});

test('native hash: equals the portable one on random bytes', () => {
  const bytes = fc.uint8Array({ maxLength: 20_000, size: 'max' });
  fc.assert(
    fc.property(bytes, fc.integer({ min: 0, max: 7 }), (whole, shift) => {
      assertSame(whole.subarray(Math.min(shift, whole.length)), `${whole.length} from ${shift}`);
    }),
    { seed, numRuns: 100 },
  );
});

test('native hash: what was hashed before leaves no trace', () => {
  const lengths = [0, 1, 5_000, 64, 70_000, 1_025, 4_096, 0, 3_000, 63];
  const expected = lengths.map((length) => portableHash.blake3(pattern(length)));
  for (let round = 0; round < 3; round++) {
    assert.deepEqual(
      lengths.map((length) => nativeHash.blake3(pattern(length))),
      expected,
    );
    nativeHash.blake3(randomFillSync(new Uint8Array(9_999)));
  }
});

function assertSame(input: Uint8Array, what: string): void {
  const difference = Buffer.compare(nativeHash.blake3(input), portableHash.blake3(input));
  assert.equal(difference, 0, what);
}

/** Bytes without a period that a tree of powers of two could hide. */
function pattern(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (i * 167 + (i >> 8) * 13) % 251);
}
