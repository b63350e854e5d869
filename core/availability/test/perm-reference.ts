/**
 * The order of nodes as docs/spec/placement.md says it, slowly: every hit of every block is drawn and
 * all are sorted. It shares nothing with the product but the hash, and computes logarithms by a series.
 */

import { concat, hash } from '@dsm/primitive';
import type { SeatView } from '@dsm/availability';

const scale = 1n << 200n;

/** 2 · atanh(1/x) · 2^200, for x = p/q > 1: the natural logarithm of (x + 1) / (x − 1). */
function doubleAtanh(p: bigint, q: bigint): bigint {
  let term = (scale * q) / p;
  let sum = 0n;
  for (let n = 1n; term > 0n; n += 2n) {
    sum += term / n;
    term = (term * q * q) / (p * p);
  }
  return 2n * sum;
}

/** floor( 2^26 · log2( (256 + i) / 256 ) ). */
export function logarithmOf(i: number): number {
  if (i === 0) return 0;
  if (i === 256) return 2 ** 26;
  const ratio = doubleAtanh(512n + BigInt(i), BigInt(i));
  return Number((ratio << 26n) / doubleAtanh(3n, 1n));
}

const table = Array.from({ length: 257 }, (_, i) => BigInt(logarithmOf(i)));

/** Arithmetic modulo 2^32, in big integers. */
function mixed(word: bigint): bigint {
  const m = 0xffffffffn;
  let x = (word ^ (word >> 16n)) & m;
  x = (x * 0x21f0aaadn) & m;
  x ^= x >> 15n;
  x = (x * 0xd35a2d97n) & m;
  return x ^ (x >> 15n);
}

function negativeLog(chance: bigint): bigint {
  const u = chance === 0n ? 1n : chance;
  const top = BigInt(u.toString(2).length - 1);
  const rest = (u << (31n - top)) - (1n << 31n);
  const i = Number(rest >> 23n);
  const line = ((table[i + 1]! - table[i]!) * (rest & 0x7fffffn)) >> 23n;
  return ((32n - top) << 26n) - table[i]! - line;
}

interface Hit {
  readonly time: bigint;
  readonly block: number;
  readonly number: number;
  readonly seat: number;
}

/** The first `count` hits of a block, until the end of time. */
function hitsOf(words: readonly bigint[], block: number, count: number): Hit[] {
  const hits: Hit[] = [];
  const size = block === 0 ? 1 : 2 ** (block - 1);
  let time = 0n;
  for (let number = 0; number < count; number++) {
    const chance = mixed(words[block % 8]! ^ BigInt(block * 2 ** 27 + number));
    time += negativeLog(chance) * BigInt(2 ** 20 / size);
    if (time >= 2n ** 53n) break;
    const other = mixed(chance ^ words[(block + 3) % 8]!);
    const seat = block === 0 ? 0 : size + Number((other * BigInt(size)) >> 32n);
    hits.push({ time, block, number, seat });
  }
  return hits;
}

/** All nodes that have a seat, in the order in which they keep the bucket. */
export function permOf({ seats, salt }: SeatView, bucket: number): readonly number[] {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, bucket);
  const digest = hash('place', concat(salt, number));
  const view = new DataView(digest.buffer, digest.byteOffset);
  const words = Array.from({ length: 8 }, (_, i) => BigInt(view.getUint32(i * 4)));
  const hits: Hit[] = [];
  for (let block = 0; 2 ** (block - 1) < seats.length; block++) {
    hits.push(...hitsOf(words, block, 60 * 2 ** Math.max(0, block - 1)));
  }
  hits.sort((a, b) => Number(a.time - b.time) || a.block - b.block || a.number - b.number);
  const order = new Set(hits.map(({ seat }) => seats[seat]!));
  order.delete(0xffff);
  const never = seats.filter((owner) => owner !== 0xffff && !order.has(owner));
  return [...order, ...new Set(never.toSorted((a, b) => a - b))];
}
