/**
 * The client of the storage plane: asks many nodes, believes none of them.
 *
 * Objects go to the nodes that placement names, slots to the four of their group. An object counts
 * when its bytes have its address, a slot answer when the node's vote and the writer's signature
 * under every value verify. A node that answers anything else is as good as silent, and is named.
 *
 * Nobody is waited for once the outcome is certain, and nothing is decided by time: how long a
 * silent node may take is the node port's affair, and `signal` ends any wait with what is there.
 */

import type { NodeApi } from '@dsm/ports';
import type { Registry, SlotPlace, SlotWrite } from '@dsm/primitive';
import { slotReader, type NodeFault } from './quorum-answer.ts';
import { objectQuorum, type Published } from './quorum-objects.ts';
import { slotQuorum, type SlotOutcome, type SlotReading } from './quorum-slots.ts';

export type { Fault, NodeFault } from './quorum-answer.ts';
export type { Published } from './quorum-objects.ts';
export type { SlotOutcome, SlotReading } from './quorum-slots.ts';

export interface QuorumOptions {
  readonly onFault?: (fault: NodeFault) => void;
}

export interface Quorum {
  /** To the r placed nodes at once, and to the next e where one of them fails. */
  readonly publish: (bytes: Uint8Array, signal?: AbortSignal) => Promise<Published>;
  /** The bytes from the first node that has them, or undefined if none of the placed ones does. */
  readonly fetch: (address: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array | undefined>;
  /** True if q nodes hand out identical copies (seed 000, definition 16). */
  readonly available: (address: Uint8Array, signal?: AbortSignal) => Promise<boolean>;
  readonly writeSlot: (write: SlotWrite, signal?: AbortSignal) => Promise<SlotOutcome>;
  readonly readSlot: (place: SlotPlace, signal?: AbortSignal) => Promise<SlotReading>;
}

/** The storage plane of a registry. `nodes` stand at their registry index; gaps are silent nodes. */
export function quorum(
  registry: Registry,
  nodes: readonly (NodeApi | undefined)[],
  { onFault = ignore }: QuorumOptions = {},
): Quorum {
  const read = slotReader(registry, onFault);
  return { ...objectQuorum(registry, nodes, onFault), ...slotQuorum(registry, nodes, read) };
}

function ignore(): void {}
