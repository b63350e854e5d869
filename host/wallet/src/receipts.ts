/**
 * Receipt files: a stitched receipt with both cards, so that anyone can check it alone.
 *
 *     file = version ‖ kind ‖ receipt ‖ card of the writer ‖ card of the peer
 */

import {
  card,
  cardDevice,
  checkCard,
  checkReceipt,
  entry,
  kinds,
  object,
  receipt,
  struct,
  type Card,
  type Obj,
  type Receipt,
  type Registries,
} from '@dsm/primitive';
import { decodeOperation, noteKinds, type Finality } from '@dsm/protocols';
import type { ReceiptFile } from './api.ts';
import { inputsOfEntry } from './parts.ts';
import { runThrough, type Engine } from './engine.ts';
import { DsmError } from './errors.ts';
import { entriesBetween } from './model.ts';
import { cardAt, peerCardAt } from './cards.ts';
import { paymentOf } from './payments.ts';
import type { PaymentRow } from './rows.ts';
import { idText } from './text.ts';
import { givenTo } from './value.ts';

interface File {
  readonly receipt: Receipt;
  readonly writer: Card;
  readonly peer: Card;
}

const file: Obj<File> = object(
  kinds.receipt,
  786_432,
  struct({ receipt, writer: card, peer: card }),
);

export async function receiptOf(engine: Engine, row: PaymentRow): Promise<ReceiptFile> {
  const { model, store } = engine;
  const run = await runThrough(store, row);
  if (run === undefined) {
    throw new DsmError('not-found', 'the step of this payment is not kept any more');
  }
  const first = run.end - run.row.count + 1;
  const entries = await entriesBetween(store, row.lane, first, run.end);
  const { before, step, slots, signature, further, countersignature, absorbed } = run.row;
  const complete = absorbed !== undefined && absorbed.signature.length > 0 ? absorbed : undefined;
  const [from, to] = row.side === 0 ? [model.device.id, row.peer] : [row.peer, model.device.id];
  const writer = await cardAt(engine, from, step.incarnation);
  const peer = await peerCardAt(engine, to, run.row);
  if (writer === undefined || peer === undefined) {
    throw new DsmError('not-found', 'a card of this payment is not kept any more');
  }
  const bytes = file.encode({
    receipt: {
      before,
      entries,
      countersignature,
      writer: { step, slots, signature, further },
      peer: complete,
    },
    writer,
    peer,
  });
  return { payment: paymentOf(model, row), bytes };
}

export interface ReceiptReport {
  readonly ok: boolean;
  /** One sentence: what it shows, or what it breaks. */
  readonly why: string;
  readonly writer: string;
  readonly peer: string;
  readonly complete: boolean;
  /**
   * The most that the file alone can show. Certificates are not in it: whether the payment has been
   * certified since, or lost to another spend, its payee knows.
   */
  readonly finality: Extract<Finality, 'pending' | 'pair-final'>;
  readonly payments: readonly {
    readonly token: string;
    readonly amount: bigint;
    readonly note: string;
  }[];
  /**
   * What is paid of an escrow with this run. How much that is more than before, the file alone does
   * not show; whether the escrow stands, its payee knows.
   */
  readonly totals: readonly {
    readonly escrow: string;
    readonly total: bigint;
    readonly note: string;
  }[];
}

/** Both signed, and every note that is spent is a purse note: only those are paid without a node. */
function isPairFinal({ entries, countersignature, peer }: Receipt): boolean {
  const inputs = entries.flatMap(inputsOfEntry);
  const agreed = countersignature !== undefined || peer !== undefined;
  return agreed && inputs.length > 0 && inputs.every(({ kind }) => kind === noteKinds.purse);
}

/** Check a receipt file without a wallet and without a node. */
export function verifyReceipt(
  bytes: Uint8Array,
  network: Uint8Array,
  registries?: Registries,
): ReceiptReport {
  const decoded = file.decode(bytes);
  if (!decoded.ok) throw new DsmError('integrity', `this is no receipt: ${decoded.refusal}`);
  const { receipt: claim, writer, peer } = decoded.value;
  const refusal =
    checkCard(writer, network, registries) ??
    checkCard(peer, network, registries) ??
    checkReceipt(claim, writer, peer);
  const to = cardDevice(peer);
  const payments = claim.entries.flatMap((encoded) => {
    const there = entry.decode(encoded);
    const given = there.ok ? givenTo(there.value.operation, to) : undefined;
    if (given === undefined) return [];
    return [{ token: idText('token', given.token), amount: given.amount, note: given.memo }];
  });
  return {
    ok: refusal === undefined,
    why:
      refusal === undefined
        ? 'both devices are named, the writer signed this run, and its map moved as it demands'
        : `the receipt does not hold: ${refusal}`,
    writer: idText('device', cardDevice(writer)),
    peer: idText('device', to),
    complete: claim.peer !== undefined,
    finality: refusal === undefined && isPairFinal(claim) ? 'pair-final' : 'pending',
    payments,
    totals: claim.entries.flatMap(totalSaid),
  };
}

function totalSaid(encoded: Uint8Array): ReceiptReport['totals'] {
  const there = entry.decode(encoded);
  const operation = there.ok ? decodeOperation(there.value.operation) : 'malformed';
  if (typeof operation === 'string' || operation.type !== 'total') return [];
  const { escrow, total, memo } = operation;
  return [{ escrow: idText('escrow', escrow), total, note: memo }];
}
