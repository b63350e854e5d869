/** A new network out of the cards of its nodes. */

import { firstRegistry } from '@dsm/availability';
import { registry } from '@dsm/primitive';
import { DsmError, networkId } from '@dsm/wallet';
import type { NetworkFile } from './network-file.ts';
import type { NodeCard } from './node-home.ts';

/** For test networks and known operators: groups of four survive one faulty node. */
const replicas = 4;

export function newNetwork(name: string, cards: readonly NodeCard[]): NetworkFile {
  if (cards.length < replicas) {
    throw new DsmError('usage', `a network needs ${replicas} nodes, here are ${cards.length}`);
  }
  const value = firstRegistry({ network: networkId(name), nodes: cards });
  if (value === undefined || !registry.decode(registry.encode(value)).ok) {
    throw new DsmError('usage', 'the cards do not make a registry');
  }
  return { name, registry: value, nodes: cards.map(({ address }) => address) };
}
