/**
 * Segments while the log is open: a number in the log, a slot in the index, and where their bytes are.
 *
 * A segment is read through a source. Whoever takes the bytes away (compaction, or the move to the
 * segment shelf) puts another source in its place, or none, and waits for those who still read.
 */

import { StoreError, type DiskFile } from '@dsm/ports';
import { unitBytes } from './record.ts';
import type { Position } from './record-index.ts';
import type { SegmentShelf } from './segment-shelf.ts';

/** Where bytes of a segment come from. */
export interface Source {
  /** Up to `length` bytes; fewer only where the segment ends. */
  readonly read: (offset: number, length: number) => Promise<Uint8Array>;
  /** Waits for those who read, and lets go of the bytes. */
  readonly close: () => Promise<void>;
}

export interface Segment {
  readonly number: number;
  /** Its place in positions; used again once the segment is gone. */
  readonly slot: number;
  source: Source;
  /** The bytes stand on the segment shelf. */
  isCold: boolean;
  isSealed: boolean;
  /** Where its records end. */
  end: number;
  /** Where its first record stands. */
  readonly start: number;
  /** Bytes of all puts and removes. */
  written: number;
  /** Bytes of those that are still needed. */
  live: number;
  /** Of these, bytes of removes: needed only while an older segment stands. */
  removes: number;
}

/** Segments begin at multiples of this many units, in positions. */
const slotUnits = 0x400000;
const slotsMax = 0x40000;
export const segmentBytesMax: number = slotUnits * unitBytes;

/** All segments that are part of the log. */
export interface Segments {
  readonly add: (segment: Omit<Segment, 'slot'>) => Segment;
  readonly remove: (segment: Segment) => void;
  readonly of: (number: number) => Segment | undefined;
  /** Ascending, which is the order in which they are added. */
  readonly all: () => readonly Segment[];
  readonly oldest: () => Segment | undefined;
  readonly at: (position: Position) => { readonly segment: Segment; readonly offset: number };
}

export function segments(): Segments {
  const bySlot: (Segment | undefined)[] = [];
  const byNumber = new Map<number, Segment>();
  const free: number[] = [];
  return {
    add: (made) => {
      const slot = free.pop() ?? bySlot.length;
      if (slot >= slotsMax) throw new StoreError('full', 'the log has as many segments as it can');
      const segment = { ...made, slot };
      bySlot[slot] = segment;
      byNumber.set(segment.number, segment);
      return segment;
    },
    remove: ({ slot, number }) => {
      bySlot[slot] = undefined;
      byNumber.delete(number);
      free.push(slot);
    },
    of: (number) => byNumber.get(number),
    all: () => [...byNumber.values()],
    oldest: () => byNumber.values().next().value,
    at: (position) => {
      const segment = bySlot[Math.floor(position / slotUnits)];
      if (segment === undefined) throw new RangeError(`nothing stands at ${position}`);
      return { segment, offset: (position % slotUnits) * unitBytes };
    },
  };
}

export function positionOf({ slot }: Segment, offset: number): Position {
  return slot * slotUnits + offset / unitBytes;
}

/** A file on the disk as a source. */
export function fileSource(file: DiskFile): Source {
  return counted((offset, length) => file.read(offset, length), file.close);
}

/** A segment on the shelf as a source; `size` is its whole length there. */
export function shelfSource(shelf: SegmentShelf, name: string, size: number): Source {
  return counted(
    (offset, length) => {
      const some = Math.min(length, size - offset);
      return some <= 0 ? Promise.resolve(new Uint8Array(0)) : shelf.get(name, offset, some);
    },
    () => Promise.resolve(),
  );
}

/** A source that is let go of only when nobody reads any more. */
export function counted(read: Source['read'], release: () => Promise<void>): Source {
  let readers = 0;
  let left: (() => void) | undefined;
  return {
    read: async (offset, length) => {
      readers += 1;
      try {
        return await read(offset, length);
      } finally {
        readers -= 1;
        if (readers === 0) left?.();
      }
    },
    close: async () => {
      if (readers > 0) {
        await new Promise<void>((resolve) => {
          left = resolve;
        });
      }
      await release();
    },
  };
}

export function segmentName(number: number): string {
  return `${String(number).padStart(10, '0')}.segment`;
}

/** What stays on the disk of a segment that stands on the shelf: its header and footer. */
export function coldName(number: number): string {
  return `${String(number).padStart(10, '0')}.cold`;
}

const namePattern = /^(\d{10})\.(segment|cold)$/;

/** The number in a file's name, and what kind of file it is; undefined if it is none of ours. */
export function parsedName(
  name: string,
): { readonly number: number; readonly isCold: boolean } | undefined {
  const [, digits, kind] = namePattern.exec(name) ?? [];
  return digits === undefined ? undefined : { number: Number(digits), isCold: kind === 'cold' };
}
