/** A few nodes in this process that reach each other, can be away, and start again; for tests. */

import { firstRegistry } from '@dsm/availability';
import { memoryEngine, memoryEnginePlace, type MemoryEnginePlace } from '@dsm/memory';
import { NodeError, type Engine, type NodeApi } from '@dsm/ports';
import { filled } from '@dsm/ports/conformance';
import type { Registry } from '@dsm/primitive';
import { secretsInMemory } from '../src/keys.ts';
import { storageNode, type StorageNode } from '../src/node.ts';

export const network: Uint8Array = filled(42);

export interface FewNodes {
  readonly registry: Registry;
  readonly node: (index: number) => StorageNode;
  /** Nobody reaches the node any more, or again. */
  readonly away: Set<number>;
  readonly restart: (index: number, engine?: Engine) => Promise<StorageNode>;
  readonly place: (index: number) => MemoryEnginePlace;
  /** As another node or a client reaches it. */
  readonly reached: (index: number) => NodeApi;
}

export interface FewOptions {
  readonly count?: number;
  readonly bucketBits?: number;
  readonly capacityBytes?: number;
  readonly engineOf?: (place: MemoryEnginePlace, index: number) => Engine;
}

export async function fewNodes(options: FewOptions = {}): Promise<FewNodes> {
  const { count = 4, bucketBits = 8, capacityBytes = 1 << 24 } = options;
  const engineOf = options.engineOf ?? ((place) => memoryEngine({ place }));
  let registry: Registry | undefined;
  const away = new Set<number>();
  const places = Array.from({ length: count }, memoryEnginePlace);
  const secrets = places.map((_, i) => secretsInMemory(filled(100 + i)));
  const nodes: StorageNode[] = [];
  const reached = (index: number): NodeApi => {
    const now = (): NodeApi => {
      if (away.has(index)) throw new NodeError('unreachable', 'the node is away');
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
  };
  const start = async (index: number, engine?: Engine): Promise<StorageNode> => {
    const node = await storageNode({
      engine: engine ?? engineOf(places[index]!, index),
      registry: () => registry,
      network,
      suite: 1,
      // Secrets know the engine that they were used with: another one needs a copy from before.
      secrets: engine === undefined ? secrets[index]! : secretsInMemory(filled(100 + index)),
      capacityBytes,
      address: `node:${index}`,
      dial: (address) => reached(Number(address.split(':')[1])),
    });
    nodes[index] = node;
    return node;
  };
  for (let i = 0; i < count; i++) await start(i);
  const cards = nodes.map(({ card }) => card);
  registry = firstRegistry({ network, nodes: cards, bucketBits, groupsMax: 1 })!;
  return {
    registry,
    node: (index) => nodes[index]!,
    away,
    place: (index) => places[index]!,
    reached,
    restart: async (index, engine) => {
      await nodes[index]!.close();
      return start(index, engine);
    },
  };
}

/** An object of a number, of any length up to a kilobyte. */
export function objectOf(number: number): Uint8Array {
  const bytes = new Uint8Array(4 + ((number * 37) % 1_000));
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
