/**
 * A storage node: bytes by address, slots by key, over a durable engine.
 *
 * It decides nothing. It keeps an object whose address fits, and the first value that the writer of
 * a slot has signed, and says so by a vote. An answer leaves only when what it says is durable.
 */

import { recordSize, type NodeRequest, type SignedByteCommit, type Terms } from '@dsm/availability';
import { NodeError, type Engine, type NodeApi, type NodeHealth } from '@dsm/ports';
import {
  equal,
  limits,
  sizes,
  suites,
  type Registries,
  type Registry,
  type RegistryNode,
  type Suite,
} from '@dsm/primitive';
import { advertsIn } from './adverts.ts';
import { ballotOf } from './ballot.ts';
import { changesOf } from './changes.ts';
import { holdingsOf } from './holdings.ts';
import { nodeKeys, type SecretKeeper } from './keys.ts';
import { objectsIn } from './objects.ts';
import { freeOfCharge, paidQuotas } from './quotas.ts';
import { roomOf } from './room.ts';
import { totalsOf, type Totals } from './rows.ts';
import { server } from './serve.ts';
import { slotsIn } from './slots.ts';
import { turns } from './turns.ts';
import { versionsOf } from './versions.ts';

export interface StorageNodeOptions {
  readonly engine: Engine;
  /** The first registry that the node is told of, or undefined while it knows none. */
  readonly registry: () => Registry | undefined;
  readonly network: Uint8Array;
  readonly suite: Suite;
  readonly secrets: SecretKeeper;
  readonly capacityBytes: number;
  /** Who may use room: everybody (the default), or whoever has paid. */
  readonly admission?: 'free' | 'paid';
  /** Where the node is, for people to read. */
  readonly address?: string;
  /** Reaches another node, at the address that the registry gives it. */
  readonly dial?: (address: string) => NodeApi;
}

/** What version 1 of a registry is made from. */
export type NodeCard = Omit<RegistryNode, 'missed'>;

export interface NodeMetrics extends Totals {
  readonly capacityBytes: number;
  /** Writes since the start that showed a fork of their writer. */
  readonly slotConflicts: number;
}

export interface StorageNode extends NodeApi {
  /** What a registry says of this node. */
  readonly card: NodeCard;
  readonly nodeId: Uint8Array;
  /** As `putObject`, and tells whether the object is new here. */
  readonly keepObject: (bytes: Uint8Array, terms?: Terms) => Promise<'new' | 'same'>;
  /** The registry that the node votes under, if it may vote. */
  readonly standing: () => Registry | undefined;
  /** All versions of the registry that the node knows. */
  readonly registries: () => Registries | undefined;
  readonly metrics: () => NodeMetrics;
  /** Drops every object on which no claim lasts under the version; answers how many. */
  readonly sweep: (version: number) => Promise<number>;
  /**
   * Makes the next ByteCommit, durably, and writes it to other nodes as far as they answer.
   * Undefined while the node knows no registry.
   */
  readonly commitBytes: () => Promise<SignedByteCommit | undefined>;
  /** The newest ByteCommits, oldest first, at most `count`. */
  readonly byteCommits: (count: number) => Promise<readonly SignedByteCommit[]>;
  /** Ends what is under way and closes the engine. */
  readonly close: () => Promise<void>;
}

/** The most that a first write may take: a vote and one authorised value, of the largest suite. */
const slotRoomBytes = recordSize(2 * limits.signatureBytesMax + limits.publicKeyBytesMax + 1_024);

export async function storageNode(options: StorageNodeOptions): Promise<StorageNode> {
  const { network, suite, capacityBytes } = options;
  const changes = await changesOf(options.engine);
  const { engine } = changes;
  const keys = await nodeKeys(suite, options.secrets);
  const { id } = keys;
  const address = options.address ?? 'this process';
  const inTurn = turns();
  const room = roomOf(engine, capacityBytes);
  const versions = versionsOf(network, keys, options.registry);
  const quotas =
    options.admission === 'paid'
      ? await paidQuotas({ engine, registries: versions.known, network, node: id })
      : freeOfCharge;
  const objects = objectsIn({ engine, room, inTurn, quotas, network });
  const version = (): number => versions.known()?.newest.version ?? 0;
  const adverts = advertsIn({ engine, objects, inTurn, network, version });
  const slots = slotsIn({
    engine,
    room,
    inTurn,
    ballot: ballotOf(engine, keys),
    voteBytes: sizes[suites[suite].working].signature + 300,
    quotas,
    standing: versions.standing,
  });
  const holdings = await holdingsOf({
    changes,
    network,
    keys,
    inTurn,
    registries: versions.known,
    node: ({ nodes }, index) =>
      equal(nodes[index]!.id, id) ? api : options.dial?.(nodes[index]!.address),
  });
  const serve = server({ objects, slots, adverts, quotas, ...holdings });
  let isOpen = true;
  const open = <T>(work: () => Promise<T>): Promise<T> =>
    isOpen ? work() : Promise.reject(new NodeError('unreachable', 'the node is closed'));
  const metrics = (): NodeMetrics => ({
    ...totalsOf(engine),
    capacityBytes,
    slotConflicts: slots.conflicts(),
  });
  const api: StorageNode = {
    address,
    card: { suite, id, voteKey: keys.voter().publicKey, address, capacityBytes },
    nodeId: id,
    keepObject: (bytes, terms) => open(() => objects.put(bytes, terms)),
    putObject: (bytes) => open(async () => void (await objects.put(bytes))),
    getObject: (at) => open(() => objects.get(at)),
    writeSlot: (bytes) => open(() => slots.write(bytes)),
    readSlot: (key) => open(() => slots.read(key)),
    ask: (requests: readonly NodeRequest[]) => open(() => Promise.all(requests.map(serve))),
    health: () => open(async () => healthOf(id, metrics(), room.has(slotRoomBytes, 'slot'))),
    standing: () => versions.standing()?.registry,
    registries: versions.known,
    metrics,
    sweep: (under) => open(() => objects.sweep(under)),
    commitBytes: () => open(holdings.commit),
    byteCommits: (count) => open(() => holdings.last(count)),
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      await inTurn.idle();
      await engine.close();
    },
  };
  return api;
}

function healthOf(
  node: Uint8Array,
  { objects, slots, usedBytes, capacityBytes }: NodeMetrics,
  hasRoom: boolean,
): NodeHealth {
  const status = hasRoom ? 'ok' : 'full';
  return { node, status, capacityBytes, usedBytes, objects, slots };
}
