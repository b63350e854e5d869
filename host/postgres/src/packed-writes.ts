/**
 * The writes of a group as the parameters of one statement: the bytes of all of them in one piece,
 * and where each stands. The driver would make text, twice as long, out of a list of byte strings.
 *
 *     OFFSET  SIZE  FIELD OF A WRITE
 *          0    32  key
 *         32    16  checksum    of a removal: nothing, and nothing after it
 *         48     n  value
 */

import { recordChecksum } from '@dsm/node';
import type { EngineWrite } from '@dsm/ports';

export type PackedWrites = [
  bytes: Uint8Array,
  shelves: number[],
  /** From 1 on, as the server counts. */
  offsets: number[],
  /** Of the values; -1 for a removal. */
  sizes: number[],
];

const headBytes = 48;
const keyBytes = 32;

/** Each write is of another record. */
export function packed(writes: readonly EngineWrite[]): PackedWrites {
  const lengths = writes.map(({ value }) =>
    value === undefined ? keyBytes : headBytes + value.length,
  );
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length, 0));
  const offsets: number[] = [];
  let at = 0;
  writes.forEach(({ shelf, key, value }, n) => {
    bytes.set(key, at);
    if (value !== undefined) {
      bytes.set(recordChecksum(shelf, key, value), at + keyBytes);
      bytes.set(value, at + headBytes);
    }
    offsets.push(at + 1);
    at += lengths[n]!;
  });
  return [
    bytes,
    writes.map(({ shelf }) => shelf),
    offsets,
    writes.map(({ value }) => value?.length ?? -1),
  ];
}
