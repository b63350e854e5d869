/**
 * The slots of a node: the register of `@dsm/availability` over a store, with votes.
 *
 * The vote is signed once, when the first value comes, and committed together with it, so that no
 * vote leaves before what it says is durable. A read waits for the write of its slot.
 */

import { admit, recordSize, type KeptSlot } from '@dsm/availability';
import { NodeError, type Store } from '@dsm/ports';
import {
  equal,
  groupOf,
  keyOf,
  nodeIndex,
  registryLineage,
  slotKey,
  slotState,
  slotWrite,
  type Registry,
  type SlotState,
  type SlotWrite,
} from '@dsm/primitive';
import { translated, type Ledger } from './ledger.ts';
import { slotRow } from './rows.ts';
import type { Turns } from './turns.ts';
import type { NodeKeys } from './keys.ts';
import { vote } from './vote.ts';

export interface Slots {
  readonly write: (bytes: Uint8Array) => Promise<Uint8Array>;
  readonly read: (key: Uint8Array) => Promise<Uint8Array | undefined>;
}

/** Why a slot write is refused. */
export const slotRefusals = {
  malformed: 'the bytes are no slot write',
  registry: 'this node is in no registry that it knows, or its votes are of another version',
  group: 'the slot belongs to a group without this node',
  authorisation: 'the writer of the slot has not signed this value',
} as const;
export type SlotRefusal = keyof typeof slotRefusals;

/** A registry that names the node, and where. */
export interface Standing {
  readonly registry: Registry;
  readonly index: number;
}

export function slotsIn(
  store: Store,
  ledger: Ledger,
  inTurn: Turns,
  keys: NodeKeys,
  standing: () => Standing | undefined,
): Slots {
  const keep = async (
    key: Uint8Array,
    state: SlotState,
    before: Uint8Array | undefined,
  ): Promise<Uint8Array> => {
    const value = slotState.encode(state);
    const usedBytes =
      before === undefined ? recordSize(value.length) : value.length - before.length;
    if (!ledger.hasRoom(usedBytes)) {
      // The vote stands whether or not there is room for what came later.
      if (before !== undefined) return before;
      throw new NodeError('full', 'no room for the slot');
    }
    const slots = before === undefined ? 1 : 0;
    const slotConflicts = isFork(state) && !isFork(stateOf(before)) ? 1 : 0;
    await ledger.commit({ key: slotRow(key), value }, { usedBytes, slots, slotConflicts });
    return value;
  };
  const write = async (key: Uint8Array, wanted: SlotWrite): Promise<Uint8Array> => {
    ledger.whileSound();
    const registry = votable(standing(), ledger, key);
    const before = await translated(store.get(slotRow(key)));
    const known = stateOf(before);
    const { type, kept } = admit(known, wanted, registry.network);
    if (type === 'refused') throw refused('authorisation');
    if (before !== undefined && known?.values === kept.values) return before;
    const { version } = registry;
    const signature = (): Uint8Array => {
      return vote(keys.voter(), registry, { key, value: kept.values[0]!.value });
    };
    return keep(key, { ...kept, vote: known?.vote ?? { version, signature: signature() } }, before);
  };
  return {
    write: async (bytes) => {
      const decoded = slotWrite.decode(bytes);
      if (!decoded.ok) throw refused('malformed');
      const key = slotKey(decoded.value.place);
      return inTurn(keyOf(slotRow(key)), () => write(key, decoded.value));
    },
    read: async (key) => {
      const row = slotRow(key);
      return inTurn(keyOf(row), () => {
        ledger.whileSound();
        return translated(store.get(row));
      });
    },
  };
}

/** Finds the node in a registry; remembers the last one, for ids are hashes of long keys. */
export function standingIn(
  network: Uint8Array,
  id: Uint8Array,
  inForce: () => Registry | undefined,
): () => Standing | undefined {
  let last: Registry | undefined;
  let standing: Standing | undefined;
  return () => {
    const registry = inForce();
    if (registry === last) return standing;
    last = registry;
    standing = undefined;
    if (registry === undefined || !equal(registry.network, network)) return undefined;
    const index = nodeIndex(registry, id);
    if (index >= 0) standing = { registry, index };
    return standing;
  };
}

/**
 * The registry to vote under. One store holds votes of one version: a node that went on in the next
 * one without the take-over would vote as if nothing had been written.
 */
function votable(standing: Standing | undefined, ledger: Ledger, key: Uint8Array): Registry {
  if (standing === undefined) throw refused('registry');
  const { registry, index } = standing;
  if (!groupOf(registry, key).includes(index)) throw refused('group');
  const under = { lineage: registryLineage(registry), version: registry.version };
  if (!ledger.isUnder(under)) throw refused('registry');
  return registry;
}

function refused(reason: SlotRefusal): NodeError {
  return new NodeError('refused', slotRefusals[reason]);
}

function stateOf(bytes: Uint8Array | undefined): SlotState | undefined {
  if (bytes === undefined) return undefined;
  const decoded = slotState.decode(bytes);
  if (!decoded.ok) throw new NodeError('unreachable', 'a slot in the store cannot be read');
  return decoded.value;
}

function isFork(slot: KeptSlot | undefined): boolean {
  return slot !== undefined && slot.values.length > 1;
}
