/**
 * Slots: "what came next, according to the one writer of this position".
 *
 *     rule     = 0x01 ‖ key digest                       (33 bytes; fixed when the position is created)
 *     slotKey  = H_slot( kind ‖ H_rule(rule) ‖ position )
 *     value    = the digest of a statement, never of signatures or sealed bytes
 *
 *     kind         writer                   position                          value
 *     1 spend      the note's spend key     note id                           head of the spending entry
 *     2 delivery   the lane key             H_position(spool key ‖ head)      H_delivery(spool key ‖ next head)
 *     3 issue      the policy's issuer      head of the parent issue          head of the issue
 *     4 incarnation the device's root key   H_position(DevID ‖ incarnation)   digest of the incarnation statement
 *     5 exit       the escrow's exit key    H_position(escrow id ‖ payer key) H_exit(…): total.ts
 *     6 lock       the escrow's exit key    H_position(escrow id ‖ lock)      the preimage, or anything else: given up
 *     7 byteCommit the node's identity key  the node's own chain              digest of the commit
 *     8 tree       the authority key        H_position(genesis ‖ seq)         digest of the update
 *     9 capsule    the capsule key          H_position(DevID ‖ inc. ‖ number) address of the capsule
 *    10 revocation the issuer's key         H_position(token ‖ credential)    H_revocation( credential )
 *
 * A write is authorised by one signature over `H_step(body digest ‖ slot list root)`: the node sees
 * the path of its own slot in that list and neither the body nor the other slots. Two kinds ask for
 * more: an issue by a committee is signed by several, and an exit cites what the payer has said.
 */

import { equal } from './bytes.ts';
import { certificate, type Certificate, type Vote } from './certificate.ts';
import {
  bytes32,
  choice,
  encodeWith,
  list,
  object,
  oneOf,
  option,
  struct,
  u32,
  variable,
  type Coder,
  type Obj,
} from './codec.ts';
import {
  committeeCoder,
  committeeWriter,
  furtherCoder,
  signedByCommittee,
  type Committee,
  type KeySignature,
} from './committee.ts';
import { hash } from './hash.ts';
import { kinds, type Kind } from './kinds.ts';
import { limits } from './limits.ts';
import { evaluateSlotPath, pathCoder, statementDigest, type PathStep } from './slot-list.ts';
import { keyDigest, suiteCoder, verifyRoot, verifyWorking, type Suite } from './suite.ts';
import {
  citationHolds,
  exitAmount,
  exitClaimCoder,
  exitHead,
  exitPosition,
  type ExitClaim,
} from './total.ts';

export const slotKinds = {
  spend: 1,
  delivery: 2,
  issue: 3,
  incarnation: 4,
  exit: 5,
  lock: 6,
  byteCommit: 7,
  tree: 8,
  capsule: 9,
  revocation: 10,
} as const;
export type SlotKind = (typeof slotKinds)[keyof typeof slotKinds];

/** The kind byte in the context of the signature that authorises a write. */
export const signedKinds: Readonly<Record<SlotKind, Kind>> = {
  1: kinds.signedStep,
  2: kinds.parcel,
  3: kinds.issue,
  4: kinds.incarnation,
  5: kinds.signedStep,
  6: kinds.lock,
  7: kinds.byteCommit,
  8: kinds.treeUpdate,
  9: kinds.capsule,
  10: kinds.revocation,
};

/** Their writers are root and authority keys, which sign with the suite's slower algorithm. */
const rootSigned: ReadonlySet<SlotKind> = new Set([slotKinds.incarnation, slotKinds.tree]);

/** Where a slot is, before hashing. */
export interface SlotPlace {
  readonly kind: SlotKind;
  /** Digest of the only key that may write: `keyDigest`. */
  readonly writer: Uint8Array;
  readonly position: Uint8Array;
}

/** Who authorised a slot's value: one signature over a list that contains it. */
export interface Authorisation {
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly body: Uint8Array;
  readonly path: readonly PathStep[];
  readonly signature: Uint8Array;
  /** What the writer rule asks for beside that signature. */
  readonly backing: Backing | undefined;
}

export type Backing =
  /** Issues: who may sign, and the signatures beside the first. */
  | {
      readonly type: 'committee';
      readonly committee: Committee;
      readonly further: readonly KeySignature[];
    }
  /** Exits: what the payer has said, and the locks that the payee opens. */
  | ({ readonly type: 'exit' } & ExitClaim);

/** What a client sends to the nodes of the slot's group. */
export interface SlotWrite {
  readonly place: SlotPlace;
  readonly value: Uint8Array;
  readonly authorisation: Authorisation;
  /** Where the statement can be fetched: an object address. Unsigned; readers check what they get. */
  readonly hint: Uint8Array | undefined;
  /** Of an earlier version of the registry: decides a slot that was frozen when it was taken over. */
  readonly certificate: Certificate | undefined;
}

export function slotKey(place: SlotPlace): Uint8Array {
  const rule = hash('rule', Uint8Array.of(0x01), place.writer);
  return hash('slot', Uint8Array.of(place.kind), rule, place.position);
}

