/**
 * The order in which nodes keep the objects of a bucket (seed 000, assumption 5): dyadic Poisson
 * rendezvous, in integers alone. docs/spec/placement.md is the same in words.
 *
 * Every seat is hit again and again, at times that are its own: a Poisson process of rate 1, drawn
 * from lineage, bucket and seat. A node comes when one of its seats is hit for the first time. So
 * each node comes after a time of its own, the sooner the more seats it has, and the order of two
 * nodes depends on no third one: who joins or leaves moves only its own share.
 *
 * To find who comes first without asking every seat, seats are drawn in blocks. Block 0 is seat 0,
 * block b is the seats from 2^(b-1) to before 2^b. The hits of a block are one Poisson process whose
 * rate is its size, and each hits one of its seats at random, which is the same thing. So the first
 * few nodes take a few draws from each of at most 16 blocks, however many nodes there are; and a
 * table that doubles adds a block and changes none.
 *
 * Nothing here rounds: times are integers below 2^53, and log2 is a table and a line between two
 * entries. ECMAScript leaves Math.log to the implementation, and two nodes must not differ.
 */

import { emptySeat, implementation, prefixOf } from '@dsm/primitive';
import type { Rendezvous } from './rendezvous.ts';

/** A time that is not below this one never comes. */
const timeEnd = 2 ** 53;
/** Fractional bits of a logarithm. */
const one = 2 ** 26;

/** `floor( 2^26 · log2(1 + i/256) )` for i in 0 … 256, by squaring: each square gives one bit more. */
export const logarithms: Int32Array = Int32Array.from({ length: 257 }, (_, i) => logarithm(i));

function logarithm(i: number): number {
  // 1 ≤ x ≤ 2 with 120 fractional bits: 26 squarings lose far less than the nearest bound is away.
  const unit = 1n << 120n;
  let x = ((256n + BigInt(i)) * unit) >> 8n;
  let found = x >> 121n;
  if (found === 1n) x >>= 1n;
  for (let bit = 0; bit < 26; bit++) {
    x = (x * x) >> 120n;
    const isDouble = x >> 121n;
    found = (found << 1n) | isDouble;
    x >>= isDouble;
  }
  return Number(found);
}

/** `−log2( u / 2^32 )` with 26 fractional bits, of the 32 bits of a number; 0 counts as 1. */
export function negativeLog(u: number): number {
  const word = u === 0 ? 1 : u;
  const zeros = Math.clz32(word);
  const mantissa = word << zeros;
  const i = (mantissa >>> 23) & 0xff;
  const low = logarithms[i]!;
  const step = logarithms[i + 1]! - low;
  // step · rest / 2^23 in two halves, so that every product has at most 31 bits.
  const rest = mantissa & 0x7fffff;
  const high = Math.imul(step, rest >>> 11) + (Math.imul(step, rest & 0x7ff) >>> 11);
  const between = high >>> 12;
  return (zeros + 1) * one - low - between;
}

/** A permutation of the 32-bit numbers in which every bit of the input moves every bit of the output. */
export function mixed(word: number): number {
  let x = word ^ (word >>> 16);
  x = Math.imul(x, 0x21f0aaad);
  x ^= x >>> 15;
  x = Math.imul(x, 0xd35a2d97);
  return x ^ (x >>> 15);
}

const blocksMax = 16;
/** What one unit of the logarithm is in time: a block of half the size takes twice as long. */
const scales = Float64Array.from({ length: blocksMax }, (_, b) => 2 ** (20 - Math.max(0, b - 1)));

// What a draw works in. Nothing of it outlives a call but the salt, which is compared.
const words = new Int32Array(8);
const times = new Float64Array(blocksMax);
const numbers = new Int32Array(blocksMax);
const chances = new Int32Array(blocksMax);

const prefix = prefixOf('place');
const preimage = new Uint8Array(prefix.length + 36);
preimage.set(prefix);
const digest = new Uint8Array(32);

