/** Rows of fresh keys: what the two devices of a relationship have told each other to seal to. */

import {
  bytes32,
  fixed,
  kinds,
  list,
  object,
  oneOf,
  option,
  struct,
  u32,
  type Obj,
} from '@dsm/primitive';

/** A pair of this device, by the random bytes that its secret is made of (keys.ts). */
export interface OwnFresh {
  readonly number: number;
  readonly salt: Uint8Array;
}

export interface FreshKeys {
  /** Pairs that the peer may still seal to, oldest first. */
  readonly mine: readonly OwnFresh[];
  /** 1 once something sealed to the newest of them has been absorbed: another is told next. */
  readonly used: 0 | 1;
  /** The newest key that the peer has told. */
  readonly theirs: { readonly number: number; readonly kemKey: Uint8Array } | undefined;
}

export const noFreshKeys: FreshKeys = { mine: [], used: 0, theirs: undefined };

/** Two are usual. More wait only while the lineage of something sealed to them is missing. */
export const ownFreshMax = 32;

export const freshKeysRow: Obj<FreshKeys> = object(
  kinds.freshKeys,
  4_096,
  struct<FreshKeys>({
    mine: list(struct({ number: u32, salt: bytes32 }), ownFreshMax),
    used: oneOf([0, 1]),
    theirs: option(struct({ number: u32, kemKey: fixed(1_184) })),
  }),
);
