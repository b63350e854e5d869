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

import type { NodeAnswer, NodeRequest, Terms } from '@dsm/availability';
import { NodeError, type NodeApi } from '@dsm/ports';
import type { Registry, SlotPlace, SlotWrite } from '@dsm/primitive';
import { slotReader, type NodeFault } from './quorum-answer.ts';
import { paidNode, type Charge } from './paid-node.ts';
import { silent } from './quorum-gather.ts';
import { objectQuorum, type Published } from './quorum-objects.ts';
import { slotQuorum, type SlotOutcome, type SlotReading } from './quorum-slots.ts';

export type { Fault, NodeFault } from './quorum-answer.ts';
export type { Published } from './quorum-objects.ts';
export type { SlotOutcome, SlotReading } from './quorum-slots.ts';

export interface QuorumOptions {
  readonly onFault?: (fault: NodeFault) => void;
  /** What charges these keys to whoever pays for this client; undefined if nobody does. */
  readonly charge?: Charge;
  /** 32 bytes that no node can foresee. */
  readonly nonce?: () => Uint8Array;
}

export interface Quorum {
  /** One request to the node with this index; undefined if it does not answer. */
  readonly ask: (index: number, request: NodeRequest) => Promise<NodeAnswer | undefined>;
  /** To the r placed nodes at once, and to the next e where one of them fails. */
  readonly publish: (bytes: Uint8Array, signal?: AbortSignal, terms?: Terms) => Promise<Published>;
  /** The bytes from the first node that has them, or undefined if none of the placed ones does. */
  readonly fetch: (address: Uint8Array, signal?: AbortSignal) => Promise<Uint8Array | undefined>;
  /**
   * True if q nodes have identical copies (seed 000, definition 16): one hands out the bytes, q − 1
   * others a digest of them under a fresh nonce. The same nodes are counted as if all had sent them.
   */
  readonly available: (address: Uint8Array, signal?: AbortSignal) => Promise<boolean>;
  /** The same, with q nodes handing out all the bytes: definition 16 to the letter. */
  readonly copies: (address: Uint8Array, signal?: AbortSignal) => Promise<boolean>;
  /** True if q nodes show that they have these bytes. */
  readonly possessed: (bytes: Uint8Array, signal?: AbortSignal) => Promise<boolean>;
  readonly writeSlot: (write: SlotWrite, signal?: AbortSignal) => Promise<SlotOutcome>;
  readonly readSlot: (place: SlotPlace, signal?: AbortSignal) => Promise<SlotReading>;
}

/** The storage plane of a registry. `nodes` stand at their registry index; gaps are silent nodes. */
export function quorum(
  registry: Registry,
  given: readonly (NodeApi | undefined)[],
  { onFault = ignore, nonce = drawn, charge }: QuorumOptions = {},
): Quorum {
  const nodes = charge === undefined ? given : given.map((node) => node && paidNode(node, charge));
  const read = slotReader(registry, onFault);
  return {
    ...objectQuorum({ registry, nodes, onFault, nonce }),
    ...slotQuorum(registry, nodes, read),
    ask: async (index, request) => {
      try {
        const [answer] = await (nodes[index] ?? silent).ask([request]);
        return answer;
      } catch (error) {
        if (error instanceof NodeError) return undefined;
        throw error;
      }
    },
  };
}

function ignore(): void {}

function drawn(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}
