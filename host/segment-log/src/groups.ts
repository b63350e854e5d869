/**
 * Groups: the records of a segment, commit by commit, each checked against the chain.
 *
 * A group counts if all its records are intact and its commit record follows from the state before
 * it. The first that does not count ends the walk.
 */

import { followCommit } from './commit-record.ts';
import { headerBytes, recordBytes, recordKinds } from './record.ts';
import { scan, type ScannedRecord } from './scan.ts';
import type { LogState } from './segment-header.ts';
import type { Source } from './segment.ts';

export interface Group {
  readonly start: number;
  /** Behind the commit record. */
  readonly end: number;
  /** Without the commit record. */
  readonly records: readonly ScannedRecord[];
  readonly after: LogState;
}

export interface Walk {
  readonly read: Source['read'];
  readonly id: Uint8Array;
  readonly segment: number;
  readonly start: number;
  /** Where to stop at the latest. */
  readonly end: number;
  readonly before: LogState;
}

/** The groups that count, from the start of the records on. */
export async function* groups(walk: Walk): AsyncGenerator<Group> {
  const { id } = walk;
  let state = walk.before;
  let start = walk.start;
  let records: ScannedRecord[] = [];
  for await (const piece of scan(walk.read, walk.start, walk.end)) {
    for (const record of piece.records) {
      if (record.kind !== recordKinds.commit) {
        records.push(record);
        continue;
      }
      const { bytes, at, offset } = record;
      const after = followCommit(state, bytes, at, record, headersOf(records), { id });
      if (after === undefined) return;
      const end = offset + recordBytes(record.length);
      yield { start, end, records, after };
      state = after;
      start = end;
      records = [];
    }
  }
}

/** The headers of a group, as its commit fixes them. */
export function headersOf(records: readonly ScannedRecord[]): Uint8Array {
  const headers = new Uint8Array(records.length * headerBytes);
  for (const [i, { bytes, at }] of records.entries()) {
    headers.set(bytes.subarray(at, at + headerBytes), i * headerBytes);
  }
  return headers;
}
