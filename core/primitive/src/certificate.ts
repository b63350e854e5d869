/**
 * Votes and certificates.
 *
 *     vote         H_vote( registry lineage ‖ version ‖ slot key ‖ value ), the path to the root of a
 *                  binary tree of such digests with inner nodes H_votes( left ‖ right ), and a
 *                  node's signature over that root: one signature serves up to 256 votes
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
  type Coder,
  type Obj,
} from './codec.ts';
import { hash } from './hash.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';
import { groupOf, registryLineage, type Registries, type Registry } from './registry.ts';
import { pathCoder, type PathStep, type Slot } from './slot-list.ts';
import { verifyWorking } from './suite.ts';

/** A node's word for one value of one slot. */
export interface Vote {
  /** From the vote's digest to what is signed; empty if it was signed alone. */
  readonly path: readonly PathStep[];
  readonly signature: Uint8Array;
}

export interface CertificateVote extends Vote {
  /** Index of the node in the registry. */
  readonly node: number;
}

export const voteCoder: Coder<Vote> = struct({
  path: pathCoder,
  signature: variable(limits.signatureBytesMax),
});

export interface Certificate {
  readonly lineage: Uint8Array;
  readonly version: number;
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly votes: readonly CertificateVote[];
}

export const certificate: Obj<Certificate> = object(
  kinds.certificate,
  limits.votesMax * (limits.signatureBytesMax + 280) + 128,
  struct({
    lineage: bytes32,
    version: u32,
    key: bytes32,
    value: bytes32,
    votes: ascending<CertificateVote>(
      struct({ node: u16, path: pathCoder, signature: variable(limits.signatureBytesMax) }),
      ({ node }) => encodeWith(u16, node),
      limits.votesMax,
      1,
    ),
  }),
);

export type CertificateRefusal = 'registry' | 'slot' | 'quorum' | 'vote';

/** What a node says when it votes. */
export function voteDigest(lineage: Uint8Array, version: number, slot: Slot): Uint8Array {
  return hash('vote', lineage, encodeWith(u32, version), slot.key, slot.value);
}

/** What is signed for a vote with this digest. */
export function voteRoot(digest: Uint8Array, path: readonly PathStep[]): Uint8Array {
  return path.reduce(
    (node, { side, sibling }) =>
      side === 0 ? hash('votes', sibling, node) : hash('votes', node, sibling),
    digest,
  );
}

/** The root of up to 256 digests, in their order, and the path of each; an odd last one moves up. */
export function votesTree(digests: readonly Uint8Array[]): {
  readonly root: Uint8Array;
  readonly paths: readonly (readonly PathStep[])[];
} {
  const paths: PathStep[][] = digests.map(() => []);
  let level = digests.map((node, i) => ({ node, from: i, to: i + 1 }));
  while (level.length > 1) {
    const up: typeof level = [];
    for (let i = 0; i < level.length; i += 2) {
      const [left, right] = [level[i]!, level[i + 1]];
      if (right === undefined) {
        up.push(left);
        continue;
      }
      for (let at = left.from; at < left.to; at++)
        paths[at]!.push({ side: 1, sibling: right.node });
      for (let at = right.from; at < right.to; at++)
        paths[at]!.push({ side: 0, sibling: left.node });
      up.push({ node: hash('votes', left.node, right.node), from: left.from, to: right.to });
    }
    level = up;
  }
  const root = level[0]?.node;
  if (root === undefined || digests.length > 256) throw new RangeError('votes: 1 to 256 digests');
  return { root, paths };
}

/** True if this is the vote of node `index` for the slot. */
export function verifyVote(
  registry: Registry,
  index: number,
  slot: Slot,
  { path, signature }: Vote,
): boolean {
  const node = registry.nodes[index];
  // A node that missed the change has no key of this version.
  if (node === undefined || node.missed > 0) return false;
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  const root = voteRoot(digest, path);
  return verifyWorking(kinds.vote, node.suite, registry.network, node.voteKey, root, signature);
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
  const valid = claim.votes.every((vote) => verifyVote(registry, vote.node, slot, vote));
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
