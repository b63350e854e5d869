/**
 * The next version of a registry: `next` of assumption 8, a pure function of this version and a
 * closed set of signals. Whoever has both has the same next version.
 *
 *     a node that says leave    gives up its seats at once, its place in a group when another takes it
 *     a node that says gone     is dropped, once it has neither
 *     a node that says nothing  keeps all but its vote; after `graceVersions` it is treated as leaving
 *     a node that applies       joins if the network admits by name, or as ups outnumber downs
 *
 * Ranks are hashes over the closed set, so nobody knows his before the set is closed. New groups
 * exchange their members with old ones, so that whoever joins with many nodes at once does not get a
 * group of his own (the assumption is at most f faulty nodes in every group).
 */

import {
  admissions,
  compare,
  encodeWith,
  equal,
  hash,
  keyOf,
  limits,
  nodeId,
  registryLineage,
  u32,
  type Registry,
  type RegistryNode,
} from '@dsm/primitive';
import { thresholdOf } from './genesis.ts';
import { wholeAddress } from './manifest.ts';
import { renumbered, seated, seatsFor } from './seating.ts';
import {
  capacitySignal,
  checkSignal,
  closedSet,
  intents,
  type ClosedSet,
  type Signal,
} from './signal.ts';
import { registryAddress } from './succession.ts';

/** Versions for which a silent node keeps its seats. */
export const graceVersions = 3;

/** lineage: of another version; signal: one does not hold; signers: fewer signals than must sign. */
export type NextRefusal = 'lineage' | 'signal' | 'signers';

export type Next =
  | { readonly ok: true; readonly registry: Registry }
  | { readonly ok: false; readonly refusal: NextRefusal };

/** A node on its way into the next version. */
interface Candidate {
  readonly node: RegistryNode;
  /** Its index before, or undefined for one that joins. */
  readonly before: number | undefined;
  /** It gives up its seats, and its place in a group as soon as another can take it. */
  readonly leaves: boolean;
  /** It has nothing any more and says so. */
  readonly isGone: boolean;
}

export function next(old: Registry, set: ClosedSet): Next {
  const lineage = registryLineage(old);
  if (set.version !== old.version || !equal(set.lineage, lineage)) return refused('lineage');
  const holds = set.signals.every(
    (one) => checkSignal(one, old.network, lineage, old.version) === undefined,
  );
  if (!holds) return refused('signal');
  const said = new Map(
    set.signals.map(({ signal }) => [keyOf(nodeId(signal.suite, signal.identityKey)), signal]),
  );
  const signing = old.signers.filter((index) => said.has(keyOf(old.nodes[index]!.id)));
  if (signing.length < old.threshold) return refused('signers');
  const closed = wholeAddress(closedSet.encode(set));
  const rank = (id: Uint8Array): Uint8Array =>
    hash('rank', lineage, encodeWith(u32, old.version), closed, id);
  const staying = old.nodes.map((node, index) => candidateOf(node, index, said));
  const joining = joinersOf(old, set, rank, staying);
  return { ok: true, registry: assembled(old, closed, [...staying, ...joining], rank) };
}

function refused(refusal: NextRefusal): Next {
  return { ok: false, refusal };
}

function candidateOf(
  node: RegistryNode,
  before: number,
  said: ReadonlyMap<string, Signal>,
): Candidate {
  const signal = said.get(keyOf(node.id));
  if (signal === undefined) {
    const missed = Math.min(node.missed + 1, 255);
    const leaves = missed > graceVersions;
    return { node: { ...node, missed }, before, leaves, isGone: leaves };
  }
  const { voteKey, address: where, capacityBytes, intent } = signal;
  const renewed = { ...node, voteKey, address: where, capacityBytes, missed: 0 };
  const leaves = intent !== intents.stay;
  return { node: renewed, before, leaves, isGone: intent === intents.gone };
}

/** Who joins, lowest rank first. */
function joinersOf(
  old: Registry,
  { signals }: ClosedSet,
  rank: (id: Uint8Array) => Uint8Array,
  staying: readonly Candidate[],
): readonly Candidate[] {
  const known = new Set(old.nodes.map(({ id }) => keyOf(id)));
  const counts = { up: 0, down: 0, stable: 0 };
  const applicants: RegistryNode[] = [];
  for (const { signal } of signals) {
    const id = nodeId(signal.suite, signal.identityKey);
    if (known.has(keyOf(id))) counts[capacitySignal(signal)] += 1;
    else if (signal.intent === intents.stay) applicants.push(nodeOf(id, signal));
  }
  const leaving = staying.filter(({ leaves }) => leaves).length;
  const wanted =
    old.admission === admissions.named
      ? applicants.length
      : Math.max(0, counts.up - counts.down) + leaving;
  const room = limits.registryNodesMax - old.nodes.length;
  return applicants
    .map((node) => ({ node, by: rank(node.id) }))
    .toSorted((a, b) => compare(a.by, b.by))
    .slice(0, Math.min(wanted, room))
    .map(({ node }) => ({ node, before: undefined, leaves: false, isGone: false }));
}

