/**
 * The map of what a storage node keeps: addresses with sizes, under one root that proves their sum.
 *
 *     empty subtree   32 zero bytes, sum 0
 *     one key         H_sum-leaf(key ‖ size), bit 0 of the last byte set to 1, at whatever depth
 *     two or more     H_sum-node(left ‖ sum of left ‖ right ‖ sum of right), that bit set to 0
 *
 * It is compact as the device map is: the root depends on the set alone. A subtree's sum is not in
 * its own digest but in the one above; whoever checks a path adds the sums up himself. So a root
 * whose sums are not those of its leaves has a branch that no proof passes (sum-proof.ts).
 *
 * No tree lies in memory. The keys of a bucket (rendezvous.ts) are a subtree, made from them when
 * they change; above the buckets stands a forest (forest.ts).
 */

import { compare, implementation, prefixOf, type Domain } from '@dsm/primitive';

/** A key and the bytes that it stands for, up to 2^53 − 1. */
export interface SumEntry {
  readonly key: Uint8Array;
  readonly size: number;
}

/** What a subtree comes to, and nothing of what is in it. */
export interface Subtree {
  readonly digest: Uint8Array;
  readonly sum: number;
}

export const emptySubtree: Subtree = { digest: new Uint8Array(32), sum: 0 };

/** How many keys a digest shows to be below it: 0, 1, or 2 for two and more. */
export function keysUnder(digest: Uint8Array): 0 | 1 | 2 {
  if ((digest[31]! & 1) === 1) return 1;
  for (let i = 0; i < 32; i++) if (digest[i] !== 0) return 2;
  return 0;
}

/** Room for a preimage, the prefix in place, and where its fields begin. */
function roomOf(domain: Domain, length: number): { bytes: Uint8Array; start: number } {
  const prefix = prefixOf(domain);
  const bytes = new Uint8Array(prefix.length + length);
  bytes.set(prefix);
  return { bytes, start: prefix.length };
}

const leafRoom = roomOf('sum-leaf', 40);
const nodeRoom = roomOf('sum-node', 80);

/** Big-endian, 8 bytes. */
function putSum(to: Uint8Array, at: number, sum: number): void {
  const high = Math.floor(sum / 0x100000000);
  const low = sum >>> 0;
  for (let i = 0; i < 4; i++) {
    to[at + i] = high >>> (24 - 8 * i);
    to[at + 4 + i] = low >>> (24 - 8 * i);
  }
}

/** The subtree of one key. */
export function leafOf({ key, size }: SumEntry): Subtree {
  if (key.length !== 32) throw new RangeError(`key: expected 32 bytes, got ${key.length}`);
  checkSum(size);
  const { bytes, start } = leafRoom;
  bytes.set(key, start);
  putSum(bytes, start + 32, size);
  const digest = implementation().blake3(bytes);
  digest[31]! |= 1;
  return { digest, sum: size };
}

/** Two subtrees side by side, as the one above them: a lone leaf moves up as it is. */
export function join(left: Subtree, right: Subtree): Subtree {
  const [below, beside] = [keysUnder(left.digest), keysUnder(right.digest)];
  if (below + beside === 0) return emptySubtree;
  if (below === 1 && beside === 0) return left;
  if (below === 0 && beside === 1) return right;
  const sum = left.sum + right.sum;
  checkSum(sum);
  const { bytes, start } = nodeRoom;
  bytes.set(left.digest, start);
  putSum(bytes, start + 32, left.sum);
  bytes.set(right.digest, start + 40);
  putSum(bytes, start + 72, right.sum);
  const digest = implementation().blake3(bytes);
  digest[31]! &= 0xfe;
  return { digest, sum };
}

/** The subtree of keys that share their first `depth` bits, in strictly ascending order. */
export function subtree(entries: readonly SumEntry[], depth: number): Subtree {
  for (let i = 1; i < entries.length; i++) {
    if (compare(entries[i - 1]!.key, entries[i]!.key) >= 0) {
      throw new RangeError('keys do not ascend');
    }
  }
  return between(entries, 0, entries.length, depth);
}

function between(entries: readonly SumEntry[], from: number, end: number, depth: number): Subtree {
  if (from === end) return emptySubtree;
  if (from + 1 === end) return leafOf(entries[from]!);
  const middle = middleOf(entries, from, end, depth);
  return join(between(entries, from, middle, depth + 1), between(entries, middle, end, depth + 1));
}

/** Where the keys begin that have a 1 at `depth`. */
export function middleOf(
  entries: readonly SumEntry[],
  from: number,
  end: number,
  depth: number,
): number {
  let middle = from;
  while (middle < end && keyBit(entries[middle]!.key, depth) === 0) middle++;
  return middle;
}

/** Bit `i` of a key, the most significant first. */
export function keyBit(key: Uint8Array, i: number): 0 | 1 {
  return ((key[i >> 3]! >> (7 - (i & 7))) & 1) as 0 | 1;
}

function checkSum(sum: number): void {
  if (!Number.isSafeInteger(sum) || sum < 0) throw new RangeError(`${sum} is no sum of sizes`);
}
