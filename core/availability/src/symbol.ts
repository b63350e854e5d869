/**
 * Coded symbols of a set of keys (after Yang, Gilad and Alizadeh, "Practical Rateless Set
 * Reconciliation", 2024, arXiv 2402.02668): where a key takes part, and with which check.
 *
 *     symbol i = XOR of ( key ‖ check of the key ) over all keys that take part in it       40 bytes
 *
 * Every key takes part in symbol 0, and in symbol i with the chance 2 / (i + 2). Two symbols of the
 * same number from two sets, XORed, are that symbol of the difference of the sets. Where a single key
 * is left, its check fits: that is how it is recognised, and no count is needed. To which side it
 * belongs is seen by looking for it.
 *
 * Check and numbers are keyed with a nonce that the receiver has just drawn. So nobody can make keys
 * that stay together in all symbols.
 *
 * The numbers follow from integers alone. Given that a key takes part in i, it skips everything up
 * to m with the chance (i + 1)(i + 2) / ((m + 1)(m + 2)): the product of j / (j + 2). So a number that
 * is drawn evenly from 1 … 2^32 gives the next one by a division and a root.
 */

import {
  hash,
  implementation,
  limits,
  prefixOf,
  type Coder,
  type Reader,
  type Writer,
} from '@dsm/primitive';
import { mixed } from './perm.ts';

/** Bytes and words of a symbol: a key and its check. */
export const symbolBytes = 40;
export const symbolWords = 10;

/** Symbols have numbers below this one. */
export const symbolsEnd: number = 2 ** 20;

const prefix = prefixOf('symbol');
const start = prefix.length;

/** Draws checks and numbers under one nonce. Nothing of it may be used twice at a time. */
export interface Draw {
  /** H_symbol( first 16 bytes of H_symbol( nonce ) ‖ key ), of which the last call is here. */
  readonly digest: Uint8Array;
  readonly of: (keys: Uint8Array, at: number) => void;
}

export function drawUnder(nonce: Uint8Array): Draw {
  if (nonce.length !== 32) throw new RangeError(`nonce: expected 32 bytes, got ${nonce.length}`);
  // With 16 bytes of it a key fits into one block of the hash.
  const preimage = new Uint8Array(start + 48);
  preimage.set(prefix);
  preimage.set(hash('symbol', nonce).subarray(0, 16), start);
  const digest = new Uint8Array(32);
  return {
    digest,
    of: (keys, at) => {
      for (let i = 0; i < 32; i++) preimage[start + 16 + i] = keys[at + i]!;
      implementation().blake3Into(preimage, digest, 0);
    },
  };
}

/** The number at `at` of bytes, big-endian. */
export function wordAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/**
 * The number of the symbol after `i` in which a key takes part; `symbolsEnd` if there is none. `first`
 * and `second` are bytes 8 to 12 and 12 to 16 of its digest; `step` counts its symbols so far, from 0.
 */
export function numberAfter(i: number, first: number, second: number, step: number): number {
  const drawn = (mixed(mixed((first + step) | 0) ^ second) >>> 0) + 1;
  const square = (i + 1) * (i + 2);
  // floor( square · 2^32 / drawn ), 16 bits at a time: every product stays below 2^53.
  const whole = Math.floor(square / drawn);
  if (whole >= 1_024) return symbolsEnd;
  let rest = (square - whole * drawn) * 0x10000;
  const high = Math.floor(rest / drawn);
  rest = (rest - high * drawn) * 0x10000;
  const bound = (whole * 0x10000 + high) * 0x10000 + Math.floor(rest / drawn);
  // The least m with (m + 1)(m + 2) > bound. The root is a guess that integers correct.
  let m = Math.floor(Math.sqrt(bound)) - 1;
  while (m * (m + 1) > bound) m--;
  while ((m + 1) * (m + 2) <= bound) m++;
  return Math.min(m, symbolsEnd);
}

/** Symbols that are sent together. */
export interface SymbolBatch {
  /** The number of the first one. */
  readonly from: number;
  readonly symbols: Uint8Array;
}

/**
 *     SIZE  FIELD
 *        4  number of the first symbol
 *        2  how many                        1 … 16,384; the last has a number below 2^20
 *     40 n  the symbols
 */
export const symbolBatchCoder: Coder<SymbolBatch> = {
  write: (to: Writer, { from, symbols }: SymbolBatch): void => {
    const count = symbols.length / symbolBytes;
    if (!isBatch(from, count)) throw new RangeError(`${count} symbols from ${from} on`);
    to.u32(from);
    to.u16(count);
    to.raw(symbols);
  },
  read: (reader: Reader): SymbolBatch => {
    const from = reader.u32();
    const count = reader.u16();
    if (!isBatch(from, count)) reader.refuse();
    return { from, symbols: reader.raw(reader.bad() ? 0 : count * symbolBytes) };
  },
};

function isBatch(from: number, count: number): boolean {
  const isCount = Number.isInteger(count) && count >= 1 && count <= limits.symbolsBatchMax;
  return isCount && from + count <= symbolsEnd;
}
