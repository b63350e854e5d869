/**
 * Genesis: what an identity is named by, for ever.
 *
 *     G = Addr( genesis )        so whoever has G fetches the genesis from the nodes
 *
 * The authority key signs updates of the device tree and nothing else. G never changes, whoever
 * signs later: another authority is an update of the tree. Words alone lead to G through a slot that
 * the first authority writes once:
 *
 *     kind tree, writer = the first authority, position = H_position( its digest ‖ 0 ), value = G
 */

import {
  address,
  bytes32,
  equal,
  encodeWith,
  hash,
  keyDigest,
  kinds,
  limits,
  object,
  option,
  sizes,
  slotKey,
  slotKinds,
  slotListRoot,
  statementDigest,
  struct,
  suiteCoder,
  suites,
  u32,
  variable,
  type Authorisation,
  type Obj,
  type SlotPlace,
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
  return address(genesis.encode(value));
}

/** True if the key has the size of an authority of this suite. */
export function isAuthority(suite: Suite, key: Uint8Array): boolean {
  return key.length === sizes[suites[suite].root].publicKey;
}

/** True if an identity of this network may begin so. */
export function genesisHolds(value: Genesis, network: Uint8Array): boolean {
  return equal(value.network, network) && isAuthority(value.suite, value.authority);
}

/** The slot in which the first authority says which genesis is its own. */
export function genesisPlace(suite: Suite, authority: Uint8Array): SlotPlace {
  const writer = keyDigest(suite, authority);
  return {
    kind: slotKinds.tree,
    writer,
    position: hash('position', writer, encodeWith(u32, 0)),
  };
}

/** What the first authority signs to fill that slot. */
export function genesisStatement(value: Genesis): Uint8Array {
  const id = genesisId(value);
  const key = slotKey(genesisPlace(value.suite, value.authority));
  return statementDigest(id, slotListRoot([{ key, value: id }]));
}

/** The signed genesis as the write of its slot. */
export function genesisAuthorisation(value: Genesis, signature: Uint8Array): Authorisation {
  const { suite, authority: publicKey } = value;
  return { suite, publicKey, body: genesisId(value), path: [], signature, backing: undefined };
}
