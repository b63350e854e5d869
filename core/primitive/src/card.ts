/**
 * The identity card: who a device is and with which keys it works now.
 *
 *     DevID = H_device( network ‖ suite ‖ root public key )
 *
 * The root key signs nothing but cards and incarnations. A card certifies one working key and one
 * KEM key for one incarnation; a later generation of the same incarnation replaces the keys.
 * About 11 kB in suite 1: the root signature is 7,856 bytes, the working key 1,952, the KEM key 1,184.
 */

import { equal } from './bytes.ts';
import {
  bytes32,
  encodeWith,
  fixed,
  list,
  object,
  option,
  struct,
  text,
  u32,
  u8,
  variable,
  type Obj,
} from './codec.ts';
import { certificate, checkCertificate, type Certificate } from './certificate.ts';
import { hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import type { Registries } from './registry.ts';
import { slotListRoot, statementDigest, type Slot } from './slot-list.ts';
import { incarnationPosition, slotKey, slotKinds, type SlotPlace } from './slot.ts';
import { keyDigest, suiteCoder, sizes, suites, verifyRoot, type Suite } from './suite.ts';

/** What the root key certifies. */
export interface CardBody {
  readonly network: Uint8Array;
  readonly suite: Suite;
  readonly rootKey: Uint8Array;
  readonly incarnation: number;
  /** Drawn when the incarnation was opened: two restored copies never claim the same one. */
  readonly birth: Uint8Array;
  readonly generation: number;
  readonly workingKey: Uint8Array;
  readonly kemKey: Uint8Array;
  /** Versions of the format that this device reads. Authors write only these to it. */
  readonly versions: readonly number[];
  /** What the owner calls the device: a claim, shown beside the name that the reader gave. */
  readonly name: string;
}

export interface Card {
  readonly body: CardBody;
  readonly signature: Uint8Array;
  /** Incarnation 1 and later: q votes that this incarnation is the next. */
  readonly succession: Certificate | undefined;
}

const cardBody = struct<CardBody>({
  network: bytes32,
  suite: suiteCoder,
  rootKey: variable(limits.publicKeyBytesMax),
  incarnation: u32,
  birth: bytes32,
  generation: u32,
  workingKey: variable(limits.publicKeyBytesMax),
  kemKey: fixed(1_184),
  versions: list(u8, 8, 1),
  name: text(limits.nameBytesMax),
});

export const card: Obj<Card> = object(
  kinds.card,
  262_144,
  struct({
    body: cardBody,
    signature: variable(limits.signatureBytesMax),
    succession: option(certificate),
  }),
);

export type CardRefusal = 'network' | 'key-size' | 'succession' | 'signature';

export function deviceId(network: Uint8Array, suite: Suite, rootKey: Uint8Array): Uint8Array {
  return hash('device', network, Uint8Array.of(suite), rootKey);
}

/** The device that a card speaks for. */
export function cardDevice({ body }: Card): Uint8Array {
  return deviceId(body.network, body.suite, body.rootKey);
}

/** The digest of everything that a card certifies. */
export function cardDigest(body: CardBody): Uint8Array {
  return hash('card', encodeWith(cardBody, body));
}

/** The slot that the device fills to open an incarnation. */
export function incarnationPlace(
  body: CardBody,
  incarnation: number = body.incarnation,
): SlotPlace {
  return {
    kind: slotKinds.incarnation,
    writer: keyDigest(body.suite, body.rootKey),
    position: incarnationPosition(deviceId(body.network, body.suite, body.rootKey), incarnation),
  };
}

/** The value of that slot: the incarnation statement. It outlives every change of keys within it. */
export function incarnationValue({
  network,
  suite,
  rootKey,
  incarnation,
  birth,
}: CardBody): Uint8Array {
  const device = deviceId(network, suite, rootKey);
  return hash('incarnation', device, encodeWith(u32, incarnation), birth);
}

/** The one line of the slot list under a card's signature. */
export function incarnationSlot(body: CardBody): Slot {
  return { key: slotKey(incarnationPlace(body)), value: incarnationValue(body) };
}

/** What the root key signs: a node admits it as the write of the incarnation slot, too. */
export function cardStatement(body: CardBody): Uint8Array {
  return statementDigest(cardDigest(body), slotListRoot([incarnationSlot(body)]));
}

/** Undefined if the card holds. An incarnation after the first needs its certificate. */
export function checkCard(
  claim: Card,
  network: Uint8Array,
  registries: Registries | undefined,
): CardRefusal | undefined {
  const { body, signature, succession } = claim;
  if (!equal(body.network, network)) return 'network';
  const root = sizes[suites[body.suite].root].publicKey;
  const working = sizes[suites[body.suite].working].publicKey;
  if (body.rootKey.length !== root || body.workingKey.length !== working) return 'key-size';
  if ((body.incarnation === 0) !== (succession === undefined)) return 'succession';
  if (succession !== undefined) {
    const proven =
      registries !== undefined &&
      checkCertificate(succession, registries, incarnationSlot(body)) === undefined;
    if (!proven) return 'succession';
  }
  const digest = cardStatement(body);
  return verifyRoot(kinds.incarnation, body.suite, network, body.rootKey, digest, signature)
    ? undefined
    : 'signature';
}

/** The digest of the card's working key: what notes and lanes name as their writer. */
export function workingKeyDigest({ body }: Card): Uint8Array {
  return keyDigest(body.suite, body.workingKey);
}
