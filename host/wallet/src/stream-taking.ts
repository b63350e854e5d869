/**
 * Taking a stream: ticks are counted and told, totals are compared with them.
 *
 * Ticks live as long as the talk: nothing of them is kept, and a connection that ends forgets what was
 * not signed. The runs themselves are absorbed as any other (trading.ts). Only this device's own steps
 * for them are signed late: every one is stated and durable at once, each names the one before, so one
 * signature on the newest, when the payer pauses or ends, says all of them.
 */

import { equal, isZero, keyOf, zero32 } from '@dsm/primitive';
import type { Absorbed, Message, Relationship } from '@dsm/bilateral';
import {
  decodeOperation,
  escrowId,
  openTaking,
  takeFrame,
  takeTotal,
  type Escrow,
  type Taking,
  type TotalSaid,
} from '@dsm/protocols';
import type { StreamStatus } from './api.ts';
import { escrowStateOf, escrowStates } from './edge-value.ts';
import type { Engine } from './engine.ts';
import { moved } from './flood.ts';
import { hasLeft } from './belonging.ts';
import { leftRefusal } from './leaving.ts';
import type { Model, Token } from './model.ts';
import type { EscrowRow } from './rows.ts';
import { belowMinimum } from './standing.ts';
import { paymentOfStream, unsignedMaxOf } from './stream-rows.ts';
import { relationshipOf, say, type Talk } from './talk.ts';
import { idText } from './text.ts';

/** Streams that one peer may have open at a time. */
const streamsMax = 16;

/** A stream of the peer, as this talk knows it. */
export interface Taken {
  readonly escrow: Uint8Array;
  readonly token: Token;
  readonly taking: Taking;
  /** Signed since the stream began. */
  readonly signed: bigint;
}

export async function heardStream(
  talk: Talk,
  { escrow: id, ticks }: Message & { type: 'stream' },
): Promise<void> {
  const { engine, taken } = talk;
  const on = relationshipOf(talk);
  if (on === undefined) return;
  const judged = judgeStream(engine, on, id);
  if ('why' in judged) return say(talk, { type: 'refuse', head: id, ...judged });
  if (taken.size >= streamsMax && !taken.has(keyOf(id))) {
    const why = 'too many streams are open';
    return say(talk, { type: 'refuse', head: id, code: 'refused', why });
  }
  const next: Taken = { escrow: id, token: judged.token, taking: openTaking(ticks), signed: 0n };
  taken.set(keyOf(id), next);
  await sayTerms(talk, on, next);
}

/** Whether this wallet takes what is paid over the escrow as it comes. */
function judgeStream(
  { model }: Engine,
  on: Relationship,
  id: Uint8Array,
): { readonly token: Token } | { readonly code: string; readonly why: string } {
  const row = model.escrows.get(keyOf(id));
  if (row === undefined || row.side !== 1 || !equal(row.relationship, on.key)) {
    return { code: 'not-found', why: 'no such escrow pays this device' };
  }
  const less = belowMinimum(model, on.peer.device, 'edge-final');
  if (less !== undefined) return less;
  if (on.bricked !== 0) {
    return { code: 'bricked', why: 'there is evidence that you told two histories' };
  }
  if (hasLeft(model, on.peer.device)) return leftRefusal;
  const token = model.tokens.get(keyOf(row.escrow.note.token));
  if (token?.adopted !== 1) {
    return { code: 'not-adopted', why: 'this wallet does not take the token' };
  }
  const state = escrowStateOf(model, row);
  if (state === 'open') return { token };
  return { code: state === 'pending' ? 'pending' : 'refused', why: escrowStates[state] };
}

export async function heardTicks(
  talk: Talk,
  { escrow: id, from, frame }: Message & { type: 'ticks' },
): Promise<void> {
  const { engine, taken } = talk;
  const on = relationshipOf(talk);
  const stream = taken.get(keyOf(id));
  const row = engine.model.escrows.get(keyOf(id));
  if (on === undefined || stream === undefined || row === undefined) return;
  const terms = { unsignedMax: unsignedMaxOf(engine.model, stream.token, on.peer.device) };
  const { state, answer } = takeFrame(stream.taking, { from, frame }, terms, row.escrow);
  if (answer === 'malformed') {
    return stopped(talk, stream, 'ticks came that are no frame');
  }
  const next = { ...stream, taking: state };
  taken.set(keyOf(id), next);
  if (answer === 'taken') {
    moved(talk);
    emit(talk, next, 'open');
  }
  if (answer === 'wants' && !stream.taking.wants) await sayTerms(talk, on, next);
}

