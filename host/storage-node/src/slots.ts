/**
 * The slots of a node: the register of `@dsm/availability` over an engine, with votes.
 *
 * A vote is signed once, when the first value comes, and committed together with it, so that no
 * vote leaves before what it says is durable. A read waits for the write of its slot. A slot that
 * was taken over from the version before gets its vote of this version when it is first asked for.
 */

import { admit, historyAfter, recordSize, type KeptSlot, type Known } from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import {
  compare,
  groupOf,
  keyOf,
  slotKey,
  slotState,
  slotWrite,
  type Registry,
  type SlotState,
  type SlotVote,
} from '@dsm/primitive';
import type { Ballot } from './ballot.ts';
import type { Quotas } from './quotas.ts';
import { translated, type Room } from './room.ts';
import { decodeSlotRow, encodeSlotRow, shelves, type SlotRow } from './rows.ts';
import type { Turns } from './turns.ts';

export interface Slots {
  readonly write: (bytes: Uint8Array) => Promise<Uint8Array>;
  readonly read: (key: Uint8Array) => Promise<Uint8Array | undefined>;
  /** Writes since the start that showed a fork of their writer. */
  readonly conflicts: () => number;
}

/** Why a slot write is refused. */
export const slotRefusals = {
  malformed: 'the bytes are no slot write',
  registry: 'this node votes under no registry that it knows',
  group: 'the slot belongs to a group without this node',
  authorisation: 'the writer of the slot has not signed this value',
} as const;
export type SlotRefusal = keyof typeof slotRefusals;

/** A version of the registry that the node may vote under, where it stands in it, and what it knows. */
export interface Standing extends Known {
  readonly registry: Registry;
  readonly index: number;
}

export interface SlotParts {
  readonly engine: Engine;
  readonly room: Room;
  readonly inTurn: Turns;
  readonly ballot: Ballot;
  /** The most that a vote adds to a row: signature, path and frames. */
  readonly voteBytes: number;
  readonly quotas: Quotas;
  /** Work under the version that the node votes under; its end waits for it. */
  readonly during: During;
}

/** Work that is given the node's standing, undefined where it has none; `later` between versions. */
export type During = <T>(work: (by: Standing | undefined) => Promise<T>) => Promise<T>;

export function slotsIn(parts: SlotParts): Slots {
  const { engine, inTurn, during } = parts;
  const rowOf = async (key: Uint8Array): Promise<Row | undefined> => {
    const bytes = await translated(engine.get(shelves.slots, key));
    return bytes === undefined ? undefined : { ...decodeSlotRow(bytes), size: bytes.length };
  };
  let conflicts = 0;
  return {
    conflicts: () => conflicts,
    write: async (bytes) => {
      const decoded = slotWrite.decode(bytes);
      if (!decoded.ok) throw refused('malformed');
      const key = slotKey(decoded.value.place);
      const inVersion = async (standing: Standing | undefined): Promise<Uint8Array> => {
        const by = votable(standing, key);
        const row = await rowOf(key);
        const known = row === undefined ? undefined : { ...row.state, standing: row.standing };
        const admission = admit(known, decoded.value, by);
        if (admission.type === 'refused') throw refused('authorisation');
        if (admission.type === 'later') conflicts += 1;
        const { kept } = admission;
        const isAsBefore = row !== undefined && known?.values === kept.values;
        return isAsBefore ? voted(parts, by, key, row) : keep(parts, by, key, row, kept);
      };
      return during((by) => inTurn(keyOf(key), () => inVersion(by)));
    },
    read: async (key) => {
      const inVersion = async (by: Standing | undefined): Promise<Uint8Array | undefined> => {
        const row = await rowOf(key);
        if (row === undefined) return undefined;
        const isOurs = by !== undefined && groupOf(by.registry, key).includes(by.index);
        return isOurs ? voted(parts, by, key, row) : slotState.encode(row.state);
      };
      return during((by) => inTurn(keyOf(key), () => inVersion(by)));
    },
  };
}

/** A row and its bytes in the engine. */
interface Row extends SlotRow {
  readonly size: number;
}

/** The state of a slot with the node's vote of this version, which is signed now if it is not yet. */
async function voted(
  parts: SlotParts,
  by: Standing,
  key: Uint8Array,
  row: Row,
): Promise<Uint8Array> {
  const { state, standing } = row;
  if (standing > 1 || state.vote?.version === by.registry.version) return slotState.encode(state);
  return keep(parts, by, key, row, { ...state, standing });
}

/** Commits the slot as it is to be, with a vote if one value stands, and answers with its state. */
async function keep(
  parts: SlotParts,
  { registry }: Standing,
  key: Uint8Array,
  before: Row | undefined,
  kept: KeptSlot,
): Promise<Uint8Array> {
  const { engine, room, ballot, quotas, voteBytes } = parts;
  const change = changeOf(registry.version, key, before, kept);
  const { value, vote } = change;
  const size = change.rowWith(vote).write.value.length + (value === undefined ? 0 : voteBytes);
  const giveBack = room.reserve(
    before === undefined ? recordSize(size) : size - before.size,
    'slot',
  );
  if (giveBack === undefined) {
    // A vote that was given stands whether or not there is room for what came later.
    if (before !== undefined && vote !== undefined) return slotState.encode(before.state);
    throw new NodeError('full', 'no room for the slot');
  }
  const commit = async (): Promise<Uint8Array> => {
    if (value === undefined) {
      const { write, answer } = change.rowWith(vote);
      await translated(engine.commit([write]));
      return answer;
    }
    return ballot(registry, { key, value }, (by) => {
      const { write, answer } = change.rowWith(by);
      const charged = before === undefined ? quotas.charge(key, recordSize(size)) : [];
      return { writes: [write, ...charged], answer };
    });
  };
  let isKept = false;
  try {
    const answer = await commit();
    isKept = true;
    return answer;
  } finally {
    giveBack(isKept);
  }
}

interface Change {
  /** What is still to be voted on, if anything is. */
  readonly value: Uint8Array | undefined;
  /** The vote that stands already. */
  readonly vote: SlotVote | undefined;
  readonly rowWith: (vote: SlotVote | undefined) => Made;
}

function changeOf(
  version: number,
  key: Uint8Array,
  before: Row | undefined,
  { place, values, standing }: KeptSlot,
): Change {
  const stood = values.slice(0, standing).map(({ value }) => value);
  const history = historyAfter(before?.history ?? [], version, stood.toSorted(compare));
  const isFrozen = standing > 1;
  const given = before?.state.vote;
  const vote = !isFrozen && given?.version === version ? given : undefined;
  return {
    value: isFrozen || vote !== undefined ? undefined : stood[0],
    vote,
    rowWith: (by) => {
      const state: SlotState = { place, vote: by, values };
      const value = encodeSlotRow({ state, standing, history });
      return { write: { shelf: shelves.slots, key, value }, answer: slotState.encode(state) };
    },
  };
}

interface Made {
  readonly write: { readonly shelf: number; readonly key: Uint8Array; readonly value: Uint8Array };
  readonly answer: Uint8Array;
}

/** The node's standing if the slot is of its group; refused otherwise. */
function votable(standing: Standing | undefined, key: Uint8Array): Standing {
  if (standing === undefined) throw refused('registry');
  if (!groupOf(standing.registry, key).includes(standing.index)) throw refused('group');
  return standing;
}

function refused(reason: SlotRefusal): NodeError {
  return new NodeError('refused', slotRefusals[reason]);
}
