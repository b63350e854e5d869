/** The device map as its definition says, sharing no code with it, and what its tests draw from. */

import { portableHash } from '@dsm/portable';
import fc from 'fast-check';

import { ascii, compare, concat, keyOf, zero32 } from '../src/bytes.ts';
import { deviceMap, type DeviceMap } from '../src/map.ts';
import type { MapWrite } from '../src/proof.ts';

/** The definition, word by word: every level of the full tree, no shape in memory, no shared code. */
export function naiveRoot(pairs: readonly MapWrite[], depth = 0): Uint8Array {
  if (pairs.length === 0) return new Uint8Array(32);
  if (pairs.length === 1) {
    const { key, value } = pairs[0]!;
    const digest = portableHash.blake3(concat(ascii('DSM/leaf\0'), key, value));
    digest[31]! |= 1;
    return digest;
  }
  const onSide = (side: number): MapWrite[] =>
    pairs.filter(({ key }) => ((key[Math.floor(depth / 8)]! >> (7 - (depth % 8))) & 1) === side);
  const left = naiveRoot(onSide(0), depth + 1);
  const right = naiveRoot(onSide(1), depth + 1);
  const digest = portableHash.blake3(concat(ascii('DSM/node\0'), left, right));
  digest[31]! &= 0xfe;
  return digest;
}

/** Keys that share anything between no bit and 255 bits. */
export const key: fc.Arbitrary<Uint8Array> = fc
  .subarray([0, 1, 2, 3, 7, 8, 9, 100, 253, 254, 255])
  .map(keyWithBits);
export const value: fc.Arbitrary<Uint8Array> = fc
  .integer({ min: 0, max: 3 })
  .map((n) => new Uint8Array(32).fill(n));
export const write: fc.Arbitrary<MapWrite> = fc
  .tuple(key, value)
  .map((pair) => ({ key: pair[0], value: pair[1] }));

export function keyWithBits(bits: readonly number[]): Uint8Array {
  const made = new Uint8Array(32);
  for (const bit of bits) made[bit >> 3]! |= 0x80 >> (bit & 7);
  return made;
}

export function contents(writes: readonly MapWrite[]): MapWrite[] {
  const pairs = new Map<string, MapWrite>();
  for (const one of writes) {
    if (compare(one.value, zero32) === 0) pairs.delete(keyOf(one.key));
    else pairs.set(keyOf(one.key), one);
  }
  return [...pairs.values()].toSorted((a, b) => compare(a.key, b.key));
}

export function mapOf(writes: readonly MapWrite[]): DeviceMap {
  const map = deviceMap();
  map.apply(writes);
  return map;
}

/** Numbers below `max`, the same on every machine (xorshift). */
export function dice(seed: number): (max: number) => number {
  let state = seed;
  return (max) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % max;
  };
}
