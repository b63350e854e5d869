/** What waits, on whom, and what ends it. */

import { keyOf } from '@dsm/primitive';
import type { Waiting } from './api.ts';
import { heldViews } from './held-view.ts';
import type { Model } from './model.ts';
import { paymentOf } from './payments.ts';
import type { PaymentRow } from './rows.ts';

/** Payments to this wallet that are not as final as they can be. */
export function inbox(model: Model): Waiting[] {
  const kept = model.payments
    .filter((row) => row.side === 1 && !isSettled(model, row))
    .map((row) => ({
      payment: paymentOf(model, row),
      ...(row.over === undefined || row.finality === 0 ? fromNodes(model, row) : leaving),
      why: paymentOf(model, row).waiting,
    }));
  const held = heldViews(model).map((payment): Waiting => ({
    payment,
    on: 'nodes',
    next: 'sync',
    why: payment.waiting,
  }));
  return [...kept, ...held];
}

/** A payment over an open edge waits for nothing, unless its owner demands more. */
function isSettled(model: Model, row: PaymentRow): boolean {
  return row.over === undefined || row.finality === 0
    ? row.finality >= 3
    : paymentOf(model, row).waiting === '' || row.finality >= 3;
}

function fromNodes(model: Model, row: PaymentRow): Pick<Waiting, 'on' | 'next'> {
  const known = row.over !== undefined || model.origins.has(keyOf(row.head));
  return { on: known ? 'nodes' : 'peer', next: 'sync' };
}

const leaving = { on: 'me', next: 'edge exit' } as const;

/** Payments of this wallet that the peer or the nodes do not have yet. */
export function outbox(model: Model): Waiting[] {
  return model.payments
    .filter((row) => row.side === 0 && row.finality !== 4)
    .flatMap((row) => {
      const waiting = reasonOf(model, row);
      return waiting === undefined ? [] : [{ payment: paymentOf(model, row), ...waiting }];
    });
}

function reasonOf(model: Model, row: PaymentRow): Omit<Waiting, 'payment'> | undefined {
  const open = (model.open.get(keyOf(row.relationship)) ?? []).find(
    ({ index, row: run }) => index >= row.index && index - run.count < row.index,
  );
  if (row.finality < 3 && row.online === 1) {
    return { on: 'nodes', why: 'the nodes have not certified it yet', next: 'sync' };
  }
  if (open === undefined) return undefined;
  if (open.row.delivered === 1) {
    return { on: 'peer', why: 'the nodes keep it until the peer fetches it', next: 'nothing' };
  }
  return { on: 'peer', why: 'the peer has not confirmed it', next: 'meet or sync' };
}