let salted: Uint8Array | undefined;

/** H_place( salt ‖ bucket ), as eight numbers. */
function key(salt: Uint8Array, bucket: number): void {
  // A salt belongs to one view and never changes.
  if (salted !== salt) preimage.set(salt, prefix.length);
  salted = salt;
  const at = prefix.length + 32;
  preimage[at] = bucket >>> 24;
  preimage[at + 1] = bucket >>> 16;
  preimage[at + 2] = bucket >>> 8;
  preimage[at + 3] = bucket;
  implementation().blake3Into(preimage, digest, 0);
  for (let i = 0; i < 8; i++) {
    const from = i * 4;
    words[i] =
      (digest[from]! << 24) |
      (digest[from + 1]! << 16) |
      (digest[from + 2]! << 8) |
      digest[from + 3]!;
  }
}

/** Draw the next hit of a block: the chance that gives its time, from which its seat follows. */
function drawNext(block: number): void {
  const chance = mixed(words[block & 7]! ^ ((block << 27) + numbers[block]!));
  numbers[block]! += 1;
  chances[block] = chance;
  const time = times[block]! + negativeLog(chance) * scales[block]!;
  times[block] = time < timeEnd ? time : Infinity;
}

/** The seat that the drawn hit of a block falls on. */
function seatOf(block: number): number {
  if (block < 2) return block;
  const other = mixed(chances[block]! ^ words[(block + 3) & 7]!);
  return (1 << (block - 1)) + (other >>> (33 - block));
}

/** The block whose hit comes first, the lower one of two at one time; −1 if no hit is left. */
function earliest(blocks: number): number {
  let found = -1;
  let time = Infinity;
  for (let block = 0; block < blocks; block++) {
    if (times[block]! < time) {
      time = times[block]!;
      found = block;
    }
  }
  return found;
}

/** Write the first `count` nodes of a bucket into `to` at `at`; `count` is at most the holders. */
export function permInto(
  { owners, holders, salt, blocks }: Rendezvous,
  bucket: number,
  count: number,
  to: Uint16Array,
  at: number,
): void {
  key(salt, bucket);
  for (let block = 0; block < blocks; block++) {
    times[block] = 0;
    numbers[block] = 0;
    drawNext(block);
  }
  // A few are looked through; many are marked.
  const come = count > 16 ? new Uint8Array(emptySeat + 1) : undefined;
  let end = at;
  while (end < at + count) {
    const block = earliest(blocks);
    if (block < 0) break;
    const owner = owners[seatOf(block)]!;
    const isNew = come === undefined ? !stands(owner, to, at, end) : come[owner] === 0;
    if (isNew && owner !== emptySeat) {
      to[end++] = owner;
      if (come !== undefined) come[owner] = 1;
      if (end === at + count) return;
    }
    drawNext(block);
  }
  for (let i = 0; end < at + count; i++) {
    if (!stands(holders[i]!, to, at, end)) to[end++] = holders[i]!;
  }
}

function stands(owner: number, to: Uint16Array, from: number, end: number): boolean {
  for (let i = from; i < end; i++) if (to[i] === owner) return true;
  return false;
}

/**
 * The nodes that have a seat in the order in which they keep the objects of a bucket; the first
 * `count` of them, or all.
 */
export function perm(
  view: Rendezvous,
  bucket: number,
  count: number = view.holders.length,
): readonly number[] {
  checkBucket(view, bucket);
  const found = new Uint16Array(Math.min(count, view.holders.length));
  permInto(view, bucket, found.length, found, 0);
  return [...found];
}

export function checkBucket({ bucketBits }: Rendezvous, bucket: number): void {
  if (!Number.isInteger(bucket) || bucket < 0 || bucket >= 2 ** bucketBits) {
    throw new RangeError(`bucket: ${bucket} has more than ${bucketBits} bits`);
  }
}
