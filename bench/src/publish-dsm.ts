/** Our own nodes and our own client: each engine, with three replicas and with the default of four. */

import type { NodeApi } from '@dsm/ports';
import { emptySeat, registryLineage, type Registry } from '@dsm/primitive';
import { quorum } from '@dsm/wallet';
import { engineNames, startNodes, type NodeProcesses } from './node-processes.ts';
import type { Publisher } from './publishers.ts';

interface Quorum {
  readonly r: number;
  readonly q: number;
}

const quorums: readonly Quorum[] = [
  { r: 3, q: 2 },
  { r: 3, q: 3 },
  { r: 4, q: 3 },
];

export async function ours(): Promise<readonly Publisher[]> {
  const publishers: Publisher[] = [];
  for (const engine of engineNames) {
    const processes = await startNodes(4, engine);
    for (const { r, q } of quorums) publishers.push(publisher(processes, engine, { r, q }));
  }
  return publishers;
}

function publisher(processes: NodeProcesses, engine: string, { r, q }: Quorum): Publisher {
  const counted = counting(processes.nodes.slice(0, r));
  const { publish } = quorum(smaller(processes.registry, r, q), counted.nodes);
  return {
    name: `DSM, ${engine}, ${q} of ${r} nodes`,
    promise: `on the disk of ${q} of ${r}, synced (fdatasync), address checked by each`,
    publish: async (_name, bytes) => {
      const { available, stored } = await publish(bytes);
      if (!available) throw new Error(`only ${stored} nodes have kept an object`);
    },
    settled: counted.settled,
    pids: processes.pids.slice(0, r),
    stop: processes.stop,
  };
}

/**
 * The first r nodes alone, for a client that publishes objects. A registry on disk has r = 3f + 1,
 * because of its slots; three replicas are what the others have.
 */
function smaller(registry: Registry, r: number, q: number): Registry {
  const seats = registry.seats.map((owner) => (owner < r ? owner : emptySeat));
  // It has no bytes of its own, so it takes its lineage from the other.
  const first = registryLineage(registry);
  return { ...registry, first, r, q, f: r - q, nodes: registry.nodes.slice(0, r), seats };
}

interface Counting {
  readonly nodes: readonly NodeApi[];
  readonly settled: () => Promise<void>;
}

/** The same nodes, and when the last object has arrived at the last of them. */
function counting(nodes: readonly NodeApi[]): Counting {
  let underWay = 0;
  let idle = (): void => {};
  const counted = nodes.map((node) => ({
    ...node,
    putObject: async (bytes: Uint8Array) => {
      underWay += 1;
      try {
        await node.putObject(bytes);
      } finally {
        underWay -= 1;
        if (underWay === 0) idle();
      }
    },
  }));
  const settled = (): Promise<void> =>
    new Promise((resolve) => {
      idle = resolve;
      if (underWay === 0) resolve();
    });
  return { nodes: counted, settled };
}