/** True if the authorisation is one by the slot's only writer, for this value. */
export function authorises(
  network: Uint8Array,
  place: SlotPlace,
  value: Uint8Array,
  by: Authorisation,
): boolean {
  const root = evaluateSlotPath({ key: slotKey(place), value }, by.path);
  const digest = statementDigest(by.body, root);
  if (place.kind === slotKinds.issue && by.backing?.type === 'committee') {
    return byCommittee(network, place, digest, by, by.backing);
  }
  if (!equal(keyDigest(by.suite, by.publicKey), place.writer)) return false;
  if (!isBacked(network, place, value, by.backing)) return false;
  const verify = rootSigned.has(place.kind) ? verifyRoot : verifyWorking;
  const kind = signedKinds[place.kind];
  return verify(kind, by.suite, network, by.publicKey, digest, by.signature);
}

function byCommittee(
  network: Uint8Array,
  { writer }: SlotPlace,
  digest: Uint8Array,
  { suite, publicKey, signature }: Authorisation,
  { committee, further }: Backing & { readonly type: 'committee' },
): boolean {
  if (committee.members.length === 1 || !equal(committeeWriter(committee), writer)) return false;
  const signatures = [{ suite, publicKey, signature }, ...further];
  return signedByCommittee(committee, kinds.issue, network, digest, signatures);
}

/** An exit says what it takes, and the payer has said so before; nothing else is backed by anything. */
function isBacked(
  network: Uint8Array,
  { kind, position }: SlotPlace,
  value: Uint8Array,
  backing: Backing | undefined,
): boolean {
  if (kind !== slotKinds.exit) return backing === undefined;
  if (backing?.type !== 'exit') return false;
  const { citation } = backing;
  const payerKey = keyDigest(citation.suite, citation.publicKey);
  return (
    equal(exitPosition(citation.escrow, payerKey), position) &&
    equal(exitHead(backing), value) &&
    exitAmount(backing) !== undefined &&
    citationHolds(network, payerKey, citation)
  );
}

/** The position of the incarnation slot that a device fills when it restores itself. */
export function incarnationPosition(device: Uint8Array, incarnation: number): Uint8Array {
  return hash('position', device, encodeWith(u32, incarnation));
}

/** The position of a later generation of keys within an incarnation. */
export function generationPosition(
  device: Uint8Array,
  incarnation: number,
  generation: number,
): Uint8Array {
  return hash('position', device, encodeWith(u32, incarnation), encodeWith(u32, generation));
}

/** The position of the delivery after `head`, known only to the two devices. */
export function deliveryPosition(spoolKey: Uint8Array, head: Uint8Array): Uint8Array {
  return hash('position', spoolKey, head);
}

/** The value of a delivery slot: the head that it delivers, blinded. */
export function deliveryValue(spoolKey: Uint8Array, head: Uint8Array): Uint8Array {
  return hash('delivery', spoolKey, head);
}

export const slotPlaceCoder: Coder<SlotPlace> = struct({
  kind: oneOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
  writer: bytes32,
  position: bytes32,
});

export const authorisationCoder: Coder<Authorisation> = struct({
  suite: suiteCoder,
  publicKey: variable(limits.publicKeyBytesMax),
  body: bytes32,
  path: pathCoder,
  signature: variable(limits.signatureBytesMax),
  backing: option(
    choice<Backing>({
      committee: [1, struct({ committee: committeeCoder, further: furtherCoder })],
      exit: [2, exitClaimCoder],
    }),
  ),
});

export const slotWrite: Obj<SlotWrite> = object(
  kinds.slotWrite,
  limits.slotWriteBytesMax,
  struct({
    place: slotPlaceCoder,
    value: bytes32,
    authorisation: authorisationCoder,
    hint: option(bytes32),
    certificate: option(certificate),
  }),
);

/** One value of a slot as a node keeps it: with the proof that its writer said so. */
export interface SlotValue {
  readonly value: Uint8Array;
  readonly authorisation: Authorisation;
  readonly hints: readonly Uint8Array[];
}

export const slotValueCoder: Coder<SlotValue> = struct({
  value: bytes32,
  authorisation: authorisationCoder,
  hints: list(bytes32, limits.slotValuesMax),
});

/** A vote, and the version of the registry that it is of. */
export interface SlotVote extends Vote {
  readonly version: number;
}

/** A node's answer: its vote on the first value, and every value that it has seen, oldest first. */
export interface SlotState {
  readonly place: SlotPlace;
  /** None while the slot is frozen: several values were taken over, and no certificate was shown. */
  readonly vote: SlotVote | undefined;
  readonly values: readonly SlotValue[];
}

export const slotState: Obj<SlotState> = object(
  kinds.slotState,
  limits.slotStateBytesMax,
  struct({
    place: slotPlaceCoder,
    vote: option(
      struct<SlotVote>({
        version: u32,
        path: pathCoder,
        signature: variable(limits.signatureBytesMax),
      }),
    ),
    values: list(slotValueCoder, limits.slotValuesMax, 1),
  }),
);
