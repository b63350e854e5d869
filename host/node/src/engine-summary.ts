/**
 * What an engine on a database says about itself, in one row that changes with the records.
 *
 *     OFFSET  SIZE  FIELD
 *          0     2  format         1
 *          2     8  sequence       of the last group of commits
 *         10   128  eight shelves  each: u64 records ‖ u64 bytes of their values
 *        138    32  BLAKE3 of bytes 0…137
 *
 * All formats begin with the format and end with the checksum of what stands before it, so that a
 * newer one is told from a damaged one.
 */

import { shelvesMax, StoreError, type EngineWrite, type ShelfTotals } from '@dsm/ports';
import { equal } from '@dsm/primitive';
import { nativeHash } from './hash.ts';

export interface EngineSummary {
  readonly sequence: number;
  /** By shelf. */
  readonly totals: readonly ShelfTotals[];
}

const engineFormat = 1;
const checksumBytes = 32;
const headBytes = 10;
const shelfBytes = 16;
const bodyBytes = headBytes + shelvesMax * shelfBytes;

export const emptySummary: EngineSummary = {
  sequence: 0,
  totals: Array.from({ length: shelvesMax }, () => ({ records: 0, bytes: 0 })),
};

export function encodeEngineSummary({ sequence, totals }: EngineSummary): Uint8Array {
  const bytes = new Uint8Array(bodyBytes + checksumBytes);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, engineFormat);
  view.setBigUint64(2, BigInt(sequence));
  totals.forEach((shelf, n) => {
    view.setBigUint64(headBytes + n * shelfBytes, BigInt(shelf.records));
    view.setBigUint64(headBytes + n * shelfBytes + 8, BigInt(shelf.bytes));
  });
  bytes.set(nativeHash.blake3(bytes.subarray(0, bodyBytes)), bodyBytes);
  return bytes;
}

/** Throws `StoreError`: `version` or `rotten`. */
export function decodeEngineSummary(bytes: Uint8Array, place: string): EngineSummary {
  const end = bytes.length - checksumBytes;
  const isSound = end >= 2 && equal(nativeHash.blake3(bytes.subarray(0, end)), bytes.subarray(end));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isSound && view.getUint16(0) > engineFormat) {
    throw new StoreError('version', `written by a newer version of this software: ${place}`);
  }
  if (!isSound || end !== bodyBytes || view.getUint16(0) !== engineFormat) {
    throw new StoreError('rotten', `its summary is damaged: ${place}`);
  }
  const number = (at: number): number => {
    const value = view.getBigUint64(at);
    // No group counts that far: rounded, it would be another number than stands there.
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw new StoreError('rotten', `its summary is damaged: ${place}`);
  };
  const totals = emptySummary.totals.map((_, n) => ({
    records: number(headBytes + n * shelfBytes),
    bytes: number(headBytes + n * shelfBytes + 8),
  }));
  return { sequence: number(2), totals };
}

/** The summary after the group `writes`, each of another record; `sizeOf` gives the sizes before. */
export function summaryAfter(
  { sequence, totals }: EngineSummary,
  writes: readonly EngineWrite[],
  sizeOf: (shelf: number, key: Uint8Array) => number | undefined,
): EngineSummary {
  const after = totals.map((shelf) => ({ ...shelf }));
  for (const { shelf, key, value } of writes) {
    const before = sizeOf(shelf, key);
    after[shelf]!.records += (value === undefined ? 0 : 1) - (before === undefined ? 0 : 1);
    after[shelf]!.bytes += (value?.length ?? 0) - (before ?? 0);
  }
  return { sequence: sequence + 1, totals: after };
}
