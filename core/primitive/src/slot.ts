/**
 * Slots: "what came next, according to the one writer of this position".
 *
 *     rule     = 0x01 ‖ key digest                       (33 bytes; fixed when the position is created)
 *     slotKey  = H_slot( kind ‖ H_rule(rule) ‖ position )
 *     value    = the digest of a statement, never of signatures or sealed bytes
 *
 *     kind         writer                   position                          value
 *     1 spend      the note's spend key     note id                           head of the spending entry
 *     2 delivery   the lane's key           H_position(spool key ‖ head)      H_delivery(spool key ‖ next head)
 *     3 issue      the policy's issuer      head of the parent issue          head of the issue
 *     4 incarnation the device's root key   H_position(DevID ‖ incarnation)   digest of the incarnation statement
 *
 * A write is authorised by one signature over `H_step(body digest ‖ slot list root)`: the node sees
 * the path of its own slot in that list and neither the body nor the other slots.
 */

import { equal } from './bytes.ts';
import {
  bytes32,
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
import { hash } from './hash.ts';
import { kinds, type Kind } from './kinds.ts';
import { limits } from './limits.ts';
import { verifyRoot, verifyWorking, type Suite } from './suite.ts';

export const slotKinds = { spend: 1, delivery: 2, issue: 3, incarnation: 4 } as const;
export type SlotKind = (typeof slotKinds)[keyof typeof slotKinds];

/** The kind byte in the context of the signature that authorises a write. */
export const signedKinds: Readonly<Record<SlotKind, Kind>> = {
  1: kinds.signedStep,
  2: kinds.signedStep,
  3: kinds.signedStep,
  4: kinds.incarnation,
};

/** One line of a step's slot list. */
export interface Slot {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** Where a slot is, before hashing. */
export interface SlotPlace {
  readonly kind: SlotKind;
  /** Digest of the only key that may write: `keyDigest`. */
  readonly writer: Uint8Array;
  readonly position: Uint8Array;
}

/** One step of the path from a line of the list to its root. */
export interface PathStep {
  /** 0 if the sibling stands on the left. */
  readonly side: 0 | 1;
  readonly sibling: Uint8Array;
}

/** Who authorised a slot's value: one signature over a list that contains it. */
export interface Authorisation {
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly body: Uint8Array;
  readonly path: readonly PathStep[];
  readonly signature: Uint8Array;
}

/** What a client sends to the nodes of the slot's group. */
export interface SlotWrite {
  readonly place: SlotPlace;
  readonly value: Uint8Array;
  readonly authorisation: Authorisation;
  /** Where the statement can be fetched: an object address. Unsigned; readers check what they get. */
  readonly hint: Uint8Array | undefined;
}

/** The digest that names a public key in notes, rules and slots, for its whole life. */
export function keyDigest(suite: Suite, publicKey: Uint8Array): Uint8Array {
  return hash('working-key', Uint8Array.of(suite), publicKey);
}

export function slotKey(place: SlotPlace): Uint8Array {
  const rule = hash('rule', Uint8Array.of(0x01), place.writer);
  return hash('slot', Uint8Array.of(place.kind), rule, place.position);
}

/** Root of a slot list: a binary tree in list order, an odd last node moves up as it is. */
export function slotListRoot(slots: readonly Slot[]): Uint8Array {
  let level = slots.map(slotLeaf);
  while (level.length > 1) level = parents(level);
  return level[0] ?? hash('slot-list', Uint8Array.of(2));
}

/** The path of line `index`, to be sent with its write. */
export function slotPath(slots: readonly Slot[], index: number): readonly PathStep[] {
  const path: PathStep[] = [];
  let at = index;
  for (let level = slots.map(slotLeaf); level.length > 1; level = parents(level)) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) path.push({ side: at % 2 === 0 ? 1 : 0, sibling });
    at >>= 1;
  }
  return path;
}

/** The root that `slot` and `path` lead to. */
export function evaluateSlotPath(slot: Slot, path: readonly PathStep[]): Uint8Array {
  return path.reduce(
    (node, { side, sibling }) => (side === 0 ? slotInner(sibling, node) : slotInner(node, sibling)),
    slotLeaf(slot),
  );
}

