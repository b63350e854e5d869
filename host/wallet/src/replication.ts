/**
 * How many distinct nodes have each object: what "available" rests on (seed 000, definition 16).
 *
 * Copies on one node count once, and nodes that do not answer have none. Every node is asked for the
 * list of all that it keeps, so this takes 32 bytes for each copy; repair finds what is missing with
 * far less, but only what two nodes differ in.
 */

import { nobody, rangeCount } from '@dsm/availability';
import type { NodeApi } from '@dsm/ports';
import { keyOf, type Registry, type RegistryNode } from '@dsm/primitive';
import { listed } from './repair-compare.ts';
import { peer, type Peer, type Traffic } from './repair-peer.ts';

export interface Replication {
  /** By a number of copies, how many objects have that many. */
  readonly objects: ReadonlyMap<number, number>;
  readonly belowQ: number;
  readonly belowR: number;
  /** Ids of nodes that did not tell what they keep: their copies are not counted. */
  readonly silent: readonly Uint8Array[];
}

export async function replication(
  registry: Registry,
  reach: (node: RegistryNode) => NodeApi | undefined,
  signal?: AbortSignal,
): Promise<Replication> {
  const traffic: Traffic = { sent: 0, received: 0 };
  const peers = registry.nodes.map((node, index) => peer(index, node, reach(node), traffic));
  const silent = new Set<Peer>();
  const objects = new Map<number, number>();
  // One range after the other, so that a sixty-fourth of all addresses is in memory.
  for (let range = 0; range < rangeCount && signal?.aborted !== true; range++) {
    const copies = new Map<string, number>();
    for (const node of peers) {
      const all = await allOf(registry, node, range);
      if (all === undefined) silent.add(node);
      for (const key of new Set((all ?? []).map(keyOf))) {
        copies.set(key, (copies.get(key) ?? 0) + 1);
      }
    }
    for (const count of copies.values()) objects.set(count, (objects.get(count) ?? 0) + 1);
  }
  const below = (bound: number): number =>
    [...objects].reduce((sum, [count, number]) => sum + (count < bound ? number : 0), 0);
  return {
    objects,
    belowQ: below(registry.q),
    belowR: below(registry.r),
    silent: [...silent].map(({ node }) => node.id),
  };
}

/** What a node keeps of a range, as a holder and beside that. */
async function allOf(
  { version }: Registry,
  node: Peer,
  range: number,
): Promise<readonly Uint8Array[] | undefined> {
  const all: Uint8Array[] = [];
  for (const other of [node.index, nobody]) {
    const some = await listed(node, { version, peer: other, absent: [] }, range);
    if (some === undefined) return undefined;
    all.push(...some);
  }
  return all;
}
