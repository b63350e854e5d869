/**
 * Paying a stream: ticks leave in frames, and one signature authorises each run of them.
 *
 *     send ─▶ frame ─▶ ticks                     at once, or with others of the same moment
 *     due  ─▶ total on the own lane, signed, durable ─▶ commit        no wait for the last ack
 *
 * Frames of a run leave before its commit and those of the next one after it, so the payee compares
 * each total with what it has just heard. At most `runsInFlight` runs wait for their ack; beyond that,
 * and beyond what the payee takes unsigned, `send` waits.
 */

import { keyOf } from '@dsm/primitive';
import { append, commitMessage, type Message } from '@dsm/bilateral';
import {
  encodeOperation,
  restOf,
  streamPayer,
  tickMax,
  type Interval,
  type StreamPayer,
} from '@dsm/protocols';
import type { Stream } from './api.ts';
import { appendedDraft, refreshFinality, signedDraft } from './changes.ts';
import { signStep, worldFor } from './engine.ts';
import { DsmError, errorCodes, sentenceOf, type ErrorCode } from './errors.ts';
import { acted } from './flood.ts';
import { draft, type Draft } from './model.ts';
import { emitFinality } from './payments.ts';
import { keepAcks } from './trading.ts';
import { deferred, relationshipOf, say, type Deferred, type Talk } from './talk.ts';

/** Runs that are signed and said, and not acknowledged. */
const runsInFlight = 8;

/** How a stream of this device hears what the talk hears. */
export interface Paying {
  /** The talk has moved: what waited for that may go on. */
  readonly goOn: () => void;
  /** Sign what is unsigned and end. */
  readonly finish: () => Promise<void>;
  readonly terms: (said: Message & { type: 'terms' }) => void;
  readonly fail: (error: DsmError) => void;
}

interface State {
  readonly talk: Talk;
  readonly id: Uint8Array;
  readonly note: string;
  readonly payer: StreamPayer;
  /** What can still be sent: the rest of the escrow without what is unsigned. */
  left: bigint;
  isDue: boolean;
  isSigning: boolean;
  inFlight: number;
  flushing: ReturnType<typeof setTimeout> | undefined;
  failure: DsmError | undefined;
  /** Senders and others that wait for a signature or an ack, in order. */
  readonly waiting: (() => void)[];
}

/** Begin a stream over an escrow of this talk's relationship. Resolves with the payee's terms. */
export async function payStream(
  talk: Talk,
  id: Uint8Array,
  interval: Interval,
  note: string,
): Promise<Stream> {
  const { engine, paying } = talk;
  const key = keyOf(id);
  if (paying.has(key)) throw new DsmError('refused', 'a stream over this escrow is open');
  const { escrow } = engine.model.escrows.get(key)!;
  acted(talk);
  const opened: Deferred<bigint> = deferred();
  paying.set(key, {
    terms: ({ unsignedMax }) => opened.resolve(unsignedMax),
    fail: opened.reject,
    goOn: () => undefined,
    finish: async () => undefined,
  });
  await say(talk, { type: 'stream', escrow: id, ticks: escrow.ticks });
  try {
    const unsignedMax = await opened.promise;
    const payer = streamPayer(escrow.ticks, { unsignedMax }, interval);
    const state: State = {
      talk,
      id,
      note,
      payer,
      left: restOf(escrow),
      isDue: false,
      isSigning: false,
      inFlight: 0,
      flushing: undefined,
      failure: undefined,
      waiting: [],
    };
    const stream = streamOf(state);
    paying.set(key, listener(state, stream));
    return stream;
  } catch (error) {
    paying.delete(key);
    throw error;
  }
}

function listener(state: State, stream: Stream): Paying {
  return {
    terms: ({ unsignedMax, wants }) => {
      state.isDue = state.payer.terms({ unsignedMax }, wants === 1) || state.isDue;
      pump(state);
    },
    fail: (error) => fail(state, error),
    goOn: () => pump(state),
    finish: stream.close,
  };
}

