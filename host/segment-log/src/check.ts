/**
 * Checking a log that nobody has open: every checksum, the chain of commits, hints against records,
 * totals against what is there. It reports what it finds and changes nothing, unless it is told to
 * make damaged hints again and to turn back single bits of record headers: all that can be repaired without
 * losing or inventing anything.
 */

import { equal } from '@dsm/primitive';
import { shelvesMax, StoreError, type Disk, type ShelfTotals } from '@dsm/ports';
import { checkpointName, readCheckpoint, type Checkpoint } from './checkpoint.ts';
import { inspected, type Inspected } from './check-segment.ts';
import { openCold, type OpenedSegment } from './cold.ts';
import { encodeFooter, footerEntryAt, footerEntryBytes, readFooter } from './footer.ts';
import { rotten, type Log } from './log.ts';
import { recordIndex } from './record-index.ts';
import { replay } from './replay.ts';
import { mendingOf } from './mend-header.ts';
import { readSegmentHeader } from './segment-header.ts';
import type { SegmentShelf } from './segment-shelf.ts';
import {
  fileSource,
  parsedName,
  segmentName,
  segments,
  type Segment,
  type Source,
} from './segment.ts';
import { walked } from './walked.ts';

/**
 * checkpoint  it is damaged or gone
 * missing     a segment that is part of the log is not there
 * header      the header of a segment is damaged
 * record      a record is damaged: its value is lost, unless others have it
 * chain       a commit does not follow from what is before it, or the log ends before its checkpoint
 * totals      what the last commit says is on a shelf is not what is there
 * hint        a footer is damaged, or not what its records say: the index can do without it
 * tail        behind the last commit stands what nobody was told is kept: opening cuts it off
 * leftover    a file that is no part of the log any more: opening removes it
 */
export const findingKinds = [
  'checkpoint',
  'missing',
  'header',
  'record',
  'chain',
  'totals',
  'hint',
  'tail',
  'leftover',
] as const;

export type FindingKind = (typeof findingKinds)[number];

export interface Finding {
  readonly kind: FindingKind;
  /** 0 if it concerns the log as a whole. */
  readonly segment: number;
  readonly sentence: string;
  /** Nothing is lost by it. */
  readonly isHarmless: boolean;
  readonly isRepaired: boolean;
}

export interface LogReport {
  readonly findings: readonly Finding[];
  readonly segments: number;
  /** Puts and removes, also those that others have taken the place of. */
  readonly records: number;
  readonly commits: number;
}

export interface CheckOptions {
  /** Where cold segments stand. */
  readonly shelf?: SegmentShelf;
  /** Make damaged hints again, and turn back single bits of record headers. */
  readonly repair?: boolean;
}

const harmless: readonly FindingKind[] = ['hint', 'tail', 'leftover'];

interface Check {
  readonly log: Pick<Log, 'disk' | 'shelf' | 'segments' | 'indexes'>;
  readonly names: readonly string[];
  readonly repair: boolean;
  readonly findings: Finding[];
  /** What is on each shelf, counted. */
  readonly counted: { records: number; bytes: number }[];
  records: number;
  commits: number;
}

/** Walks everything. Rejects only if the disk fails otherwise than by rot. */
export async function checkLog(disk: Disk, options: CheckOptions = {}): Promise<LogReport> {
  const check: Check = {
    log: {
      disk,
      shelf: options.shelf,
      segments: segments(),
      indexes: Array.from({ length: shelvesMax }, recordIndex),
    },
    names: await disk.list(),
    repair: options.repair ?? false,
    findings: [],
    counted: Array.from({ length: shelvesMax }, () => ({ records: 0, bytes: 0 })),
    records: 0,
    commits: 0,
  };
  const newest = check.names.reduce(
    (most, name) => Math.max(most, parsedName(name)?.number ?? 0),
    0,
  );
  if (newest > 0 || check.names.includes(checkpointName)) await checkAll(check, newest);
  const all = check.log.segments.all();
  for (const { source } of all) await source.close();
  const { findings, records, commits } = check;
  return { findings, segments: all.length, records, commits };
}

