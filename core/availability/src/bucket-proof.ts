/**
 * A whole bucket of a node's map, with the path from it to the root: what an audit looks at.
 *
 * A path has the other side of each branch above the bucket, from the root on. Whoever has all keys
 * of the bucket and the path computes root and sum himself, and how many bytes come before the
 * bucket: so byte number p of all that a node says it uses lies in one bucket and one object, and
 * the node cannot choose in which. A node that claims more than it lists has bytes that no bucket
 * covers.
 */

import {
  bytes32,
  compare,
  decodeWith,
  list,
  limits,
  oneOf,
  option,
  struct,
  u32,
  u64,
  type Coder,
} from '@dsm/primitive';
import { bucketOf } from './rendezvous.ts';
import type { Forest } from './forest.ts';
import { sumProofCoder, type SumProof } from './sum-proof.ts';
import { emptySubtree, join, keysUnder, subtree, type Subtree, type SumEntry } from './sum-map.ts';

/** The other sides of the branches above a bucket, from the root on; undefined where empty. */
export type BucketPath = readonly (Subtree | undefined)[];

/** What a node says about a bucket under its newest ByteCommit: some of its keys, in order. */
export interface BucketPage {
  /** Of the ByteCommit. */
  readonly sequence: number;
  readonly bucket: number;
  readonly entries: readonly SumEntry[];
  /** 1 if further keys come after the last one. */
  readonly more: 0 | 1;
  readonly path: BucketPath;
}

/** What a node says about one key under its newest ByteCommit. */
export interface ProvenKey {
  readonly sequence: number;
  /** Undefined if the key is absent. */
  readonly size: number | undefined;
  readonly proof: SumProof;
}

const entryCoder: Coder<SumEntry> = struct({ key: bytes32, size: u64 });
const sideCoder: Coder<Subtree> = struct({ digest: bytes32, sum: u64 });

export const bucketPageCoder: Coder<BucketPage> = struct({
  sequence: u64,
  bucket: u32,
  entries: list(entryCoder, limits.pageKeysMax),
  more: oneOf([0, 1]),
  path: list(option(sideCoder), limits.bucketBitsMax),
});

export const provenKeyCoder: Coder<ProvenKey> = struct({
  sequence: u64,
  size: option(u64),
  proof: sumProofCoder,
});

export function decodeBucketPage(body: Uint8Array): BucketPage | undefined {
  return decodeWith(bucketPageCoder, body);
}

export function decodeProvenKey(body: Uint8Array): ProvenKey | undefined {
  return decodeWith(provenKeyCoder, body);
}

/** The path of a bucket in a forest. */
export function bucketPath(top: Forest, bucket: number): BucketPath {
  const path: (Subtree | undefined)[] = [];
  for (let depth = 1; depth <= top.bucketBits; depth++) {
    const side = top.at(depth, (bucket >> (top.bucketBits - depth)) ^ 1);
    path.push(keysUnder(side.digest) === 0 ? undefined : side);
  }
  return path;
}

export const bucketRefusals = {
  bucket: 'no bucket of this many bits has that number',
  order: 'the keys do not ascend',
  key: 'a key belongs to another bucket',
  path: 'the path has not one side for each bit of the bucket, or an empty side with a digest of zero',
  overflow: 'the sizes come to more than 2^53 − 1',
  unbound: 'the only key of the map is in another bucket, so its size is not shown',
} as const;
export type BucketRefusal = keyof typeof bucketRefusals;

export type EvaluatedBucket =
  | {
      readonly ok: true;
      readonly root: Uint8Array;
      /** Of all keys, of those before the bucket, and of those in it. */
      readonly sum: number;
      readonly before: number;
      readonly within: number;
    }
  | { readonly ok: false; readonly refusal: BucketRefusal };

/** The map in which the bucket holds exactly these keys. The caller compares root and sum. */
export function evaluateBucket(
  bucketBits: number,
  bucket: number,
  entries: readonly SumEntry[],
  path: BucketPath,
): EvaluatedBucket {
  const refusal = refusalOf(bucketBits, bucket, entries, path);
  if (refusal !== undefined) return { ok: false, refusal };
  const own = subtree(entries, bucketBits);
  let whole = own;
  let before = 0;
  for (let depth = bucketBits - 1; depth >= 0; depth--) {
    const side = path[depth] ?? emptySubtree;
    const isRight = ((bucket >> (bucketBits - 1 - depth)) & 1) === 1;
    whole = isRight ? join(side, whole) : join(whole, side);
    if (isRight) before += side.sum;
  }
  // A lone leaf moves up as it is, and its digest does not bind the sum that came beside it.
  const isUnbound = keysUnder(whole.digest) === 1 && entries.length === 0;
  if (isUnbound) return { ok: false, refusal: 'unbound' };
  return { ok: true, root: whole.digest, sum: whole.sum, before, within: own.sum };
}

function refusalOf(
  bucketBits: number,
  bucket: number,
  entries: readonly SumEntry[],
  path: BucketPath,
): BucketRefusal | undefined {
  if (!(bucket >= 0 && bucket < 2 ** bucketBits)) return 'bucket';
  const ascends = entries.every(
    (entry, i) => i === 0 || compare(entries[i - 1]!.key, entry.key) < 0,
  );
  if (!ascends) return 'order';
  if (entries.some(({ key }) => bucketOf(bucketBits, key) !== bucket)) return 'key';
  const isSide = (side: Subtree | undefined): boolean =>
    side === undefined || keysUnder(side.digest) > 0;
  if (path.length !== bucketBits || !path.every(isSide)) return 'path';
  let sum = 0;
  for (const size of [...entries.map((one) => one.size), ...path.map((side) => side?.sum ?? 0)]) {
    sum += size;
    if (!Number.isSafeInteger(sum)) return 'overflow';
  }
  return undefined;
}
