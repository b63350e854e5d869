/**
 * The records of a node's engine, by shelf.
 *
 *     0 named     a few rows under the BLAKE3 of their names
 *     1 objects   address → the bytes
 *     2 slots     slot key → standing u8 ‖ history ‖ slotState
 *     3 claims    address → who claims the object until when; no row: the usual claim
 *     4 adverts   first half of the topic ‖ first half of the writer's digest → advertisement
 *     5 quotas    digest of an offer → what its payer may use and uses
 *
 * A slot's history says which values stood when, for each version of the registry in which that
 * changed: the vote map of a closed version is made of it, whatever came later.
 */

import { historyCoder, recordSize, type Stood } from '@dsm/availability';
import { NodeError, type Engine, type EngineWrite } from '@dsm/ports';
import {
  address,
  ascii,
  concat,
  encodeWith,
  reader,
  slotState,
  struct,
  u8,
  type SlotState,
} from '@dsm/primitive';

export const shelves = {
  named: 0,
  objects: 1,
  slots: 2,
  claims: 3,
  adverts: 4,
  quotas: 5,
} as const;

/** The key of a named row. */
export function named(name: string): Uint8Array {
  return address(ascii(name));
}

/** A named row that is to be kept. */
export function namedWrite(name: string, value: Uint8Array): EngineWrite {
  return { shelf: shelves.named, key: named(name), value };
}

export interface SlotRow {
  readonly state: SlotState;
  /** How many of the first values stand now. */
  readonly standing: number;
  /** By version, ascending. */
  readonly history: readonly Stood[];
}

const headCoder = struct({ standing: u8, history: historyCoder });

export function encodeSlotRow({ state, standing, history }: SlotRow): Uint8Array {
  return concat(encodeWith(headCoder, { standing, history }), slotState.encode(state));
}

export function decodeSlotRow(row: Uint8Array): SlotRow {
  const from = reader(row);
  const head = headCoder.read(from);
  const decoded = from.bad() ? undefined : slotState.decode(row.subarray(row.length - from.left()));
  if (decoded?.ok !== true) throw unreadable('a slot');
  return { ...head, state: decoded.value };
}

function unreadable(what: string): NodeError {
  return new NodeError('unreachable', `${what} in the store cannot be read`);
}

export interface Totals {
  readonly objects: number;
  readonly slots: number;
  readonly usedBytes: number;
}

/** What stands in the engine, as capacity counts it. */
export function totalsOf(engine: Engine): Totals {
  const [objects, slots] = [engine.totals(shelves.objects), engine.totals(shelves.slots)];
  const overhead = (objects.records + slots.records) * recordSize(0);
  return {
    objects: objects.records,
    slots: slots.records,
    usedBytes: objects.bytes + slots.bytes + overhead,
  };
}
