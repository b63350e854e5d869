/**
 * Writing capsules: where the sequence of an incarnation stands, and what follows.
 *
 * Every capsule holds the rows that have changed since the one before, as they are now. From time to
 * time a round begins: the capsules carry all other rows as well, table after table, a bounded part in
 * each. When a round has come through all tables, the counter at which it began is the new base.
 * No moment needs to hold still for it: a row that changes behind the round is a changed row.
 */

import {
  address,
  bytes32,
  encodeWith,
  kinds,
  list,
  object,
  oneOf,
  option,
  struct,
  u16,
  u32,
  u64,
  zero32,
  type Obj,
} from '@dsm/primitive';
import { capsuleBody, linksMax, nextLinks, type RowChange } from './capsule-body.ts';
import { capsule, capsulePlain } from './capsule.ts';

/** A round under way: where it began, and the place in the store that it comes to next. */
export interface CapsuleRound {
  readonly start: number;
  readonly place: number;
  /** Bytes of the rows that it has carried. */
  readonly bytes: number;
}

export interface CapsuleState {
  readonly incarnation: number;
  /** Counter of the next capsule. */
  readonly counter: number;
  readonly base: number | undefined;
  /** Address of the last capsule, zero if there is none, and the links of the next one. */
  readonly previous: Uint8Array;
  readonly links: readonly Uint8Array[];
  readonly round: CapsuleRound | undefined;
  /** Bytes of rows of the last round, and of the changes since the base. */
  readonly baseBytes: number;
  readonly logBytes: number;
  /** How many capsules are certified; all before are. */
  readonly certified: number;
  /** 1 once somebody else has certified a capsule of this incarnation: a copy of the device. */
  readonly copied: 0 | 1;
}

export const capsuleState: Obj<CapsuleState> = object(
  kinds.capsuleState,
  4_096,
  struct({
    incarnation: u32,
    counter: u64,
    base: option(u64),
    previous: bytes32,
    links: list(bytes32, linksMax),
    round: option(struct<CapsuleRound>({ start: u64, place: u16, bytes: u64 })),
    baseBytes: u64,
    logBytes: u64,
    certified: u64,
    copied: oneOf([0, 1]),
  }),
);

/** Before the first capsule of an incarnation. */
export function firstState(incarnation: number): CapsuleState {
  return {
    incarnation,
    counter: 0,
    base: undefined,
    previous: zero32,
    links: [],
    round: { start: 0, place: 0, bytes: 0 },
    baseBytes: 0,
    logBytes: 0,
    certified: 0,
    copied: 0,
  };
}

const slackBytes = 1_048_576;

/** With a new round, if the changes since the base have become larger than twice what is worth it. */
export function withRound(state: CapsuleState): CapsuleState {
  const { round, logBytes, baseBytes, counter } = state;
  const isDue = round === undefined && logBytes > 2 * baseBytes + slackBytes;
  return isDue ? { ...state, round: { start: counter, place: 0, bytes: 0 } } : state;
}

/** The round has carried so many bytes more; undefined as place: it has come through. */
export function roundOn(
  state: CapsuleState,
  bytes: number,
  place: number | undefined,
): CapsuleState {
  const { round } = state;
  if (round === undefined) return state;
  const carried = round.bytes + bytes;
  if (place !== undefined) return { ...state, round: { ...round, place, bytes: carried } };
  return { ...state, round: undefined, base: round.start, baseBytes: carried, logBytes: 0 };
}

/** Seals a plaintext under the secret of the incarnation, with a nonce drawn for it. */
export type SealBox = (
  plaintext: Uint8Array,
  associated: Uint8Array,
) => { readonly nonce: Uint8Array; readonly box: Uint8Array };

export interface SealedCapsule {
  readonly bytes: Uint8Array;
  readonly state: CapsuleState;
}

/** The next capsule, with these changes, and what follows it. */
export function sealCapsule(
  state: CapsuleState,
  of: { readonly genesis: Uint8Array; readonly device: Uint8Array },
  changes: readonly RowChange[],
  whole: 0 | 1,
  seal: SealBox,
): SealedCapsule {
  const { incarnation, counter, base, previous, links } = state;
  const plain = { ...of, incarnation, counter, base, previous };
  const body = encodeWith(capsuleBody, { whole, links, changes });
  const bytes = capsule.encode({ ...plain, ...seal(body, capsulePlain(plain)) });
  const at = address(bytes);
  return {
    bytes,
    state: {
      ...state,
      counter: counter + 1,
      previous: at,
      links: nextLinks(counter, links, at),
    },
  };
}