async function checkAll(check: Check, newest: number): Promise<void> {
  const checkpoint = await attempt(check, 'checkpoint', 0, () => theCheckpoint(check));
  const opened = await attempt(check, 'missing', newest, () => openLocal(check, newest));
  if (opened === undefined) return;
  const id = checkpoint?.id ?? opened.header.id;
  const head = await inspect(check, opened, id, true);
  await attempt(check, 'chain', newest, () => reach(newest, opened, checkpoint));
  const expected = opened.header.others.filter((number) => !head.drops.has(number));
  let before: Inspected | undefined;
  for (const number of expected) {
    const sealed = await attempt(check, 'missing', number, () => openSealed(check, number, id));
    if (sealed === undefined) continue;
    const found = await inspect(check, sealed, id, false);
    follow(check, before, found);
    await checkHint(check, sealed, found);
    await count(check, sealed, found);
    before = found;
  }
  follow(check, before, head);
  await count(check, opened, head);
  compareTotals(check, head.state.totals);
  findLeftovers(check, new Set([...expected, newest]));
}

async function theCheckpoint({ log, names }: Check): Promise<Checkpoint> {
  if (names.includes(checkpointName)) return readCheckpoint(log.disk);
  throw new StoreError('rotten', 'the checkpoint of the log is gone');
}

async function openLocal({ log, names }: Check, number: number): Promise<OpenedSegment> {
  if (!names.includes(segmentName(number))) throw rotten(number, 'everything');
  const file = await log.disk.open(segmentName(number), 'existing');
  const source = fileSource(file);
  const size = await file.size();
  const header = await readSegmentHeader(number, (length) => source.read(0, length));
  const footer = await readFooter(size, source.read);
  return { header, footer, source, size, isCold: false };
}

async function openSealed(check: Check, number: number, id: Uint8Array): Promise<OpenedSegment> {
  const { log, names } = check;
  if (names.includes(segmentName(number))) return openLocal(check, number);
  const cold = await openCold({ ...log, id }, number, names);
  if (cold === undefined) throw rotten(number, 'everything');
  return cold;
}

/** As opening does it: the log must reach its checkpoint, and nothing durable may stand behind damage. */
async function reach(
  number: number,
  { header, source, size }: OpenedSegment,
  checkpoint: Checkpoint | undefined,
): Promise<void> {
  if (checkpoint !== undefined && number < checkpoint.segment) {
    throw rotten(checkpoint.segment, 'everything');
  }
  await walked(source.read, header, size, checkpoint);
}

async function inspect(
  check: Check,
  opened: OpenedSegment,
  id: Uint8Array,
  isHead: boolean,
): Promise<Inspected> {
  const { number } = opened.header;
  if (!equal(opened.header.id, id)) find(check, 'header', number, 'it belongs to another log');
  const found = await inspectedOrMended(check, opened, id, isHead);
  for (const { kind, sentence } of found.faults) find(check, kind, number, sentence);
  check.records += found.entries.length / footerEntryBytes;
  check.commits += found.commits;
  return found;
}

/** Headers of which one bit is wrong are mended, if after that the chain of commits holds. */
async function inspectedOrMended(
  check: Check,
  opened: OpenedSegment,
  id: Uint8Array,
  isHead: boolean,
): Promise<Inspected> {
  const before = await inspected(opened, id, isHead);
  const { number } = opened.header;
  if (!check.repair || opened.isCold || before.damaged.length === 0) return before;
  const { read } = opened.source;
  const possible = await Promise.all(before.damaged.map((where) => mendingOf(read, where)));
  const mendings = possible.filter((mending) => mending !== undefined);
  if (mendings.length === 0) return before;
  const mended: Source['read'] = async (offset, length) => {
    const bytes = (await read(offset, length)).slice();
    for (const mending of mendings) overlay(bytes, mending.offset - offset, mending.header);
    return bytes;
  };
  const after = await inspected(
    { ...opened, source: { ...opened.source, read: mended } },
    id,
    isHead,
  );
  // The digest of each commit covers the headers of its records: what fits by chance does not pass.
  if (after.faults.length + mendings.length > before.faults.length) return before;
  const file = await check.log.disk.open(segmentName(number), 'existing');
  try {
    for (const { offset, header } of mendings) await file.write(offset, [header]);
    await file.sync();
  } finally {
    await file.close();
  }
  for (const { offset } of mendings) {
    find(check, 'record', number, `one bit of the header at ${offset} was wrong`, true);
  }
  return after;
}

