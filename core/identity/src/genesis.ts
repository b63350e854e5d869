/**
 * Genesis: what an identity is named by, for ever.
 *
 *     G = H_genesis( genesis, as an object )
 *
 * The authority key signs updates of the device tree and nothing else. G never changes, whoever
 * signs later: another authority is an update of the tree.
 */

import {
  bytes32,
  equal,
  kinds,
  limits,
  object,
  option,
  sizes,
  struct,
  suiteCoder,
  suites,
  variable,
  type Obj,
  type Suite,
} from '@dsm/primitive';

export interface Genesis {
  readonly network: Uint8Array;
  readonly suite: Suite;
  /** The public key of the first authority. */
  readonly authority: Uint8Array;
  /** Of the transcript, if others gave entropy for the words: see contributions.ts. */
  readonly contributions: Uint8Array | undefined;
}

export const genesis: Obj<Genesis> = object(
  kinds.genesis,
  2_048,
  struct({
    network: bytes32,
    suite: suiteCoder,
    authority: variable(limits.publicKeyBytesMax),
    contributions: option(bytes32),
  }),
);

/** The name of the identity. */
export function genesisId(value: Genesis): Uint8Array {
  return genesis.digest('genesis', value);
}

/** True if the key has the size of an authority of this suite. */
export function isAuthority(suite: Suite, key: Uint8Array): boolean {
  return key.length === sizes[suites[suite].root].publicKey;
}

/** True if an identity of this network may begin so. */
export function genesisHolds(value: Genesis, network: Uint8Array): boolean {
  return equal(value.network, network) && isAuthority(value.suite, value.authority);
}
