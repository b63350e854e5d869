/** Held runs as people see them: payments that wait for the first sync of a restored wallet. */

import { keyOf } from '@dsm/primitive';
import type { Relationship } from '@dsm/bilateral';
import type { Payment } from './api.ts';
import type { HeldRow } from './held-rows.ts';
import type { Model } from './model.ts';
import { paymentOf } from './payments.ts';
import type { PaymentRow } from './rows.ts';

const why =
  'the first sync: this wallet was restored, so it keeps what comes and takes it in once it is certified';

/** What a held run gives, as payments that have no number yet. */
export function heldPayments(
  { payments }: Model,
  on: Relationship,
  row: HeldRow,
): readonly PaymentRow[] {
  const online = ([0, 1, 2] as const)[row.taken];
  return row.gifts.map((gift, i) => ({
    number: payments.length + i,
    head: gift.head,
    relationship: on.key,
    lane: on.theirs.start,
    side: 1,
    index: row.index,
    peer: on.peer.device,
    token: gift.token,
    amount: gift.amount,
    note: gift.note,
    online,
    finality: 0,
    over: gift.over,
    emptied: [],
    transfers: 0,
    wireBytes: 0,
    seenAt: row.seenAt,
  }));
}

/** All that is held, oldest first, as payments that are pending. */
export function heldViews(model: Model): readonly Payment[] {
  return [...model.held.values()]
    .flat()
    .toSorted((a, b) => a.seenAt - b.seenAt)
    .flatMap((row) => heldView(model, row));
}

export function heldView(model: Model, row: HeldRow): readonly Payment[] {
  const on = model.relationships.get(keyOf(row.relationship));
  if (on === undefined) return [];
  return heldPayments(model, on, row).map((payment) => ({
    ...paymentOf(model, payment),
    waiting: why,
  }));
}
