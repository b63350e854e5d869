/**
 * What a node has stated: its newest ByteCommit, after those that were seen before, and in its slot.
 *
 * Whoever audits writes the commit into the node's slot himself: it carries all that takes. So a node
 * cannot show one commit to some and another to others: the slot keeps both, and both are signed.
 */

import {
  byteCommit,
  byteCommitDigest,
  byteCommitHolds,
  byteCommitPlace,
  byteCommitWrite,
  follows,
  type SignedByteCommit,
} from '@dsm/availability';
import { checkEvidence, equal, type Evidence, type Registry } from '@dsm/primitive';
import type { Auditing } from './audit.ts';
import { bodyOf } from './repair-peer.ts';

/** The commit to audit by, or why there is none. */
export type Stated =
  | { readonly type: 'commit'; readonly signed: SignedByteCommit }
  | { readonly type: 'fork'; readonly evidence: Evidence }
  /** Not its own, not signed, or not after the one that was seen before. */
  | { readonly type: 'bad' }
  | { readonly type: 'none' };

export async function stated(auditing: Auditing): Promise<Stated> {
  const { audited, registry, before } = auditing;
  const newest = await commitAt(auditing, undefined);
  if (newest === 'none' || newest === 'bad') return { type: newest };
  const { network } = registry;
  const chain = await afterBefore(auditing, newest, before);
  if (chain !== undefined) return chain;
  const { values } = await auditing.storage
    .writeSlot(byteCommitWrite(newest))
    .then((outcome) => (outcome.type === 'undecided' ? { values: [] } : outcome));
  const digest = byteCommitDigest(newest.commit);
  const other = values.find(({ value }) => !equal(value, digest));
  if (other === undefined) return { type: 'commit', signed: newest };
  const place = byteCommitPlace(newest, audited.node.id, newest.commit.sequence);
  const evidence: Evidence = {
    type: 'commits',
    place,
    first: byteCommitWrite(newest),
    second: { value: other.value, authorisation: other.authorisation },
  };
  return convicts(evidence, network) ? { type: 'fork', evidence } : { type: 'bad' };
}

/** Undefined if the newest commit leads back to the one that was seen before, as far as it can be. */
async function afterBefore(
  auditing: Auditing,
  newest: SignedByteCommit,
  before: SignedByteCommit | undefined,
): Promise<Stated | undefined> {
  const from = before?.commit.sequence ?? Math.max(newest.commit.sequence - 1, 0);
  const chain = await chainBackTo(auditing, newest, from);
  if (chain === undefined) return { type: 'bad' };
  const [first] = chain;
  const isReached = before !== undefined && first?.commit.sequence === before.commit.sequence;
  return isReached ? forkOf(auditing, before, first) : undefined;
}

/** Its commits from that one on; fewer if it keeps them no more: they stand in its slots. */
async function chainBackTo(
  auditing: Auditing,
  newest: SignedByteCommit,
  from: number,
): Promise<readonly SignedByteCommit[] | undefined> {
  if (newest.commit.sequence < from) return undefined;
  const chain = [newest];
  for (let sequence = newest.commit.sequence - 1; sequence >= from; sequence--) {
    const one = await commitAt(auditing, sequence);
    if (one === 'none') return chain;
    if (one === 'bad' || !follows(chain[0]!.commit, one.commit)) return undefined;
    chain.unshift(one);
  }
  return chain;
}

function forkOf(
  { registry, audited }: Auditing,
  before: SignedByteCommit,
  now: SignedByteCommit,
): Stated | undefined {
  if (equal(byteCommitDigest(before.commit), byteCommitDigest(now.commit))) return undefined;
  const evidence: Evidence = {
    type: 'commits',
    place: byteCommitPlace(now, audited.node.id, now.commit.sequence),
    first: byteCommitWrite(before),
    second: byteCommitWrite(now),
  };
  return convicts(evidence, registry.network) ? { type: 'fork', evidence } : { type: 'bad' };
}

function convicts(evidence: Evidence, network: Uint8Array): boolean {
  return checkEvidence(evidence, network, () => false, undefined).ok;
}

async function commitAt(
  { audited, registry }: Auditing,
  sequence: number | undefined,
): Promise<SignedByteCommit | 'none' | 'bad'> {
  const [answer] = await audited.ask([{ type: 'byte-commit', sequence }]);
  const body = bodyOf(answer);
  if (body === undefined) return 'none';
  const decoded = byteCommit.decode(body);
  if (!decoded.ok) return 'bad';
  const { commit } = decoded.value;
  const isAsked = sequence === undefined || commit.sequence === sequence;
  const isIts = equal(commit.node, audited.node.id) && isOfVersion(registry, commit.version);
  return isAsked && isIts && byteCommitHolds(decoded.value, registry.network)
    ? decoded.value
    : 'bad';
}

function isOfVersion({ version }: Registry, of: number): boolean {
  return of >= 1 && of <= version;
}
