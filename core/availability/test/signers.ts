/** A first registry with the secret keys of its nodes, for tests of what comes after it. */

import {
  firstRegistry,
  successionDigest,
  type Succession,
  type SuccessionStatement,
} from '@dsm/availability';
import {
  kinds,
  nodeId,
  signatureContext,
  signatures,
  type Kind,
  type KeyPair,
  type Registry,
  type SecretKey,
} from '@dsm/primitive';

export const network: Uint8Array = new Uint8Array(32).fill(42);

const pairs = new Map<string, KeyPair>();

/** The key pair of a seed under the signatures that are installed now. */
function pairOf(seed: Uint8Array): KeyPair {
  const name = `${signatures().name} ${seed.join()}`;
  const pair = pairs.get(name) ?? signatures().keyPair('ml-dsa-65', seed);
  pairs.set(name, pair);
  return pair;
}

/** The key pair that a node has for its life. */
export function identityOf(number: number): KeyPair {
  return pairOf(new Uint8Array(32).fill(number));
}

/** The vote key of a node in a version. */
export function voterOf(number: number, version: number): KeyPair {
  const seed = new Uint8Array(32).fill(number);
  seed[0] = version;
  seed[1] = 0xff;
  return pairOf(seed);
}

const ids = new Map<Uint8Array, Uint8Array>();

export function idOf(number: number): Uint8Array {
  const { publicKey } = identityOf(number);
  const id = ids.get(publicKey) ?? nodeId(1, publicKey);
  ids.set(publicKey, id);
  return id;
}

export interface FirstOptions {
  readonly groupsMax?: number;
  readonly admission?: 0 | 1;
  readonly capacityBytes?: (number: number) => number;
}

/** Version 1 of nodes 1 to `count`, in that order. */
export function firstOf(count: number, options: FirstOptions = {}): Registry {
  const { capacityBytes = (): number => 4_000, ...rest } = options;
  const nodes = Array.from({ length: count }, (_, i) => ({
    suite: 1 as const,
    id: idOf(i + 1),
    voteKey: voterOf(i + 1, 1).publicKey,
    address: `node-${i + 1}`,
    capacityBytes: capacityBytes(i + 1),
  }));
  return firstRegistry({ network, nodes, bucketBits: 8, ...rest })!;
}

export function signAs(key: SecretKey, kind: Kind, digest: Uint8Array): Uint8Array {
  return signatures().sign(key, digest, signatureContext(kind, 1, network));
}

/** The statement, signed by the nodes with these indices in version 1. */
export function saidBy(said: SuccessionStatement, indices: readonly number[]): Succession {
  const digest = successionDigest(said);
  const signed = indices
    .toSorted((a, b) => a - b)
    .map((node) => ({
      node,
      signature: signAs(voterOf(node + 1, 1).secretKey, kinds.succession, digest),
    }));
  return { ...said, signatures: signed };
}
