/**
 * The vote map of a closed version: of every slot of the node's group in it, which values stood.
 *
 * It is made from the histories of the rows whenever it is asked for; what is written under later
 * versions changes nothing of it.
 */

import {
  fallsTo,
  standingDigest,
  stoodIn,
  votePageRowsMax,
  type VotePage,
  type VoteRow,
} from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import {
  compare,
  deviceMap,
  equal,
  groupIndexOf,
  limits,
  type Registry,
  type SlotValue,
} from '@dsm/primitive';
import { translated } from './room.ts';
import { decodeSlotRow, shelves, type SlotRow } from './rows.ts';

/** A slot of a vote map, with the row that it is read from. */
export interface VotedSlot {
  readonly key: Uint8Array;
  readonly row: SlotRow;
  /** Bytes of the row. */
  readonly size: number;
  /** What stood, ascending. */
  readonly stood: readonly Uint8Array[];
}

/** The number of the node's group in a version, or undefined if it is in none. */
export function groupWith(registry: Registry, index: number): number | undefined {
  const found = registry.groups.findIndex((group) => group.includes(index));
  return found < 0 ? undefined : found;
}

/** The slots of a group that stood when `registry` was closed, ascending, after a key. */
export async function* votedSlots(
  engine: Engine,
  registry: Registry,
  group: number,
  after?: Uint8Array,
): AsyncGenerator<VotedSlot> {
  for await (const key of slotKeys(engine, after)) {
    if (groupIndexOf(registry, key) !== group) continue;
    const bytes = await translated(engine.get(shelves.slots, key));
    if (bytes === undefined) continue;
    const row = decodeSlotRow(bytes);
    const stood = stoodIn(row.history, registry.version);
    if (stood.length > 0) yield { key, row, size: bytes.length, stood };
  }
}

/** Root and size of the vote map. */
export async function closedMap(
  engine: Engine,
  registry: Registry,
  group: number,
): Promise<{ readonly root: Uint8Array; readonly slots: number }> {
  const map = deviceMap();
  for await (const { key, stood } of votedSlots(engine, registry, group)) {
    map.apply([{ key, value: standingDigest(stood) }]);
  }
  return { root: map.root(), slots: map.size() };
}

export interface PageAsked {
  readonly registry: Registry;
  /** The node's group in it. */
  readonly group: number;
  /** The version after it, and which group of that asks. */
  readonly next: Registry;
  readonly asking: number;
  readonly after: Uint8Array | undefined;
}

export async function pageOf(engine: Engine, asked: PageAsked): Promise<VotePage> {
  const { registry, group, next, asking, after } = asked;
  const rows: VoteRow[] = [];
  let bytes = 0;
  for await (const slot of votedSlots(engine, registry, group, after)) {
    const isFull = fallsTo(next, asking, slot.key);
    // A row of the engine holds more than what is handed out of it.
    bytes += isFull ? slot.size : 65;
    if (bytes > limits.objectBytesMax || rows.length === votePageRowsMax) return { rows, last: 0 };
    const { key, row, stood } = slot;
    rows.push(
      isFull
        ? { type: 'values', place: row.state.place, values: provedBy(row, stood) }
        : { type: 'digest', key, digest: standingDigest(stood) },
    );
  }
  return { rows, last: 1 };
}

/** The values that stood, with what their writers signed. */
export function provedBy({ state }: SlotRow, stood: readonly Uint8Array[]): readonly SlotValue[] {
  return stood.map((value) => {
    const found = state.values.find((one) => equal(one.value, value));
    if (found === undefined) throw new NodeError('refused', 'a value that stood is kept no more');
    return found;
  });
}

/** The keys of all slots in ascending order, after a key, found without a walk from the start. */
async function* slotKeys(
  engine: Engine,
  after: Uint8Array | undefined,
): AsyncGenerator<Uint8Array> {
  // Some hundred records share a prefix of so many bits.
  const bits = Math.min(16, 32 - Math.clz32(engine.totals(shelves.slots).records >> 9));
  const first = after === undefined ? 0 : ((after[0]! << 8) | after[1]!) >> (16 - bits);
  for (let range = first; range < 2 ** bits; range++) {
    const prefix = new Uint8Array(32);
    new DataView(prefix.buffer).setUint16(0, range << (16 - bits));
    for await (const { key } of engine.entries(shelves.slots, prefix, bits)) {
      if (after === undefined || compare(key, after) > 0) yield key;
    }
  }
}
