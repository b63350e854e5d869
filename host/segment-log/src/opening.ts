/**
 * Opening: from what lies on the disk to the log as of its last whole commit, or to a refusal.
 *
 * The newest segment is walked record by record. What stands behind its last whole commit was never
 * acknowledged and is cut off, but only if the checkpoint does not say that the log went on, and no
 * later commit of this log stands there. The other segments are read through their footers, or through
 * their records if a footer is damaged. Nothing is removed before everything was understood.
 */

import { equal } from '@dsm/primitive';
import { shelvesMax, StoreError, type Disk, type DiskFile, type Entropy } from '@dsm/ports';
import { checkpointName, readCheckpoint, type Checkpoint } from './checkpoint.ts';
import { openCold, removeUnknown, type OpenedSegment } from './cold.ts';
import {
  footerEntries,
  footerEntryAt,
  footerEntryBytes,
  readFooter,
  type Footer,
} from './footer.ts';
import { beginSegment, keepCheckpoint } from './head.ts';
import { rotten, type Log } from './log.ts';
import { recordIndex } from './record-index.ts';
import { replay } from './replay.ts';
import {
  idBytes,
  noCommits,
  readSegmentHeader,
  segmentHeaderBytes,
  type SegmentHeader,
} from './segment-header.ts';
import type { SegmentShelf } from './segment-shelf.ts';
import {
  fileSource,
  parsedName,
  segmentName,
  segments,
  type Segment,
  type Source,
} from './segment.ts';
import { walked, type Walked } from './walked.ts';
import { watchedDisk } from './watched-disk.ts';

export interface OpeningOptions {
  readonly disk: Disk;
  readonly entropy: Entropy;
  readonly shelf: SegmentShelf | undefined;
}

