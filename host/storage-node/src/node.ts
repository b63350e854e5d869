/**
 * A storage node: bytes by address, slots by key, over a durable engine.
 *
 * It decides nothing. It keeps an object whose address fits, and the first value that the writer of
 * a slot has signed, and says so by a vote. An answer leaves only when what it says is durable.
 */

import {
  intents,
  recordSize,
  signalParameters,
  type Intent,
  type NodeRequest,
  type SignedByteCommit,
  type Terms,
} from '@dsm/availability';
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
import { recognised } from './birth.ts';
import { changesOf, type Changes } from './changes.ts';
import { evolutionOf } from './evolution.ts';
import { holdingsOf, type Holdings } from './holdings.ts';
import { nodeKeys, type NodeKeys, type SecretKeeper } from './keys.ts';
import { objectsIn } from './objects.ts';
import type { Dial } from './peers.ts';
import { freeOfCharge, paidQuotas } from './quotas.ts';
import { roomOf, type Room } from './room.ts';
import { totalsOf, type Totals } from './rows.ts';
import { server, type Services } from './serve.ts';
import { slotsIn } from './slots.ts';
import { turns } from './turns.ts';
import { versionsOf, type Versions } from './versions.ts';

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
  /** Where others reach the node: what it signals to the next version. */
  readonly address?: string;
  /** A way to other nodes; without one the node follows no change of the registry. */
  readonly dial?: Dial;
  /** Where it signals that it is reached, if that is known only once it is served. */
  readonly reachedAt?: () => string;
  /** What it says to the next version: stay (the default), leave, or gone. */
  readonly intent?: () => Intent;
  /** Whom its operator lets join, where the network admits by name; nobody by default. */
  readonly admits?: (id: Uint8Array) => boolean;
  /** Waits before it asks others again; by default longer each time, up to some seconds. */
  readonly pause?: (attempt: number, closing: Promise<void>) => Promise<void>;
  /** Told when a change of the registry stops for another reason than silence. */
  readonly onError?: (error: unknown) => void;
}

/** What version 1 of a registry is made from. */
export type NodeCard = Omit<RegistryNode, 'missed'>;

export interface NodeMetrics extends Totals {
  readonly capacityBytes: number;
  /** Writes since the start that showed a fork of their writer. */
  readonly slotConflicts: number;
  /** Certified successors of one version that differ: 0 as long as the signers hold. */
  readonly registryForks: number;
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
  /** Learns what followed the newest known version, and resolves when that is open. */
  readonly follow: () => Promise<void>;
  /** True if q nodes of every group of the newest version hold what a node that leaves holds. */
  readonly mayLeave: () => Promise<boolean>;
  /** Ends what is under way and closes the engine. */
  readonly close: () => Promise<void>;
}

/** The most that a first write may take: a vote and one authorised value, of the largest suite. */
const slotRoomBytes = recordSize(2 * limits.signatureBytesMax + limits.publicKeyBytesMax + 1_024);

export async function storageNode(options: StorageNodeOptions): Promise<StorageNode> {
  const { suite, capacityBytes } = options;
  const changes = await changesOf(options.engine);
  const { engine } = changes;
  const keys = await nodeKeys(suite, options.secrets);
  const { id } = keys;
  await recognised(engine, options.secrets, id);
  const address = options.address ?? 'this process';
  const inTurn = turns();
  const room = roomOf(engine, capacityBytes);
  const closing = Promise.withResolvers<void>();
  let isOpen = true;
  const open = <T>(work: () => Promise<T>): Promise<T> =>
    isOpen ? work() : Promise.reject(new NodeError('unreachable', 'the node is closed'));
  const services = await servicesOf(options, {
    changes,
    api: () => api,
    keys,
    address,
    inTurn,
    room,
    closing: closing.promise,
    isClosed: () => !isOpen,
  });
  const { objects, slots, evolution, versions, holdings } = services;
  const serve = server(services);
  const metrics = (): NodeMetrics => ({
    ...totalsOf(engine),
    capacityBytes,
    slotConflicts: slots.conflicts(),
    registryForks: evolution.forks(),
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
    follow: () => open(evolution.go),
    mayLeave: () => open(evolution.mayLeave),
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      closing.resolve();
      await inTurn.idle();
      await evolution.over();
      await engine.close();
    },
  };
  return api;
}

/** What the parts of a node share. */
interface Shared {
  readonly changes: Changes;
  /** The node itself, once it is made. */
  readonly api: () => NodeApi;
  readonly keys: NodeKeys;
  readonly address: string;
  readonly inTurn: ReturnType<typeof turns>;
  readonly room: Room;
  readonly closing: Promise<void>;
  readonly isClosed: () => boolean;
}

async function servicesOf(
  options: StorageNodeOptions,
  { changes, api, keys, address, inTurn, room, closing, isClosed }: Shared,
): Promise<Services & { readonly versions: Versions; readonly holdings: Holdings }> {
  const { engine } = changes;
  const { network, suite, capacityBytes, pause = longer } = options;
  const versions = await versionsOf({ engine, network, keys, first: options.registry });
  const quotas =
    options.admission === 'paid'
      ? await paidQuotas({ engine, registries: versions.known, network, node: keys.id })
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
    during: versions.during,
  });
  const holdings = await holdingsOf({
    changes,
    network,
    keys,
    inTurn,
    registries: versions.known,
    node: ({ nodes }, index) =>
      equal(nodes[index]!.id, keys.id) ? api() : options.dial?.(nodes[index]!.address),
  });
  const evolution = evolutionOf({
    engine,
    keys,
    versions,
    address: options.reachedAt ?? ((): string => address),
    capacityBytes,
    intent: options.intent ?? ((): Intent => intents.stay),
    admits: options.admits ?? ((): boolean => false),
    commits: async (under) => {
      const last = await holdings.last(signalParameters.window);
      return last.filter(({ commit }) => commit.version === under);
    },
    object: objects.get,
    dial: options.dial,
    pause: (attempt) => Promise.race([pause(attempt, closing), closing]),
    isClosed,
    onError: options.onError ?? ignore,
  });
  return { objects, slots, adverts, quotas, ...holdings, holdings, evolution, versions };
}

function healthOf(
  node: Uint8Array,
  { objects, slots, usedBytes, capacityBytes }: NodeMetrics,
  hasRoom: boolean,
): NodeHealth {
  const status = hasRoom ? 'ok' : 'full';
  return { node, status, capacityBytes, usedBytes, objects, slots };
}

/** From a twentieth of a second to six. */
function longer(attempt: number, closing: Promise<void>): Promise<void> {
  const ms = 50 * 2 ** Math.min(attempt, 7);
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void closing.then(() => clearTimeout(timer));
  });
}

function ignore(): void {}
