/** What an own or a peer's run changes of the escrows between two devices. */

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
import { escrowId, totalDemand, type Escrow } from '@dsm/protocols';
import { putEscrow, type Draft, type Model } from './model.ts';

/** The payer's side of an escrow. */
export function putFunded(to: Draft, model: Model, on: Relationship, escrow: Escrow): void {
  const known = model.escrows.get(keyOf(escrowId(escrow)));
  putEscrow(to, model, {
    escrow,
    relationship: on.key,
    side: 0,
    citation: undefined,
    exit: known?.exit,
  });
}

/**
 * The payee's side: the newest thing that the payer has said, with its authority. What it said
 * before is worth no more, because totals grow and locks leave only when they are decided.
 */
export function putPaid(
  to: Draft,
  model: Model,
  on: Relationship,
  escrow: Escrow,
  signed: SignedStep,
): void {
  const { key, value } = totalDemand(escrow);
  const line = signed.slots.findIndex((slot) => equal(slot.key, key) && equal(slot.value, value));
  const signer = [
    { suite: on.peer.suite, publicKey: on.peer.workingKey, signature: signed.signature },
    ...signed.further,
  ].find(({ suite, publicKey }) => equal(keyDigest(suite, publicKey), escrow.payerKey));
  const known = model.escrows.get(keyOf(escrowId(escrow)));
  const citation: Citation | undefined =
    line < 0 || signer === undefined
      ? known?.citation
      : {
          escrow: escrowId(escrow),
          total: escrow.total,
          locks: escrow.locks.map(({ hash, amount }) => ({ hash, amount })),
          ...signer,
          body: stepBodyDigest(signed.step),
          path: slotPath(signed.slots, line),
        };
  putEscrow(to, model, { escrow, relationship: on.key, side: 1, citation, exit: known?.exit });
}
