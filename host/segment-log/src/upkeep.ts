/**
 * Upkeep: compaction, and the move of old segments to the shelf, in the background.
 *
 * A sealed segment of which less than a share is still needed is emptied: what is needed goes to the head
 * through the same commits as everything else, a mebibyte at a time, each awaited before the next is
 * read; then a drop record says durably that the segment is no part of the log, and its file goes.
 * A remove is needed as long as there is an older segment: it might hold a record of its key.
 */

import { StoreError } from '@dsm/ports';
import { moveToShelf, removeSegment } from './cold.ts';
import { nameOf, type Prepared } from './group.ts';
import type { Log } from './log.ts';
import { encodeRecord, keyAtRecord, putU32, recordBytes, recordKinds } from './record.ts';
import { markOf, prefixOf } from './record-index.ts';
import { scan, type ScannedRecord } from './scan.ts';
import { positionOf, type Segment } from './segment.ts';

export interface UpkeepOptions {
  /** A sealed segment is emptied when less than this part of it is needed. */
  readonly compactBelow: number;
  /** With a shelf: how many sealed segments stay on the disk. */
  readonly localSegmentsMax: number;
}

export interface Upkeep {
  /** Look whether there is something to do. */
  readonly wake: () => void;
  /** Resolves when there is nothing left to do, or nothing that can be done now. */
  readonly settled: () => Promise<void>;
  /** Ends after the step under way. */
  readonly stop: () => Promise<void>;
}

const passesMax = 1_023;

/** Where removes take more than this part of the log, the oldest segment goes: it frees the next of them. */
const removesShareMax = 1 / 16;

export function upkeep(
  log: Log,
  ask: (writes: readonly Prepared[]) => Promise<void>,
  options: UpkeepOptions,
): Upkeep {
  let isStopped = false;
  let running: Promise<void> | undefined;
  /** Segments with damage in them: they stay as they are, and are not tried again. */
  const damaged = new Set<Segment>();

  const step = async (): Promise<boolean> => {
    const victim = wasteful(log, options.compactBelow, damaged);
    if (victim !== undefined) {
      if (!(await empty(log, victim, ask, () => isStopped))) damaged.add(victim);
      return true;
    }
    const old = log.shelf === undefined ? undefined : surplus(log, options, damaged);
    if (old === undefined) return false;
    if (!(await moveToShelf(log, log.shelf!, old))) damaged.add(old);
    return true;
  };
  /** After a failure so many calls are let pass, twice as many each time. */
  let passes = 0;
  let passed = 0;
  const run = async (): Promise<void> => {
    try {
      while (!isStopped && (await step()));
      passes = 0;
    } catch (error) {
      // A disk without room, or a shelf that does not answer: a later call tries again.
      if (!(error instanceof StoreError)) throw error;
      passes = Math.min(passesMax, passes * 2 + 1);
    } finally {
      passed = 0;
      running = undefined;
    }
  };
  const start = (): void => {
    if (!isStopped) running ??= run();
  };
  return {
    wake: () => {
      if (running === undefined && passed++ >= passes) start();
    },
    settled: async () => {
      await running;
      start();
      await running;
    },
    stop: async () => {
      isStopped = true;
      await running;
    },
  };
}

/** The segment of which the least is needed, if that is little enough. */
function wasteful(
  log: Log,
  compactBelow: number,
  damaged: ReadonlySet<Segment>,
): Segment | undefined {
  const all = log.segments.all();
  const [oldest] = all;
  let least: Segment | undefined;
  let share = compactBelow;
  let removes = 0;
  let bytes = 0;
  for (const segment of all) {
    const { written, isSealed } = segment;
    removes += segment === oldest ? 0 : segment.removes;
    bytes += written;
    if (!isSealed || damaged.has(segment)) continue;
    const needed = segment.live - (segment === oldest ? segment.removes : 0);
    // Commit records do not count: a segment in which every record is needed is never emptied.
    const part = written === 0 ? 0 : needed / written;
    if (part < share) {
      least = segment;
      share = part;
    }
  }
  const isOldestDue =
    removes > bytes * removesShareMax && oldest!.isSealed && !damaged.has(oldest!);
  return least ?? (isOldestDue ? oldest : undefined);
}

/** The oldest segment on the disk, if there are too many. */
function surplus(
  { segments }: Log,
  { localSegmentsMax }: UpkeepOptions,
  damaged: ReadonlySet<Segment>,
): Segment | undefined {
  const local = segments.all().filter(({ isCold, isSealed }) => isSealed && !isCold);
  return local.length > localSegmentsMax
    ? local.find((segment) => !damaged.has(segment))
    : undefined;
}

/** Moves what is needed of a segment, and drops it. False if it is damaged, and has to stay. */
async function empty(
  log: Log,
  victim: Segment,
  ask: (writes: readonly Prepared[]) => Promise<void>,
  isStopped: () => boolean,
): Promise<boolean> {
  const { source, start, end } = victim;
  let reached = victim.live === 0 ? end : start;
  if (reached === start) {
    for await (const piece of scan(source.read, start, end)) {
      const moves = piece.records.flatMap((record) => moved(log, victim, record));
      if (moves.length > 0) await ask(moves);
      if (isStopped()) return true;
      reached = piece.end;
    }
  }
  // Puts that are still needed but were not found: the segment is not what it was.
  if (reached !== end || victim.live !== victim.removes) return false;
  const key = new Uint8Array(32);
  putU32(key, 0, victim.number);
  const record = encodeRecord(recordKinds.drop, 0, key, new Uint8Array(0));
  await ask([{ name: `drop ${victim.number}`, shelf: 0, key, record }]);
  await removeSegment(log, victim);
  return true;
}

/** The record as a write to the head, if it is still needed. */
function moved(log: Log, segment: Segment, scanned: ScannedRecord): Prepared[] {
  const { kind, shelf, bytes, at, offset, length } = scanned;
  if (kind !== recordKinds.put && kind !== recordKinds.remove) return [];
  const position = positionOf(segment, offset);
  const key = keyAtRecord(bytes, at).slice();
  if (kind === recordKinds.put) {
    const found = log.indexes[shelf]!.find(prefixOf(key), markOf(key));
    if (!found.some((entry) => entry.position === position)) return [];
  }
  const record = bytes.slice(at, at + recordBytes(length));
  const name = nameOf(shelf, key);
  return [{ name, shelf, key, record, movedFrom: { segment, position } }];
}
