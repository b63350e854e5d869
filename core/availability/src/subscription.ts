/**
 * Subscriptions: room that somebody pays for (seed 001's economic model, "PaidK").
 *
 *     offer        H_offer( … )                         signed by the payer's key
 *     acceptance   H_acceptance( offer digest ‖ node )  signed by an operator's identity key
 *     PaidK        an offer with the acceptances of K different registered nodes
 *     charge       H_charge( offer digest ‖ addresses ) signed by the payer's key
 *
 * The seeds take a receipt that the payer alone has signed: free for whoever signs. Here a node
 * admits what its own acceptance, among K of registered nodes, stands behind; whether the price was
 * paid is the operator's affair before it accepts (an edge's growing total names the offer). The
 * quota is per node and ends with a version of the registry. A charge names what may be put on the
 * quota; it may be repeated, for an object is only counted once. A charge to no offer, signed by the
 * identity key of a registered node, lets that node repair what others have paid for.
 */

import {
  ascending,
  bytes32,
  encodeWith,
  equal,
  hash,
  keyDigest,
  kinds,
  limits,
  list,
  nodeId,
  nodeIndex,
  object,
  struct,
  suiteCoder,
  u128,
  u32,
  u64,
  variable,
  verifyWorking,
  type Coder,
  type Obj,
  type Registry,
  type Suite,
} from '@dsm/primitive';

/** K of PaidK: how many different operators must have accepted an offer. */
export const paidOperators = 3;

export interface Offer {
  readonly network: Uint8Array;
  readonly lineage: Uint8Array;
  /** The payer's key. */
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  /** What the payer may use on each node, as capacity counts it. */
  readonly bytes: number;
  /** The last version of the registry for which it holds. */
  readonly until: number;
  /** What each operator gets, and of which token. */
  readonly token: Uint8Array;
  readonly price: bigint;
  /** Drawn by the payer, so that two like offers differ. */
  readonly nonce: Uint8Array;
}

export interface Acceptance {
  readonly suite: Suite;
  readonly identityKey: Uint8Array;
  readonly signature: Uint8Array;
}

export interface Subscription {
  readonly offer: Offer;
  readonly signature: Uint8Array;
  /** By node id, ascending. */
  readonly acceptances: readonly Acceptance[];
}

export const offerCoder: Coder<Offer> = struct({
  network: bytes32,
  lineage: bytes32,
  suite: suiteCoder,
  publicKey: variable(limits.publicKeyBytesMax),
  bytes: u64,
  until: u32,
  token: bytes32,
  price: u128,
  nonce: bytes32,
});

export const acceptanceCoder: Coder<Acceptance> = struct({
  suite: suiteCoder,
  identityKey: variable(limits.publicKeyBytesMax),
  signature: variable(limits.signatureBytesMax),
});

export const subscription: Obj<Subscription> = object(
  kinds.subscription,
  limits.objectBytesMax,
  struct({
    offer: offerCoder,
    signature: variable(limits.signatureBytesMax),
    acceptances: ascending<Acceptance>(
      acceptanceCoder,
      ({ suite, identityKey }) => nodeId(suite, identityKey),
      limits.acceptancesMax,
    ),
  }),
);

/** The name of an offer, and what its payer signs with `kinds.offer`. */
export function offerDigest(offer: Offer): Uint8Array {
  return hash('offer', encodeWith(offerCoder, offer));
}

/** What an operator signs with `kinds.subscription`. */
export function acceptanceDigest(offer: Uint8Array, node: Uint8Array): Uint8Array {
  return hash('acceptance', offer, node);
}

/**
 * network      of another network or lineage
 * ended        it held for earlier versions
 * payer        not signed by its payer
 * acceptance   one is not signed by the operator that it names
 * operators    accepted by fewer than K nodes of the registry
 * here         not accepted by this node
 */
export type SubscriptionRefusal =
  | 'network'
  | 'ended'
  | 'payer'
  | 'acceptance'
  | 'operators'
  | 'here';
export const subscriptionRefusals: Readonly<Record<SubscriptionRefusal, string>> = {
  network: 'the offer is of another network',
  ended: 'the offer ended with an earlier version of the registry',
  payer: 'the offer is not signed by its payer',
  acceptance: 'an acceptance is not signed by its operator',
  operators: `fewer than ${paidOperators} registered operators have accepted the offer`,
  here: 'this node has not accepted the offer',
};

/** Undefined if the subscription earns its payer room on the node with this id. */
export function checkSubscription(
  { offer, signature, acceptances }: Subscription,
  registry: Registry,
  lineage: Uint8Array,
  node: Uint8Array,
): SubscriptionRefusal | undefined {
  const { network } = registry;
  const isHere = equal(offer.network, network) && equal(offer.lineage, lineage);
  if (!isHere) return 'network';
  if (offer.until < registry.version) return 'ended';
  const ids = acceptances.map(({ suite, identityKey }) => nodeId(suite, identityKey));
  if (ids.filter((id) => nodeIndex(registry, id) >= 0).length < paidOperators) return 'operators';
  if (!ids.some((id) => equal(id, node))) return 'here';
  const digest = offerDigest(offer);
  if (!verifyWorking(kinds.offer, offer.suite, network, offer.publicKey, digest, signature)) {
    return 'payer';
  }
  const hold = acceptances.every((one, i) =>
    verifyWorking(
      kinds.subscription,
      one.suite,
      network,
      one.identityKey,
      acceptanceDigest(digest, ids[i]!),
      one.signature,
    ),
  );
  return hold ? undefined : 'acceptance';
}

/** "Put these on my quota." */
export interface Charge {
  /** Digest of the offer. */
  readonly offer: Uint8Array;
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  /** Addresses of objects and keys of slots. */
  readonly keys: readonly Uint8Array[];
  readonly signature: Uint8Array;
}

const keysCoder = list(bytes32, limits.framesMax, 1);

export const charge: Obj<Charge> = object(
  kinds.charge,
  limits.advertisementBytesMax,
  struct({
    offer: bytes32,
    suite: suiteCoder,
    publicKey: variable(limits.publicKeyBytesMax),
    keys: keysCoder,
    signature: variable(limits.signatureBytesMax),
  }),
);

export function chargeDigest({ offer, keys }: Pick<Charge, 'offer' | 'keys'>): Uint8Array {
  return hash('charge', offer, encodeWith(keysCoder, keys));
}

/** The payer who has signed the charge, or undefined if nobody has. */
export function chargedTo(claim: Charge, network: Uint8Array): Uint8Array | undefined {
  const { suite, publicKey, signature } = claim;
  const holds = verifyWorking(
    kinds.charge,
    suite,
    network,
    publicKey,
    chargeDigest(claim),
    signature,
  );
  return holds ? keyDigest(suite, publicKey) : undefined;
}
