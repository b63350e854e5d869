/** One segment under a check: all its records, its commits, and what is wrong with them. */

import { checkedRecords, type CheckedRecord, type Gap } from './check-records.ts';
import type { OpenedSegment } from './cold.ts';
import { followCommit, statedCommit } from './commit-record.ts';
import { footerEntries, type FooterEntries } from './footer.ts';
import { headersOf } from './groups.ts';
import { keyAtRecord, recordBytes, recordKinds, u32At } from './record.ts';
import { entryOf } from './replay.ts';
import { segmentHeaderBytes, type LogState } from './segment-header.ts';

export interface SegmentFault {
  readonly kind: 'record' | 'chain' | 'tail';
  readonly sentence: string;
}

export interface Inspected {
  readonly number: number;
  readonly begins: LogState;
  /** After the last commit, as that says. */
  readonly state: LogState;
  /** Where the records begin and end. */
  readonly start: number;
  readonly end: number;
  readonly commits: number;
  /** Footer entries of all committed records, and the sizes of their values. */
  readonly entries: Uint8Array;
  readonly sizes: readonly number[];
  readonly drops: ReadonlySet<number>;
  readonly faults: readonly SegmentFault[];
  /** Where records are damaged. */
  readonly damaged: readonly Gap[];
}

export async function inspected(
  opened: OpenedSegment,
  id: Uint8Array,
  isHead: boolean,
): Promise<Inspected> {
  const { header, footer, source, size } = opened;
  const start = segmentHeaderBytes(header.others.length);
  const tally = tallyOf(header.state, start, id);
  for await (const found of checkedRecords(source.read, start, footer?.end ?? size)) {
    tally.take(found);
  }
  const { end, isWithout } = tally;
  const faults = [...tally.faults];
  if (footer !== undefined && footer.end !== end()) {
    faults.push({
      kind: 'record',
      sentence: `bytes ${end()} to ${footer.end} belong to no commit`,
    });
  } else if (isHead && isWithout()) {
    // In a sealed segment that is its footer, which is looked at for itself.
    faults.push({ kind: 'tail', sentence: `what stands from ${end()} on belongs to no commit` });
  }
  return {
    number: header.number,
    begins: header.state,
    state: tally.state(),
    start,
    end: end(),
    commits: tally.commits(),
    entries: tally.entries.bytes(),
    sizes: tally.sizes,
    drops: tally.drops,
    faults,
    damaged: tally.damaged,
  };
}

interface Tally {
  readonly take: (found: CheckedRecord | Gap) => void;
  readonly state: () => LogState;
  readonly end: () => number;
  readonly commits: () => number;
  /** Whether something stands behind the last commit. */
  readonly isWithout: () => boolean;
  readonly entries: FooterEntries;
  readonly sizes: readonly number[];
  readonly drops: ReadonlySet<number>;
  readonly faults: readonly SegmentFault[];
  readonly damaged: readonly Gap[];
}

function tallyOf(before: LogState, start: number, id: Uint8Array): Tally {
  const entries = footerEntries();
  const sizes: number[] = [];
  const drops = new Set<number>();
  const faults: SegmentFault[] = [];
  const damaged: Gap[] = [];
  let state = before;
  let end = start;
  let commits = 0;
  let group: CheckedRecord[] = [];
  let gaps: Gap[] = [];

  const fault = (kind: SegmentFault['kind'], sentence: string): void => {
    faults.push({ kind, sentence });
  };
  const add = (record: CheckedRecord): void => {
    const entry = entryOf(record);
    if (entry !== undefined) {
      entries.add(entry);
      sizes.push(record.length);
    } else if (record.kind === recordKinds.drop) {
      drops.add(u32At(keyAtRecord(record.bytes, record.at), 0));
    }
    if (!record.isIntact) fault('record', `the value at ${record.offset} is damaged`);
  };
  const commit = (record: CheckedRecord): void => {
    const { bytes, at, offset, isIntact } = record;
    const headers = headersOf(group);
    const after = isIntact ? followCommit(state, bytes, at, record, headers, { id }) : undefined;
    for (const gap of gaps) fault('record', `bytes ${gap.offset} to ${gap.end} are no records`);
    if (after === undefined && gaps.length === 0) {
      fault('chain', `the commit at ${offset} does not follow`);
    }
    group.forEach(add);
    const stated = isIntact ? statedCommit(state, bytes, at, record) : undefined;
    state = after ?? stated ?? state;
    end = offset + recordBytes(record.length);
    commits += 1;
    group = [];
    gaps = [];
  };
  return {
    take: (found) => {
      if (!('kind' in found)) {
        gaps.push(found);
        damaged.push(found);
        return;
      }
      const { offset, length, isIntact, kind } = found;
      if (!isIntact) damaged.push({ offset, end: offset + recordBytes(length) });
      if (kind === recordKinds.commit) commit(found);
      else group.push(found);
    },
    state: () => state,
    end: () => end,
    commits: () => commits,
    isWithout: () => group.length + gaps.length > 0,
    entries,
    sizes,
    drops,
    faults,
    damaged,
  };
}
