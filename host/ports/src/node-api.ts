/**
 * One storage node, as a client sees it. It keeps bytes and write-once slots and decides nothing:
 * objects are checked against their address, slot answers against the node's vote key.
 */

import type { NodeAnswer, NodeRequest } from '@dsm/availability';

export interface NodeApi {
  /** Where the node is, for people to read. */
  readonly address: string;
  /** Keep an object under `BLAKE3(bytes)`, durably. The same object again changes nothing. */
  readonly putObject: (bytes: Uint8Array) => Promise<void>;
  readonly getObject: (address: Uint8Array) => Promise<Uint8Array | undefined>;
  /** An encoded `slotWrite`; answers with an encoded `slotState` that holds the node's vote. */
  readonly writeSlot: (write: Uint8Array) => Promise<Uint8Array>;
  /** The encoded `slotState` of a slot key, or `undefined` if nothing was written to it. */
  readonly readSlot: (key: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Many requests in one exchange; the answers stand in the order of the requests. */
  readonly ask: (requests: readonly NodeRequest[]) => Promise<readonly NodeAnswer[]>;
  readonly health: () => Promise<NodeHealth>;
}

export interface NodeHealth {
  readonly node: Uint8Array;
  readonly status: 'ok' | 'full';
  readonly capacityBytes: number;
  readonly usedBytes: number;
  readonly objects: number;
  readonly slots: number;
}

/**
 * unreachable  no answer, or one that makes no sense: safe to try again
 * full         no room for the object or the slot
 * unpaid       the payer's quota does not reach
 * refused      the request is against a rule; `message` says which
 */
export const nodeErrorCodes = ['unreachable', 'full', 'unpaid', 'refused'] as const;
export type NodeErrorCode = (typeof nodeErrorCodes)[number];

export class NodeError extends Error {
  readonly code: NodeErrorCode;
  constructor(code: NodeErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'NodeError';
    this.code = code;
  }
}

/** A node that answers nothing, for the reason in the sentence. */
export function silentNode(sentence: string): NodeApi {
  const absent = (): Promise<never> => Promise.reject(new NodeError('unreachable', sentence));
  return {
    address: 'nowhere',
    putObject: absent,
    getObject: absent,
    writeSlot: absent,
    readSlot: absent,
    ask: absent,
    health: absent,
  };
}
