/**
 * Contact: how two devices agree the secret of their relationship.
 *
 *     secret = H_agree( shared secret of ML-KEM-768 ‖ ciphertext ‖ lower DevID ‖ higher DevID )
 *     MAC    = H_agree( secret ‖ ciphertext ‖ lane key of the higher )
 *
 * The device with the lower DevID encapsulates to the KEM key on the other's card and signs the
 * ciphertext; the other proves by a MAC that it found the secret. So two handshakes cannot cross.
 * The secret is durable before the ciphertext leaves, and the same ciphertext is sent until the MAC
 * comes. Each says the digest of the key that will write the deliveries of its lane.
 */

import { compare, concat, hash, kinds, verifyWorking, type Card } from '@dsm/primitive';

/** True if `me` is the one who encapsulates. */
export function encapsulates(me: Uint8Array, peer: Uint8Array): boolean {
  return compare(me, peer) < 0;
}

export function agreedSecret(
  shared: Uint8Array,
  ciphertext: Uint8Array,
  low: Uint8Array,
  high: Uint8Array,
): Uint8Array {
  return hash('agree', shared, ciphertext, low, high);
}

/** What the lower device says, and signs. */
export interface Agreement {
  readonly ciphertext: Uint8Array;
  /** Digest of the key that writes the deliveries of its lane. */
  readonly laneKey: Uint8Array;
}

/** What the lower device signs. */
export function agreementDigest(
  { ciphertext, laneKey }: Agreement,
  low: Uint8Array,
  high: Uint8Array,
): Uint8Array {
  return hash('agree', concat(ciphertext, laneKey, low, high));
}

/** What the higher device answers once it has the secret: with the key of its own lane. */
export function agreementMac(
  secret: Uint8Array,
  ciphertext: Uint8Array,
  laneKey: Uint8Array,
): Uint8Array {
  return hash('agree', secret, ciphertext, laneKey);
}

/** True if the card's device signed this agreement. */
export function verifyAgreement(
  { body }: Card,
  said: Agreement,
  low: Uint8Array,
  high: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { suite, network, workingKey } = body;
  const digest = agreementDigest(said, low, high);
  return verifyWorking(kinds.message, suite, network, workingKey, digest, signature);
}
