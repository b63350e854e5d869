/**
 * Ticks: transfers of a stream as few bytes.
 *
 *     tick     one transfer: its amount, 1 … 2⁵⁶ − 1, as a varint of at most 8 bytes:
 *              seven bits a byte, lowest first, the top bit says that more follows, shortest form
 *     frame    ticks behind each other
 *     chain    ticks' = H_ticks( ticks ‖ frame )
 */

import { hash, limits } from '@dsm/primitive';

/** The largest amount of one tick: what 8 bytes of 7 bits hold. */
export const tickMax: bigint = (1n << 56n) - 1n;

export interface Frame {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly amount: bigint;
}

export function nextTicks(ticks: Uint8Array, frame: Uint8Array): Uint8Array {
  return hash('ticks', ticks, frame);
}

/** Amounts are added as two halves of 28 bits: a big integer for every tick would cost more than the tick. */
const halfBits = 28;
const half = 2 ** halfBits;
const lowMask = BigInt(half - 1);

function amountOf(high: number, low: number): bigint {
  return (BigInt(high) << BigInt(halfBits)) + BigInt(low);
}

/** Lays ticks out, one frame after the other. */
export interface FrameWriter {
  /** Room for a tick must be there: `isFull` says whether it is. */
  readonly add: (amount: bigint) => void;
  readonly isFull: () => boolean;
  readonly count: () => number;
  readonly length: () => number;
  readonly amount: () => bigint;
  /** The same as a number, exact below 2⁵³. */
  readonly sum: () => number;
  /** What was added since the last frame. */
  readonly done: () => Frame;
}

export function frameWriter(bytesMax: number = limits.frameBytesMax): FrameWriter {
  const bytes = new Uint8Array(bytesMax);
  let [length, count, highs, lows] = [0, 0, 0, 0];
  const add = (amount: bigint): void => {
    if (amount < 1n || amount > tickMax) throw new RangeError(`${amount} is no tick`);
    if (length + limits.tickBytesMax > bytesMax) throw new RangeError('the frame is full');
    const low = Number(amount & lowMask);
    const high = Number(amount >> BigInt(halfBits));
    length = high === 0 ? putShort(bytes, length, low) : putLong(bytes, length, high, low);
    count += 1;
    lows += low;
    highs += high;
  };
  return {
    add,
    isFull: () => length + limits.tickBytesMax > bytesMax,
    count: () => count,
    length: () => length,
    amount: () => amountOf(highs, lows),
    sum: () => highs * half + lows,
    done: () => {
      const frame = { bytes: bytes.slice(0, length), count, amount: amountOf(highs, lows) };
      [length, count, highs, lows] = [0, 0, 0, 0];
      return frame;
    },
  };
}

function putShort(bytes: Uint8Array, from: number, value: number): number {
  let [at, left] = [from, value];
  for (; left > 0x7f; left >>>= 7) bytes[at++] = (left & 0x7f) | 0x80;
  bytes[at++] = left;
  return at;
}

/** All four bytes of the low half, then the high half. */
function putLong(bytes: Uint8Array, from: number, high: number, low: number): number {
  for (let i = 0; i < 4; i++) bytes[from + i] = ((low >>> (7 * i)) & 0x7f) | 0x80;
  return putShort(bytes, from + 4, high);
}

/** How many ticks the bytes hold and what they come to; undefined if no writer gives them. */
export function readFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length === 0 || bytes.length > limits.frameBytesMax) return undefined;
  let [count, highs, lows] = [0, 0, 0];
  for (let at = 0; at < bytes.length;) {
    const start = at;
    let [low, high] = [0, 0];
    for (;;) {
      const place = at - start;
      const byte = bytes[at++];
      if (byte === undefined || place === limits.tickBytesMax) return undefined;
      if (place < 4) low |= (byte & 0x7f) << (7 * place);
      else high |= (byte & 0x7f) << (7 * (place - 4));
      if (byte > 0x7f) continue;
      // A last byte of zero is a longer form than needed, or the amount zero.
      if (byte === 0) return undefined;
      break;
    }
    count += 1;
    lows += low;
    highs += high;
  }
  return { bytes, count, amount: amountOf(highs, lows) };
}
