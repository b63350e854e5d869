/**
 * Records: what a segment is made of.
 *
 *     OFFSET  SIZE  FIELD
 *          0     1  kind       1 put, 2 remove, 3 commit, 4 drop
 *          1     1  shelf      of a put or remove; in a commit the shelves whose totals follow, as bits
 *          2     2  zero
 *          4     4  length     of the value
 *          8    32  key        of a put or remove; in a commit the digest; in a drop the segment
 *         40     4  checksum   CRC-32 of bytes 0…39
 *         44     4  checksum   CRC-32 of bytes 0…39 and of the value with its padding
 *         48        value, then zeros up to a multiple of 16
 *
 * The header has a checksum of its own, so that keys and lengths can be believed without reading values.
 * A CRC-32 notices every run of damage up to 32 bits and all but one of 2^32 others; it is no defence
 * against somebody who writes to the disk, and need not be: that one could write whole records.
 */

import { crc32 } from 'node:zlib';

export const headerBytes = 48;
/** Records begin at multiples of this. */
export const unitBytes = 16;

export const recordKinds = { put: 1, remove: 2, commit: 3, drop: 4 } as const;

export interface RecordHeader {
  readonly kind: number;
  readonly shelf: number;
  /** Bytes of the value, without padding. */
  readonly length: number;
}

const checkedBytes = 40;
const keyAt = 8;
const keyBytes = 32;
/** Longer than any value that an engine takes: what claims more is no record. */
export const valueBytesMax = 4_194_304;

/** Bytes of a whole record whose value has `length` bytes. */
export function recordBytes(length: number): number {
  return (headerBytes + length + unitBytes - 1) & -unitBytes;
}

export function encodeRecord(
  kind: number,
  shelf: number,
  key: Uint8Array,
  value: Uint8Array,
): Uint8Array {
  const bytes = zeros(recordBytes(value.length));
  bytes[0] = kind;
  bytes[1] = shelf;
  putU32(bytes, 4, value.length);
  bytes.set(key, keyAt);
  bytes.set(value, headerBytes);
  const checksum = crc32(bytes.subarray(0, checkedBytes));
  putU32(bytes, checkedBytes, checksum);
  putU32(bytes, checkedBytes + 4, crc32(bytes.subarray(headerBytes), checksum));
  return bytes;
}

const blockBytes = 131_072;
const sharedBytesMax = 16_384;
let block: Uint8Array = new Uint8Array(0);
let used = 0;

/** Zeros that nobody else has. Small ones are cut from a common block: a buffer costs more than its bytes. */
function zeros(length: number): Uint8Array {
  if (length > sharedBytesMax) return new Uint8Array(length);
  if (used + length > block.length) {
    block = new Uint8Array(blockBytes);
    used = 0;
  }
  used += length;
  return block.subarray(used - length, used);
}

/** The header at `at`, or undefined if there is none that is intact. */
export function headerAt(bytes: Uint8Array, at: number): RecordHeader | undefined {
  if (at + headerBytes > bytes.length) return undefined;
  const checksum = crc32(bytes.subarray(at, at + checkedBytes));
  if (checksum !== u32At(bytes, at + checkedBytes)) return undefined;
  const kind = bytes[at]!;
  const length = u32At(bytes, at + 4);
  if (kind < recordKinds.put || kind > recordKinds.drop || length > valueBytesMax) return undefined;
  return { kind, shelf: bytes[at + 1]!, length };
}

/** Whether the value behind an intact header is intact; all of it must be in `bytes`. */
export function valueIsIntact(bytes: Uint8Array, at: number, { length }: RecordHeader): boolean {
  const value = bytes.subarray(at + headerBytes, at + recordBytes(length));
  const checksum = crc32(value, u32At(bytes, at + checkedBytes));
  return checksum === u32At(bytes, at + checkedBytes + 4);
}

export function keyAtRecord(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.subarray(at + keyAt, at + keyAt + keyBytes);
}

export function valueAtRecord(bytes: Uint8Array, at: number, length: number): Uint8Array {
  return bytes.subarray(at + headerBytes, at + headerBytes + length);
}

export function u32At(bytes: Uint8Array, at: number): number {
  return bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!);
}

export function putU32(bytes: Uint8Array, at: number, n: number): void {
  bytes[at] = n >>> 24;
  bytes[at + 1] = n >>> 16;
  bytes[at + 2] = n >>> 8;
  bytes[at + 3] = n;
}
