/**
 * What the spaces of the storage plane are made of: a registry with the keys of its nodes, votes,
 * writers of slots, and certificates as a cheat would put them together.
 */

import { firstRegistry } from '@dsm/availability';
import {
  address,
  ascii,
  certificate,
  certify,
  checkCertificate,
  keyDigest,
  kinds,
  nodeId,
  registriesOf,
  registryLineage,
  signatureContext,
  signatures,
  slotKey,
  slotListRoot,
  slotPath,
  statementDigest,
  voteDigest,
  type Authorisation,
  type Certificate,
  type CertificateVote,
  type KeyPair,
  type Kind,
  type Registries,
  type Registry,
  type Slot,
  type SlotKind,
  type SlotPlace,
  type SlotWrite,
} from '@dsm/primitive';
import { installIdeal } from '../ideal.ts';

installIdeal();

export const network: Uint8Array = named('the network');

/** Thirty-two bytes that stand for a thing of this name. */
export function named(name: string): Uint8Array {
  return address(ascii(name));
}

export function pairOf(name: string): KeyPair {
  return signatures().keyPair('ml-dsa-65', named(name));
}

export function signAs(key: KeyPair, kind: Kind, digest: Uint8Array): Uint8Array {
  return signatures().sign(key.secretKey, digest, signatureContext(kind, 1, network));
}

/** A version of a registry, and the secret vote keys of its nodes by their index. */
export interface Nodes {
  readonly registry: Registry;
  readonly voters: readonly KeyPair[];
}

/** Version 1 with so many nodes; the first four are the one group. */
export function nodesOf(count: number): Nodes {
  const voters = Array.from({ length: count }, (_, i) => pairOf(`vote key of ${i} in version 1`));
  const nodes = voters.map(({ publicKey }, i) => ({
    suite: 1 as const,
    id: nodeId(1, pairOf(`identity of ${i}`).publicKey),
    voteKey: publicKey,
    address: `node-${i}`,
    capacityBytes: 4_000,
  }));
  const registry = firstRegistry({ network, nodes, bucketBits: 8, groupsMax: 1 });
  if (registry === undefined) throw new RangeError('a group has four nodes');
  return { registry, voters };
}

/** A node's vote for the slot, signed alone. */
export function voteOf({ registry, voters }: Nodes, node: number, slot: Slot): CertificateVote {
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  return { node, path: [], signature: signAs(voters[node]!, kinds.vote, digest) };
}

/** Somebody who writes slots. */
export interface Author {
  readonly pair: KeyPair;
  readonly writer: Uint8Array;
  readonly write: (place: SlotPlace, value: Uint8Array) => SlotWrite;
}

export function authorOf(name: string): Author {
  const pair = pairOf(name);
  return {
    pair,
    writer: keyDigest(1, pair.publicKey),
    write: (place, value) => {
      const authorisation = authorisationBy(pair, { key: slotKey(place), value });
      return { place, value, authorisation, hint: undefined, certificate: undefined };
    },
  };
}

export function authorisationBy(
  pair: KeyPair,
  slot: Slot,
  kind: Kind = kinds.signedStep,
): Authorisation {
  const body = named('a body');
  const digest = statementDigest(body, slotListRoot([slot]));
  return {
    suite: 1,
    publicKey: pair.publicKey,
    body,
    path: slotPath([slot], 0),
    signature: signAs(pair, kind, digest),
    backing: undefined,
  };
}

export function placeOf(kind: SlotKind, by: Author, position: string): SlotPlace {
  return { kind, writer: by.writer, position: named(position) };
}

/** The votes that a cheat has for a slot when some honest nodes have voted. */
export interface Cast {
  readonly nodes: Nodes;
  readonly known: Registries;
  /** The lying member of the group, by its index. */
  readonly liar: number;
  /** A node of no group, which lies as well. */
  readonly outsider: number | undefined;
}

/**
 * A certificate for the slot that a cheat can make with the votes of these honest nodes, votes of
 * others for another value, and everything that the liars sign; or undefined if none holds.
 */
export function forged(
  { nodes, known, liar, outsider }: Cast,
  slot: Slot,
  voters: readonly number[],
  others: readonly { readonly node: number; readonly value: Uint8Array }[],
): Certificate | undefined {
  const { registry } = nodes;
  const { key, value } = slot;
  const own = voteOf(nodes, liar, slot);
  const good = [...voters.map((node) => voteOf(nodes, node, slot)), own];
  const bare = { lineage: registryLineage(registry), version: registry.version, key, value };
  const padded = (more: readonly CertificateVote[]): readonly CertificateVote[] =>
    [...good, ...more].slice(0, Math.max(registry.q, good.length));
  const absent = registry.groups[0]!.filter((node) => !voters.includes(node) && node !== liar);
  const tries: readonly (readonly CertificateVote[])[] = [
    good,
    // The liar votes again and again.
    padded([own, own]),
    // It signs for others.
    padded(absent.map((node) => ({ ...own, node }))),
    // Honest votes for another value.
    padded(others.map(({ node, value: other }) => voteOf(nodes, node, { key, value: other }))),
    // Votes from outside of the group.
    outsider === undefined ? [] : padded([voteOf(nodes, outsider, slot)]),
    outsider === undefined ? [] : [...good, ...[outsider].map((node) => voteOf(nodes, node, slot))],
    // Fewer votes than a quorum.
    good.slice(0, registry.q - 1),
  ];
  return tries
    .map((votes): Certificate => ({ ...bare, votes }))
    .find((claim) => checkCertificate(claim, known, slot) === undefined);
}

/**
 * Undefined if the votes make a certificate that everybody can check, in whatever order they came;
 * else what is wrong with it.
 */
export function certifies(
  { registry }: Nodes,
  slot: Slot,
  votes: readonly CertificateVote[],
): string | undefined {
  for (const order of [votes, votes.toReversed(), [...votes.slice(1), votes[0]!]]) {
    const made = certify(registry, slot, order);
    if (made === undefined) return 'a quorum of votes makes no certificate';
    const read = attempted(() => certificate.decode(certificate.encode(made)));
    if (read?.ok !== true) return 'a certificate is not in its canonical form';
    const refusal = checkCertificate(read.value, registriesOf(registry), slot);
    if (refusal !== undefined) return `a certificate of good votes does not hold: ${refusal}`;
  }
  return undefined;
}

/** What the work gives, or undefined if it falls over: what has no canonical form cannot be written. */
export function attempted<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
