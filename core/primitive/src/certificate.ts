/**
 * Votes and certificates.
 *
 *     vote         a node's signature over H_vote(registry lineage ‖ version ‖ slot key ‖ value)
 *     certificate  q votes of one group, one version, one key and one value
 *
 * Anyone checks a certificate offline, as bytes. That it excludes another one for the same slot
 * rests on the assumption that at most f nodes of the group are faulty.
 */

import { compare, equal } from './bytes.ts';
import {
  ascending,
  bytes32,
  encodeWith,
  object,
  struct,
  u16,
  u32,
  variable,
  type Obj,
} from './codec.ts';
import { hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import { groupOf, registryLineage, type Registries, type Registry } from './registry.ts';
import { type Slot } from './slot-list.ts';
import { verifyWorking } from './suite.ts';

export interface CertificateVote {
  /** Index of the node in the registry. */
  readonly node: number;
  readonly signature: Uint8Array;
}

export interface Certificate {
  readonly lineage: Uint8Array;
  readonly version: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly votes: readonly CertificateVote[];
}

export const certificate: Obj<Certificate> = object(
  kinds.certificate,
  limits.votesMax * (limits.signatureBytesMax + 6) + 128,
  struct({
    lineage: bytes32,
    version: u32,
    key: bytes32,
    value: bytes32,
    votes: ascending<CertificateVote>(
      struct({ node: u16, signature: variable(limits.signatureBytesMax) }),
      ({ node }) => encodeWith(u16, node),
      limits.votesMax,
      1,
    ),
  }),
);

export type CertificateRefusal = 'registry' | 'slot' | 'quorum' | 'vote';

/** What a node signs when it votes. */
export function voteDigest(lineage: Uint8Array, version: number, slot: Slot): Uint8Array {
  return hash('vote', lineage, encodeWith(u32, version), slot.key, slot.value);
}

/** True if `signature` is the vote of node `index` for the slot. */
export function verifyVote(
  registry: Registry,
  index: number,
  slot: Slot,
  signature: Uint8Array,
): boolean {
  const node = registry.nodes[index];
  // A node that missed the change has no key of this version.
  if (node === undefined || node.missed > 0) return false;
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  return verifyWorking(kinds.vote, node.suite, registry.network, node.voteKey, digest, signature);
}

/**
 * Undefined if the certificate proves the slot, else the rule that it breaks. A certificate of an
 * older version stays one: nobody can vote under that version any more.
 */
export function checkCertificate(
  claim: Certificate,
  known: Registries,
  slot: Slot,
): CertificateRefusal | undefined {
  const registry = equal(claim.lineage, known.lineage) ? known.at(claim.version) : undefined;
  if (registry === undefined) return 'registry';
  if (!equal(claim.key, slot.key) || !equal(claim.value, slot.value)) return 'slot';
  const group = groupOf(registry, slot.key);
  const voters = new Set(claim.votes.map(({ node }) => node));
  if (voters.size !== claim.votes.length || voters.size < registry.q) return 'quorum';
  if (!claim.votes.every(({ node }) => group.includes(node))) return 'quorum';
  const valid = claim.votes.every((vote) => verifyVote(registry, vote.node, slot, vote.signature));
  return valid ? undefined : 'vote';
}

/** The certificate of the votes, in canonical order, or undefined while there are fewer than q. */
export function certify(
  registry: Registry,
  slot: Slot,
  votes: readonly CertificateVote[],
): Certificate | undefined {
  if (votes.length < registry.q) return undefined;
  const sorted = votes
    .toSorted((a, b) => compare(encodeWith(u16, a.node), encodeWith(u16, b.node)))
    .slice(0, registry.q);
  const { key, value } = slot;
  return {
    lineage: registryLineage(registry),
    version: registry.version,
    key,
    value,
    votes: sorted,
  };
}
