/** Payments as people and programs see them. */

import { equal, keyOf } from '@dsm/primitive';
import { atLeast, forms, minimumFinalities } from '@dsm/protocols';
import type { Payment } from './api.ts';
import { hasReturned } from './edge-value.ts';
import type { Engine } from './engine.ts';
import type { Model } from './model.ts';
import type { PaidOver, PaymentRow } from './rows.ts';
import { idText } from './text.ts';
import { finalityNumbers } from './value.ts';

export function paymentOf(model: Model, row: PaymentRow): Payment {
  const token = model.tokens.get(keyOf(row.token));
  const finality = finalityNumbers[row.finality]!;
  const isItem = token !== undefined && token.rules.form !== forms.fungible;
  return {
    id: idText('payment', row.head),
    what: isBurn(model, row) ? 'burn' : 'payment',
    direction: row.side === 0 ? 'out' : 'in',
    peer: peerName(model, row),
    device: idText('device', row.peer),
    token: idText('token', row.token),
    ticker: token?.rules.ticker ?? '?',
    amount: isItem ? 1n : row.amount,
    item: isItem ? row.amount : undefined,
    note: row.note,
    over: overOf(row),
    finality,
    waiting: waitingFor(model, row),
    transfers: row.transfers,
    wireBytes: row.wireBytes,
    seenAt: row.seenAt,
  };
}

/** A burn is written on the own lane, and to nobody else. */
function isBurn({ device }: Model, { peer }: PaymentRow): boolean {
  return equal(peer, device.id);
}

function peerName(model: Model, row: PaymentRow): string {
  const known = isBurn(model, row) ? model.row : model.contacts.get(keyOf(row.peer));
  return known?.name ?? idText('device', row.peer);
}

function overOf({ over, online }: PaymentRow): Payment['over'] {
  if (over !== undefined) return 'edge';
  return online === 1 ? 'online' : 'offline';
}

function waitingFor(model: Model, row: PaymentRow): string {
  if (row.over !== undefined) return waitingOver(model, row, [row.over, ...row.emptied]);
  if (row.finality === 3) return '';
  if (row.finality === 4) return 'nothing: the payer spent the same note elsewhere';
  if (!model.origins.has(keyOf(row.head))) return 'the history of a note, from the payer';
  if (row.finality === 1) return 'the nodes, to exclude any other spend';
  if (row.online === 2) return 'the nodes: it is beyond an offline limit and counts once certified';
  return 'certificates, from the nodes';
}

/** What a payment over an edge waits for. Edge-final is as final as it gets while the edge is open. */
function waitingOver(model: Model, row: PaymentRow, totals: readonly PaidOver[]): string {
  if (row.finality === 0) return 'certificates of the funding, from the nodes';
  if (row.finality === 4) {
    const returned = totals.some(({ escrow, total }) => {
      const kept = model.escrows.get(keyOf(escrow));
      return kept !== undefined && hasReturned(model, kept, total);
    });
    if (!returned) return 'nothing: what funded the edge was spent elsewhere';
    return row.side === 0
      ? 'nothing: the receiver left the edge without it, and it is yours again'
      : 'nothing: it came after you had left the edge, and is the payer’s again';
  }
  const minimum = minimumFinalities[model.contacts.get(keyOf(row.peer))?.minimum ?? 0]!;
  return row.side === 1 && row.finality === 2 && !atLeast('edge-final', minimum)
    ? 'leaving the edge: of this contact you take only what is certified'
    : '';
}

/** The newest state of payments that changed, to whoever listens. */
export function emitFinality({ model, emit }: Engine, rows: readonly PaymentRow[]): void {
  for (const { number } of rows) emit('finality', paymentOf(model, model.payments[number]!));
}
