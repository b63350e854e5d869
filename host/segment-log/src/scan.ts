/**
 * Reading the records of a segment one after the other, a mebibyte at a time.
 *
 * It stops at the end it was given, or before the first record that is not whole and intact: what
 * that means (the end of the log, a torn write, rot) is for the caller to say.
 */

import { headerAt, headerBytes, recordBytes, valueIsIntact } from './record.ts';
import type { Source } from './segment.ts';

export interface ScannedRecord {
  readonly kind: number;
  readonly shelf: number;
  /** Of the value. */
  readonly length: number;
  /** Of the record in the segment. */
  readonly offset: number;
  /** The record stands in these bytes at `at`; they are nobody else's. */
  readonly bytes: Uint8Array;
  readonly at: number;
}

export interface ScannedPiece {
  readonly records: readonly ScannedRecord[];
  /** Behind the last record of the piece. */
  readonly end: number;
  /** What stands at `end` is no intact record. Only in the last piece. */
  readonly isBroken: boolean;
}

const pieceBytes = 1_048_576;

/** The records from `start` to `end`. If it meets no damage, the last piece ends at `end`. */
export async function* scan(
  read: Source['read'],
  start: number,
  end: number,
): AsyncGenerator<ScannedPiece> {
  let offset = start;
  let wanted = pieceBytes;
  while (offset < end) {
    const asked = Math.min(wanted, end - offset);
    const bytes = await read(offset, asked);
    const isAll = bytes.length < asked || offset + asked === end;
    const piece = parsed(bytes, offset, end, isAll);
    if (piece.records.length > 0 || piece.isBroken) yield piece;
    if (piece.isBroken) return;
    // A record longer than a piece is read as a whole.
    wanted = piece.records.length > 0 ? pieceBytes : piece.needed;
    offset = piece.end;
  }
}

interface Parsed extends ScannedPiece {
  /** How much to read to get the next record whole. */
  readonly needed: number;
}

/** `isAll` says that nothing is to be read behind these bytes. */
function parsed(bytes: Uint8Array, offset: number, end: number, isAll: boolean): Parsed {
  const records: ScannedRecord[] = [];
  let at = 0;
  for (;;) {
    const here = offset + at;
    const left = bytes.length - at;
    if (here === end) return { records, end: here, isBroken: false, needed: pieceBytes };
    const header = headerAt(bytes, at);
    if (header === undefined) {
      const isBroken = left >= headerBytes || isAll;
      return { records, end: here, isBroken, needed: pieceBytes };
    }
    const length = recordBytes(header.length);
    if (left < length) {
      const isBroken = here + length > end || isAll;
      return { records, end: here, isBroken, needed: length };
    }
    if (!valueIsIntact(bytes, at, header)) {
      return { records, end: here, isBroken: true, needed: 0 };
    }
    records.push({ ...header, offset: here, bytes, at });
    at += length;
  }
}