async function sayTerms(talk: Talk, on: Relationship, stream: Taken): Promise<void> {
  const { escrow, token, taking } = stream;
  const unsignedMax = unsignedMaxOf(talk.engine.model, token, on.peer.device);
  const wants = taking.wants ? 1 : 0;
  await say(talk, { type: 'terms', escrow, unsignedMax, taken: taking.taken, wants });
}

/** Escrows as they are before a run is absorbed: what its totals add to. */
export function escrowsBefore({ model }: Engine, { escrows }: Absorbed): readonly Escrow[] {
  return escrows.flatMap((escrow) => {
    const row = model.escrows.get(keyOf(escrowId(escrow)));
    return row === undefined ? [] : [row.escrow];
  });
}

/** A run of the peer is durable here: compare its totals with the ticks that were heard. */
export async function heardTotals(
  talk: Talk,
  { absorbed }: Absorbed,
  before: readonly Escrow[],
): Promise<void> {
  const totals = absorbed.run.entries.map(({ operation }) => streamTotal(operation));
  const isLive = (total: TotalSaid | undefined): boolean =>
    total !== undefined && talk.taken.has(keyOf(total.escrow));
  talk.stepOwed = totals.every(isLive) ? 'late' : 'no';
  for (const total of totals) {
    const stream = total === undefined ? undefined : talk.taken.get(keyOf(total.escrow));
    const escrow = before.find((one) => equal(escrowId(one), total?.escrow ?? zero32));
    if (total === undefined || stream === undefined || escrow === undefined) continue;
    const { state, answer } = takeTotal(stream.taking, escrow, total);
    const signed = stream.signed + total.total - escrow.total;
    const next = { ...stream, taking: state, signed };
    talk.taken.set(keyOf(total.escrow), next);
    if (answer === 'short')
      await stopped(talk, next, 'a total was signed that is not of its ticks');
    else emit(talk, next, 'open');
  }
}

function streamTotal(operation: Uint8Array): TotalSaid | undefined {
  const decoded = decodeOperation(operation);
  if (typeof decoded === 'string' || decoded.type !== 'total') return undefined;
  return isZero(decoded.ticks) ? undefined : decoded;
}

/** The payer pauses or ends. */
export function heardSettle(talk: Talk, { escrow, last }: Message & { type: 'settle' }): void {
  const stream = talk.taken.get(keyOf(escrow));
  if (stream === undefined || last === 0) return;
  talk.taken.delete(keyOf(escrow));
  emit(talk, stream, 'ended');
}

/** What the peer says does not fit together: no more ticks of it are taken in this talk. */
async function stopped(talk: Talk, stream: Taken, why: string): Promise<void> {
  talk.taken.delete(keyOf(stream.escrow));
  emit(talk, stream, 'stopped', why);
  await say(talk, { type: 'refuse', head: stream.escrow, code: 'refused', why });
}

/** The line is gone: what was not signed is forgotten. */
export function forgetTicks(talk: Talk): void {
  for (const stream of talk.taken.values()) emit(talk, stream, 'ended');
  talk.taken.clear();
}

function emit(talk: Talk, stream: Taken, state: StreamStatus['state'], why = ''): void {
  const { engine } = talk;
  const on = relationshipOf(talk);
  const row = engine.model.escrows.get(keyOf(stream.escrow));
  if (on === undefined || row === undefined) return;
  engine.emit('stream', statusOf(engine.model, on, row, stream, state, why));
}

function statusOf(
  model: Model,
  on: Relationship,
  { escrow }: EscrowRow,
  { escrow: id, token, taking, signed }: Taken,
  state: StreamStatus['state'],
  why: string,
): StreamStatus {
  const isOver = state !== 'open';
  const unsigned = isOver ? 0n : taking.unsigned.amount;
  const payment = paymentOfStream(model, id);
  return {
    state,
    why,
    peer: model.contacts.get(keyOf(on.peer.device))?.name ?? '',
    device: idText('device', on.peer.device),
    token: idText('token', token.id),
    ticker: token.rules.ticker,
    payment: payment === undefined ? undefined : idText('payment', payment.head),
    total: signed + unsigned,
    signed,
    unsigned,
    transfers: taking.taken - (isOver ? taking.unsigned.count : 0),
    left: escrow.note.amount - escrow.total - unsigned,
  };
}
