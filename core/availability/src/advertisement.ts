/**
 * Advertisements: small signed notes that are found by a topic instead of by their address.
 *
 *     H_advertisement( network ‖ topic ‖ sequence u32 ‖ until u32 ‖ body )      signed by the writer
 *
 * A topic is a hash that readers can compute; its nodes are those of the topic as an address. Under
 * one topic a writer has one advertisement: a higher sequence replaces it. It ends with a version of
 * the registry, never by a clock. Nodes list what they hold and judge nothing; a reader who is shown
 * an old one by a lying node is shown the newer by another replica.
 */

import {
  bytes32,
  encodeWith,
  hash,
  keyDigest,
  kinds,
  limits,
  list,
  object,
  struct,
  suiteCoder,
  u32,
  variable,
  verifyWorking,
  type Coder,
  type Obj,
  type Suite,
} from '@dsm/primitive';

export interface Advertisement {
  readonly topic: Uint8Array;
  readonly sequence: number;
  /** The last version of the registry under which it stands. */
  readonly until: number;
  readonly body: Uint8Array;
  readonly suite: Suite;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}

/** The longest body. */
export const advertisementBodyMax = 16_384;

const bodyCoder = variable(advertisementBodyMax);

export const advertisement: Obj<Advertisement> = object(
  kinds.advertisement,
  limits.advertisementBytesMax,
  struct({
    topic: bytes32,
    sequence: u32,
    until: u32,
    body: bodyCoder,
    suite: suiteCoder,
    publicKey: variable(limits.publicKeyBytesMax),
    signature: variable(limits.signatureBytesMax),
  }),
);

/** What the writer signs, with `kinds.advertisement`. */
export function advertisementDigest(
  network: Uint8Array,
  { topic, sequence, until, body }: Omit<Advertisement, 'suite' | 'publicKey' | 'signature'>,
): Uint8Array {
  const numbers = [encodeWith(u32, sequence), encodeWith(u32, until)];
  return hash('advertisement', network, topic, ...numbers, encodeWith(bodyCoder, body));
}

/** Who has written it, or undefined if the signature does not hold. */
export function advertiser(claim: Advertisement, network: Uint8Array): Uint8Array | undefined {
  const { suite, publicKey, signature } = claim;
  const digest = advertisementDigest(network, claim);
  const holds = verifyWorking(kinds.advertisement, suite, network, publicKey, digest, signature);
  return holds ? keyDigest(suite, publicKey) : undefined;
}

/** Where a node keeps it: the first half of the topic, then the first half of the writer. */
export function advertisementKey(topic: Uint8Array, writer: Uint8Array): Uint8Array {
  const key = new Uint8Array(32);
  key.set(topic.subarray(0, 16));
  key.set(writer.subarray(0, 16), 16);
  return key;
}

/** Advertisements of one answer. */
export const advertisementPage = 16;

/** The body of an answer to `find`: advertisements in ascending order of their writers' halves. */
export const foundCoder: Coder<readonly Uint8Array[]> = list(
  variable(limits.advertisementBytesMax),
  advertisementPage,
);
