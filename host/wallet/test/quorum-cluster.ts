/** Storage nodes of one registry in this process, and ways in which a node fails. */

import { memoryEngine } from '@dsm/memory';
import { NodeError, type NodeApi } from '@dsm/ports';
import type { Registry } from '@dsm/primitive';
import { secretsInMemory, storageNode, type StorageNode } from '@dsm/storage-node';
import { filled, registryOf } from '@dsm/ports/conformance';

export const network: Uint8Array = filled(42);

export interface Cluster {
  readonly registry: Registry;
  readonly nodes: readonly StorageNode[];
  /** A node with the keys of the one at `index`, and nothing in its store. */
  readonly twin: (index: number) => Promise<StorageNode>;
}

/** `count` nodes in groups of four. */
export async function cluster(
  count: number = 4,
  capacityBytes: number = 1 << 24,
): Promise<Cluster> {
  let registry: Registry | undefined;
  const make = (index: number): Promise<StorageNode> =>
    storageNode({
      engine: memoryEngine(),
      registry: () => registry,
      network,
      suite: 1,
      secrets: secretsInMemory(filled(index + 100)),
      capacityBytes,
    });
  const nodes = await Promise.all(Array.from({ length: count }, (_, i) => make(i)));
  registry = registryOf(
    network,
    nodes.map(({ card }) => card),
    1,
  );
  return { registry, nodes, twin: make };
}

/** A node that fails every request. */
export const dead: NodeApi = everyRequest(() => {
  return Promise.reject(new NodeError('unreachable', 'this node is dead'));
});

/** A node that never answers. */
export const hung: NodeApi = everyRequest(() => new Promise(() => {}));

function everyRequest(answer: () => Promise<never>): NodeApi {
  return {
    address: 'broken',
    putObject: answer,
    getObject: answer,
    writeSlot: answer,
    readSlot: answer,
    ask: answer,
    health: answer,
  };
}

/** A faulty node that signs a vote for whatever it is asked to: it forgets everything at once. */
export function equivocator({ twin }: Cluster, index: number): NodeApi {
  const fresh = async <T>(body: (node: StorageNode) => Promise<T>): Promise<T> =>
    body(await twin(index));
  return {
    address: 'equivocator',
    putObject: () => Promise.resolve(),
    getObject: () => Promise.resolve(undefined),
    writeSlot: (bytes) => fresh((node) => node.writeSlot(bytes)),
    readSlot: () => Promise.resolve(undefined),
    ask: (requests) => fresh((node) => node.ask(requests)),
    health: () => fresh((node) => node.health()),
  };
}