function streamOf(state: State): Stream {
  const { talk, id, payer } = state;
  const escrow = (): { readonly total: bigint; readonly count: number } =>
    talk.engine.model.escrows.get(keyOf(id))!.escrow;
  return {
    send: (amount) => send(state, amount),
    flush: () => settle(state, 0),
    close: async () => {
      try {
        await settle(state, 1);
      } finally {
        end(state);
      }
    },
    get sent() {
      const { total, count } = escrow();
      const unsigned = payer.unsigned();
      return { amount: total + unsigned.amount, transfers: count + unsigned.count };
    },
    get signed() {
      const { total, count } = escrow();
      return { amount: total, transfers: count };
    },
    get exposure() {
      return payer.unsigned().amount;
    },
    get left() {
      return state.left;
    },
  };
}

const sent = Promise.resolve();

/** One transfer. Most take no turn of the event loop: nothing is awaited unless something is due. */
function send(state: State, amount: bigint): Promise<void> {
  if (state.failure === undefined && !mustWait(state)) return add(state, amount);
  return waited(state, amount);
}

async function waited(state: State, amount: bigint): Promise<void> {
  while (mustWait(state)) await turnOf(state);
  return add(state, amount);
}

function add(state: State, amount: bigint): Promise<void> {
  const { failure, payer } = state;
  if (failure !== undefined) return Promise.reject(failure);
  if (amount < 1n || amount > tickMax) {
    return Promise.reject(new DsmError('usage', `a transfer of a stream is 1 to ${tickMax} units`));
  }
  if (amount > state.left) {
    const sentence = `${amount} wanted, ${state.left} left in the escrow: fund it again`;
    return Promise.reject(new DsmError('insufficient-funds', sentence));
  }
  state.left -= amount;
  state.isDue = payer.tick(amount) || state.isDue;
  if (state.isDue || payer.isFull()) pump(state);
  else state.flushing ??= setTimeout(() => flush(state), 0);
  return sent;
}

function mustWait(state: State): boolean {
  return state.failure === undefined && (state.isDue || state.payer.isFull());
}

function turnOf({ waiting }: State): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  waiting.push(resolve);
  return promise;
}

function wake({ waiting }: State): void {
  for (const go of waiting.splice(0)) go();
}

/** Say what can be said: frames of a run leave only once the commit of the run before has. */
function flush(state: State): void {
  clearTimeout(state.flushing);
  state.flushing = undefined;
  if (state.isSigning || state.failure !== undefined) return;
  const said = state.payer.frame();
  if (said !== undefined) void say(state.talk, { type: 'ticks', escrow: state.id, ...said });
}

/** Sign if it is due and may be; say what has no more room. */
function pump(state: State): void {
  if (state.failure !== undefined || state.isSigning) return;
  if (!state.isDue) {
    if (state.payer.isFull()) flush(state);
    return wake(state);
  }
  // A run would overtake the payment that is offered just now, again and again.
  if (state.inFlight >= runsInFlight || state.talk.trade.at === 'offered') return;
  state.isDue = false;
  flush(state);
  state.isSigning = true;
  sign(state).then(
    () => {
      state.isSigning = false;
      flush(state);
      pump(state);
    },
    (error: unknown) => {
      state.isSigning = false;
      fail(state, error);
    },
  );
}

/** The run of everything up to here: stated and signed in one commit, then said. */
async function sign(state: State): Promise<void> {
  const { talk, id, note, payer } = state;
  const { engine } = talk;
  await engine.exclusive(async () => {
    const row = engine.model.escrows.get(keyOf(id));
    if (state.failure !== undefined || row === undefined) return;
    const total = payer.total(row.escrow, note);
    if (total === undefined) return;
    const { head, commit } = await appendTotal(talk, encodeOperation({ type: 'total', ...total }));
    const ack = deferred<boolean>();
    talk.acks.set(keyOf(head), ack);
    state.inFlight += 1;
    void ack.promise.then((acked) => {
      state.inFlight -= 1;
      if (acked) pump(state);
      wake(state);
    });
    await say(talk, commit);
    state.left = restOf(engine.model.escrows.get(keyOf(id))!.escrow) - payer.unsigned().amount;
  });
}

