/**
 * Acknowledged commits of a node's engine survive every crash: after each opening the records are what
 * was last acknowledged, or something that was asked for later.
 */

import type { Watch } from '../watch.ts';
import type { World } from '../world.ts';
import { text } from './rows.ts';

interface Record {
  readonly shelf: number;
  readonly key: Uint8Array;
  /** The value as last acknowledged, and what was asked for since. */
  acknowledged: string | undefined;
  /** False while nothing was acknowledged in this run: it may have been there from the beginning. */
  isKnown: boolean;
  readonly asked: (string | undefined)[];
}

/** Records that are looked at after each opening. */
const lookedAt = 48;

export function enginesKeep(world: World): Watch {
  const nodes = world.nodes.map(() => new Map<string, Record>());
  const recordOf = (node: number, shelf: number, key: Uint8Array): Record => {
    const at = `${shelf} ${text(key)}`;
    const known = nodes[node]!.get(at);
    if (known !== undefined) return known;
    const made: Record = {
      shelf,
      key: key.slice(),
      acknowledged: undefined,
      isKnown: false,
      asked: [],
    };
    nodes[node]!.set(at, made);
    return made;
  };
  return {
    name: 'engine-keeps',
    engineAsked: (node, writes) => {
      for (const { shelf, key, value } of writes) {
        recordOf(node, shelf, key).asked.push(value === undefined ? undefined : text(value));
      }
    },
    engineKept: (node, writes) => {
      for (const { shelf, key, value } of writes) {
        const record = recordOf(node, shelf, key);
        record.isKnown = true;
        record.acknowledged = value === undefined ? undefined : text(value);
        const at = record.asked.indexOf(record.acknowledged);
        record.asked.splice(0, at + 1);
      }
    },
    nodeLost: (node) => nodes[node]!.clear(),
    engineOpened: async (node, get) => {
      const records = [...nodes[node]!.values()];
      const from = Math.max(0, records.length - lookedAt);
      for (const record of records.slice(from)) {
        if (!record.isKnown) continue;
        const value = await get(record.shelf, record.key);
        const found = value === undefined ? undefined : text(value);
        if (found === record.acknowledged || record.asked.includes(found)) {
          record.acknowledged = found;
          record.asked.length = 0;
          continue;
        }
        const { address } = world.nodes[node]!;
        world.tell('engine-keeps', `${address} has lost a record that it had acknowledged`);
        return;
      }
      if (records.length > 0) world.happened('a node came back with all that it had acknowledged');
    },
  };
}
