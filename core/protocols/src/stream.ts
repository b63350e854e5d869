/**
 * Streams: many transfers under one signature, over an escrow.
 *
 * Ticks (tick.ts) are said without a signature. A `total` (operation.ts) that names their sum, their
 * number and their chain makes them the payer's: one step with one signature for the whole run. What
 * is not yet signed enters no view and no level of finality. It is the payee's exposure, which the
 * payee bounds (`unsignedMax`): beyond it the payee takes no tick until there is a total, and the
 * payer says none.
 *
 * A total counts whatever the ticks before it said. So lost frames do no harm, and a payer whose total
 * is below its ticks gains what was unsigned, once: its payee knows, and takes no more ticks of it.
 */

import { equal, limits } from '@dsm/primitive';
import { escrowId, restOf, type Escrow } from './escrow.ts';
import type { TotalSaid } from './operation.ts';
import { frameWriter, nextTicks, readFrame, type Frame, type FrameWriter } from './tick.ts';

/** Ticks since the last total: how many, what they come to, their bytes and their chain. */
export interface Unsigned {
  readonly count: number;
  readonly amount: bigint;
  readonly bytes: number;
  readonly ticks: Uint8Array;
}

export function nothingUnsigned(ticks: Uint8Array): Unsigned {
  return { count: 0, amount: 0n, bytes: 0, ticks };
}

export function withFrame(unsigned: Unsigned, frame: Frame): Unsigned {
  return {
    count: unsigned.count + frame.count,
    amount: unsigned.amount + frame.amount,
    bytes: unsigned.bytes + frame.bytes.length,
    ticks: nextTicks(unsigned.ticks, frame.bytes),
  };
}

/** When the payer signs: as soon as one of these is reached by what is unsigned. */
export interface Interval {
  readonly count: number;
  readonly amount: bigint | undefined;
  readonly bytes: number | undefined;
}

export const defaultInterval: Interval = { count: 256, amount: undefined, bytes: undefined };

/** What a payee takes unsigned. */
export interface Terms {
  readonly unsignedMax: bigint;
}

/** Where sums of numbers are exact. */
const exactMax = 1n << 52n;

/** A frame and how many ticks of the stream were said before it. */
export interface SaidFrame {
  readonly from: number;
  readonly frame: Uint8Array;
}

/** The payer's side: what it has said and not yet signed. */
export interface StreamPayer {
  /** Adds a transfer that the rest of the escrow covers. True if a signature is due. */
  readonly tick: (amount: bigint) => boolean;
  /** What has room in no frame must be said, or signed, before there is another tick. */
  readonly isFull: () => boolean;
  /** Ticks that can be said now; undefined if there are none, or the payee would take none. */
  readonly frame: () => SaidFrame | undefined;
  /** The total that makes everything up to here the payer's; undefined if nothing is unsigned. */
  readonly total: (escrow: Escrow, memo: string) => TotalSaid | undefined;
  /** Everything that is not yet signed, said or not. */
  readonly unsigned: () => Omit<Unsigned, 'ticks'>;
  /** The payee has changed what it takes, or wants a signature before it takes more. */
  readonly terms: (next: Terms, wants: boolean) => boolean;
}

/** `ticks`: the chain from which the stream goes on. */
export function streamPayer(
  ticks: Uint8Array,
  terms: Terms,
  interval: Interval = defaultInterval,
): StreamPayer {
  const writer = frameWriter();
  let at = withSoonest({ closed: nothingUnsigned(ticks), terms, wanted: false }, interval);
  let said = 0;
  const isDue = (): boolean => dueOf(writer, at, interval);
  const close = (): Frame => {
    const frame = writer.done();
    at = withSoonest({ ...at, closed: withFrame(at.closed, frame) }, interval);
    said += frame.count;
    return frame;
  };
  const unsigned = (): Omit<Unsigned, 'ticks'> => ({
    count: at.closed.count + writer.count(),
    amount: at.closed.amount + writer.amount(),
    bytes: at.closed.bytes + writer.length(),
  });
  return {
    tick: (amount) => {
      writer.add(amount);
      return isDue();
    },
    isFull: writer.isFull,
    frame: () => {
      const isTaken = !at.wanted && unsigned().amount <= at.terms.unsignedMax;
      if (writer.count() === 0 || !isTaken) return undefined;
      return { from: said, frame: close().bytes };
    },
    total: (escrow, memo) => {
      if (writer.count() > 0) close();
      const { count, amount, ticks: chain } = at.closed;
      if (count === 0) return undefined;
      at = withSoonest({ ...at, closed: nothingUnsigned(chain), wanted: false }, interval);
      return {
        escrow: escrowId(escrow),
        total: escrow.total + amount,
        count: escrow.count + count,
        ticks: chain,
        memo,
      };
    },
    unsigned,
    terms: (next, wants) => {
      at = withSoonest({ ...at, terms: next, wanted: wants && at.closed.count > 0 }, interval);
      return isDue();
    },
  };
}

