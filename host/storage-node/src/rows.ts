/**
 * The rows of a node's store.
 *
 *     'o' ‖ address     the object's bytes
 *     's' ‖ slot key    slotState: every kept value, and the vote as it was signed once
 *     't'               totals, written by every commit together with what it counts
 *
 *     OFFSET  SIZE  totals
 *          0     1  version            0x01
 *          1    32  node id            a store belongs to one node for ever
 *         33     8  objects
 *         41     8  slots
 *         49     8  used bytes
 *         57     8  slots with two values or more
 *         65  1/37  registry of the votes: option of lineage ‖ version
 */

import {
  ascii,
  bytes32,
  concat,
  encodeWith,
  oneOf,
  option,
  reader,
  struct,
  u32,
  u64,
  type Coder,
} from '@dsm/primitive';

/** The registry under which a store holds votes. */
export interface VotedUnder {
  readonly lineage: Uint8Array;
  readonly version: number;
}

export interface Totals {
  readonly objects: number;
  readonly slots: number;
  readonly usedBytes: number;
  readonly slotConflicts: number;
}

export interface TotalsRow extends Totals {
  readonly version: 1;
  readonly node: Uint8Array;
  readonly votedUnder: VotedUnder | undefined;
}

const totalsRow: Coder<TotalsRow> = struct<TotalsRow>({
  version: oneOf([1]),
  node: bytes32,
  objects: u64,
  slots: u64,
  usedBytes: u64,
  slotConflicts: u64,
  votedUnder: option(struct({ lineage: bytes32, version: u32 })),
});

export const totalsKey: Uint8Array = ascii('t');

const objectPrefix = ascii('o');
const slotPrefix = ascii('s');

export function objectRow(address: Uint8Array): Uint8Array {
  return concat(objectPrefix, address);
}

export function slotRow(key: Uint8Array): Uint8Array {
  return concat(slotPrefix, key);
}

export function encodeTotals(row: TotalsRow): Uint8Array {
  return encodeWith(totalsRow, row);
}

/** Undefined if the bytes are no totals of a version known here. */
export function decodeTotals(bytes: Uint8Array): TotalsRow | undefined {
  const from = reader(bytes);
  const row = totalsRow.read(from);
  return from.bad() || from.left() !== 0 ? undefined : row;
}
