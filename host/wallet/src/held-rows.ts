/**
 * Held runs as they are kept: what peers have committed to a restored wallet before its first sync.
 *
 * The rows lie beside the lanes, in the order of each lane; the lanes themselves do not move.
 */

import {
  bytes32,
  countersignature,
  encodeWith,
  keyOf,
  kinds,
  limits,
  list,
  object,
  oneOf,
  option,
  signedStep,
  struct,
  text,
  u128,
  u64,
  variable,
  type Countersignature,
  type Obj,
  type SignedStep,
} from '@dsm/primitive';
import type { Draft, Model } from './model.ts';
import { rowKey, type PaidOver } from './rows.ts';

export interface HeldRow {
  readonly relationship: Uint8Array;
  /** Of the run’s last entry. */
  readonly index: number;
  readonly entries: readonly Uint8Array[];
  readonly signed: SignedStep;
  readonly countersignature: Countersignature | undefined;
  /** 0 consented to and within the limits of then, 1 not consented to, 2 beyond a limit. */
  readonly taken: 0 | 1 | 2;
  /** What it gives to this device, as far as its backup can tell. */
  readonly gifts: readonly HeldGift[];
  readonly seenAt: number;
}

export interface HeldGift {
  readonly head: Uint8Array;
  readonly token: Uint8Array;
  readonly amount: bigint;
  readonly note: string;
  readonly over: PaidOver | undefined;
}

export const heldRow: Obj<HeldRow> = object(
  kinds.held,
  2 * limits.receiptBytesMax,
  struct<HeldRow>({
    relationship: bytes32,
    index: u64,
    entries: list(variable(limits.runBytesMax), limits.runEntriesMax),
    signed: signedStep,
    countersignature: option(countersignature),
    taken: oneOf([0, 1, 2]),
    gifts: list(
      struct<HeldGift>({
        head: bytes32,
        token: bytes32,
        amount: u128,
        note: text(limits.memoBytesMax),
        over: option(struct<PaidOver>({ escrow: bytes32, total: u128 })),
      }),
      limits.runEntriesMax,
    ),
    seenAt: u64,
  }),
);

function heldKey({ relationship, index }: HeldRow): Uint8Array {
  return rowKey('held', relationship, encodeWith(u64, index));
}

export function putHeld(to: Draft, model: Model, row: HeldRow): void {
  to.put(heldKey(row), heldRow.encode(row));
  to.after(() => {
    model.held.set(keyOf(row.relationship), [...heldOf(model, row.relationship), row]);
  });
}

export function removeHeld(to: Draft, model: Model, row: HeldRow): void {
  to.remove(heldKey(row));
  to.after(() => {
    const others = heldOf(model, row.relationship).filter(({ index }) => index !== row.index);
    model.held.set(keyOf(row.relationship), others);
  });
}

/** What is held of one relationship, in the order of its lane. */
export function heldOf({ held }: Model, relationship: Uint8Array): readonly HeldRow[] {
  return held.get(keyOf(relationship)) ?? [];
}
