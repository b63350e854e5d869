/**
 * The segment shelf: where sealed segments may stand when the disk is to be freed of them.
 *
 * A sealed segment never changes, so the shelf needs no order and no locks: a name stands for one
 * string of bytes for ever, or for nothing. The engine checks every record that it reads, so the
 * shelf may be a stranger's; but what it loses is lost. Rejects with `StoreError`: `full`,
 * `read-only` (it may not be written, or not by us), `rotten` if a segment is not there or shorter
 * than it was, else `lost` (it does not answer; the outcome is unknown).
 */

import { StoreError } from '@dsm/ports';

export interface SegmentOnShelf {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
}

export interface SegmentShelf {
  /**
   * Resolves when the bytes stand there durably and whole. Putting the same bytes under the same
   * name again changes nothing, so whoever does not know the outcome may repeat it. Names have 1 to 64
   * characters of `a` to `z`, `0` to `9`, `.` and `-`.
   */
  readonly put: (name: string, bytes: Uint8Array) => Promise<void>;
  /** Exactly `length` bytes from `offset`. */
  readonly get: (name: string, offset: number, length: number) => Promise<Uint8Array>;
  /** All segments, in no order. */
  readonly list: () => Promise<readonly SegmentOnShelf[]>;
  /** Removing what is not there is no fault. */
  readonly remove: (name: string) => Promise<void>;
}

/** A shelf in memory, for tests: what the others are compared with. */
export function memoryShelf(): SegmentShelf {
  const segments = new Map<string, Uint8Array>();
  return {
    put: async (name, bytes) => {
      segments.set(name, bytes.slice());
    },
    get: async (name, offset, length) => {
      const bytes = segments.get(name);
      if (bytes === undefined || offset + length > bytes.length) {
        throw new StoreError('rotten', `no ${length} bytes at ${offset} of segment ${name}`);
      }
      return bytes.slice(offset, offset + length);
    },
    list: async () => [...segments].map(([name, { length }]) => ({ name, size: length })),
    remove: async (name) => {
      segments.delete(name);
    },
  };
}
