/**
 * A storage node: bytes by address, slots by key, over a durable store.
 *
 * It decides nothing. It keeps an object whose address fits, and the first value that the writer of
 * a slot has signed, and says so by a vote. An answer leaves only when what it says is durable.
 */

import { recordSize } from '@dsm/availability';
import { NodeError, type NodeApi, type NodeHealth, type Store } from '@dsm/ports';
import { limits, nodeId, type Registry, type Suite } from '@dsm/primitive';
import { openLedger } from './ledger.ts';
import { objectsIn } from './objects.ts';
import type { Totals } from './rows.ts';
import { slotsIn, standingIn } from './slots.ts';
import { turns } from './turns.ts';
import { voterOf } from './vote.ts';

export interface StorageNodeOptions {
  readonly store: Store;
  /** The registry in force, or undefined while the node knows none. */
  readonly registry: () => Registry | undefined;
  readonly network: Uint8Array;
  readonly suite: Suite;
  /** 32 secret bytes: the vote key derives from them. */
  readonly seed: Uint8Array;
  readonly capacityBytes: number;
  /** Where the node is, for people to read. */
  readonly address?: string;
}

export interface NodeMetrics extends Totals {
  readonly capacityBytes: number;
}

export interface StorageNode extends NodeApi {
  readonly voteKey: Uint8Array;
  readonly nodeId: Uint8Array;
  /** As `putObject`, and tells whether the object is new here. */
  readonly keepObject: (bytes: Uint8Array) => Promise<'new' | 'same'>;
  /** The registry in force if it names this node, so that it can vote. */
  readonly standing: () => Registry | undefined;
  readonly metrics: () => NodeMetrics;
  /** Ends what is under way and closes the store. */
  readonly close: () => Promise<void>;
}

/** The most that a first write may take: a vote and one authorised value, of the largest suite. */
const slotRoomBytes = recordSize(2 * limits.signatureBytesMax + limits.publicKeyBytesMax + 1_024);

export async function storageNode(options: StorageNodeOptions): Promise<StorageNode> {
  const { store, network, capacityBytes } = options;
  const voter = voterOf(options.suite, options.seed);
  const id = nodeId(voter);
  const ledger = await openLedger(store, id, capacityBytes);
  const inTurn = turns();
  const standing = standingIn(network, id, options.registry);
  const objects = objectsIn(store, ledger, inTurn);
  const slots = slotsIn(store, ledger, inTurn, voter, standing);
  let isOpen = true;
  const whileOpen = (): void => {
    if (!isOpen) throw new NodeError('unreachable', 'the node is closed');
  };
  const keepObject = async (bytes: Uint8Array): Promise<'new' | 'same'> => {
    whileOpen();
    return objects.put(bytes);
  };
  const metrics = (): NodeMetrics => ({ ...ledger.totals(), capacityBytes });
  return {
    address: options.address ?? 'this process',
    voteKey: voter.voteKey,
    nodeId: id,
    keepObject,
    putObject: async (bytes) => {
      await keepObject(bytes);
    },
    getObject: async (address) => {
      whileOpen();
      return objects.get(address);
    },
    writeSlot: async (bytes) => {
      whileOpen();
      return slots.write(bytes);
    },
    readSlot: async (key) => {
      whileOpen();
      return slots.read(key);
    },
    health: async () => {
      whileOpen();
      ledger.whileSound();
      return healthOf(id, metrics(), ledger.hasRoom(slotRoomBytes));
    },
    standing: () => standing()?.registry,
    metrics,
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await inTurn.idle();
      await store.close();
    },
  };
}

function healthOf(
  node: Uint8Array,
  { objects, slots, usedBytes, capacityBytes }: NodeMetrics,
  hasRoom: boolean,
): NodeHealth {
  const status = hasRoom ? 'ok' : 'full';
  return { node, status, capacityBytes, usedBytes, objects, slots };
}
