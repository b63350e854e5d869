/**
 * The introduction: a stranger’s first word, and with it the secret of a relationship.
 *
 *     secret = H_introduce( drawn ‖ introducer ‖ receiver )
 *     signed = H_introduction( receiver ‖ incarnation ‖ via ‖ drawn ‖ lane key ‖ receiver’s lane key )
 *                                              working key, `kinds.introduction`
 *
 * The introducer draws the secret and keeps it before anybody hears of it, so he may say the same
 * introduction again in any way: sealed to an invitation, to another one, or over a connection. The
 * receiver’s DevID is signed, so nobody can hand on what was said to him.
 */

import {
  bytes32,
  card as cardObject,
  cardDevice,
  checkCard,
  compare,
  encodeWith,
  equal,
  hash,
  kinds,
  limits,
  object,
  option,
  struct,
  u32,
  variable,
  verifyWorking,
  type Card,
  type CardRefusal,
  type Obj,
  type Registries,
} from '@dsm/primitive';

export interface Introduction {
  readonly card: Uint8Array;
  /** Address of a proof that the device belongs to a genesis. */
  readonly membership: Uint8Array | undefined;
  readonly receiver: Uint8Array;
  /** The receiver’s incarnation that the introducer knows. */
  readonly incarnation: number;
  /** The inbox of the invitation by which the relationship was begun; zero: by the receiver’s card. */
  readonly via: Uint8Array;
  /** 32 bytes that the introducer has drawn. */
  readonly drawn: Uint8Array;
  /** Digests of the keys that write the deliveries of the two lanes: the introducer’s, the receiver’s. */
  readonly laneKey: Uint8Array;
  readonly receiverLaneKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** A card, a signature and 300 bytes fit; sealed and padded it is at most 131,072 bytes and a head. */
export const introductionBytesMax = 130_000;

export const introduction: Obj<Introduction> = object(
  kinds.introduction,
  introductionBytesMax,
  struct({
    card: variable(112_000),
    membership: option(bytes32),
    receiver: bytes32,
    incarnation: u32,
    via: bytes32,
    drawn: bytes32,
    laneKey: bytes32,
    receiverLaneKey: bytes32,
    signature: variable(limits.signatureBytesMax),
  }),
);

export const introductionRefusals = {
  receiver: 'it is for another device',
  card: 'the introducer’s card is none, or does not hold',
  self: 'a device does not introduce itself to itself',
  signature: 'the card’s working key has not signed it',
} as const;

export type IntroductionRefusal = keyof typeof introductionRefusals;

export type CheckedIntroduction =
  | { readonly ok: true; readonly device: Uint8Array; readonly card: Card }
  | {
      readonly ok: false;
      readonly refusal: IntroductionRefusal;
      readonly card: CardRefusal | undefined;
    };

export function introductionDigest(
  said: Omit<Introduction, 'card' | 'membership' | 'signature'>,
): Uint8Array {
  const { receiver, incarnation, via, drawn, laneKey, receiverLaneKey } = said;
  const known = encodeWith(u32, incarnation);
  return hash('introduction', receiver, known, via, drawn, laneKey, receiverLaneKey);
}

/** The secret of the relationship that an introduction begins. */
export function introducedSecret(
  drawn: Uint8Array,
  introducer: Uint8Array,
  receiver: Uint8Array,
): Uint8Array {
  return hash('introduce', drawn, introducer, receiver);
}

/** Who introduces himself to `me`; the cheapest check first. */
export function checkIntroduction(
  claim: Introduction,
  me: { readonly network: Uint8Array; readonly id: Uint8Array },
  registries: Registries | undefined,
): CheckedIntroduction {
  if (!equal(claim.receiver, me.id)) return refusedAs('receiver');
  const decoded = cardObject.decode(claim.card);
  if (!decoded.ok) return refusedAs('card');
  const card = decoded.value;
  const device = cardDevice(card);
  if (equal(device, me.id)) return refusedAs('self');
  const { suite, workingKey } = card.body;
  const digest = introductionDigest(claim);
  const kind = kinds.introduction;
  // The working key’s signature is the cheaper one; the card says afterwards whose key it is.
  if (!verifyWorking(kind, suite, me.network, workingKey, digest, claim.signature)) {
    return refusedAs('signature');
  }
  const refusal = checkCard(card, me.network, registries);
  return refusal === undefined ? { ok: true, device, card } : refusedAs('card', refusal);
}

function refusedAs(refusal: IntroductionRefusal, card?: CardRefusal): CheckedIntroduction {
  return { ok: false, refusal, card };
}

/** How a relationship with the introducer stands before his introduction is looked at. */
export interface Standing {
  /** True if there is a relationship with him. */
  readonly agreed: boolean;
  /** His incarnation when the newest relationship was agreed. */
  readonly since: number;
  /** True if the newest relationship began with an introduction by this device. */
  readonly byMe: boolean;
  /** True if an introduction by him was taken since. */
  readonly byThem: boolean;
}

/**
 * What becomes of an introduction that holds and begins a relationship that is not known: it is the
 * one to write to, it is only listened to, or it is not taken.
 *
 * A second relationship is taken from a later incarnation, which may have lost what was agreed, and
 * once where two introductions have crossed: then the one of the lower DevID is written to.
 */
export function placeOfIntroduction(
  { agreed, since, byMe, byThem }: Standing,
  incarnation: number,
  introducer: Uint8Array,
  receiver: Uint8Array,
): 'write' | 'listen' | 'refuse' {
  if (!agreed || incarnation > since) return 'write';
  if (!byMe || byThem) return 'refuse';
  return compare(introducer, receiver) < 0 ? 'write' : 'listen';
}
