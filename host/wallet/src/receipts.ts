/**
 * Receipt files: a stitched receipt with both cards, so that anyone can check it alone.
 *
 *     file = version ‖ kind ‖ receipt ‖ card of the writer ‖ card of the peer
 *            ‖ option( next card of the writer ) ‖ option( next card of the peer )
 */

import {
  card,
  cardDevice,
  cardDigest,
  checkCard,
  checkCountersignature,
  checkReceipt,
  entry,
  equal,
  isNextOf,
  kinds,
  object,
  option,
  receipt,
  replacesKeys,
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
import { cardAfter, cardAt, cardOf, peerCardsAt } from './cards.ts';
import { paymentOf } from './payments.ts';
import type { PaymentRow, RunRow } from './rows.ts';
import { idText } from './text.ts';
import { givenTo } from './value.ts';

interface File {
  readonly receipt: Receipt;
  readonly writer: Card;
  readonly peer: Card;
  /** Cards of the very next generations, where the keys were replaced: up to which step they signed. */
  readonly writerNext: Card | undefined;
  readonly peerNext: Card | undefined;
}

const file: Obj<File> = object(
  kinds.receipt,
  1_310_720,
  struct({
    receipt,
    writer: card,
    peer: card,
    writerNext: option(card),
    peerNext: option(card),
  }),
);

export async function receiptOf(engine: Engine, row: PaymentRow): Promise<ReceiptFile> {
  const { model, store } = engine;
  const run = await runThrough(store, row);
  if (run === undefined) {
    throw new DsmError('not-found', 'the step of this payment is not kept any more');
  }
  const first = run.end - run.row.count + 1;
  const entries = await entriesBetween(store, row.lane, first, run.end);
  const { before, step, slots, signature, further, absorbed } = run.row;
  const complete = absorbed !== undefined && absorbed.signature.length > 0 ? absorbed : undefined;
  const [from, to] = row.side === 0 ? [model.device.id, row.peer] : [row.peer, model.device.id];
  const writer = cardAt(engine, from, step);
  const { peer, countersignature } = peerOf(engine, to, run.row, writer);
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
    writerNext: cardAfter(engine, writer),
    peerNext: cardAfter(engine, peer),
  });
  return { payment: paymentOf(model, row), bytes };
}

/**
 * The card of the peer, with its consent if that was given under the same one: who has absorbed a run has
 * authorised it, whatever key its consent was signed with.
 */
function peerOf(
  engine: Engine,
  device: Uint8Array,
  row: RunRow,
  writer: Card | undefined,
): Pick<Receipt, 'countersignature'> & { readonly peer: Card | undefined } {
  const { countersignature, head } = row;
  const { consented, absorbed } = peerCardsAt(engine, device, row);
  const holds = (by: Card): boolean =>
    writer !== undefined &&
    countersignature !== undefined &&
    checkCountersignature(countersignature, head, writer, by) === undefined;
  const of = absorbed ?? consented.find(holds);
  if (of !== undefined) {
    return { peer: of, countersignature: holds(of) ? countersignature : undefined };
  }
  const { model } = engine;
  const peer = equal(device, model.device.id) ? model.card : cardOf(engine, device);
  return { peer, countersignature: undefined };
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

/**
 * A card of a later generation that the reader has shows that the key was replaced, so the file must say from
 * which step on. One more card is enough, however many generations and steps there were since.
 */
function outdated(
  pinned: readonly Card[],
  by: Card,
  next: Card | undefined,
): 'generation' | undefined {
  const later = pinned.filter((card) => replacesKeys(card, by));
  if (later.length === 0) return undefined;
  if (next === undefined) return 'generation';
  const beside = later.some(
    (card) => isNextOf(card, by) && !equal(cardDigest(card.body), cardDigest(next.body)),
  );
  return beside ? 'generation' : undefined;
}

/**
 * Check a receipt file without a wallet and without a node. `pinned` are the newest cards that the reader has of
 * the two devices: what a key has signed after it was replaced is refused by whoever knows of that.
 */
export function verifyReceipt(
  bytes: Uint8Array,
  network: Uint8Array,
  registries?: Registries,
  pinned: readonly Card[] = [],
): ReceiptReport {
  const decoded = file.decode(bytes);
  if (!decoded.ok) throw new DsmError('integrity', `this is no receipt: ${decoded.refusal}`);
  const { receipt: claim, writer, peer, writerNext, peerNext } = decoded.value;
  const cards = [writer, peer, writerNext, peerNext].filter((one) => one !== undefined);
  const refusal =
    cards.map((one) => checkCard(one, network, registries)).find((one) => one !== undefined) ??
    outdated(pinned, writer, writerNext) ??
    outdated(pinned, peer, peerNext) ??
    checkReceipt(claim, writer, peer, { writer: writerNext, peer: peerNext });
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
