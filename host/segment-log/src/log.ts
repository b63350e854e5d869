/**
 * A log while it is open: what opening finds, and what commits, reads and compaction share.
 *
 * Only the one who commits changes it, one group at a time; so whoever reads it between two awaits
 * sees the state after a whole group.
 */

import { equal } from '@dsm/primitive';
import { StoreError, type Disk, type DiskFile } from '@dsm/ports';
import type { FooterEntries } from './footer.ts';
import {
  headerAt,
  headerBytes,
  keyAtRecord,
  recordBytes,
  recordKinds,
  unitBytes,
  valueAtRecord,
  valueIsIntact,
} from './record.ts';
import {
  markOf,
  prefixOf,
  unitsOfClass,
  type IndexEntry,
  type Position,
  type RecordIndex,
} from './record-index.ts';
import type { LogState } from './segment-header.ts';
import type { SegmentShelf } from './segment-shelf.ts';
import type { Segment, Segments } from './segment.ts';

/** The newest segment: the one that grows. */
export interface Head {
  readonly segment: Segment;
  readonly file: DiskFile;
  /** Of its records so far. */
  readonly entries: FooterEntries;
  /** How long the file is: behind the records there may be zeros, which the next ones overwrite. */
  size: number;
}

export interface Log {
  readonly disk: Disk;
  readonly shelf: SegmentShelf | undefined;
  readonly id: Uint8Array;
  readonly segments: Segments;
  /** By shelf of the engine. */
  readonly indexes: readonly RecordIndex[];
  state: LogState;
  head: Head;
}

/** A record that was found by its key. */
export interface Located {
  readonly position: Position;
  /** Of the value. */
  readonly size: number;
}

/** Where the record of a key stands. No promise if the index alone can say that there is none. */
export function locate(
  log: Log,
  shelf: number,
  key: Uint8Array,
): Promise<Located | undefined> | undefined {
  const candidates = log.indexes[shelf]!.find(prefixOf(key), markOf(key));
  return candidates.length === 0 ? undefined : locateAmong(log, candidates, key);
}

async function locateAmong(
  log: Log,
  candidates: readonly IndexEntry[],
  key: Uint8Array,
): Promise<Located | undefined> {
  // All are asked for at once: nothing can take their segments away before they are read.
  const records = await Promise.all(
    candidates.map(({ position }) => readIndexed(log, position, headerBytes)),
  );
  for (const [i, { bytes, size }] of records.entries()) {
    if (equal(keyAtRecord(bytes, 0), key)) return { position: candidates[i]!.position, size };
  }
  return undefined;
}

/** The value of a key, checked. */
export async function readValue(
  log: Log,
  shelf: number,
  key: Uint8Array,
): Promise<Uint8Array | undefined> {
  const candidates = log.indexes[shelf]!.find(prefixOf(key), markOf(key));
  const records = await Promise.all(
    candidates.map(({ position, sizeClass }) =>
      readIndexed(log, position, unitsOfClass(sizeClass) * unitBytes),
    ),
  );
  for (const { bytes, size, segment } of records) {
    if (!equal(keyAtRecord(bytes, 0), key)) continue;
    const header = { kind: recordKinds.put, shelf, length: size };
    const isWhole = bytes.length >= recordBytes(size);
    if (!isWhole || !valueIsIntact(bytes, 0, header)) throw rotten(segment, 'a value');
    return valueAtRecord(bytes, 0, size).slice();
  }
  return undefined;
}

export interface Indexed {
  readonly bytes: Uint8Array;
  readonly size: number;
  readonly segment: number;
}

/** Up to `length` bytes of the put that the index says stands at `position`; its header is checked. */
export async function readIndexed(
  log: Pick<Log, 'segments'>,
  position: Position,
  length: number,
): Promise<Indexed> {
  const { segment, offset } = log.segments.at(position);
  const bytes = await segment.source.read(offset, length);
  const header = headerAt(bytes, 0);
  if (header === undefined || header.kind !== recordKinds.put) {
    throw rotten(segment.number, 'the header of a record');
  }
  return { bytes, size: header.length, segment: segment.number };
}

export function rotten(segment: number, what: string): StoreError {
  return new StoreError('rotten', `${what} in segment ${segment} is damaged`);
}
