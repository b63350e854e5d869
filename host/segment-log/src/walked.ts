/**
 * A segment as its records tell it: its entries, and the state after its last whole commit.
 *
 * What stands behind that commit is either a group that a power cut has torn, which nobody was told
 * is kept, or damage. It is damage if the checkpoint lies behind it, or if a commit stands there that
 * came after the broken group: a group is written only when the one before it is durable.
 */

import { keyAtRecord, headerAt, recordKinds, u32At, unitBytes } from './record.ts';
import type { Checkpoint } from './checkpoint.ts';
import { commitRecordBytesMax, ownCommitAt } from './commit-record.ts';
import { footerEntries } from './footer.ts';
import { groups, type Walk } from './groups.ts';
import { rotten } from './log.ts';
import { entryOf } from './replay.ts';
import { segmentHeaderBytes, type LogState, type SegmentHeader } from './segment-header.ts';
import type { Source } from './segment.ts';
import { equal } from '@dsm/primitive';

export interface Walked {
  /** After the last commit. */
  readonly state: LogState;
  /** Behind the last commit. */
  readonly end: number;
  readonly lastGroup: { readonly start: number; readonly end: number };
  /** Footer entries of all records. */
  readonly entries: Uint8Array;
  /** Segments that compaction has emptied. */
  readonly drops: ReadonlySet<number>;
}

/** Rejects with `rotten` if something that was durable is damaged. */
export async function walked(
  read: Source['read'],
  header: SegmentHeader,
  size: number,
  checkpoint: Checkpoint | undefined,
): Promise<Walked> {
  const { number, id } = header;
  const start = segmentHeaderBytes(header.others.length);
  const walk: Walk = { read, id, segment: number, start, end: size, before: header.state };
  const entries = footerEntries();
  const drops = new Set<number>();
  let state = header.state;
  let lastGroup = { start, end: start };
  let isReached = reaches(checkpoint, number, start, state);
  for await (const group of groups(walk)) {
    for (const record of group.records) {
      const entry = entryOf(record);
      if (entry !== undefined) entries.add(entry);
      else if (record.kind === recordKinds.drop) {
        drops.add(u32At(keyAtRecord(record.bytes, record.at), 0));
      }
    }
    state = group.after;
    lastGroup = { start: group.start, end: group.end };
    isReached ||= reaches(checkpoint, number, group.end, state);
  }
  const { end } = lastGroup;
  if (!isReached || (await wentOn(walk, end, state))) throw rotten(number, 'a commit');
  return { state, end, lastGroup, entries: entries.bytes(), drops };
}

/** Whether the log, at the end of a commit, is where the checkpoint says that it was at least. */
function reaches(
  checkpoint: Checkpoint | undefined,
  segment: number,
  end: number,
  { sequence, digest }: LogState,
): boolean {
  if (checkpoint === undefined) return true;
  if (checkpoint.segment !== segment) return sequence >= checkpoint.sequence;
  return checkpoint.end === end && equal(checkpoint.digest, digest);
}

const pieceBytes = 1_048_576;

/** Whether a commit stands behind `from` that is not the next one: then the next one was durable. */
async function wentOn(
  { read, id, segment, end }: Walk,
  from: number,
  { sequence }: LogState,
): Promise<boolean> {
  for (let offset = from; offset < end; offset += pieceBytes) {
    const bytes = await read(offset, pieceBytes + commitRecordBytesMax);
    for (let at = 0; at < bytes.length && at < pieceBytes; at += unitBytes) {
      if (bytes[at] !== recordKinds.commit) continue;
      const header = headerAt(bytes, at);
      if (header === undefined) continue;
      const found = ownCommitAt(bytes, at, header, { id, segment, offset: offset + at });
      if (found !== undefined && found > sequence + 1) return true;
    }
  }
  return false;
}
