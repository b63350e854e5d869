/** Payments as people and programs see them. */

import { keyOf } from '@dsm/primitive';
import type { Payment } from './api.ts';
import type { Engine } from './engine.ts';
import type { Model } from './model.ts';
import type { PaymentRow } from './rows.ts';
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
    over: row.online === 1 ? 'online' : 'offline',
    finality,
    waiting: waitingFor(model, row),
    wireBytes: row.wireBytes,
    seenAt: row.seenAt,
  };
}

function waitingFor(model: Model, row: PaymentRow): string {
  if (row.finality === 3) return '';
  if (row.finality === 4) return 'nothing: the payer spent the same note elsewhere';
  if (!model.origins.has(keyOf(row.head))) return 'the history of a note, from the payer';
  if (row.finality === 1) return 'the nodes, to exclude any other spend';
  if (row.online === 2) return 'the nodes: it is beyond an offline limit and counts once certified';
  return 'certificates, from the nodes';
}

/** The newest state of payments that changed, to whoever listens. */
export function emitFinality({ model, emit }: Engine, rows: readonly PaymentRow[]): void {
  for (const { number } of rows) emit('finality', paymentOf(model, model.payments[number]!));
}
