/**
 * A small world for tests: storage nodes and wallets in memory, which can be copied as a whole, cut
 * at any effect and opened again.
 */

import assert from 'node:assert/strict';
import { firstRegistry } from '@dsm/availability';
import {
  memoryEngine,
  memoryEnginePlace,
  memoryPlace,
  memoryStore,
  memoryTransport,
  type Faults,
  type MemoryEnginePlace,
  type MemoryPlace,
} from '@dsm/memory';
import { installNative, nativeKem } from '@dsm/node';
import type { Connection, Keystore, NodeApi, Store } from '@dsm/ports';
import { secretsInMemory, storageNode, type StorageNode } from '@dsm/storage-node';
import {
  createWallet,
  networkId,
  openWallet,
  type Network,
  type Relationship,
  type Wallet,
} from '../src/index.ts';
import { immortal, type Life } from './life.ts';
import { networkName } from './network-name.ts';
import { noted, type Statements } from './statements.ts';

installNative();

/** All that survives: what lies in the stores of the nodes and of the devices. */
export interface World {
  readonly nodes: readonly MemoryEnginePlace[];
  readonly devices: ReadonlyMap<string, MemoryPlace>;
}

export function emptyWorld(...names: readonly string[]): World {
  return {
    nodes: Array.from({ length: 4 }, () => memoryEnginePlace()),
    devices: new Map(names.map((name) => [name, memoryPlace()])),
  };
}

export function copyOf({ rows }: MemoryPlace): MemoryPlace {
  return { rows: new Map(rows), held: false };
}

export function copyOfNode({ shelves }: MemoryEnginePlace): MemoryEnginePlace {
  return {
    shelves: shelves.map((shelf) => ({ ...shelf, records: new Map(shelf.records) })),
    held: false,
  };
}

export function copyWorld({ nodes, devices }: World): World {
  return {
    nodes: nodes.map(copyOfNode),
    devices: new Map([...devices].map(([name, place]) => [name, copyOf(place)])),
  };
}

/** A network whose nodes lie in places that outlive it. */
export interface TestNetwork extends Network {
  readonly storageNodes: readonly StorageNode[];
}

export async function networkIn({ nodes }: Pick<World, 'nodes'>): Promise<TestNetwork> {
  const network = networkId(networkName);
  let registry: Network['registry'] | undefined;
  const storageNodes = await Promise.all(
    nodes.map((place, i) =>
      storageNode({
        engine: memoryEngine({ place }),
        registry: () => registry,
        network,
        suite: 1,
        secrets: secretsInMemory(new Uint8Array(32).fill(i + 1)),
        capacityBytes: 1 << 28,
      }),
    ),
  );
  registry = firstRegistry({ network, nodes: storageNodes.map(({ card }) => card), groupsMax: 1 });
  assert.ok(registry !== undefined);
  return { name: networkName, registry, nodes: storageNodes, storageNodes };
}

export interface OpenOptions {
  readonly life?: Life;
  readonly statements?: Statements;
  readonly store?: Store;
  readonly keystore?: Keystore;
}

/** The wallet in a place; created under `name` if there is none yet. */
export function walletIn(
  network: Network,
  place: MemoryPlace,
  name: string,
  { life = immortal, statements, keystore, store = memoryStore({ place }) }: OpenOptions = {},
): Promise<Wallet> {
  const nodes = network.nodes.map((node) => mortalNode(node, life, statements));
  return createWallet({
    name,
    store: mortalStore(store, life),
    network: { ...network, nodes },
    kem: nativeKem,
    ...(keystore === undefined ? {} : { keystore }),
  });
}

/** The wallet that is in a store already. */
export function walletOver(
  network: Network,
  store: Store,
  statements?: Statements,
): Promise<Wallet> {
  const nodes = network.nodes.map((node) => mortalNode(node, immortal, statements));
  return openWallet({ store, network: { ...network, nodes }, kem: nativeKem });
}

export function mortalStore(store: Store, life: Life): Store {
  return {
    get: (key) => life.look(() => store.get(key)),
    scan: (prefix) => life.look(() => store.scan(prefix)),
    commit: (writes) => life.act('commit', () => store.commit(writes)),
    close: () => life.look(() => store.close()),
  };
}

export function mortalNode(node: NodeApi, life: Life, statements: Statements | undefined): NodeApi {
  return {
    address: node.address,
    getObject: (address) => life.look(() => node.getObject(address)),
    readSlot: (key) => life.look(() => node.readSlot(key)),
    ask: (requests) => life.act('object', () => node.ask(requests)),
    health: () => life.look(() => node.health()),
    putObject: (bytes) => life.act('object', () => node.putObject(bytes)),
    writeSlot: (write) =>
      life.act('slot', () => {
        statements?.slot(write);
        return node.writeSlot(write);
      }),
  };
}

export function mortalConnection(
  connection: Connection,
  life: Life,
  statements?: Statements,
): Connection {
  life.onDeath(() => void connection.close());
  return {
    ...connection,
    receive: () => life.look(() => connection.receive()),
    send: (message) =>
      life.act('send', () => {
        if (statements !== undefined) noted(statements, message);
        return connection.send(message);
      }),
  };
}

export interface Meeting {
  readonly relationship: Promise<Relationship>;
  /** Cuts the line, whatever is under way. */
  readonly cut: () => Promise<void>;
  /** Resolves when the side that was called has seen the end. */
  readonly over: Promise<void>;
}

/** One wallet calls another over a line of its own. */
export async function call(
  caller: Wallet,
  called: Wallet,
  {
    faults,
    lives = [immortal, immortal],
    statements,
  }: {
    readonly faults?: Faults;
    readonly lives?: readonly [Life, Life];
    readonly statements?: Statements;
  } = {},
): Promise<Meeting> {
  const transport = memoryTransport(faults === undefined ? {} : { faults });
  const listener = await transport.listen('here');
  const mine = await transport.connect('here');
  const { value: theirs } = (await listener.connections[Symbol.asyncIterator]().next()) as {
    value: Connection;
  };
  const over = called.answer(mortalConnection(theirs, lives[1], statements)).then(
    () => undefined,
    () => undefined,
  );
  const relationship = caller.meet(mortalConnection(mine, lives[0], statements));
  relationship.catch(() => undefined);
  const cut = async (): Promise<void> => {
    await Promise.all([mine.close(), theirs.close()]);
    await over;
  };
  return { relationship, cut, over };
}

/** Meet, let everything be said, and part. */
export async function meetAndPart(a: Wallet, b: Wallet): Promise<void> {
  const { relationship, over } = await call(a, b);
  await (await relationship).close();
  await over;
}
