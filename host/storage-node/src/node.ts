/**
 * A storage node: bytes by address, slots by key, over a durable store.
 *
 * It decides nothing. It keeps an object whose address fits, and the first value that the writer of
 * a slot has signed, and says so by a vote. An answer leaves only when what it says is durable.
 */

import { recordSize } from '@dsm/availability';
import { NodeError, type NodeApi, type NodeHealth, type Store } from '@dsm/ports';
import { limits, type Registry, type RegistryNode, type Suite } from '@dsm/primitive';
import { nodeKeys, type SecretKeeper } from './keys.ts';
import { openLedger } from './ledger.ts';
import { objectsIn } from './objects.ts';
import type { Totals } from './rows.ts';
import { slotsIn, standingIn } from './slots.ts';
import { turns } from './turns.ts';

export interface StorageNodeOptions {
  readonly store: Store;
  /** The registry in force, or undefined while the node knows none. */
  readonly registry: () => Registry | undefined;
  readonly network: Uint8Array;
  readonly suite: Suite;
  readonly secrets: SecretKeeper;
  readonly capacityBytes: number;
  /** Where the node is, for people to read. */
  readonly address?: string;
}

/** What version 1 of a registry is made from. */
export type NodeCard = Omit<RegistryNode, 'missed'>;

export interface NodeMetrics extends Totals {
  readonly capacityBytes: number;
}

export interface StorageNode extends NodeApi {
  /** What a registry says of this node. */
  readonly card: NodeCard;
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
  const keys = await nodeKeys(options.suite, options.secrets);
  const { id } = keys;
  const address = options.address ?? 'this process';
  const ledger = await openLedger(store, id, capacityBytes);
  const inTurn = turns();
  const standing = standingIn(network, id, options.registry);
  const objects = objectsIn(store, ledger, inTurn);
  const slots = slotsIn(store, ledger, inTurn, keys, standing);
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
    address,
    card: {
      suite: options.suite,
      id,
      voteKey: keys.voter().publicKey,
      address,
      capacityBytes,
    },
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
