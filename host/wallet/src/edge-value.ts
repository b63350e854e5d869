/**
 * What escrows are worth: to whom which part of each belongs, and how final a payment over one is.
 *
 *     amount = total ‖ locked ‖ rest        total is the payee's, rest the payer's, locked is open
 */

import { equal, keyOf } from '@dsm/primitive';
import { escrowId, lockedIn, restOf } from '@dsm/protocols';
import { isKeyOfNow } from './cards.ts';
import type { Model } from './model.ts';
import type { EscrowRow, PaidOver } from './rows.ts';

/** Whether the funding of an escrow is certified: only then does anything rest on it. */
export function isFunded({ origins }: Model, { escrow }: EscrowRow): boolean {
  return origins.get(keyOf(escrow.note.source))?.certified === true;
}

export interface Worth {
  readonly mine: bigint;
  readonly theirs: bigint;
  readonly locked: bigint;
}

const nothing: Worth = { mine: 0n, theirs: 0n, locked: 0n };

/** An open escrow, divided. One that was left is worth nothing any more: its value is in notes. */
export function worthOf(model: Model, row: EscrowRow): Worth {
  if (row.state !== 0) return nothing;
  if (row.exit !== undefined) return { ...nothing, mine: uncollected(model, row) };
  const { escrow, side } = row;
  // What a peer has funded and nobody has certified is no money yet.
  if (side === 1 && !isFunded(model, row)) return nothing;
  const [rest, locked] = [restOf(escrow), lockedIn(escrow)];
  return side === 0
    ? { mine: rest, theirs: escrow.total, locked }
    : { mine: escrow.total, theirs: rest, locked };
}

/** What a certified exit gives to this device and is not in its map yet. */
function uncollected(model: Model, { exit, side }: EscrowRow): bigint {
  const origin = exit === undefined ? undefined : model.origins.get(keyOf(exit));
  if (origin?.certified !== true || model.collected.has(keyOf(origin.head))) return 0n;
  return origin.outputs[side === 0 ? 1 : 0]?.amount ?? 0n;
}

/** All that this wallet has in its edges, of one token. */
export function heldInEdges(model: Model, token: Uint8Array): bigint {
  let sum = 0n;
  for (const row of model.escrows.values()) {
    if (equal(row.escrow.note.token, token)) sum += worthOf(model, row).mine;
  }
  return sum;
}

/**
 * How final a total is: as its funding while the escrow is open, certified once an exit has taken it,
 * and worth nothing if the exit has taken less.
 */
export function finalityOfTotal(model: Model, { escrow: id, total }: PaidOver): number {
  const row = model.escrows.get(keyOf(id));
  if (row === undefined) return 0;
  if (row.state !== 0 || hasReturned(model, row, total)) return 4;
  const left = row.exit === undefined ? undefined : model.origins.get(keyOf(row.exit));
  if (left?.certified === true) return 3;
  return isFunded(model, row) ? 2 : 0;
}

/** True if the payee has left with less than this total: the difference is the payer's again. */
export function hasReturned(
  { origins }: Pick<Model, 'origins'>,
  { exit, citation }: EscrowRow,
  total: bigint,
): boolean {
  if (exit === undefined) return false;
  // The exit takes the locks that were opened, too.
  const left = origins.get(keyOf(exit))?.outputs[0]?.amount;
  return (left ?? citation?.total ?? 0n) < total;
}

export const escrowStates = {
  pending: 'the funding is not certified yet',
  open: 'payments go over it',
  closing: 'a restore has ended it: nothing new is said on it, and its receiver can leave',
  leaving: 'its receiver has left; the nodes have not certified it yet',
  left: 'its receiver has left, certified',
  void: 'what funded it was spent elsewhere',
} as const;

export type EscrowState = keyof typeof escrowStates;

/** Whether payments go over an escrow, and if not, why. */
export function escrowStateOf(model: Model, row: EscrowRow): EscrowState {
  if (row.state !== 0) return 'void';
  if (row.exit !== undefined) {
    return model.origins.get(keyOf(row.exit))?.certified === true ? 'left' : 'leaving';
  }
  if (!isCurrent(model, row)) return 'closing';
  return isFunded(model, row) ? 'open' : 'pending';
}

/** After a restore of either device neither says anything new on an old escrow. */
function isCurrent(model: Model, row: EscrowRow): boolean {
  const on = model.relationships.get(keyOf(row.relationship));
  if (on === undefined) return false;
  const { id } = model.device;
  const [payer, payee] = row.side === 0 ? [id, on.peer.device] : [on.peer.device, id];
  return (
    isKeyOfNow({ model }, payer, row.escrow.payerKey) &&
    isKeyOfNow({ model }, payee, row.escrow.note.key)
  );
}

/** True if the exit key of an escrow to this device is of an earlier incarnation. */
export function isOfOldKey(model: Model, { escrow, side }: EscrowRow): boolean {
  return side === 1 && !isKeyOfNow({ model }, model.device.id, escrow.note.key);
}

/** The escrows of one relationship and token, own ones first and oldest first; all of the relationship if none is named. */
export function escrowsOf(
  { escrows }: Model,
  relationship: Uint8Array,
  token?: Uint8Array,
): EscrowRow[] {
  return [...escrows.values()]
    .filter(
      (row) =>
        equal(row.relationship, relationship) &&
        (token === undefined || equal(row.escrow.note.token, token)),
    )
    .toSorted(
      (a, b) => a.side - b.side || a.opened - b.opened || a.escrow.note.index - b.escrow.note.index,
    );
}

/** Heads that fund escrows: their lineage is wanted like that of payments. */
export function fundingHeads({ escrows }: Model): Uint8Array[] {
  return [...escrows.values()].map(({ escrow }) => escrow.note.source);
}

/** Fundings by the peer that are not certified as far as this wallet knows: the peer may know more. */
export function unsureFundings(model: Model, relationship: Uint8Array): Uint8Array[] {
  return escrowsOf(model, relationship)
    .filter((row) => row.side === 1 && !isFunded(model, row))
    .map(({ escrow }) => escrow.note.source);
}

export function idOf({ escrow }: EscrowRow): Uint8Array {
  return escrowId(escrow);
}
