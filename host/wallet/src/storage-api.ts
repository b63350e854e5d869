/**
 * The surface of the SDK, part five: the storage plane for data of one's own (see api.ts).
 *
 * Bytes are public to whoever has their address: seal what is private before it is put.
 */

import type { Progress } from './large-objects.ts';

export type { Progress } from './large-objects.ts';

/** What an object is: it decides nothing about its bytes, and nodes count it separately. */
export type StoredClass = 'transition' | 'receipt' | 'commitment';

export interface PutOptions {
  readonly class?: StoredClass;
  /** The last version of the registry under which it must be kept; without end if absent. */
  readonly until?: number;
  /** False if nobody shall be able to release it, also not this wallet. */
  readonly releasable?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Stored {
  /** `obj1…` */
  readonly address: string;
  /** True if q nodes keep every part. */
  readonly available: boolean;
}

export interface Found {
  /** Who wrote it: the digest of the key. */
  readonly writer: Uint8Array;
  readonly body: Uint8Array;
  readonly sequence: number;
  readonly until: number;
}

export interface OfferTerms {
  /** Bytes on each node, as capacity counts them. */
  readonly bytes: number;
  /** The last version of the registry for which it holds. */
  readonly until: number;
  /** What each operator gets. */
  readonly token: string;
  readonly price: bigint;
}

export interface StorageActions {
  /** Bytes of any size; above 1 MiB in chunks. Throws `full` or `offline` if no quorum keeps them. */
  readonly put: (bytes: Uint8Array, options?: PutOptions) => Promise<Stored>;
  /** Verified bytes; at most `max` of them (64 MiB). Throws `not-found`. */
  readonly get: (address: string, max?: number) => Promise<Uint8Array>;
  /** True if q nodes keep an identical copy (of the manifest, for bytes above 1 MiB). */
  readonly available: (address: string) => Promise<boolean>;
  /** This wallet needs it no more: nodes drop what nobody else claims. Answers how many heard it. */
  readonly release: (address: string) => Promise<number>;
  /** A note of at most 16 KiB that is found by its topic; a later one replaces it. */
  readonly advertise: (topic: string, body: Uint8Array, until: number) => Promise<number>;
  /** Everybody's newest notes under a topic. */
  readonly find: (topic: string) => Promise<readonly Found[]>;
  /** A signed offer to operators, as bytes that may be sent around. */
  readonly offer: (terms: OfferTerms) => Promise<Uint8Array>;
  /** Shows the offer and its acceptances to the nodes; answers how many took it. */
  readonly subscribe: (offer: Uint8Array, acceptances: readonly Uint8Array[]) => Promise<number>;
}
