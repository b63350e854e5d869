/**
 * Repair from end to end: a node finds out how it differs from another one, and both get what they lack.
 *
 * Two nodes over memory keep n objects, of which d are on one side only, half on each; two more of
 * their registry are away. One of the two runs `repair` on what it shares with others. Bytes are those
 * between the two nodes, with every header of requests and answers, without the transport's: those
 * that find the difference, and those that move objects (questions for sizes and claims among them).
 * Time is on the wall, in one process: of reading all keys once, of the repair, and of the next one,
 * which finds nothing.
 */

import { memoryEngine, memoryEnginePlace } from '@dsm/memory';
import { nativeHash } from '@dsm/node';
import { firstRegistry, nodeAnswer, nodeRequest, type NodeRequest } from '@dsm/availability';
import type { NodeApi } from '@dsm/ports';
import { address, installHash, registriesOf, type Registry } from '@dsm/primitive';
import { installNative } from '@dsm/node';
import { secretsInMemory, shelves, storageNode, type StorageNode } from '@dsm/storage-node';
import { repair } from '@dsm/wallet';
import { judge, type Goal, type Report } from './report.ts';

export const question = 'How many bytes and how much time to repair two stores?';

const objectBytes = 32;
const frameBytes = 4;
const counts = [100_000, 1_000_000];
const differences = 100;

/** The shortest list names all keys of one side. */
const listing: Goal = { floor: 1_000, target: 4_000, better: 'higher' };

export async function run(report: Report): Promise<void> {
  installNative();
  installHash(nativeHash);
  for (const count of counts) await measure(report, count);
}

async function measure(report: Report, count: number): Promise<void> {
  const network = new Uint8Array(32).fill(42);
  let registry: Registry | undefined;
  const nodes: StorageNode[] = [];
  for (let i = 0; i < 4; i++) {
    nodes.push(
      await storageNode({
        engine: await filledEngine(i, i < 2 ? count : 0),
        registry: () => registry,
        network,
        suite: 1,
        secrets: secretsInMemory(new Uint8Array(32).fill(i + 1)),
        capacityBytes: 2 ** 34,
      }),
    );
  }
  const [here, there] = nodes as [StorageNode, StorageNode];
  registry = firstRegistry({ network, nodes: nodes.map(({ card }) => card) })!;
  const known = registriesOf(registry);
  const start = performance.now();
  await here.commitBytes();
  const readMs = performance.now() - start;
  await there.commitBytes();
  const line = { bench: 'repair', keys: count, differences };
  for (const turn of ['repair', 'nothing to repair']) {
    const spoken = { finding: 0, moving: 0 };
    const began = performance.now();
    const { copied } = await repair({
      registries: () => known,
      reach: ({ id }) =>
        id === known.newest.nodes[0]!.id
          ? here
          : id === known.newest.nodes[1]!.id
            ? counted(there, spoken)
            : undefined,
      entropy: { bytes: (length) => crypto.getRandomValues(new Uint8Array(length)) },
      only: here.nodeId,
    });
    const ms = Math.round(performance.now() - began);
    const { finding, moving } = spoken;
    const times = Math.round((count * 32) / finding);
    const isPromised = turn === 'repair' && count === 1_000_000;
    report({
      ...line,
      turn,
      copied,
      findingBytes: finding,
      movingBytes: moving,
      ms,
      readMs: turn === 'repair' ? Math.round(readMs) : undefined,
      timesLessThanListing: times,
      ...(isPromised ? judge(times, listing) : {}),
    });
  }
  for (const node of nodes) await node.close();
}

/** Objects 0 to `count` but for those that only the other node has. */
async function filledEngine(side: number, count: number): Promise<ReturnType<typeof memoryEngine>> {
  const engine = memoryEngine({ place: memoryEnginePlace() });
  const half = differences / 2;
  const numbers = Array.from({ length: count }, (_, i) =>
    i < half ? i + count * (side + 1) : i + count * 4,
  );
  for (let from = 0; from < count; from += 10_000) {
    await engine.commit(
      numbers.slice(from, from + 10_000).map((number) => {
        const value = new Uint8Array(objectBytes);
        new DataView(value.buffer).setFloat64(0, number);
        return { shelf: shelves.objects, key: address(value), value };
      }),
    );
  }
  return engine;
}

/** The bytes of requests and answers, by what they are for. */
function counted(node: NodeApi, spoken: { finding: number; moving: number }): NodeApi {
  const moving: readonly NodeRequest['type'][] = ['get', 'put', 'has', 'terms'];
  return {
    ...node,
    ask: async (requests) => {
      const answers = await node.ask(requests);
      for (const [i, request] of requests.entries()) {
        const bytes = nodeRequest.encode(request).length + nodeAnswer.encode(answers[i]!).length;
        spoken[moving.includes(request.type) ? 'moving' : 'finding'] += bytes + 2 * frameBytes;
      }
      return answers;
    },
  };
}

if (import.meta.main) await run((line) => console.log(JSON.stringify(line)));