interface Payer {
  /** The unsigned ticks of frames that are closed. */
  readonly closed: Unsigned;
  readonly terms: Terms;
  readonly wanted: boolean;
  /** Below this the open frame cannot make a signature due: no big integer for each tick. */
  readonly soonest: number;
}

function withSoonest(at: Omit<Payer, 'soonest'>, { amount }: Interval): Payer {
  const { unsignedMax } = at.terms;
  const first = amount === undefined || unsignedMax < amount ? unsignedMax : amount;
  const left = first - at.closed.amount;
  return { ...at, soonest: Number(left > exactMax ? exactMax : left) };
}

function dueOf(writer: FrameWriter, at: Payer, { count, amount, bytes }: Interval): boolean {
  const { closed, terms, wanted, soonest } = at;
  const there = closed.count + writer.count();
  if (there >= count || there >= limits.unsignedTicksMax || wanted) return there > 0;
  if (bytes !== undefined && closed.bytes + writer.length() >= bytes) return true;
  if (writer.sum() < soonest) return false;
  const sum = closed.amount + writer.amount();
  return sum > terms.unsignedMax || (amount !== undefined && sum >= amount);
}

/** The payee's side: what it has heard and holds no signature for. */
export interface Taking {
  readonly unsigned: Unsigned;
  /** Ticks of this stream so far, unsigned ones among them. */
  readonly taken: number;
  /** True while no tick is taken until there is a total: too much is unsigned, or a frame was lost. */
  readonly wants: boolean;
}

export function openTaking(ticks: Uint8Array): Taking {
  return { unsigned: nothingUnsigned(ticks), taken: 0, wants: false };
}

export type TakenFrame = {
  readonly state: Taking;
  /** `wants`: this frame is not taken, and nothing is until there is a total. */
  readonly answer: 'taken' | 'repeated' | 'wants' | 'malformed';
};

/** A frame is taken if it follows the last one and leaves no more unsigned than the payee allows. */
export function takeFrame(
  state: Taking,
  { from, frame: bytes }: SaidFrame,
  { unsignedMax }: Terms,
  escrow: Escrow,
): TakenFrame {
  const frame = readFrame(bytes);
  if (frame === undefined) return { state, answer: 'malformed' };
  if (from < state.taken) return { state, answer: 'repeated' };
  const unsigned = withFrame(state.unsigned, frame);
  const fits =
    from === state.taken &&
    !state.wants &&
    unsigned.amount <= unsignedMax &&
    unsigned.amount <= restOf(escrow) &&
    unsigned.count <= limits.unsignedTicksMax;
  return fits
    ? { state: { ...state, unsigned, taken: state.taken + frame.count }, answer: 'taken' }
    : { state: { ...state, wants: true }, answer: 'wants' };
}

export type TakenTotal = {
  readonly state: Taking;
  /** `settled`: as the ticks said. `ahead`: more than was heard. `short`: the ticks said otherwise. */
  readonly answer: 'settled' | 'ahead' | 'short';
};

/** What a total that was accepted says of the ticks before it. It counts in any case. */
export function takeTotal(
  { unsigned, taken }: Taking,
  before: Pick<Escrow, 'total' | 'count'>,
  after: Pick<TotalSaid, 'total' | 'count' | 'ticks'>,
): TakenTotal {
  const more = after.count - before.count - unsigned.count;
  const over = after.total - before.total - unsigned.amount;
  const state: Taking = {
    unsigned: nothingUnsigned(after.ticks),
    taken: taken + more,
    wants: false,
  };
  if (more === 0 && over === 0n && equal(after.ticks, unsigned.ticks)) {
    return { state, answer: 'settled' };
  }
  return { state, answer: more > 0 && over >= BigInt(more) ? 'ahead' : 'short' };
}