function nodeOf(id: Uint8Array, signal: Signal): RegistryNode {
  const { suite, voteKey, address: where, capacityBytes } = signal;
  return { suite, id, voteKey, address: where, capacityBytes, missed: 0 };
}

function assembled(
  old: Registry,
  closed: Uint8Array,
  all: readonly Candidate[],
  rank: (id: Uint8Array) => Uint8Array,
): Registry {
  const groupsBefore = regrouped(old, all, rank);
  const grouped = new Set(groupsBefore.flat());
  // What is said to be gone stays listed for as long as it has a seat or a place in a group.
  const kept = all
    .map((one, index) => ({ ...one, index }))
    .filter(({ before, isGone, index }) => !isGone || grouped.has(index) || isSeated(old, before));
  const renamed = new Map(kept.map(({ index }, i) => [index, i]));
  const signers = signersOf(old, kept);
  return {
    network: old.network,
    first: registryLineage(old),
    previous: registryAddress(old),
    version: old.version + 1,
    closed,
    r: old.r,
    q: old.q,
    f: old.f,
    bucketBits: old.bucketBits,
    admission: old.admission,
    seatBytes: old.seatBytes,
    nodes: kept.map(({ node }) => node),
    seats: reseated(old, kept),
    groups: groupsBefore.map((group) => group.map((index) => renamed.get(index)!)),
    signers,
    threshold: thresholdOf(signers.length),
  };
}

function isSeated({ seats }: Registry, index: number | undefined): boolean {
  return index !== undefined && seats.includes(index);
}

function reseated(old: Registry, kept: readonly Candidate[]): readonly number[] {
  const indexByBefore = new Map(kept.map(({ before }, index) => [before, index]));
  const carried = renumbered(
    old.seats,
    old.nodes.map((_, before) => indexByBefore.get(before)),
  );
  return kept.reduce((seats, { node, leaves }, index) => {
    const count = leaves ? 0 : seatsFor(node.capacityBytes, old.seatBytes);
    return seated(seats, index, count);
  }, carried);
}

/** The groups of the next version, by the index of the candidates. */
function regrouped(
  old: Registry,
  all: readonly Candidate[],
  rank: (id: Uint8Array) => Uint8Array,
): readonly (readonly number[])[] {
  const grouped = new Set(old.groups.flat());
  const spare = all
    .map((one, index) => ({ ...one, index, by: rank(one.node.id) }))
    .filter(({ leaves, node, index }) => !leaves && node.missed === 0 && !grouped.has(index))
    .toSorted((a, b) => compare(a.by, b.by))
    .map(({ index }) => index);
  const groups = old.groups.map((group) =>
    group.map((member) => (all[member]!.leaves ? (spare.shift() ?? member) : member)),
  );
  while (spare.length >= old.r) {
    groups.push(spare.splice(0, old.r));
    exchange(groups, all, rank);
  }
  return groups;
}

/** Every member of the newest group changes places with one of the others, drawn by its rank. */
function exchange(
  groups: number[][],
  all: readonly Candidate[],
  rank: (id: Uint8Array) => Uint8Array,
): void {
  const newest = groups.at(-1)!;
  const others = groups.length - 1;
  for (let i = 0; i < newest.length; i++) {
    const draw = rank(all[newest[i]!]!.node.id);
    const view = new DataView(draw.buffer, draw.byteOffset);
    const group = groups[view.getUint32(0) % others]!;
    const member = view.getUint32(4) % group.length;
    // A place that its holder is leaving was kept for want of another; it is not handed on.
    if (all[group[member]!]!.leaves) continue;
    [newest[i], group[member]] = [group[member]!, newest[i]!];
  }
}

/**
 * The signers that are still there, and the first of the others up to the limit. One that missed a
 * version stays a signer: dropping it would let fewer decide.
 */
function signersOf(old: Registry, kept: readonly Candidate[]): readonly number[] {
  const wasSigner = new Set(old.signers);
  const standing = kept.map((one, index) => ({ ...one, index })).filter(({ leaves }) => !leaves);
  const eligible = standing.length > 0 ? standing : kept.map((one, index) => ({ ...one, index }));
  const isSigner = ({ before }: Candidate): boolean =>
    before !== undefined && wasSigner.has(before);
  return [...eligible.filter(isSigner), ...eligible.filter((one) => !isSigner(one))]
    .slice(0, limits.registrySignersMax)
    .map(({ index }) => index)
    .toSorted((a, b) => a - b);
}
