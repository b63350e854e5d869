/**
 * The checksum of a record of an engine: half a BLAKE3 of its place and value.
 *
 *     OFFSET  SIZE  FIELD
 *          0     1  shelf
 *          1    32  key
 *         33     n  value
 *
 * It tells rot, also of a record that stands where another belongs. Whoever can write the disk can
 * write checksums too: what a stranger says is proved elsewhere.
 */

import { equal } from '@dsm/primitive';
import { nativeHash } from './hash.ts';

export const recordChecksumBytes = 16;
const placeBytes = 33;

export function recordChecksum(shelf: number, key: Uint8Array, value: Uint8Array): Uint8Array {
  const length = placeBytes + value.length;
  const bytes = length <= scratch.length ? scratch : new Uint8Array(length);
  bytes[0] = shelf;
  bytes.set(key, 1);
  bytes.set(value, placeBytes);
  return nativeHash.blake3(bytes.subarray(0, length)).subarray(0, recordChecksumBytes);
}

/** True if `value` is what was written under `key`. */
export function isRecord(
  shelf: number,
  key: Uint8Array,
  value: Uint8Array,
  checksum: Uint8Array,
): boolean {
  return equal(recordChecksum(shelf, key, value), checksum);
}

const scratch = new Uint8Array(8_192);
