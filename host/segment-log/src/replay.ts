/**
 * Replaying: what a record does to the index, in the order of the log. A later record of a key takes
 * the place of an earlier one.
 */

import { equal } from '@dsm/primitive';
import { shelvesMax } from '@dsm/ports';
import { hasEntry, type FooterEntry } from './footer.ts';
import { readIndexed, rotten, type Log } from './log.ts';
import {
  headerAt,
  headerBytes,
  keyAtRecord,
  recordBytes,
  recordKinds,
  unitBytes,
} from './record.ts';
import { markOf, prefixOf, type IndexEntry } from './record-index.ts';
import type { ScannedRecord } from './scan.ts';
import { positionOf, type Segment } from './segment.ts';

/** What replaying needs of a log. */
export type Replayed = Pick<Log, 'segments' | 'indexes'>;

/** The footer entry of a put or remove, or undefined for another record. */
export function entryOf({
  kind,
  shelf,
  length,
  offset,
  bytes,
  at,
}: ScannedRecord): FooterEntry | undefined {
  if (!hasEntry(kind)) return undefined;
  const key = keyAtRecord(bytes, at);
  return {
    prefix: prefixOf(key),
    mark: markOf(key),
    shelf,
    isRemove: kind === recordKinds.remove,
    offset,
    length: recordBytes(length),
  };
}

/**
 * Replays one record. Gives a promise only if other records must be read to tell keys apart: of the size of
 * the value whose place it takes, if there is one.
 */
export function replay(
  log: Replayed,
  segment: Segment,
  entry: FooterEntry,
): Promise<number | undefined> | undefined {
  if (entry.shelf >= shelvesMax) throw rotten(segment.number, 'the shelf of a record');
  segment.written += entry.length;
  const candidates = log.indexes[entry.shelf]!.find(entry.prefix, entry.mark);
  if (candidates.length > 0) return replayOver(log, segment, entry, candidates);
  add(log, segment, entry);
  return undefined;
}

function add(log: Replayed, segment: Segment, entry: FooterEntry): void {
  segment.live += entry.length;
  if (entry.isRemove) segment.removes += entry.length;
  else {
    const position = positionOf(segment, entry.offset);
    const units = entry.length / unitBytes;
    log.indexes[entry.shelf]!.insert(entry.prefix, entry.mark, position, units);
  }
}

async function replayOver(
  log: Replayed,
  segment: Segment,
  entry: FooterEntry,
  candidates: readonly IndexEntry[],
): Promise<number | undefined> {
  const [own, ...others] = await Promise.all([
    ownHeader(segment, entry),
    ...candidates.map(({ position }) => readIndexed(log, position, headerBytes)),
  ]);
  const which = others.findIndex(({ bytes }) => equal(keyAtRecord(bytes, 0), keyAtRecord(own, 0)));
  if (which === -1) {
    add(log, segment, entry);
    return undefined;
  }
  const { position } = candidates[which]!;
  const index = log.indexes[entry.shelf]!;
  const { size } = others[which]!;
  log.segments.at(position).segment.live -= recordBytes(size);
  segment.live += entry.length;
  if (entry.isRemove) {
    segment.removes += entry.length;
    index.remove(entry.prefix, position);
  } else {
    const to = positionOf(segment, entry.offset);
    index.move(entry.prefix, position, to, entry.length / unitBytes);
  }
  return size;
}

async function ownHeader(segment: Segment, { offset }: FooterEntry): Promise<Uint8Array> {
  const bytes = await segment.source.read(offset, headerBytes);
  if (headerAt(bytes, 0) === undefined) throw rotten(segment.number, 'the header of a record');
  return bytes;
}
