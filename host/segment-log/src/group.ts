/**
 * A group: the commits that are written together, from what was asked for to the index.
 *
 * Nothing of a group is visible in the index before it is durable, so a group that fails leaves
 * nothing behind. Of several writes of one key only the last is written.
 */

import { keyOf } from '@dsm/primitive';
import type { ShelfTotals } from '@dsm/ports';
import { encodeCommit } from './commit-record.ts';
import { append, rotate } from './head.ts';
import { locate, type Located, type Log } from './log.ts';
import { headerBytes, recordBytes, recordKinds, u32At, unitBytes } from './record.ts';
import { markOf, prefixOf, type Position } from './record-index.ts';
import { positionOf, type Segment } from './segment.ts';

/** A put, remove or drop that is ready to be written. */
export interface Prepared {
  /** Of shelf and key together. */
  readonly name: string;
  readonly shelf: number;
  readonly key: Uint8Array;
  /** The whole record. */
  readonly record: Uint8Array;
  /** A record that compaction moves from here: it counts only if it is still needed. */
  readonly movedFrom?: { readonly segment: Segment; readonly position: Position };
}

/** A prepared write and what it takes the place of. */
interface Placed extends Prepared {
  readonly old: Located | undefined;
}

/** Writes the group durably and makes it visible. */
export async function writeGroup(
  log: Log,
  writes: Iterable<Prepared>,
  segmentBytes: number,
): Promise<void> {
  const needed = await neededOf(log, writes);
  if (needed.length === 0) return;
  const records = needed.map(({ record }) => record);
  const length = records.reduce((sum, record) => sum + record.length, 0);
  // The footer comes on top: a segment is a little longer than its records.
  const isFull = log.head.segment.end + length > segmentBytes - commitRoom;
  const isEmpty = log.head.segment.end === log.head.segment.start;
  if (log.head.segment.isSealed || (isFull && !isEmpty)) await rotate(log);
  const { segment, file } = log.head;
  const offset = segment.end + length;
  const place = { id: log.id, segment: segment.number, offset };
  const totals = totalsAfter(log.state.totals, needed);
  const { record, after } = encodeCommit(log.state, totals, headersOf(records), place);
  records.push(record);
  const left = segmentBytes - offset - record.length;
  const isSmall = length < smallGroupBytes;
  await append(log, records, isSmall ? Math.max(0, Math.min(roomBytes, left)) : 0);
  await file.sync();
  show(log, needed, segment.end);
  segment.end = offset + record.length;
  log.state = after;
}

const commitRoom = 256;
/** How much longer the file is made than a small group needs. */
const roomBytes = 4_194_304;
const smallGroupBytes = 262_144;

/**
 * The last write of each key, without removes of what is not there and moves that came too late.
 * Moved removes come before everything: what is asked for now is newer than what compaction found.
 */
async function neededOf(log: Log, writes: Iterable<Prepared>): Promise<readonly Placed[]> {
  const removes: Prepared[] = [];
  const last = new Map<string, Prepared>();
  for (const write of writes) {
    if (write.movedFrom === undefined) last.set(write.name, write);
    else if (isRemove(write)) removes.push(write);
    else if (!last.has(write.name)) last.set(write.name, write);
  }
  const moved = await placedOf(log, removes);
  const others = await placedOf(log, last.values());
  return [...moved, ...others].filter((write) => isNeeded(log, write));
}

async function placedOf(log: Log, writes: Iterable<Prepared>): Promise<readonly Placed[]> {
  const placed: Placed[] = [];
  const read: Promise<Placed>[] = [];
  for (const write of writes) {
    const found = isDrop(write) ? undefined : locate(log, write.shelf, write.key);
    // Most keys are new, which the index knows without reading anything.
    if (found === undefined) placed.push({ ...write, old: undefined });
    else read.push(found.then((old) => ({ ...write, old })));
  }
  for (const write of await Promise.all(read)) placed.push(write);
  return placed;
}

function isRemove({ record }: Prepared): boolean {
  return record[0] === recordKinds.remove;
}

function isDrop({ record }: Prepared): boolean {
  return record[0] === recordKinds.drop;
}

function isNeeded(log: Log, write: Placed): boolean {
  const { movedFrom, old } = write;
  if (movedFrom === undefined) return !isRemove(write) || old !== undefined;
  if (!isRemove(write)) return old?.position === movedFrom.position;
  // A remove stands for the records of its key in older segments, as long as there are any.
  return old === undefined && log.segments.oldest() !== movedFrom.segment;
}

function totalsAfter(
  before: readonly ShelfTotals[],
  writes: readonly Placed[],
): readonly ShelfTotals[] {
  const totals = before.map(({ records, bytes }) => ({ records, bytes }));
  for (const { shelf, record, old, movedFrom } of writes) {
    if (movedFrom !== undefined || record[0] === recordKinds.drop) continue;
    const of = totals[shelf]!;
    if (old !== undefined) {
      of.records -= 1;
      of.bytes -= old.size;
    }
    if (record[0] === recordKinds.put) {
      of.records += 1;
      of.bytes += u32At(record, 4);
    }
  }
  return totals;
}

function headersOf(records: readonly Uint8Array[]): Uint8Array {
  const headers = new Uint8Array(records.length * headerBytes);
  for (const [i, record] of records.entries()) {
    headers.set(record.subarray(0, headerBytes), i * headerBytes);
  }
  return headers;
}

/** The group is durable: from now on it is what the index says. `offset` is that of its first record. */
function show(log: Log, writes: readonly Placed[], offset: number): void {
  const { segment, entries } = log.head;
  let at = offset;
  for (const write of writes) {
    const { shelf, key, record, old } = write;
    if (isDrop(write)) {
      log.segments.remove(log.segments.of(u32At(key, 0))!);
      at += record.length;
      continue;
    }
    const index = log.indexes[shelf]!;
    const prefix = prefixOf(key);
    const mark = markOf(key);
    const { length } = record;
    entries.add({ prefix, mark, shelf, isRemove: isRemove(write), offset: at, length });
    segment.written += length;
    segment.live += length;
    if (old !== undefined) {
      log.segments.at(old.position).segment.live -= recordBytes(old.size);
    }
    const position = positionOf(segment, at);
    if (isRemove(write)) {
      segment.removes += length;
      if (old !== undefined) index.remove(prefix, old.position);
    } else if (old === undefined) index.insert(prefix, mark, position, length / unitBytes);
    else index.move(prefix, old.position, position, length / unitBytes);
    at += length;
  }
}

/** Shelf and key together, as a name in maps. */
export function nameOf(shelf: number, key: Uint8Array): string {
  return String.fromCharCode(shelf) + keyOf(key);
}