/** What the signature of a step, an issue or an incarnation is made over. */
export function statementDigest(body: Uint8Array, root: Uint8Array): Uint8Array {
  return hash('step', body, root);
}

/** True if the authorisation is one by the slot's only writer, for this value. */
export function authorises(
  network: Uint8Array,
  place: SlotPlace,
  value: Uint8Array,
  by: Authorisation,
): boolean {
  if (!equal(keyDigest(by.suite, by.publicKey), place.writer)) return false;
  const root = evaluateSlotPath({ key: slotKey(place), value }, by.path);
  const digest = statementDigest(by.body, root);
  const verify = place.kind === slotKinds.incarnation ? verifyRoot : verifyWorking;
  const kind = signedKinds[place.kind];
  return verify(kind, by.suite, network, by.publicKey, digest, by.signature);
}

function slotLeaf({ key, value }: Slot): Uint8Array {
  return hash('slot-list', Uint8Array.of(0), key, value);
}

function slotInner(left: Uint8Array, right: Uint8Array): Uint8Array {
  return hash('slot-list', Uint8Array.of(1), left, right);
}

function parents(level: readonly Uint8Array[]): Uint8Array[] {
  const up: Uint8Array[] = [];
  for (let i = 0; i < level.length; i += 2) {
    const right = level[i + 1];
    up.push(right === undefined ? level[i]! : slotInner(level[i]!, right));
  }
  return up;
}

/** The position of the incarnation slot that a device fills when it restores itself. */
export function incarnationPosition(device: Uint8Array, incarnation: number): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, incarnation);
  return hash('position', device, number);
}

/** The position of the delivery after `head`, known only to the two devices. */
export function deliveryPosition(spoolKey: Uint8Array, head: Uint8Array): Uint8Array {
  return hash('position', spoolKey, head);
}

/** The value of a delivery slot: the head that it delivers, blinded. */
export function deliveryValue(spoolKey: Uint8Array, head: Uint8Array): Uint8Array {
  return hash('delivery', spoolKey, head);
}

export const suiteCoder: Coder<Suite> = oneOf([1, 2]);

export const slotCoder: Coder<Slot> = struct({ key: bytes32, value: bytes32 });

export const slotPlaceCoder: Coder<SlotPlace> = struct({
  kind: oneOf([1, 2, 3, 4]),
  writer: bytes32,
  position: bytes32,
});

export const authorisationCoder: Coder<Authorisation> = struct({
  suite: suiteCoder,
  publicKey: variable(limits.publicKeyBytesMax),
  body: bytes32,
  path: list<PathStep>(struct({ side: oneOf([0, 1]), sibling: bytes32 }), 8),
  signature: variable(limits.signatureBytesMax),
});

export const slotWrite: Obj<SlotWrite> = object(
  kinds.slotWrite,
  20_480,
  struct({
    place: slotPlaceCoder,
    value: bytes32,
    authorisation: authorisationCoder,
    hint: option(bytes32),
  }),
);

/** One value of a slot as a node keeps it: with the proof that its writer said so. */
export interface SlotValue {
  readonly value: Uint8Array;
  readonly authorisation: Authorisation;
  readonly hints: readonly Uint8Array[];
}

/** A node's answer: its vote on the first value, and every value that it has seen, oldest first. */
export interface SlotState {
  readonly place: SlotPlace;
  readonly vote: { readonly version: number; readonly signature: Uint8Array };
  readonly values: readonly SlotValue[];
}

export const slotState: Obj<SlotState> = object(
  kinds.slotState,
  98_304,
  struct({
    place: slotPlaceCoder,
    vote: struct({
      version: u32,
      signature: variable(limits.signatureBytesMax),
    }),
    values: list<SlotValue>(
      struct({
        value: bytes32,
        authorisation: authorisationCoder,
        hints: list(bytes32, limits.slotValuesMax),
      }),
      limits.slotValuesMax,
      1,
    ),
  }),
);