export async function openLog(options: OpeningOptions): Promise<Log> {
  const { disk, closeAll } = watchedDisk(options.disk);
  try {
    return await opened({ ...options, disk });
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function opened(options: OpeningOptions): Promise<Log> {
  const { disk, entropy } = options;
  const names = await disk.list();
  const numbers = names.map(parsedName).filter((name) => name !== undefined);
  const newest = numbers.reduce((most, { number }) => Math.max(most, number), 0);
  if (!names.includes(checkpointName)) {
    if (newest > 1) throw new StoreError('rotten', 'the checkpoint of the log is gone');
    if (newest === 0) return createLog(options, entropy.bytes(idBytes));
    return adoptFirst(options);
  }
  const checkpoint = await readCheckpoint(disk);
  if (newest < checkpoint.segment) throw rotten(checkpoint.segment, 'everything');
  return reopen(options, checkpoint, newest, names);
}

function createLog(options: OpeningOptions, id: Uint8Array): Promise<Log> {
  const log = emptyLog(options, id);
  return beginSegment(log, 1).then(() => log);
}

/** The first opening was cut short between the first segment and its checkpoint. */
async function adoptFirst(options: OpeningOptions): Promise<Log> {
  const file = await options.disk.open(segmentName(1), 'existing');
  try {
    const header = await readSegmentHeader(1, (length) => file.read(0, length));
    if ((await file.size()) > segmentHeaderBytes(0)) {
      throw new StoreError('rotten', 'the checkpoint of the log is gone');
    }
    return await createLog(options, header.id);
  } finally {
    await file.close();
  }
}

function emptyLog({ disk, shelf }: OpeningOptions, id: Uint8Array): Log {
  const log: Omit<Log, 'head'> = {
    disk,
    shelf,
    id,
    segments: segments(),
    indexes: Array.from({ length: shelvesMax }, recordIndex),
    state: noCommits,
  };
  // The head is set before anybody gets the log.
  return log as Log;
}

async function reopen(
  options: OpeningOptions,
  checkpoint: Checkpoint,
  newest: number,
  names: readonly string[],
): Promise<Log> {
  const { disk } = options;
  const file = await disk.open(segmentName(newest), 'existing');
  const header = await readSegmentHeader(newest, (length) => file.read(0, length));
  if (!equal(header.id, checkpoint.id)) throw rotten(newest, 'the id of the log');
  const source = fileSource(file);
  const found = await walked(source.read, header, await file.size(), checkpoint);
  const log = emptyLog(options, header.id);
  const expected = header.others.filter((number) => !found.drops.has(number));
  const sealed = await replaySealed(log, expected, names);
  if (sealed !== undefined) mustFollow(sealed, header);
  const segment = added(log, header, source, found.end, false);
  await replayAll(log, segment, found.entries);
  log.state = found.state;
  await settleHead(log, segment, file, found);
  await removeLeftovers(log);
  return log;
}

/** Makes durable what was found, whatever the process before this one knew, and goes on behind it. */
async function settleHead(
  log: Log,
  segment: Segment,
  file: DiskFile,
  found: Walked,
): Promise<void> {
  const { start, end } = found.lastGroup;
  // A sync that failed earlier leaves bytes that can be read but are not on the medium, and that the
  // next sync knows nothing of. Written again they are new.
  if (end > start) await file.write(start, [await file.read(start, end - start)]);
  if ((await file.size()) > found.end) await file.truncate(found.end);
  await file.sync();
  await log.disk.syncFolder();
  const entries = footerEntries();
  entries.addAll(found.entries);
  log.head = { segment, file, entries, size: found.end };
  await keepCheckpoint(log);
}

interface Sealed {
  readonly number: number;
  readonly digest: Uint8Array;
}

/** Adds all sealed segments, oldest first. Gives the last one. */
async function replaySealed(
  log: Log,
  expected: readonly number[],
  names: readonly string[],
): Promise<Sealed | undefined> {
  let before: Sealed | undefined;
  for (const number of expected) {
    const opened = names.includes(segmentName(number))
      ? await openLocal(log, number)
      : await openCold(log, number, names);
    if (opened === undefined) throw rotten(number, 'everything');
    const { header, source } = opened;
    if (!equal(header.id, log.id)) throw rotten(number, 'the id of the log');
    if (before !== undefined && before.number + 1 === number) mustFollow(before, header);
    const { entries, end, digest } = opened.footer ?? (await fromRecords(opened));
    const segment = added(log, header, source, end, true);
    segment.isCold = opened.isCold;
    await replayAll(log, segment, entries);
    before = { number, digest };
  }
  return before;
}

/** The chain goes on from one segment into the next, unless one between them is gone. */
function mustFollow({ number, digest }: Sealed, next: SegmentHeader): void {
  if (next.number === number + 1 && !equal(digest, next.state.digest)) {
    throw rotten(number, 'the last commit');
  }
}

async function fromRecords({ source, header, size }: OpenedSegment): Promise<Footer> {
  const { entries, end, state } = await walked(source.read, header, size, undefined);
  return { entries, end, sequence: state.sequence, digest: state.digest };
}

async function openLocal(log: Log, number: number): Promise<OpenedSegment> {
  const file = await log.disk.open(segmentName(number), 'existing');
  const source = fileSource(file);
  const header = await readSegmentHeader(number, (length) => source.read(0, length));
  const size = await file.size();
  const footer = await readFooter(size, source.read);
  return { header, footer, source, size, isCold: false };
}

function added(
  log: Log,
  { number, others }: SegmentHeader,
  source: Source,
  end: number,
  isSealed: boolean,
): Segment {
  const start = segmentHeaderBytes(others.length);
  return log.segments.add({
    number,
    source,
    isCold: false,
    isSealed,
    start,
    end,
    written: 0,
    live: 0,
    removes: 0,
  });
}

async function replayAll(log: Log, segment: Segment, entries: Uint8Array): Promise<void> {
  for (let at = 0; at < entries.length; at += footerEntryBytes) {
    const slow = replay(log, segment, footerEntryAt(entries, at));
    if (slow !== undefined) await slow;
  }
}

/** Takes away what a process before this one no longer needed, or did not finish. */
async function removeLeftovers(log: Log): Promise<void> {
  for (const name of await log.disk.list()) {
    const parsed = parsedName(name);
    const segment = parsed === undefined ? undefined : log.segments.of(parsed.number);
    const isOurs = parsed !== undefined || name.endsWith('.new');
    // Of a segment that is both here and on the shelf the copy here was about to go.
    if (isOurs && (segment === undefined || segment.isCold !== parsed?.isCold)) {
      await log.disk.remove(name);
    }
  }
  await removeUnknown(log);
}
