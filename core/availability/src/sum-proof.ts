/**
 * A proof of one key in a sum map: the size that it stands for, or that it is absent.
 *
 * It holds what the map has beside the key, cut down to what the key can touch: on the way down from
 * the root the other side of each branch, as far as two other keys are below; then the one other key
 * that may be left, whole. So it does not depend on the key's own size: with the old size it gives
 * the old root, with the new one the new root, and absence is a size like any other.
 *
 * The verifier adds up the sums that the digests name. Who inflates the sum of his map must inflate
 * a size, which a challenge of that object finds, or the sum of some branch; and no key below that
 * branch has a proof any more, because its real sums do not give its digest.
 */

import { bytes32, option, struct, u64, type Coder, type Reader, type Writer } from '@dsm/primitive';
import { compare } from '@dsm/primitive';
import { bucketOf } from './rendezvous.ts';
import type { Forest } from './forest.ts';
import {
  emptySubtree,
  join,
  keyBit,
  keysUnder,
  middleOf,
  subtree,
  type Subtree,
  type SumEntry,
} from './sum-map.ts';

export interface SumProof {
  /** The other sides from the root on; undefined where it is empty. */
  readonly siblings: readonly (Subtree | undefined)[];
  /** The only other key below the last branch. */
  readonly other: SumEntry | undefined;
}

export const sumProofRefusals = {
  deep: 'a branch where two other keys have no room',
  'zero-digest': 'a side that is not empty has an all-zero digest',
  'off-path': 'the other key does not belong where it stands',
  covered: 'the other key is the key itself',
  collapsed: 'a branch over fewer than two other keys',
  overflow: 'the sizes come to more than 2^53 − 1',
} as const;
export type SumProofRefusal = keyof typeof sumProofRefusals;

export type EvaluatedSum =
  | {
      readonly ok: true;
      readonly root: Uint8Array;
      /** Of all keys, and of those that come before this one. */
      readonly sum: number;
      readonly before: number;
    }
  | { readonly ok: false; readonly refusal: SumProofRefusal };

const siblingsMax = 255;

/**
 * The map in which the key has this size, or is absent if it is undefined. Says nothing about which
 * root and which sum are the right ones: the caller compares both.
 */
export function evaluateSum(
  proof: SumProof,
  key: Uint8Array,
  size: number | undefined,
): EvaluatedSum {
  const refusal = refusalOf(proof, key, size ?? 0);
  if (refusal !== undefined) return { ok: false, refusal };
  const { siblings, other } = proof;
  const entries = size === undefined ? [] : [{ key, size }];
  const isBefore = other !== undefined && compare(other.key, key) < 0;
  const lowest =
    other === undefined ? entries : isBefore ? [other, ...entries] : [...entries, other];
  let whole = subtree(lowest, siblings.length);
  let before = isBefore ? other.size : 0;
  for (let depth = siblings.length - 1; depth >= 0; depth--) {
    const side = siblings[depth] ?? emptySubtree;
    const isRight = keyBit(key, depth) === 1;
    whole = isRight ? join(side, whole) : join(whole, side);
    if (isRight) before += side.sum;
  }
  return { ok: true, root: whole.digest, sum: whole.sum, before };
}

function refusalOf(proof: SumProof, key: Uint8Array, size: number): SumProofRefusal | undefined {
  if (key.length !== 32) throw new RangeError(`key: expected 32 bytes, got ${key.length}`);
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`size: ${size}`);
  if (proof.siblings.length > siblingsMax) return 'deep';
  return sidesRefusal(proof) ?? otherRefusal(proof, key) ?? countRefusal(proof, size);
}

function sidesRefusal({ siblings }: SumProof): SumProofRefusal | undefined {
  const isWrong = siblings.some((side) => side !== undefined && keysUnder(side.digest) === 0);
  return isWrong ? 'zero-digest' : undefined;
}

