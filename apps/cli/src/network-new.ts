/** A new network out of the cards of its nodes. */

import { registry, zero32, type Registry } from '@dsm/primitive';
import { DsmError, networkId } from '@dsm/wallet';
import type { NetworkFile } from './network-file.ts';
import type { NodeCard } from './node-home.ts';

/** Four replicas, three votes, one faulty node: for test networks and known operators. */
const [replicas, quorum, faulty] = [4, 3, 1];

export function newNetwork(name: string, cards: readonly NodeCard[]): NetworkFile {
  if (cards.length < replicas) {
    throw new DsmError('usage', `a network needs ${replicas} nodes, here are ${cards.length}`);
  }
  const value: Registry = {
    network: networkId(name),
    first: zero32,
    version: 1,
    r: replicas,
    q: quorum,
    f: faulty,
    nodes: cards,
    groups: groupsOf(cards.length),
  };
  if (!registry.decode(registry.encode(value)).ok) {
    throw new DsmError('usage', 'the cards do not make a registry');
  }
  return { name, registry: value, nodes: cards.map(({ address }) => address) };
}

function groupsOf(count: number): readonly (readonly number[])[] {
  const groups = Math.floor(count / replicas);
  return Array.from({ length: groups }, (_, group) =>
    Array.from({ length: replicas }, (__, member) => group * replicas + member),
  );
}
