/**
 * The store: where a wallet or a node keeps what must survive.
 *
 * Keys and values are bytes. A commit is all or nothing, and when its promise resolves it is
 * durable: it survives `kill -9` and a power cut. Commits of one moment may be written together
 * (group commit); they become visible in the order in which they were asked for. A store is opened
 * by one process at a time. It never falls back silently to an older state.
 */

/** A value to keep, or `undefined` to remove the key. */
export interface Write {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

export interface Store {
  /** The value of `key`, as of the last commit that was asked for. */
  readonly get: (key: Uint8Array) => Promise<Uint8Array | undefined>;
  /** All pairs whose key starts with `prefix`, in ascending order of the key. */
  readonly scan: (prefix: Uint8Array) => Promise<readonly (readonly [Uint8Array, Uint8Array])[]>;
  /** Apply all of `writes`, later ones winning, or none. Rejects with `StoreError`. */
  readonly commit: (writes: readonly Write[]) => Promise<void>;
  /** Waits for the commits under way, then gives the store back to other processes. */
  readonly close: () => Promise<void>;
}

/**
 * full       the disk has no room; nothing of the commit was kept, and the store goes on later
 * read-only  the place may not be written
 * busy       another process holds the store
 * rotten     the stored bytes are damaged beyond what the second copy can mend
 * version    written by a newer version of this software
 * lost       the disk failed in another way; the outcome of the commit is unknown
 */
export const storeErrorCodes = ['full', 'read-only', 'busy', 'rotten', 'version', 'lost'] as const;
export type StoreErrorCode = (typeof storeErrorCodes)[number];

export class StoreError extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'StoreError';
    this.code = code;
  }
}
