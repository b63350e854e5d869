/** Objects on the storage plane: publish to r, fetch from whoever has it, count to q. */

import { placement } from '@dsm/availability';
import type { NodeApi } from '@dsm/ports';
import { address as addressOf, equal, limits, type Registry } from '@dsm/primitive';
import type { NodeFault } from './quorum-answer.ts';
import { gather, silent } from './quorum-gather.ts';
import type { Quorum } from './quorum.ts';

export interface Published {
  /** Nodes that have said they keep the object. */
  readonly stored: number;
  /** True if q of them have. */
  readonly available: boolean;
}

type Objects = Pick<Quorum, 'publish' | 'fetch' | 'available'>;

export function objectQuorum(
  registry: Registry,
  nodes: readonly (NodeApi | undefined)[],
  onFault: (fault: NodeFault) => void,
): Objects {
  const { q, r, f } = registry;
  const order = (address: Uint8Array): readonly number[] => {
    const { replicas, spill } = placement(registry, address);
    return [...replicas, ...spill];
  };
  const copy = async (index: number, address: Uint8Array): Promise<Uint8Array | undefined> => {
    const bytes = await (nodes[index] ?? silent).getObject(address);
    if (bytes === undefined || equal(addressOf(bytes), address)) return bytes;
    onFault({ node: index, fault: 'address' });
    return undefined;
  };
  return {
    publish: async (bytes, signal) => {
      if (bytes.length > limits.objectBytesMax) {
        throw new RangeError(`an object has at most ${limits.objectBytesMax} bytes`);
      }
      const stored = await gather({
        of: order(addressOf(bytes)),
        width: r,
        ask: async (index) => {
          await (nodes[index] ?? silent).putObject(bytes);
          return true;
        },
        isEnough: (answers) => answers.length >= q,
        signal,
      });
      return { stored: stored.length, available: stored.length >= q };
    },
    fetch: async (address, signal) => {
      const found = await gather({
        of: order(address),
        // One more than may be faulty: an honest node is always among those that are asked.
        width: f + 1,
        ask: (index) => copy(index, address),
        isEnough: (answers) => answers.length > 0,
        signal,
      });
      return found[0];
    },
    available: async (address, signal) => {
      const found = await gather({
        of: order(address),
        width: r,
        ask: (index) => copy(index, address),
        isEnough: (answers) => answers.length >= q,
        signal,
      });
      return found.length >= q;
    },
  };
}
