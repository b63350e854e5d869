/**
 * Placement of objects by rendezvous (seed 000, assumption 5 and definition 14).
 *
 *     score(address, node) = H_place( address ‖ node id )
 *     place(registry, address) = the nodes by score, highest first
 *
 * The first r are the replicas, the next e take over where a replica is full or silent (spill).
 * The order of two nodes never depends on a third, so a node that joins or leaves moves only what
 * it gains or gives up. Slots are not placed like this: the registry assigns their groups.
 */

import { compare, hash, type Registry } from '@dsm/primitive';

/** e: further nodes that may keep an object beside its r replicas. */
export const spillMax = 2;

/** All nodes of the registry, by index, in the order in which they should keep the object. */
export function place(registry: Registry, address: Uint8Array): readonly number[] {
  if (address.length !== 32)
    throw new RangeError(`address: expected 32 bytes, got ${address.length}`);
  const ids = idsOf(registry);
  const scores = ids.map((id) => hash('place', address, id));
  // Equal scores mean equal ids, that is one node listed twice: the registry's order decides.
  return scores.map((_, i) => i).toSorted((a, b) => compare(scores[b]!, scores[a]!) || a - b);
}

/** The nodes that should keep the object, and those that stand in for them. */
export interface Placement {
  readonly replicas: readonly number[];
  readonly spill: readonly number[];
}

export function placement(registry: Registry, address: Uint8Array): Placement {
  const order = place(registry, address);
  const { r } = registry;
  return { replicas: order.slice(0, r), spill: order.slice(r, r + spillMax) };
}

const idsByRegistry = new WeakMap<Registry, readonly Uint8Array[]>();

/** Ids are hashes of keys of 2 kB, so they are made once for each registry. */
function idsOf(registry: Registry): readonly Uint8Array[] {
  const known = idsByRegistry.get(registry);
  if (known !== undefined) return known;
  const ids = registry.nodes.map(({ id }) => id);
  idsByRegistry.set(registry, ids);
  return ids;
}
