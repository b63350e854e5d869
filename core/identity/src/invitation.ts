/**
 * The invitation: a public key by which anybody introduces himself to a device that is off.
 *
 *     H_invitation( body )      signed by the working key of the card, with `kinds.invitation`
 *
 * Its name is its address (`inv1…`), so who was given the name cannot be given other bytes. The KEM
 * pair is its own: a new invitation ends the old one, and with it the inbox that follows from the key.
 */

import {
  bytes32,
  cardDevice,
  encodeWith,
  equal,
  fixed,
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
  type Obj,
} from '@dsm/primitive';

export interface InvitationBody {
  readonly network: Uint8Array;
  readonly device: Uint8Array;
  readonly incarnation: number;
  readonly generation: number;
  /** Address of the card whose working key signs this. */
  readonly card: Uint8Array;
  /** Address of a proof that the device belongs to a genesis. */
  readonly membership: Uint8Array | undefined;
  readonly kemKey: Uint8Array;
  /** Digest of the key that writes the device’s deliveries to whoever comes by this invitation. */
  readonly laneKey: Uint8Array;
}

export interface Invitation {
  readonly body: InvitationBody;
  readonly signature: Uint8Array;
}

const body = struct<InvitationBody>({
  network: bytes32,
  device: bytes32,
  incarnation: u32,
  generation: u32,
  card: bytes32,
  membership: option(bytes32),
  kemKey: fixed(1_184),
  laneKey: bytes32,
});

export const invitation: Obj<Invitation> = object(
  kinds.invitation,
  20_000,
  struct({ body, signature: variable(limits.signatureBytesMax) }),
);

export const invitationRefusals = {
  network: 'the invitation is of another network',
  device: 'the invitation is not of the card’s device, incarnation and generation',
  signature: 'the card’s working key has not signed the invitation',
} as const;

export type InvitationRefusal = keyof typeof invitationRefusals;

export function invitationDigest(value: InvitationBody): Uint8Array {
  return hash('invitation', encodeWith(body, value));
}

/** Undefined if the device of this card, which was checked before, has made the invitation. */
export function checkInvitation(
  claim: Invitation,
  card: Card,
  network: Uint8Array,
): InvitationRefusal | undefined {
  const { device, incarnation, generation } = claim.body;
  if (!equal(claim.body.network, network)) return 'network';
  const isSame =
    equal(device, cardDevice(card)) &&
    incarnation === card.body.incarnation &&
    generation === card.body.generation;
  if (!isSame) return 'device';
  const { suite, workingKey } = card.body;
  const digest = invitationDigest(claim.body);
  return verifyWorking(kinds.invitation, suite, network, workingKey, digest, claim.signature)
    ? undefined
    : 'signature';
}
