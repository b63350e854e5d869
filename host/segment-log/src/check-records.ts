/**
 * All records of a segment, damaged ones too: for a check that goes on behind damage.
 *
 * Where a header is damaged nobody knows how long the record is, so the next intact header is looked for.
 */

import { headerAt, headerBytes, recordBytes, unitBytes } from './record.ts';
import { scan, type ScannedRecord } from './scan.ts';
import type { Source } from './segment.ts';

export interface CheckedRecord extends ScannedRecord {
  readonly isIntact: boolean;
}

/** Bytes that are no record: from `offset` to `end`. */
export interface Gap {
  readonly offset: number;
  readonly end: number;
}

/** Records one by one, and gaps between them. A gap at the end reaches to `end`. */
export async function* checkedRecords(
  read: Source['read'],
  start: number,
  end: number,
): AsyncGenerator<CheckedRecord | Gap> {
  for (let offset = start; offset < end;) {
    let broken = end;
    for await (const piece of scan(read, offset, end)) {
      for (const record of piece.records) yield { ...record, isIntact: true };
      if (piece.isBroken) broken = piece.end;
    }
    if (broken === end) return;
    const damaged = await withDamagedValue(read, broken, end);
    if (damaged !== undefined) yield damaged;
    const next =
      damaged === undefined
        ? await nextHeader(read, broken + unitBytes, end)
        : broken + recordBytes(damaged.length);
    if (damaged === undefined) yield { offset: broken, end: next };
    offset = next;
  }
}

/** The record whose header is intact, although its value is not. */
async function withDamagedValue(
  read: Source['read'],
  offset: number,
  end: number,
): Promise<CheckedRecord | undefined> {
  const bytes = await read(offset, Math.min(headerBytes, end - offset));
  const header = headerAt(bytes, 0);
  if (header === undefined || offset + recordBytes(header.length) > end) return undefined;
  return { ...header, offset, bytes, at: 0, isIntact: false };
}

const pieceBytes = 1_048_576;

async function nextHeader(read: Source['read'], from: number, end: number): Promise<number> {
  for (let offset = from; offset < end; offset += pieceBytes) {
    const bytes = await read(offset, Math.min(pieceBytes + headerBytes, end - offset));
    for (let at = 0; at < pieceBytes && at + headerBytes <= bytes.length; at += unitBytes) {
      if (bytes[at] !== 0 && headerAt(bytes, at) !== undefined) return offset + at;
    }
  }
  return end;
}
