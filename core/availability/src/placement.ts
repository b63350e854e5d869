/**
 * Placement of objects (seed 000, assumption 5 and definition 14): which nodes of a registry keep an
 * object, by its address alone.
 *
 * The first r nodes of its bucket's order are the replicas, the next e take over where a replica is
 * full or silent (spill). Nodes without seats keep nothing new. Slots are not placed like this: the
 * registry assigns their groups.
 */

import { registryLineage, type Registry } from '@dsm/primitive';
import { perm } from './perm.ts';
import { bucketOf, rendezvous, type Rendezvous } from './rendezvous.ts';
import { replicaTable, type ReplicaTable } from './replica-table.ts';

/** e: further nodes that may keep an object beside its r replicas. */
export const spillMax = 2;

/** What was made of a registry, which never changes. */
interface Placed {
  readonly view: Rendezvous;
  /** Replicas and spill of every bucket. */
  readonly table: ReplicaTable;
}

const placedByRegistry = new WeakMap<Registry, Placed>();

function placedOf(registry: Registry): Placed {
  const known = placedByRegistry.get(registry);
  if (known !== undefined) return known;
  const { seats, bucketBits, nodes, r } = registry;
  const salt = registryLineage(registry);
  const view = rendezvous({ seats, bucketBits, salt, nodes: nodes.length });
  const placed = { view, table: replicaTable(view, r + spillMax) };
  placedByRegistry.set(registry, placed);
  return placed;
}

/** What the registry places by: the same view whenever it is asked for. */
export function rendezvousOf(registry: Registry): Rendezvous {
  return placedOf(registry).view;
}

/** The first r + e nodes of every bucket of the registry. */
export function tableOf(registry: Registry): ReplicaTable {
  return placedOf(registry).table;
}

/** All nodes that have a seat, by index, in the order in which they should keep the object. */
export function place(registry: Registry, address: Uint8Array): readonly number[] {
  const { view } = placedOf(registry);
  return perm(view, bucketOf(view.bucketBits, address));
}

/** The nodes that should keep the object, and those that stand in for them. */
export interface Placement {
  readonly replicas: readonly number[];
  readonly spill: readonly number[];
}

export function placement(registry: Registry, address: Uint8Array): Placement {
  const { view, table } = placedOf(registry);
  const order = table.replicas(bucketOf(view.bucketBits, address));
  const { r } = registry;
  return { replicas: order.slice(0, r), spill: order.slice(r) };
}