/** Puts `part` over `bytes` from `at` on, as far as it lies within them. */
function overlay(bytes: Uint8Array, at: number, part: Uint8Array): void {
  for (const [i, byte] of part.entries()) {
    if (at + i >= 0 && at + i < bytes.length) bytes[at + i] = byte;
  }
}

function follow(check: Check, before: Inspected | undefined, next: Inspected): void {
  if (before === undefined || before.number + 1 !== next.number) return;
  if (equal(before.state.digest, next.begins.digest)) return;
  find(check, 'chain', next.number, 'it does not go on where the segment before it ends');
}

/** The footer must be what the records say; made again, it is. */
async function checkHint(check: Check, opened: OpenedSegment, found: Inspected): Promise<void> {
  const { footer, header, isCold } = opened;
  const { end, entries, state } = found;
  const { sequence, digest } = state;
  const isDamaged = found.faults.length > 0;
  // What damaged records said is not known, so nothing can be said about their hints either.
  if (isDamaged) return;
  const isSame = footer !== undefined && equal(footer.entries, entries) && footer.end === end;
  if (isSame && equal(footer.digest, digest)) return;
  const { number } = header;
  if (check.repair && !isCold) {
    const file = await check.log.disk.open(segmentName(number), 'existing');
    try {
      await file.truncate(end);
      await file.write(end, [encodeFooter({ entries, end, sequence, digest })]);
      await file.sync();
    } finally {
      await file.close();
    }
  }
  const isRepaired = check.repair && !isCold;
  find(check, 'hint', number, 'its footer is not what its records say', isRepaired);
}

/** Replays the segment, counting what is on the shelves. */
async function count(check: Check, opened: OpenedSegment, found: Inspected): Promise<void> {
  const { log, counted } = check;
  const { number, start, end, entries } = found;
  const { source, isCold } = opened;
  const made: Omit<Segment, 'slot'> = {
    number,
    source,
    isCold,
    isSealed: true,
    start,
    end,
    written: 0,
    live: 0,
    removes: 0,
  };
  const segment = log.segments.add(made);
  for (let at = 0; at < entries.length; at += footerEntryBytes) {
    const entry = footerEntryAt(entries, at);
    const done = await attempt(check, 'record', number, async () => {
      const replaced = await replay(log, segment, entry);
      return { replaced };
    });
    const shelf = counted[entry.shelf];
    if (done === undefined || shelf === undefined) continue;
    const wasThere = done.replaced !== undefined;
    shelf.records += (entry.isRemove ? 0 : 1) - (wasThere ? 1 : 0);
    shelf.bytes +=
      (entry.isRemove ? 0 : found.sizes[at / footerEntryBytes]!) - (done.replaced ?? 0);
  }
}

function compareTotals(check: Check, stated: readonly ShelfTotals[]): void {
  // Where records are lost their number is not what it was: that was reported already.
  if (check.findings.some(({ isHarmless }) => !isHarmless)) return;
  for (const [shelf, { records, bytes }] of stated.entries()) {
    const there = check.counted[shelf]!;
    if (there.records === records && there.bytes === bytes) continue;
    const sentence = `shelf ${shelf} has ${there.records} records of ${there.bytes} bytes, not ${records} of ${bytes}`;
    find(check, 'totals', 0, sentence);
  }
}

function findLeftovers(check: Check, known: ReadonlySet<number>): void {
  for (const name of check.names) {
    const number = parsedName(name)?.number;
    const isLeft = number === undefined ? name.endsWith('.new') : !known.has(number);
    if (isLeft) find(check, 'leftover', number ?? 0, `${name} is no part of the log`);
  }
}

/** Runs `act`; rot that it meets becomes a finding. */
async function attempt<T>(
  check: Check,
  kind: FindingKind,
  segment: number,
  act: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await act();
  } catch (error) {
    const isRot = error instanceof StoreError && ['rotten', 'version'].includes(error.code);
    if (!isRot) throw error;
    find(check, kind, segment, error.message);
    return undefined;
  }
}

function find(
  { findings }: Check,
  kind: FindingKind,
  segment: number,
  sentence: string,
  isRepaired = false,
): void {
  const isHarmless = harmless.includes(kind);
  findings.push({ kind, segment, sentence, isHarmless, isRepaired });
}