/** The same as `appendRun`, with the signature in the commit of the statement: nothing has left before. */
async function appendTotal(
  talk: Talk,
  operation: Uint8Array,
): Promise<{ readonly head: Uint8Array; readonly commit: Message }> {
  const { engine } = talk;
  const { model } = engine;
  const on = relationshipOf(talk)!;
  const world = await worldFor(engine, on);
  const verdict = append(model.device, on, [operation], world);
  if (verdict.type !== 'accepted') {
    throw new DsmError('refused', `this wallet will not write that: ${sentenceOf(verdict)}`);
  }
  const change = verdict.value;
  const run = { ...change.run, countersignature: undefined };
  const writers = run.demand.slots.map(({ writer }) => writer);
  const payments = model.payments.length;
  const { at, change: stated } = appendedDraft(engine, on, change, run, false);
  const signed = signStep(engine, run.step, run.slots, run.statement, writers);
  const kept = signedDraft(engine, change.relationship, at, run.entries, signed);
  await engine.commit(together(stated, kept.change));
  if (model.payments.length > payments) emitFinality(engine, await refreshFinality(engine));
  return { head: at.row.head, commit: commitMessage(run, signed) };
}

/** Both drafts in one commit; a row that both write is written once, as the second has it. */
function together(first: Draft, second: Draft): Draft {
  const to = draft();
  const later = new Set(second.writes.map(({ key }) => keyOf(key)));
  const writes = [...first.writes.filter(({ key }) => !later.has(keyOf(key))), ...second.writes];
  for (const { key, value } of writes) {
    if (value === undefined) to.remove(key);
    else to.put(key, value);
  }
  for (const apply of [...first.applies, ...second.applies]) to.after(apply);
  return to;
}

/** Sign what is unsigned, wait until the payee has everything, and ask for its step. */
async function settle(state: State, last: 0 | 1): Promise<void> {
  if (state.payer.unsigned().count > 0) state.isDue = true;
  pump(state);
  while (state.failure === undefined && isBusy(state)) await turnOf(state);
  if (state.failure !== undefined) throw state.failure;
  await state.talk.engine.exclusive(() => keepAcks(state.talk));
  await say(state.talk, { type: 'settle', escrow: state.id, last });
}

function isBusy({ isDue, isSigning, inFlight }: State): boolean {
  return isDue || isSigning || inFlight > 0;
}

function end(state: State): void {
  clearTimeout(state.flushing);
  state.failure ??= new DsmError('closed', 'the stream is closed');
  state.talk.paying.delete(keyOf(state.id));
  wake(state);
}

function fail(state: State, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  state.failure ??= error instanceof DsmError ? error : new DsmError('refused', message);
  end(state);
}

/** The payee takes no more of a stream, or does not take it at all. */
export function refusedStream(talk: Talk, { head, code, why }: Message & { type: 'refuse' }): void {
  const known = Object.hasOwn(errorCodes, code) ? (code as ErrorCode) : 'refused';
  talk.paying.get(keyOf(head))?.fail(new DsmError(code === 'bricked' ? 'fork' : known, why));
}

/** The line is gone: what was not signed is forgotten, what was is said again at the next meeting. */
export function breakStreams({ paying }: Talk): void {
  const gone = new DsmError('unreachable', 'the connection ended: go on from what is signed');
  for (const stream of paying.values()) stream.fail(gone);
}

/** End every stream of the talk, as far as the payee still answers. */
export async function finishStreams({ paying }: Talk): Promise<void> {
  await Promise.allSettled([...paying.values()].map(({ finish }) => finish()));
}
