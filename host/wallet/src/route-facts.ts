/** Facts of routes: what was heard, said or certified, and what becomes durable with it. */

import { equal, keyOf, lockHash } from '@dsm/primitive';
import { learn, type Fact } from '@dsm/bilateral';
import { giveUp, operationOf } from '@dsm/protocols';
import { putEscrow, type Draft, type Model } from './model.ts';
import { putRoute, routeOfLock } from './route-model.ts';
import type { Leg, RouteRow } from './route-rows.ts';

/**
 * The route after a fact, if that changes anything. A lock that may leave its escrow from now on is
 * marked there in the same commit: before its payee writes the slot, and before its payer cancels.
 */
export function putFact(
  to: Draft,
  model: Model,
  row: RouteRow,
  fact: Fact,
  decided: RouteRow['decided'] = row.decided,
): void {
  const passage = learn(row.passage, fact);
  if (passage === row.passage) return;
  putRoute(to, model, { ...row, passage, decided });
  const { incoming, outgoing } = passage;
  if (incoming === 'declined' && row.passage.incoming !== 'declined') {
    putGivenUp(to, model, row.incoming, passage.hash);
  }
  if (outgoing === 'gone') putGivenUp(to, model, row.outgoing, passage.hash);
}

function putGivenUp(to: Draft, model: Model, leg: Leg | undefined, hash: Uint8Array): void {
  const row = leg === undefined ? undefined : model.escrows.get(keyOf(leg.escrow));
  if (row !== undefined) putEscrow(to, model, { ...row, escrow: giveUp(row.escrow, hash) });
}

/** What the payer of an incoming lock has said of it, in a run that was accepted. */
export function putSaid(to: Draft, model: Model, entries: readonly Uint8Array[]): void {
  for (const bytes of entries) {
    const operation = operationOf(bytes);
    if (typeof operation === 'string') continue;
    if (operation.type === 'claim') {
      const { escrow, preimage } = operation;
      const row = incomingRoute(model, escrow, lockHash(preimage));
      if (row !== undefined) putFact(to, model, row, { type: 'claimed', preimage });
    }
    if (operation.type === 'cancel') {
      const row = incomingRoute(model, operation.escrow, operation.hash);
      if (row !== undefined) putFact(to, model, row, { type: 'cancelled' });
    }
  }
}

export function incomingRoute(
  model: Model,
  escrow: Uint8Array,
  hash: Uint8Array,
): RouteRow | undefined {
  const row = routeOfLock(model, escrow, hash);
  return row?.incoming !== undefined && equal(row.incoming.escrow, escrow) ? row : undefined;
}

export function outgoingRoute(
  model: Model,
  escrow: Uint8Array,
  hash: Uint8Array,
): RouteRow | undefined {
  const row = routeOfLock(model, escrow, hash);
  return row?.outgoing !== undefined && equal(row.outgoing.escrow, escrow) ? row : undefined;
}
