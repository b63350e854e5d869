/** Objects on the storage plane: publish to r, fetch from whoever has it, count to q. */

import { placement, usualTerms, type NodeAnswer, type Terms } from '@dsm/availability';
import { NodeError, type NodeApi } from '@dsm/ports';
import { address as addressOf, equal, hash, limits, type Registry } from '@dsm/primitive';
import type { NodeFault } from './quorum-answer.ts';
import { gather, silent } from './quorum-gather.ts';
import type { Quorum } from './quorum.ts';

export interface Published {
  /** Nodes that have said they keep the object. */
  readonly stored: number;
  /** True if q of them have. */
  readonly available: boolean;
}

type Objects = Pick<Quorum, 'publish' | 'fetch' | 'available' | 'copies' | 'possessed'>;

export interface ObjectPlane {
  readonly registry: Registry;
  /** At their registry index; gaps are silent nodes. */
  readonly nodes: readonly (NodeApi | undefined)[];
  readonly onFault: (fault: NodeFault) => void;
  /** 32 bytes that no node can foresee. */
  readonly nonce: () => Uint8Array;
}

export function objectQuorum(plane: ObjectPlane): Objects {
  const { registry } = plane;
  const { q, r, f } = registry;
  const first = async (
    address: Uint8Array,
    signal: AbortSignal | undefined,
  ): Promise<Copy | undefined> => {
    const found = await gather({
      of: orderOf(registry, address),
      // One more than may be faulty: an honest node is always among those that are asked.
      width: f + 1,
      ask: (index) => copy(plane, index, address),
      isEnough: (answers) => answers.length > 0,
      signal,
    });
    return found[0];
  };
  return {
    publish: async (bytes, signal, terms) => {
      if (bytes.length > limits.objectBytesMax) {
        throw new RangeError(`an object has at most ${limits.objectBytesMax} bytes`);
      }
      const stored = await gather({
        of: orderOf(registry, addressOf(bytes)),
        width: r,
        ask: async (index) => put(nodeAt(plane, index), bytes, terms),
        isEnough: (answers) => answers.length >= q,
        signal,
      });
      return { stored: stored.length, available: stored.length >= q };
    },
    fetch: async (address, signal) => (await first(address, signal))?.bytes,
    available: async (address, signal) => {
      const found = await first(address, signal);
      if (found === undefined) return false;
      return 1 + (await shown(plane, found, q - 1, signal)) >= q;
    },
    copies: async (address, signal) => {
      const found = await gather({
        of: orderOf(registry, address),
        width: r,
        ask: (index) => copy(plane, index, address),
        isEnough: (answers) => answers.length >= q,
        signal,
      });
      return found.length >= q;
    },
    possessed: async (bytes, signal) => (await shown(plane, { index: -1, bytes }, q, signal)) >= q,
  };
}

function orderOf(registry: Registry, address: Uint8Array): readonly number[] {
  const { replicas, spill } = placement(registry, address);
  return [...replicas, ...spill];
}

function nodeAt({ nodes }: ObjectPlane, index: number): NodeApi {
  return nodes[index] ?? silent;
}

interface Copy {
  readonly index: number;
  readonly bytes: Uint8Array;
}

async function copy(
  plane: ObjectPlane,
  index: number,
  address: Uint8Array,
): Promise<Copy | undefined> {
  const bytes = await nodeAt(plane, index).getObject(address);
  if (bytes === undefined) return undefined;
  if (equal(addressOf(bytes), address)) return { index, bytes };
  plane.onFault({ node: index, fault: 'address' });
  return undefined;
}

/** How many nodes beside the copy's show under a fresh nonce that they have the bytes, too. */
async function shown(
  plane: ObjectPlane,
  { index: but, bytes }: Copy,
  enough: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const address = addressOf(bytes);
  const nonce = plane.nonce();
  const expected = hash('possess', nonce, bytes);
  const answers = await gather({
    of: orderOf(plane.registry, address).filter((index) => index !== but),
    width: plane.registry.r,
    ask: async (index) => {
      const [answer] = await nodeAt(plane, index).ask([{ type: 'possess', nonce, address }]);
      if (answer?.type !== 'ok') return undefined;
      if (equal(answer.body, expected)) return true;
      plane.onFault({ node: index, fault: 'possession' });
      return undefined;
    },
    isEnough: (all) => all.length >= enough,
    signal,
  });
  return answers.length;
}

async function put(node: NodeApi, bytes: Uint8Array, terms?: Terms): Promise<true> {
  if (terms === undefined || terms === usualTerms) {
    await node.putObject(bytes);
    return true;
  }
  const [answer] = await node.ask([{ type: 'put', terms, bytes }]);
  if (answer?.type !== 'ok') throw notKept(answer);
  return true;
}

function notKept(answer: NodeAnswer | undefined): NodeError {
  if (answer?.type === 'refused') return new NodeError('refused', answer.sentence);
  if (answer?.type === 'full' || answer?.type === 'unpaid') {
    return new NodeError(answer.type, 'the node does not take the object');
  }
  return new NodeError('unreachable', 'the node does not take the object now');
}
