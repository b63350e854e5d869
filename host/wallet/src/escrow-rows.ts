/** What an own or a peer's run, or an exit, changes of the escrows between two devices. */

import {
  equal,
  keyDigest,
  keyOf,
  slotPath,
  stepBodyDigest,
  type Citation,
  type SignedStep,
} from '@dsm/primitive';
import type { Relationship } from '@dsm/bilateral';
import {
  claimOfExit,
  escrowId,
  isExitPart,
  isIssuePart,
  noteId,
  totalDemand,
  type Escrow,
  type LineagePart,
  type Origin,
} from '@dsm/protocols';
import { signaturesOf } from './cards.ts';
import { putEscrow, type Draft, type Model } from './model.ts';
import type { EscrowRow } from './rows.ts';

/** The payer's side of an escrow. */
export function putFunded(to: Draft, model: Model, on: Relationship, escrow: Escrow): void {
  putEscrow(to, model, {
    ...(known(model, escrow) ?? fresh(on.key, on.mine.index, 0)),
    escrow,
  });
}

/**
 * The payee's side: the newest thing that the payer has said, with its authority. What it said
 * before is worth no more, because totals grow and locks leave only when they are decided. What it
 * says after the exit is worth nothing.
 */
export function putPaid(
  to: Draft,
  model: Model,
  on: Relationship,
  escrow: Escrow,
  signed: SignedStep,
): void {
  const before = known(model, escrow);
  const row = before ?? fresh(on.key, on.theirs.index, 1);
  const said = row.exit === undefined ? citationIn(model, escrow, signed) : undefined;
  putEscrow(to, model, { ...row, escrow, citation: said ?? row.citation });
}

function known({ escrows }: Model, escrow: Escrow): EscrowRow | undefined {
  return escrows.get(keyOf(escrowId(escrow)));
}

function fresh(
  relationship: Uint8Array,
  opened: number,
  side: EscrowRow['side'],
): Omit<EscrowRow, 'escrow'> {
  return { relationship, side, opened, state: 0, citation: undefined, exit: undefined };
}

/** The line of the step that states where the escrow stands, as anybody can check it. */
function citationIn(model: Model, escrow: Escrow, signed: SignedStep): Citation | undefined {
  const { key, value } = totalDemand(escrow);
  const line = signed.slots.findIndex((slot) => equal(slot.key, key) && equal(slot.value, value));
  const signer = signaturesOf({ model }, signed).find(({ suite, publicKey }) =>
    equal(keyDigest(suite, publicKey), escrow.payerKey),
  );
  if (line < 0 || signer === undefined) return undefined;
  return {
    escrow: escrowId(escrow),
    total: escrow.total,
    locks: escrow.locks.map(({ hash, amount }) => ({ hash, amount })),
    ...signer,
    body: stepBodyDigest(signed.step),
    path: slotPath(signed.slots, line),
  };
}

/** A certified exit ends its escrow, whoever told of it. */
export function putLeft(to: Draft, model: Model, part: LineagePart, origin: Origin): void {
  if (isIssuePart(part) || !isExitPart(part) || !origin.certified) return;
  const row = model.escrows.get(keyOf(noteId(part.source, part.index)));
  if (row === undefined) return;
  putEscrow(to, model, { ...row, citation: claimOfExit(part)!.citation, exit: origin.head });
}

/** Escrows that rest on a head whose inputs were spent elsewhere. */
export function putVoid(to: Draft, model: Model, head: Uint8Array): void {
  for (const row of model.escrows.values()) {
    if (equal(row.escrow.note.source, head)) putEscrow(to, model, { ...row, state: 1 });
  }
}
