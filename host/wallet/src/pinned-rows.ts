/** What is remembered of the thing that a contact’s device is bound to. The DevID is the key. */

import {
  bytes32,
  kinds,
  object,
  oneOf,
  option,
  struct,
  text,
  u32,
  u64,
  type Obj,
} from '@dsm/primitive';

export interface PinnedRow {
  readonly device: Uint8Array;
  /** Digest of the key that counts as the device’s own. */
  readonly key: Uint8Array;
  readonly level: 0 | 1 | 2 | 3;
  /** 0 until it was shown, 1 while it is, 2 once something else was. */
  readonly state: 0 | 1 | 2;
  /** Why it is not shown any more; empty otherwise. */
  readonly why: string;
  /** The other key, if one was shown: its owner may say that it counts from now on. */
  readonly other: Uint8Array | undefined;
  /** Since when the state is what it is, and when the key was last shown: for people. */
  readonly since: number;
  readonly shownAt: number;
  /** Talks that ended without an answer since then. */
  readonly unanswered: number;
}

/** Without the DevID, which is the key. */
export const pinnedRow: Obj<Omit<PinnedRow, 'device'>> = object(
  kinds.attestation,
  512,
  struct({
    key: bytes32,
    level: oneOf([0, 1, 2, 3]),
    state: oneOf([0, 1, 2]),
    why: text(64),
    other: option(bytes32),
    since: u64,
    shownAt: u64,
    unanswered: u32,
  }),
);
