/**
 * Cold segments: sealed ones whose bytes stand on the segment shelf.
 *
 * On the disk stays a file with all that is no value, so that opening and listing read nothing from the
 * shelf. If that file is lost or damaged, it is made again from the shelf.
 */

import { StoreError } from '@dsm/ports';
import { placeFile } from './checkpoint.ts';
import { digestOf } from './digest.ts';
import { coldSource, encodeKept, readKept, type KeptParts } from './cold-source.ts';
import { readFooter, trailerBytes, type Footer } from './footer.ts';
import type { Log } from './log.ts';
import { readSegmentHeader, type SegmentHeader } from './segment-header.ts';
import type { SegmentShelf } from './segment-shelf.ts';
import { coldName, segmentName, shelfSource, type Segment, type Source } from './segment.ts';

/** A sealed segment that was opened. Without a footer its records have to be read. */
export interface OpenedSegment {
  readonly header: SegmentHeader;
  readonly footer: Footer | undefined;
  readonly source: Source;
  /** Of all its bytes. */
  readonly size: number;
  readonly isCold: boolean;
}

/** What is needed of a log to find its cold segments. */
export type Keeping = Pick<Log, 'disk' | 'shelf' | 'id'>;

const letters = 'abcdefghijklmnopqrstuvwxyz234567';

/** What the names of a log's segments begin with: other logs may use the same shelf. */
function shelfPrefix(id: Uint8Array): string {
  const named = digestOf(id, Uint8Array.of(0));
  return [...named.subarray(0, 16)].map((byte) => letters[byte & 31]).join('');
}

function shelfName({ id }: Pick<Log, 'id'>, number: number): string {
  return `${shelfPrefix(id)}-${segmentName(number)}`;
}

/** A segment that is not here as a whole: undefined if it is not on the shelf either. */
export async function openCold(
  log: Keeping,
  number: number,
  names: readonly string[],
): Promise<OpenedSegment | undefined> {
  const kept = names.includes(coldName(number)) ? await keptParts(log, number) : undefined;
  if (log.shelf === undefined) {
    if (kept === undefined) return undefined;
    throw new StoreError('lost', `segment ${number} stands on a shelf, and none was given`);
  }
  const parts = kept ?? (await partsOnShelf(log, log.shelf, number));
  if (parts === undefined) return undefined;
  const { header, footer } = parts;
  const size = footer.end + footer.entries.length + trailerBytes;
  const far = shelfSource(log.shelf, shelfName(log, number), size);
  const source = coldSource(log.disk, coldName(number), parts, far);
  return { header, footer, source, size, isCold: true };
}

/** What was kept here of a cold segment, if it is intact. */
async function keptParts({ disk }: Keeping, number: number): Promise<KeptParts | undefined> {
  const file = await disk.open(coldName(number), 'existing');
  try {
    return await readKept(number, await file.size(), file.read);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'rotten') return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

/** Reads the segment from the shelf, and keeps of it what is to be kept. */
async function partsOnShelf(
  log: Keeping,
  shelf: SegmentShelf,
  number: number,
): Promise<KeptParts | undefined> {
  const name = shelfName(log, number);
  const listed = (await shelf.list()).find((segment) => segment.name === name);
  if (listed === undefined) return undefined;
  const bytes = await shelf.get(name, 0, listed.size);
  const parts = await partsOf(number, bytes);
  if (parts !== undefined) await keepParts(log, parts, bytes);
  return parts;
}

/** Header and footer of a whole segment; undefined if its footer is damaged. */
async function partsOf(number: number, bytes: Uint8Array): Promise<KeptParts | undefined> {
  const read: Source['read'] = async (offset, length) => bytes.subarray(offset, offset + length);
  const footer = await readFooter(bytes.length, read);
  if (footer === undefined) return undefined;
  return { header: await readSegmentHeader(number, (length) => read(0, length)), footer };
}

function keepParts({ disk }: Keeping, parts: KeptParts, segment: Uint8Array): Promise<void> {
  return placeFile(disk, coldName(parts.header.number), [encodeKept(parts, segment)]);
}

/** Brings a sealed segment to the shelf and frees the disk of it. False if it must stay: its footer is damaged. */
export async function moveToShelf(
  log: Log,
  shelf: SegmentShelf,
  segment: Segment,
): Promise<boolean> {
  const { number } = segment;
  const file = await log.disk.open(segmentName(number), 'existing');
  let bytes: Uint8Array;
  try {
    bytes = await file.read(0, await file.size());
  } finally {
    await file.close();
  }
  const parts = await partsOf(number, bytes);
  if (parts === undefined) return false;
  const name = shelfName(log, number);
  await shelf.put(name, bytes);
  await keepParts(log, parts, bytes);
  const local = segment.source;
  const far = shelfSource(shelf, name, bytes.length);
  segment.source = coldSource(log.disk, coldName(number), parts, far);
  segment.isCold = true;
  await local.close();
  await log.disk.remove(segmentName(number));
  return true;
}

/** Removes all bytes of a segment that is no part of the log any more. */
export async function removeSegment(log: Log, segment: Segment): Promise<void> {
  await segment.source.close();
  if (!segment.isCold) {
    await log.disk.remove(segmentName(segment.number));
    return;
  }
  await log.shelf!.remove(shelfName(log, segment.number));
  await log.disk.remove(coldName(segment.number));
}

/** Removes from the shelf what a process before this one wanted gone. It may fail: the next one tries again. */
export async function removeUnknown(log: Log): Promise<void> {
  const { shelf } = log;
  if (shelf === undefined) return;
  const ours = `${shelfPrefix(log.id)}-`;
  try {
    const known = new Set(
      log.segments
        .all()
        .filter(({ isCold }) => isCold)
        .map(({ number }) => shelfName(log, number)),
    );
    for (const { name } of await shelf.list()) {
      if (name.startsWith(ours) && !known.has(name)) await shelf.remove(name);
    }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
  }
}
