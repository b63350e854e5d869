/**
 * What is kept of streams: a payment that grows with every run that was signed, and what the owner
 * takes without a signature.
 *
 * A stream is one payment. It goes on, after a break or a crash too, as long as nothing else is paid
 * over the escrow and the note is the same: both devices find that out from the lane alone, so they
 * name the same payments.
 */

import { concat, keyOf, zero32 } from '@dsm/primitive';
import type { Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { draft, noteStream, putPayment, type Draft, type Model, type Token } from './model.ts';
import { rowKey, unsignedRow, type PaymentRow } from './rows.ts';

/** The payment that a run belongs to: the one of its stream, grown, or itself. */
export function inItsStream(model: Model, row: PaymentRow): PaymentRow {
  const { over, transfers, amount, index, note } = row;
  if (over === undefined || transfers === 0) return row;
  const first = paymentOfStream(model, over.escrow);
  if (first === undefined || first.note !== note) return { ...row, online: 0 };
  // The newest run authorises all: its entry is the one to show, and the first head remains the name.
  return {
    ...first,
    amount: first.amount + amount,
    transfers: first.transfers + transfers,
    index,
    over,
  };
}

export function isNew(model: Model, number: number): boolean {
  return number >= model.payments.length;
}

export function putPaymentOf(to: Draft, model: Model, row: PaymentRow): void {
  putPayment(to, model, row);
  to.after(() => noteStream(model, row));
}

/** The payment of the stream that goes on over an escrow, once a run of it was signed. */
export function paymentOfStream(model: Model, escrow: Uint8Array): PaymentRow | undefined {
  const number = model.streams.get(keyOf(escrow));
  return number === undefined ? undefined : model.payments[number];
}

/** What is taken unsigned of a device; as much as the offline limit unless the owner says otherwise. */
export function unsignedMaxOf(model: Model, token: Token, device: Uint8Array): bigint {
  const own = model.unsigned.get(keyOf(unsignedKey(token.id, device)));
  return own ?? model.unsigned.get(keyOf(unsignedKey(token.id, zero32))) ?? token.offlineLimit;
}

/** Keep what is taken unsigned: of one device, or of each that is not named. `undefined` forgets it. */
export async function setUnsignedMax(
  engine: Engine,
  token: Token,
  device: Uint8Array | undefined,
  most: bigint | undefined,
): Promise<void> {
  if (most !== undefined && (most < 0n || most >> 128n > 0n)) {
    throw new DsmError('usage', 'the bound is an amount, or zero to take nothing unsigned');
  }
  await engine.exclusive(async () => {
    const { model } = engine;
    const key = unsignedKey(token.id, device ?? zero32);
    const to = draft();
    if (most === undefined) {
      to.remove(rowKey('unsigned', key));
      to.after(() => model.unsigned.delete(keyOf(key)));
    } else {
      to.put(rowKey('unsigned', key), unsignedRow.encode({ most }));
      to.after(() => model.unsigned.set(keyOf(key), most));
    }
    await engine.commit(to);
  });
}

function unsignedKey(token: Uint8Array, device: Uint8Array): Uint8Array {
  return concat(token, device);
}