function otherRefusal({ siblings, other }: SumProof, key: Uint8Array): SumProofRefusal | undefined {
  if (other === undefined) return undefined;
  if (compare(other.key, key) === 0) return 'covered';
  const isOff = siblings.some((_, i) => keyBit(other.key, i) !== keyBit(key, i));
  return isOff ? 'off-path' : undefined;
}

function countRefusal({ siblings, other }: SumProof, size: number): SumProofRefusal | undefined {
  let others = other === undefined ? 0 : 1;
  let sum = size + (other?.size ?? 0);
  for (const side of siblings.toReversed()) {
    others += side === undefined ? 0 : keysUnder(side.digest);
    if (others < 2) return 'collapsed';
    sum += side?.sum ?? 0;
  }
  // Nothing is below zero, so a sum that has become too large stays too large.
  return Number.isSafeInteger(sum) ? undefined : 'overflow';
}

/** All keys of a bucket, in ascending order. */
export type EntriesOf = (bucket: number) => readonly SumEntry[];

/** The one proof of a key, present or not. `entriesOf` is what the forest's buckets were made from. */
export function proveSum(top: Forest, entriesOf: EntriesOf, key: Uint8Array): SumProof {
  const { bucketBits } = top;
  const bucket = bucketOf(bucketBits, key);
  const siblings: (Subtree | undefined)[] = [];
  const sides: number[] = [];
  for (let depth = 1; depth <= bucketBits; depth++) {
    sides.push((bucket >> (bucketBits - depth)) ^ 1);
    siblings.push(presentOf(top.at(depth, sides[depth - 1]!)));
  }
  let others = entriesOf(bucket).filter((entry) => compare(entry.key, key) !== 0);
  while (others.length > 1) {
    const depth = siblings.length;
    const middle = middleOf(others, 0, others.length, depth);
    const halves = [others.slice(0, middle), others.slice(middle)] as const;
    const side = keyBit(key, depth);
    siblings.push(presentOf(subtree(halves[1 - side]!, depth + 1)));
    others = halves[side];
  }
  // A branch over fewer than two other keys is none without the key: it is left out.
  let [other] = others;
  while (siblings.length > 0) {
    const last = siblings.at(-1);
    const under = last === undefined ? 0 : keysUnder(last.digest);
    if (under + (other === undefined ? 0 : 1) > 1) break;
    if (under === 1)
      other = entriesOf(top.occupied(siblings.length, sides[siblings.length - 1]!)!)[0];
    siblings.pop();
  }
  return { siblings, other };
}

function presentOf(side: Subtree): Subtree | undefined {
  return keysUnder(side.digest) === 0 ? undefined : side;
}

const sideCoder: Coder<Subtree> = struct({ digest: bytes32, sum: u64 });
const otherCoder: Coder<SumEntry | undefined> = option(struct({ key: bytes32, size: u64 }));

/**
 *     SIZE  FIELD
 *        1  number n of branches                      0 … 255
 *    n / 8  which other sides are not empty: a bit each, most significant first, then zeros
 *     40 m  these sides: digest, sum
 *        1  0, or 1 and 40 bytes: the other key, its size
 */
export const sumProofCoder: Coder<SumProof> = {
  write: (to: Writer, { siblings, other }: SumProof): void => {
    to.u8(siblings.length);
    const present = new Uint8Array(Math.ceil(siblings.length / 8));
    for (const [i, side] of siblings.entries()) {
      if (side !== undefined) present[i >> 3]! |= 0x80 >> (i & 7);
    }
    to.raw(present);
    for (const side of siblings) if (side !== undefined) sideCoder.write(to, side);
    otherCoder.write(to, other);
  },
  read: (from: Reader): SumProof => {
    const count = from.u8();
    const present = from.raw(Math.ceil(count / 8));
    const siblings: (Subtree | undefined)[] = [];
    for (let i = 0; i < present.length * 8 && !from.bad(); i++) {
      const isPresent = keyBit(present, i) === 1;
      if (i < count) siblings.push(isPresent ? sideCoder.read(from) : undefined);
      else if (isPresent) from.refuse();
    }
    return { siblings, other: otherCoder.read(from) };
  },
};
