/**
 * Audits: unpredictable challenges on what a node says that it keeps.
 *
 * The auditor is anybody who reaches the node and others. The newest ByteCommit is checked against
 * its signature, those before it and the node's slot; then bytes are drawn from all that it claims.
 * What comes out is a record, which the caller keeps; only a fork convicts the node to others.
 *
 * An audit does not show that a node has the bytes itself: who fetches them from another replica
 * when he is asked passes as long as that one lives (docs/threat-model.md).
 */

import type { SignedByteCommit } from '@dsm/availability';
import type { Entropy, NodeApi } from '@dsm/ports';
import {
  address as addressOf,
  equal,
  type Evidence,
  type Registry,
  type RegistryNode,
} from '@dsm/primitive';
import { stated } from './audit-commit.ts';
import { sampleByte, sampleShared, type Sample, type SampleOutcome } from './audit-sample.ts';
import { quorum, type Quorum } from './quorum.ts';
import { peer, type Peer, type Traffic } from './repair-peer.ts';

export type { Sample, SampleOutcome } from './audit-sample.ts';

export interface AuditOptions {
  /** The id of the node. */
  readonly node: Uint8Array;
  readonly registry: Registry;
  readonly reach: (node: RegistryNode) => NodeApi | undefined;
  readonly entropy: Entropy;
  /** Bytes that are drawn from its objects, and as many objects that another holder lists; 16. */
  readonly samples?: number;
  /** The ByteCommit that was audited the last time. */
  readonly before?: SignedByteCommit;
  /** Bytes that the auditor holds itself. */
  readonly held?: (address: Uint8Array) => Promise<Uint8Array | undefined>;
}

/**
 * passed         every sample that could be told
 * lacking        it lacks what it should keep and does not claim to: repair's work
 * later          it could not show a single sample
 * silent         it does not answer, or has made no ByteCommit
 * missing        it lacks what it claims to keep
 * false-used     it claims to use what is not there, or hides what is
 * wrong          it answers with other bytes, or a ByteCommit that is none
 * forked-commit  it has signed two ByteCommits at one position: `evidence` convinces everybody
 */
export const auditOutcomes = [
  'passed',
  'lacking',
  'later',
  'silent',
  'missing',
  'false-used',
  'wrong',
  'forked-commit',
] as const;
export type AuditOutcome = (typeof auditOutcomes)[number];

export interface AuditRecord {
  readonly node: Uint8Array;
  readonly version: number;
  readonly outcome: AuditOutcome;
  /** The ByteCommit that was audited; give it as `before` the next time. */
  readonly commit: SignedByteCommit | undefined;
  readonly samples: readonly Sample[];
  readonly evidence: Evidence | undefined;
}

/** What the parts of an audit share. */
export interface Auditing {
  readonly registry: Registry;
  readonly audited: Peer;
  readonly peers: readonly Peer[];
  readonly entropy: Entropy;
  readonly before: SignedByteCommit | undefined;
  readonly storage: Quorum;
  /** The bytes of an object, from anywhere but the node. */
  readonly elsewhere: (address: Uint8Array) => Promise<Uint8Array | undefined>;
}

const usualSamples = 16;

/** A node that is not in the registry is a fault of the caller. */
export async function audit(options: AuditOptions): Promise<AuditRecord> {
  const { registry, samples: count = usualSamples } = options;
  const auditing = auditingOf(options);
  const node = options.node;
  const record = (
    outcome: AuditOutcome,
    more: Partial<Pick<AuditRecord, 'commit' | 'samples' | 'evidence'>> = {},
  ): AuditRecord => ({
    node,
    version: registry.version,
    outcome,
    commit: undefined,
    samples: [],
    evidence: undefined,
    ...more,
  });
  const said = await stated(auditing);
  switch (said.type) {
    case 'none':
      return record('silent');
    case 'bad':
      return record('wrong');
    case 'fork':
      return record('forked-commit', { evidence: said.evidence });
    case 'commit': {
      const commit = said.signed;
      const samples: Sample[] = [await sampleByte(auditing, commit, 2)];
      for (let i = 0; i < count; i++) {
        samples.push(await sampleByte(auditing, commit, 1));
        const shared = await sampleShared(auditing, commit);
        if (shared !== undefined) samples.push(shared);
      }
      if (auditing.audited.isSilent()) return record('silent', { commit, samples });
      return record(worstOf(samples), { commit, samples });
    }
  }
}

function auditingOf(options: AuditOptions): Auditing {
  const { node: id, registry, reach, entropy, before, held } = options;
  const traffic: Traffic = { sent: 0, received: 0 };
  const apis = registry.nodes.map(reach);
  const peers = registry.nodes.map((node, index) => peer(index, node, apis[index], traffic));
  const audited = peers.find(({ node }) => equal(node.id, id));
  if (audited === undefined) throw new RangeError('node: it is not in the registry');
  const others = apis.map((api, index) => (index === audited.index ? undefined : api));
  const storage = quorum(registry, others, { nonce: () => entropy.bytes(32) });
  return {
    registry,
    audited,
    peers,
    entropy,
    before,
    storage: quorum(registry, apis, { nonce: () => entropy.bytes(32) }),
    elsewhere: async (address) => {
      const bytes = await held?.(address);
      const isIt = bytes !== undefined && equal(addressOf(bytes), address);
      return isIt ? bytes : storage.fetch(address);
    },
  };
}

/** One fault counts more than many samples that passed. */
function worstOf(samples: readonly Sample[]): AuditOutcome {
  const faults: readonly SampleOutcome[] = ['wrong', 'false-used', 'missing'];
  const fault = faults.find((one) => samples.some(({ outcome }) => outcome === one));
  if (fault !== undefined) return fault;
  if (samples.some(({ outcome }) => outcome === 'lacking')) return 'lacking';
  return samples.some(({ outcome }) => outcome === 'passed') ? 'passed' : 'later';
}
