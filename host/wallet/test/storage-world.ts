/** Storage nodes over memory that can be away, start again, lose their disk or lie; for tests. */

import { firstRegistry, holders, seated } from '@dsm/availability';
import { memoryEngine, memoryEnginePlace } from '@dsm/memory';
import { NodeError, type NodeApi } from '@dsm/ports';
import { filled } from '@dsm/ports/conformance';
import {
  address as addressOf,
  emptySeat,
  registriesOf,
  registry as registryObject,
  registryLineage,
  type Registries,
  type Registry,
  type RegistryNode,
} from '@dsm/primitive';
import { secretsInMemory, storageNode, type StorageNode } from '@dsm/storage-node';

export const network: Uint8Array = filled(42);

export interface StorageWorld {
  readonly nodes: readonly StorageNode[];
  readonly registries: () => Registries;
  readonly registry: () => Registry;
  readonly reach: (node: RegistryNode) => NodeApi | undefined;
  /** The node as everybody reaches it: what `lies` says, if anything. */
  readonly reached: (index: number) => NodeApi;
  readonly away: Set<number>;
  /** What stands in for the node at this index. */
  readonly lies: Map<number, (honest: NodeApi) => NodeApi>;
  /** The node comes back with an empty disk. */
  readonly loseDisk: (index: number) => Promise<void>;
  /** The next version: who is in it, by index; the others give up their seats. */
  readonly change: (members: readonly number[]) => void;
  /** The indices of the nodes that keep the object. */
  readonly keepers: (address: Uint8Array) => Promise<readonly number[]>;
  /** Those that should. */
  readonly holders: (address: Uint8Array) => readonly number[];
  /** Requests by node, of any kind. */
  readonly asked: Map<number, number>;
}

export interface StorageWorldOptions {
  /** Nodes in version 1; as many more stand by. */
  readonly count?: number;
  readonly more?: number;
  readonly bucketBits?: number;
  readonly capacityBytes?: number | ((index: number) => number);
}

export async function storageWorld(options: StorageWorldOptions = {}): Promise<StorageWorld> {
  const { count = 6, more = 0, bucketBits = 8, capacityBytes = 1 << 26 } = options;
  const capacityOf =
    typeof capacityBytes === 'number' ? (): number => capacityBytes : capacityBytes;
  const nodes: StorageNode[] = [];
  const away = new Set<number>();
  const lies: StorageWorld['lies'] = new Map();
  const asked = new Map<number, number>();
  const versions: Registry[] = [];
  const honest = (index: number): NodeApi => honestly({ nodes, away, asked }, index);
  const reached = (index: number): NodeApi => {
    const lie = lies.get(index);
    return lie === undefined ? honest(index) : lie(honest(index));
  };
  const start = (index: number): Promise<StorageNode> =>
    storageNode({
      engine: memoryEngine({ place: memoryEnginePlace() }),
      registry: () => versions.at(-1),
      network,
      suite: 1,
      secrets: secretsInMemory(filled(100 + index)),
      capacityBytes: capacityOf(index),
      address: `node:${index}`,
      dial: (address) => reached(Number(address.split(':')[1])),
    });
  for (let i = 0; i < count + more; i++) nodes.push(await start(i));
  const cards = nodes.map(({ card }) => card);
  versions.push(
    firstRegistry({ network, nodes: cards.slice(0, count), bucketBits, groupsMax: 1 })!,
  );
  const registry = (): Registry => versions.at(-1)!;
  const indexOf = (node: RegistryNode): number => Number(node.address.split(':')[1]);
  return {
    nodes,
    registry,
    registries: () => registriesOf(...versions),
    reach: (node) => reached(indexOf(node)),
    reached,
    away,
    lies,
    asked,
    loseDisk: async (index) => {
      await nodes[index]!.close();
      nodes[index] = await start(index);
    },
    change: (members) => {
      versions.push(
        nextOf(
          registry(),
          members.map((index) => ({ ...cards[index]!, missed: 0 })),
        ),
      );
    },
    keepers: async (address) => {
      const has = await Promise.all(nodes.map((node) => node.getObject(address)));
      return has.flatMap((bytes, index) => (bytes === undefined ? [] : [index]));
    },
    holders: (address) => {
      const now = registry();
      const bucket = (address[0]! << 8) | address[1]!;
      const all = holders(now, bucket >> (16 - now.bucketBits), new Set());
      return all.map((index) => indexOf(now.nodes[index]!)).toSorted((a, b) => a - b);
    },
  };
}

/** The node as it is, as long as it is not away. */
function honestly(
  { nodes, away, asked }: Pick<StorageWorld, 'nodes' | 'away' | 'asked'>,
  index: number,
): NodeApi {
  const now = (): NodeApi => {
    if (away.has(index)) throw new NodeError('unreachable', 'the node is away');
    asked.set(index, (asked.get(index) ?? 0) + 1);
    return nodes[index]!;
  };
  return {
    address: `node:${index}`,
    putObject: async (bytes) => now().putObject(bytes),
    getObject: async (address) => now().getObject(address),
    writeSlot: async (write) => now().writeSlot(write),
    readSlot: async (key) => now().readSlot(key),
    ask: async (requests) => now().ask(requests),
    health: async () => now().health(),
  };
}

/** What a succession would make of the seats, without one. */
function nextOf(before: Registry, nodes: readonly RegistryNode[]): Registry {
  const moved = before.nodes.map(({ address }) =>
    nodes.findIndex((node) => node.address === address),
  );
  const kept = before.seats.map((owner) => {
    const index = owner === emptySeat ? -1 : moved[owner]!;
    return index < 0 ? emptySeat : index;
  });
  const each = Math.max(...moved.map((_, i) => before.seats.filter((one) => one === i).length));
  const seats = nodes.reduce<readonly number[]>((all, _, i) => seated(all, i, each), kept);
  return {
    ...before,
    first: registryLineage(before),
    previous: addressOf(registryObject.encode(before)),
    closed: filled(1),
    version: before.version + 1,
    nodes,
    seats,
    groups: [Array.from({ length: before.r }, (_, i) => i)],
    signers: [0],
    threshold: 1,
  };
}

/** An object of a number, of four bytes to a kilobyte. */
export function objectOf(number: number): Uint8Array {
  const bytes = new Uint8Array(4 + ((number * 37) % 1_000));
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
