/**
 * Votes: an honest node never votes for two values of one slot in one version, says nothing that is
 * not durable, and no two values of one slot are ever certified, in any versions.
 */

import type { NodeRequest } from '@dsm/availability';
import { slotKey, slotState } from '@dsm/primitive';
import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';
import { text } from './rows.ts';

export function votes(world: World): Watch {
  /** `node slot version` → value. */
  const voted = new Map<string, string>();
  /** `slot version` → value → nodes. */
  const counted = new Map<string, Map<string, Set<number>>>();
  const certified = new Map<string, string>();
  /** By node and slot, the newest row that the engine has acknowledged. */
  const kept = new Map<string, Uint8Array>();
  /** Rows that were asked for and not acknowledged; by a process that ended since, they may be there. */
  const underWay = world.nodes.map(() => new Map<string, Uint8Array[]>());
  const perhaps = new Map<string, Uint8Array[]>();
  const quorum = world.network.registry.q;
  const checkHonest = (node: number, { key, value, version, signature }: Said): void => {
    const { address } = world.nodes[node]!;
    const at = `${node} ${key} ${version}`;
    const before = voted.get(at);
    voted.set(at, value);
    if (before !== undefined && before !== value) {
      world.tell('one-vote', `${address} has voted for two values of one slot`);
    }
    const row = kept.get(`${node} ${key}`) ?? world.slotRows[node]?.get(key);
    const rows = [...(row === undefined ? [] : [row]), ...(perhaps.get(`${node} ${key}`) ?? [])];
    if (!rows.some((one) => holds(one, signature.subarray(0, 32)))) {
      world.tell('vote-after-durable', `${address} has shown a vote that a crash would lose`);
    }
  };
  const checkCertificates = (node: number, { key, value, version }: Said): void => {
    const slot = `${key} ${version}`;
    const byValue = counted.get(slot) ?? new Map<string, Set<number>>();
    counted.set(slot, byValue);
    const nodes = byValue.get(value) ?? new Set<number>();
    byValue.set(value, nodes);
    nodes.add(node);
    if (nodes.size < quorum) return;
    const other = certified.get(key);
    certified.set(key, value);
    if (other === undefined) world.happened('a slot was certified');
    else if (other !== value) {
      world.tell('one-certificate', 'two values of one slot are both certified');
    }
  };
  return {
    name: 'votes',
    engineAsked: (node, writes) => {
      for (const { shelf, key, value } of writes) {
        if (shelf !== 2 || value === undefined) continue;
        const rows = underWay[node]!.get(text(key)) ?? [];
        underWay[node]!.set(text(key), [...rows.slice(-3), value]);
      }
    },
    engineKept: (node, writes) => {
      for (const { shelf, key, value } of writes) {
        if (shelf === 2 && value !== undefined) kept.set(`${node} ${text(key)}`, value);
      }
    },
    engineOpened: async (node) => {
      for (const [key, rows] of underWay[node]!) perhaps.set(`${node} ${key}`, rows);
      underWay[node]!.clear();
    },
    answered: (node, request, answer) => {
      const said = answer.type === 'ok' && isOfSlot(request) ? voteIn(answer.body) : undefined;
      if (said === undefined) return;
      if (!world.nodes[node]!.faulty) checkHonest(node, said);
      checkCertificates(node, said);
    },
  };
}

interface Said {
  readonly key: string;
  readonly value: string;
  readonly version: number;
  readonly signature: Uint8Array;
}

function isOfSlot({ type }: NodeRequest): boolean {
  return type === 'write-slot' || type === 'read-slot';
}

function voteIn(body: Uint8Array): Said | undefined {
  const decoded = slotState.decode(body);
  if (!decoded.ok || decoded.value.vote === undefined) return undefined;
  const { place, vote, values } = decoded.value;
  const { version, signature } = vote;
  return { key: text(slotKey(place)), value: text(values[0]!.value), version, signature };
}

function holds(row: Uint8Array, part: Uint8Array): boolean {
  return Buffer.from(row.buffer, row.byteOffset, row.length).indexOf(part) >= 0;
}
