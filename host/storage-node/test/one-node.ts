/** A node in a registry of its own, for tests. */

import { memoryEngine } from '@dsm/memory';
import type { Engine } from '@dsm/ports';
import type { Registry } from '@dsm/primitive';
import { filled, registryOf } from '@dsm/ports/conformance';
import { secretsInMemory } from '../src/keys.ts';
import { storageNode, type StorageNode } from '../src/node.ts';

export const network: Uint8Array = filled(42);

export interface OneNode {
  readonly node: StorageNode;
  readonly registry: Registry;
}

/** The node of a seed, alone in its registry. */
export async function oneNode(
  capacityBytes: number,
  engine: Engine = memoryEngine(),
  seed = 11,
): Promise<OneNode> {
  let registry: Registry | undefined;
  const node = await storageNode({
    engine,
    registry: () => registry,
    network,
    suite: 1,
    secrets: secretsInMemory(filled(seed)),
    capacityBytes,
  });
  registry = registryOf(network, [node.card], 0);
  return { node, registry };
}
