/**
 * The hand-over of slots from one version of a registry to the next (protocol.md, section 9).
 *
 *     vote map   slot key → H_voted( the standing values, ascending )        of one node, one version
 *     CLOSE      H_close( lineage ‖ version u32 ‖ root of the vote map ‖ slots u64 ), signed once with
 *                the vote key of the version, which is destroyed afterwards
 *
 * A value stands in a version if the node voted for it or took it over; several stand while the slot
 * is frozen. A slot's state in the next version follows from the maps of q nodes of its group: no
 * value, free; one, that one; several, frozen until a certificate of an earlier version decides.
 *
 * Why it holds: a certificate of version v has q votes, any q maps have an honest node in common
 * with them, and an honest node closes once, after all its votes. So a certified value stands in
 * every successor that took over honestly, alone or frozen beside others, and no other value can be
 * certified there. By induction over the versions it never changes.
 */

import {
  ascending,
  bytes32,
  compare,
  deviceMap,
  encodeWith,
  equal,
  groupIndexOf,
  hash,
  kinds,
  limits,
  object,
  registryLineage,
  struct,
  u16,
  u32,
  u64,
  variable,
  verifyWorking,
  type Obj,
  type Registry,
  type SlotPlace,
  type SlotValue,
} from '@dsm/primitive';
import type { KeptSlot } from './register.ts';

/** A node's last word under a version: what it voted for and took over. */
export interface Close {
  readonly lineage: Uint8Array;
  readonly version: number;
  /** Index of the node in that version. */
  readonly node: number;
  /** Root of its vote map, and how many slots stand in it. */
  readonly root: Uint8Array;
  readonly slots: number;
  readonly signature: Uint8Array;
}

export const closeStatement: Obj<Close> = object(
  kinds.close,
  limits.signatureBytesMax + 128,
  struct({
    lineage: bytes32,
    version: u32,
    node: u16,
    root: bytes32,
    slots: u64,
    signature: variable(limits.signatureBytesMax),
  }),
);

/** What the vote key of the version signs, under `kinds.close`. */
export function closeDigest(said: Omit<Close, 'node' | 'signature'>): Uint8Array {
  const { lineage, version, root, slots } = said;
  return hash('close', lineage, encodeWith(u32, version), root, encodeWith(u64, slots));
}

/** True if the node of the version has closed it like this. */
export function closeHolds(claim: Close, of: Registry): boolean {
  const node = of.nodes[claim.node];
  if (node === undefined || node.missed > 0) return false;
  if (claim.version !== of.version || !equal(claim.lineage, registryLineage(of))) return false;
  const { suite, voteKey } = node;
  const digest = closeDigest(claim);
  return verifyWorking(kinds.close, suite, of.network, voteKey, digest, claim.signature);
}

/** One slot of a vote map. */
export interface Standing {
  readonly key: Uint8Array;
  /** The standing values, ascending. */
  readonly values: readonly Uint8Array[];
}

const valuesCoder = ascending(bytes32, (value) => value, limits.slotValuesMax, 1);

/** What a vote map says of a slot. */
export function standingDigest(values: readonly Uint8Array[]): Uint8Array {
  return hash('voted', encodeWith(valuesCoder, values));
}

/** The root of the vote map with these leaves; each key once. */
export function voteMapRoot(
  leaves: Iterable<{ readonly key: Uint8Array; readonly value: Uint8Array }>,
): Uint8Array {
  const map = deviceMap();
  for (const leaf of leaves) map.apply([leaf]);
  return map.root();
}

/** The group of `before` whose slots fall to group `index` of `after`; all of them to a new group. */
export function groupsBefore(before: Registry, index: number): readonly number[] {
  return index < before.groups.length ? [index] : before.groups.map((_, group) => group);
}

/** True if the slot falls to group `index`. */
export function fallsTo(registry: Registry, index: number, key: Uint8Array): boolean {
  return groupIndexOf(registry, key) === index;
}

/** A node's map as q of a group are compared: what stands of each slot, with the writers' proofs. */
export type Shown = readonly SlotValue[];

/**
 * The values that stand in the next version, by what q closed maps of the group show of the slot:
 * each once, ascending, no more than a node keeps. With more than one the slot is frozen, and a
 * certificate decides whether or not its value is among those that are kept.
 */
export function taken(shown: readonly Shown[]): readonly SlotValue[] {
  const all: SlotValue[] = [];
  for (const one of shown.flat()) {
    if (!all.some(({ value }) => equal(value, one.value))) all.push(one);
  }
  return all.toSorted((a, b) => compare(a.value, b.value)).slice(0, limits.slotValuesMax);
}

/** The slot as it is kept in the next version, when these values stand there. */
export function takenOver(
  before: KeptSlot | undefined,
  place: SlotPlace,
  standing: readonly SlotValue[],
): KeptSlot {
  const known = before?.values ?? [];
  const isSame =
    before?.standing === standing.length &&
    standing.every(({ value }, i) => equal(value, known[i]!.value));
  if (isSame) return before;
  // What is known already keeps its hints.
  const first = standing.map((one) => known.find(({ value }) => equal(value, one.value)) ?? one);
  const others = known.filter(({ value }) => !first.some((one) => equal(one.value, value)));
  const values = [...first, ...others].slice(0, limits.slotValuesMax);
  return { place, values, standing: standing.length };
}
