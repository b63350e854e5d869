/**
 * The segment log: an engine that only ever appends.
 *
 * Commits that are asked for while the disk works become one group: one write and one sync. An index
 * in memory says where the record of each key stands; it is made from the log when the log is opened.
 * The format is docs/spec/segment-log.md.
 */

import { compare } from '@dsm/primitive';
import {
  checkRecordKey,
  checkShelf,
  checkWrite,
  keyRange,
  type Disk,
  type Engine,
  type EngineEntry,
  type EngineWrite,
  type Entropy,
  type KeyRange,
} from '@dsm/ports';
import { asked, type Asked } from './asked.ts';
import { nameOf, writeGroup, type Prepared } from './group.ts';
import { keepCheckpoint, trim } from './head.ts';
import { locate, readIndexed, readValue, type Log } from './log.ts';
import { openLog } from './opening.ts';
import {
  encodeRecord,
  headerBytes,
  keyAtRecord,
  recordKinds,
  u32At,
  valueAtRecord,
} from './record.ts';
import { prefixOf } from './record-index.ts';
import type { SegmentShelf } from './segment-shelf.ts';
import { segmentBytesMax } from './segment.ts';
import { upkeep, type Upkeep } from './upkeep.ts';

export interface SegmentLogOptions {
  /** Nobody else may use it: the caller sees to that. */
  readonly disk: Disk;
  /** For the id of a new log. */
  readonly entropy: Entropy;
  /** A segment is sealed when it has so many bytes; at most 64 MiB, which is what is taken without it. */
  readonly segmentBytes?: number;
  /** A sealed segment is emptied when less than this part of it is needed; a half without it. */
  readonly compactBelow?: number;
  /** Where sealed segments go that the disk need not hold. */
  readonly shelf?: SegmentShelf;
  /** With a shelf: how many sealed segments stay on the disk; 16 without it. */
  readonly localSegmentsMax?: number;
}

/** How the log stands on its disk. */
export interface SegmentLogFigures {
  readonly segments: number;
  /** Of them, those that stand on the shelf. */
  readonly coldSegments: number;
  /** Bytes of all records, and of those that are still needed. */
  readonly bytes: number;
  readonly liveBytes: number;
  readonly commits: number;
}

export interface SegmentLog extends Engine {
  readonly figures: () => SegmentLogFigures;
  /** Resolves when compaction and the move to the shelf have nothing left to do, or can do nothing now. */
  readonly settled: () => Promise<void>;
}

/** All writes of one commit together. */
export const commitBytesMax = 33_554_432;
const groupsBetweenUpkeep = 32;
const entriesOfStretch = 64;
const nothing = new Uint8Array(0);

/** Opens the log on a disk, or begins one on an empty disk. */
export async function segmentLog(options: SegmentLogOptions): Promise<SegmentLog> {
  const { disk, entropy, shelf, segmentBytes = segmentBytesMax } = options;
  if (segmentBytes > segmentBytesMax) throw new RangeError('a segment has at most 64 MiB');
  const log = await openLog({ disk, entropy, shelf });
  let groups = 0;
  const queue = asked(async (writes) => {
    const { head } = log;
    await writeGroup(log, writes, segmentBytes);
    groups += 1;
    if (groups % groupsBetweenUpkeep === 0 || log.head !== head) background.wake();
  });
  const background = upkeep(log, queue.ask, {
    compactBelow: options.compactBelow ?? 0.5,
    localSegmentsMax: options.localSegmentsMax ?? 16,
  });
  return engineOf(log, queue, background);
}

function engineOf(log: Log, queue: Asked, background: Upkeep): SegmentLog {
  let closing: Promise<void> | undefined;
  const whileUsable = (): void => {
    if (closing !== undefined) throw new RangeError('the engine is closed');
    const fault = queue.fault();
    if (fault !== undefined) throw fault;
  };
  return {
    get: async (shelf, key) => {
      whileUsable();
      checkRecordKey(shelf, key);
      const pending = queue.latest(nameOf(shelf, key));
      return pending === undefined ? readValue(log, shelf, key) : pendingValue(pending);
    },
    sizeOf: async (shelf, key) => {
      whileUsable();
      checkRecordKey(shelf, key);
      const pending = queue.latest(nameOf(shelf, key));
      if (pending !== undefined) return pendingValue(pending)?.length;
      return (await locate(log, shelf, key))?.size;
    },
    commit: async (writes) => {
      whileUsable();
      await queue.ask(prepared(writes));
    },
    entries: (shelf, prefix, bits) => {
      whileUsable();
      checkShelf(shelf);
      return entries(log, queue, shelf, keyRange(prefix, bits));
    },
    totals: (shelf) => {
      whileUsable();
      checkShelf(shelf);
      return log.state.totals[shelf]!;
    },
    figures: () => figuresOf(log),
    settled: () => background.settled(),
    close: () => (closing ??= close(log, queue, background)),
  };
}

async function close(log: Log, queue: Asked, background: Upkeep): Promise<void> {
  await background.stop();
  await queue.finished();
  try {
    if (queue.fault() === undefined) {
      await trim(log);
      await keepCheckpoint(log);
    }
  } finally {
    for (const { source } of log.segments.all()) await source.close();
  }
}

function prepared(writes: readonly EngineWrite[]): readonly Prepared[] {
  let bytes = 0;
  const made = writes.map((write): Prepared => {
    checkWrite(write);
    const { shelf, key, value } = write;
    const kind = value === undefined ? recordKinds.remove : recordKinds.put;
    const record = encodeRecord(kind, shelf, key, value ?? nothing);
    bytes += record.length;
    return { name: nameOf(shelf, key), shelf, key: keyAtRecord(record, 0), record };
  });
  if (bytes > commitBytesMax) throw new RangeError(`a commit has at most ${commitBytesMax} bytes`);
  return made;
}

function pendingValue({ record }: Prepared): Uint8Array | undefined {
  if (record[0] === recordKinds.remove) return undefined;
  return valueAtRecord(record, 0, u32At(record, 4)).slice();
}

async function* entries(
  log: Log,
  queue: Asked,
  shelf: number,
  range: KeyRange,
): AsyncGenerator<EngineEntry> {
  // What was asked for before is visible: it is in the index once an empty commit behind it is through.
  await queue.ask([]);
  const last = prefixOf(range.to);
  for (let from = prefixOf(range.from); from <= last;) {
    const stretch = log.indexes[shelf]!.stretch(from, entriesOfStretch);
    const inside = stretch.filter((entry) => entry.prefix <= last);
    if (inside.length === 0) return;
    const found = await Promise.all(
      inside.map(({ position }) => readIndexed(log, position, headerBytes)),
    );
    const some = found
      .map(({ bytes, size }) => ({ key: keyAtRecord(bytes, 0).slice(), size }))
      .filter(({ key }) => compare(key, range.from) >= 0 && compare(key, range.to) <= 0);
    yield* some.toSorted((a, b) => compare(a.key, b.key));
    from = inside.at(-1)!.prefix + 1;
  }
}

function figuresOf(log: Log): SegmentLogFigures {
  const all = log.segments.all();
  const sum = (of: (segment: (typeof all)[number]) => number): number =>
    all.reduce((total, segment) => total + of(segment), 0);
  return {
    segments: all.length,
    coldSegments: sum(({ isCold }) => (isCold ? 1 : 0)),
    bytes: sum(({ start, end }) => end - start),
    liveBytes: sum(({ live }) => live),
    commits: log.state.sequence,
  };
}
