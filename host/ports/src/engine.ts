/**
 * The engine: where a storage node keeps its records.
 *
 * A record stands on one of a few shelves under a key of 32 bytes. Keys are hashes, so they are
 * spread evenly and a prefix of a key names a fair share of a shelf. A commit is all or nothing, and
 * when its promise resolves it is durable: it survives `kill -9` and a power cut. Commits that are
 * asked for while the disk works are written together (group commit) and become visible in the order
 * in which they were asked for, possibly before they are durable. One process at a time opens an
 * engine; it never falls back silently to an older state. Rejects with `StoreError`.
 */

/** Shelves of an engine: 0 to 7. */
export const shelvesMax = 8;
/** The longest value. */
export const engineValueBytesMax = 2_097_152;

/** A value to keep, or `undefined` to remove the record. */
export interface EngineWrite {
  readonly shelf: number;
  /** 32 bytes. */
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** A record without its value. */
export interface EngineEntry {
  readonly key: Uint8Array;
  /** Bytes of the value. */
  readonly size: number;
}

/** What stands on a shelf, exactly, after all commits that have resolved; later ones may count. */
export interface ShelfTotals {
  readonly records: number;
  /** Bytes of all values together. */
  readonly bytes: number;
}

export interface Engine {
  /** A copy of the value, as of the last commit that was asked for. */
  readonly get: (shelf: number, key: Uint8Array) => Promise<Uint8Array | undefined>;
  /** The size of the value without reading it. */
  readonly sizeOf: (shelf: number, key: Uint8Array) => Promise<number | undefined>;
  /** Apply all of `writes`, later ones winning, or none. */
  readonly commit: (writes: readonly EngineWrite[]) => Promise<void>;
  /**
   * The records of a shelf whose key starts with the first `bits` bits of `prefix` (0 bits: all), in
   * ascending order of the key. A record that is there all the while comes exactly once; one that
   * comes or goes meanwhile may or may not.
   */
  readonly entries: (shelf: number, prefix: Uint8Array, bits: number) => AsyncIterable<EngineEntry>;
  readonly totals: (shelf: number) => ShelfTotals;
  /** Waits for the commits under way, then gives the engine back to other processes. */
  readonly close: () => Promise<void>;
}
