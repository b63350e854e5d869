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

/** The key pair that a node has for its life. */
export function identityOf(number: number): KeyPair {
  return signatures().keyPair('ml-dsa-65', new Uint8Array(32).fill(number));
}

/** The vote key of a node in a version. */
export function voterOf(number: number, version: number): KeyPair {
  const seed = new Uint8Array(32).fill(number);
  seed[0] = version;
  seed[1] = 0xff;
  return signatures().keyPair('ml-dsa-65', seed);
}

export function idOf(number: number): Uint8Array {
  return nodeId(1, identityOf(number).publicKey);
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
