/**
 * Capsules: a wallet’s rows as they change, sealed, one after the other.
 *
 *     capsule   = genesis or zero ‖ DevID ‖ incarnation ‖ counter ‖ base ‖ previous ‖ nonce ‖ box
 *     box       = XChaCha20-Poly1305( secret of the incarnation, nonce, body; everything before the nonce )
 *     previous  = Addr( the capsule before ), zero for the first
 *     slot      kind 9, writer = capsule key of the incarnation,
 *               position = H_position( DevID ‖ incarnation ‖ counter ), value = Addr( capsule )
 *
 * Whoever applies the capsules from the base of the newest one on, in order, has all rows as they were
 * when the newest one was sealed. Which capsule may follow which, and
 * how they are read, is on the next page: capsule-reading.ts.
 */

import {
  bytes32,
  encodeWith,
  fixed,
  hash,
  isZero,
  kinds,
  limits,
  object,
  option,
  struct,
  u32,
  u64,
  variable,
  where,
  type Obj,
} from '@dsm/primitive';

/** What a node and everybody else sees of a capsule; it is sealed together with the body. */
export interface CapsulePlain {
  /** Zero if the device belongs to no tree. */
  readonly genesis: Uint8Array;
  readonly device: Uint8Array;
  readonly incarnation: number;
  /** How many capsules of this incarnation came before. */
  readonly counter: number;
  /** The counter from which on the capsules hold all rows; none while they do not yet. */
  readonly base: number | undefined;
  /** Address of the capsule before; zero for the first. */
  readonly previous: Uint8Array;
}

export interface Capsule extends CapsulePlain {
  readonly nonce: Uint8Array;
  readonly box: Uint8Array;
}

/** The same version, kind and fields as in the object itself. */
const sealedWith: Obj<CapsulePlain> = object(
  kinds.capsule,
  256,
  struct<CapsulePlain>({
    genesis: bytes32,
    device: bytes32,
    incarnation: u32,
    counter: u64,
    base: option(u64),
    previous: bytes32,
  }),
);

/** Bytes of the nonce, and of the tag at the end of the box. */
export const capsuleNonceBytes = 24;
export const capsuleTagBytes = 16;

export const capsule: Obj<Capsule> = object(
  kinds.capsule,
  limits.objectBytesMax,
  where(
    struct<Capsule>({
      genesis: bytes32,
      device: bytes32,
      incarnation: u32,
      counter: u64,
      base: option(u64),
      previous: bytes32,
      nonce: fixed(capsuleNonceBytes),
      box: variable(limits.objectBytesMax),
    }),
    ({ base = 0, counter, previous, box }) =>
      base <= counter && (counter === 0) === isZero(previous) && box.length >= capsuleTagBytes,
  ),
);

/** The associated data of the box: all that is plain before it. */
export function capsulePlain({
  genesis,
  device,
  incarnation,
  counter,
  base,
  previous,
}: CapsulePlain): Uint8Array {
  return sealedWith.encode({ genesis, device, incarnation, counter, base, previous });
}

/** Where the slot of a capsule is. */
export function capsulePosition(
  device: Uint8Array,
  incarnation: number,
  counter: number,
): Uint8Array {
  return hash('position', device, encodeWith(u32, incarnation), encodeWith(u64, counter));
}
