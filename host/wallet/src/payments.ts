/** Payments as people and programs see them. */

import { keyOf } from '@dsm/primitive';
import { atLeast, minimumFinalities } from '@dsm/protocols';
import type { Payment } from './api.ts';
import { hasReturned } from './edge-value.ts';
import type { Engine } from './engine.ts';
import type { Model } from './model.ts';
import type { PaidOver, PaymentRow } from './rows.ts';
import { idText } from './text.ts';
import { finalityNumbers } from './value.ts';

export function paymentOf(model: Model, row: PaymentRow): Payment {
  const contact = model.contacts.get(keyOf(row.peer));
  const token = model.tokens.get(keyOf(row.token));
  const finality = finalityNumbers[row.finality]!;
  return {
    id: idText('payment', row.head),
    direction: row.side === 0 ? 'out' : 'in',
    peer: contact?.name ?? idText('device', row.peer),
    device: idText('device', row.peer),
    token: idText('token', row.token),
    ticker: token?.rules.ticker ?? '?',
    amount: row.amount,
    note: row.note,
    over: row.over !== undefined ? 'edge' : row.online === 1 ? 'online' : 'offline',
    finality,
    waiting: waitingFor(model, row),
    transfers: row.transfers,
    wireBytes: row.wireBytes,
    seenAt: row.seenAt,
  };
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
