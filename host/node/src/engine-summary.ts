/**
 * What an engine on a database says about itself, in one row that changes with the records.
 *
 *     OFFSET  SIZE  FIELD
 *          0     2  format         1
 *          2   128  eight shelves  each: u64 records ‖ u64 bytes of their values
 *        130    32  BLAKE3 of bytes 0…129
 *
 * All formats begin with the format and end with the checksum of what stands before it, so that a
 * newer one is told from a damaged one.
 */

import { shelvesMax, StoreError, type EngineWrite, type ShelfTotals } from '@dsm/ports';
import { equal } from '@dsm/primitive';
import { nativeHash } from './hash.ts';

const engineFormat = 1;
const checksumBytes = 32;
const bodyBytes = 2 + shelvesMax * 16;

/** The totals of all shelves, by shelf. */
export type AllTotals = readonly ShelfTotals[];

export const noTotals: AllTotals = Array.from({ length: shelvesMax }, () => ({
  records: 0,
  bytes: 0,
}));

export function encodeEngineSummary(totals: AllTotals): Uint8Array {
  const bytes = new Uint8Array(bodyBytes + checksumBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, engineFormat);
  totals.forEach((shelf, n) => {
    view.setBigUint64(2 + n * 16, BigInt(shelf.records));
    view.setBigUint64(10 + n * 16, BigInt(shelf.bytes));
  });
  bytes.set(nativeHash.blake3(bytes.subarray(0, bodyBytes)), bodyBytes);
  return bytes;
}

/** Throws `StoreError`: `version` or `rotten`. */
export function decodeEngineSummary(bytes: Uint8Array, place: string): AllTotals {
  const end = bytes.length - checksumBytes;
  const isSound = end >= 2 && equal(nativeHash.blake3(bytes.subarray(0, end)), bytes.subarray(end));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isSound && view.getUint16(0) > engineFormat) {
    throw new StoreError('version', `written by a newer version of this software: ${place}`);
  }
  if (!isSound || end !== bodyBytes || view.getUint16(0) !== engineFormat) {
    throw new StoreError('rotten', `its summary is damaged: ${place}`);
  }
  return noTotals.map((_, n) => ({
    records: Number(view.getBigUint64(2 + n * 16)),
    bytes: Number(view.getBigUint64(10 + n * 16)),
  }));
}

/** `totals` after `writes`, each of another record; `sizeOf` gives the sizes before them. */
export function totalsAfter(
  totals: AllTotals,
  writes: readonly EngineWrite[],
  sizeOf: (shelf: number, key: Uint8Array) => number | undefined,
): AllTotals {
  const after = totals.map((shelf) => ({ ...shelf }));
  for (const { shelf, key, value } of writes) {
    const before = sizeOf(shelf, key);
    after[shelf]!.records += (value === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    after[shelf]!.bytes += (value?.length ?? 0) - (before ?? 0);
  }
  return after;
}
