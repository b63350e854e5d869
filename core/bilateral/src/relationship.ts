/**
 * The relationship, as one of its two devices holds it.
 *
 * Two lanes, each written by one side; what each side has absorbed of the other; the keys that the
 * two share. A device's own lane is a relationship towards itself whose other half never moves.
 */

import {
  ackKey,
  bytes32,
  deliveryPosition,
  deliveryValue,
  equal,
  hash,
  kinds,
  keyDigest,
  object,
  openLane,
  relationshipKey,
  sideOf,
  slotKey,
  slotKinds,
  spoolKey,
  struct,
  suiteCoder,
  u32,
  u64,
  u8,
  variable,
  limits,
  viewLeaf,
  type Coder,
  type Lane,
  type Obj,
  type Side,
  type Slot,
  type SlotPlace,
  type Suite,
} from '@dsm/primitive';
import type { Device } from './device.ts';

/** A place on a lane. */
export interface Mark {
  readonly index: number;
  readonly head: Uint8Array;
}

/** Who is at the other end, as its newest card says. */
export interface Peer {
  readonly device: Uint8Array;
  readonly incarnation: number;
  readonly suite: Suite;
  readonly workingKey: Uint8Array;
  /** Number of the last step that an earlier key of the incarnation has signed. */
  readonly since: number;
}

export interface Relationship {
  readonly key: Uint8Array;
  readonly spoolKey: Uint8Array;
  readonly ackKey: Uint8Array;
  readonly peer: Peer;
  /** Digests of the lane keys: who writes the deliveries of either lane, fixed when it began. */
  readonly theirsWriter: Uint8Array;
  readonly mineWriter: Uint8Array;
  readonly mine: Lane;
  readonly theirs: Lane;
  /** How far the peer has absorbed this device's lane, as far as is known here. */
  readonly absorbed: Mark;
  /** 1 after a restore of this device, until the peer has shown that it knows. */
  readonly former: number;
  /** 1 if there is evidence against the peer. */
  readonly bricked: number;
}

const lane: Coder<Lane> = struct({ start: bytes32, head: bytes32, index: u64, entropy: bytes32 });

export const relationship: Obj<Relationship> = object(
  kinds.relationship,
  8_192,
  struct({
    key: bytes32,
    spoolKey: bytes32,
    ackKey: bytes32,
    peer: struct({
      device: bytes32,
      incarnation: u32,
      suite: suiteCoder,
      workingKey: variable(limits.publicKeyBytesMax),
      since: u64,
    }),
    theirsWriter: bytes32,
    mineWriter: bytes32,
    mine: lane,
    theirs: lane,
    absorbed: struct({ index: u64, head: bytes32 }),
    former: u8,
    bricked: u8,
  }),
);

/** Digests of the keys that write the deliveries of the two lanes. */
export interface LaneWriters {
  readonly mine: Uint8Array;
  readonly theirs: Uint8Array;
}

/** The relationship that two devices open with an agreed secret. */
export function openRelationship(
  me: Device,
  peer: Peer,
  secret: Uint8Array,
  writers: LaneWriters,
): Relationship {
  const shared = { key: relationshipKey(secret), spoolKey: spoolKey(secret) };
  const mine = openLane(me.network, me.id, me.incarnation, peer.device, shared);
  return {
    ...shared,
    ackKey: ackKey(secret),
    peer,
    theirsWriter: writers.theirs,
    mineWriter: writers.mine,
    mine,
    theirs: openLane(me.network, peer.device, peer.incarnation, me.id, shared),
    absorbed: { index: 0, head: mine.start },
    former: 0,
    bricked: 0,
  };
}

/** The device's own lane: loads and mints. Its secret is the device's own. */
export function openOwnLane(me: Device, workingKey: Uint8Array, secret: Uint8Array): Relationship {
  const { id: device, incarnation, suite } = me;
  const self: Peer = { device, incarnation, suite, workingKey, since: 0 };
  const writer = keyDigest(me.suite, workingKey);
  const writers = { mine: writer, theirs: writer };
  return openRelationship(me, self, hash('secret', secret, me.id), writers);
}

export function isOwn({ peer }: Relationship, me: Device): boolean {
  return equal(peer.device, me.id);
}

/** The side on which this device writes. */
export function mySide({ peer }: Relationship, me: Device): Side {
  return equal(peer.device, me.id) ? 0 : sideOf(me.id, peer.device);
}

/** The leaf of this relationship in this device's map, for the given heads of both lanes. */
export function leafOf(
  of: Relationship,
  me: Device,
  mine: Uint8Array,
  theirs: Uint8Array,
): Uint8Array {
  const view = { mine, theirs, mineStart: of.mine.start, theirsStart: of.theirs.start };
  return viewLeaf(mySide(of, me), view);
}

/** Starts of this device's lanes in its former incarnations. */
export function formerStarts(of: Relationship, me: Device): Uint8Array[] {
  return Array.from(
    { length: me.incarnation },
    (_, n) => openLane(me.network, me.id, n, of.peer.device, of).start,
  );
}

/** The delivery slot of this device's lane after `head`. */
export function deliveryPlace(
  of: Relationship,
  head: Uint8Array,
  by: 'mine' | 'theirs',
): SlotPlace {
  return {
    kind: slotKinds.delivery,
    writer: by === 'mine' ? of.mineWriter : of.theirsWriter,
    position: deliveryPosition(of.spoolKey, head),
  };
}

/** The slot that delivers the run `from` → `to` of a lane, written by the lane’s own key. */
export function deliverySlot(
  of: Relationship,
  from: Uint8Array,
  to: Uint8Array,
  by: 'mine' | 'theirs',
): Slot {
  return {
    key: slotKey(deliveryPlace(of, from, by)),
    value: deliveryValue(of.spoolKey, to),
  };
}
