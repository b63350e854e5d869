/**
 * What two nodes should both keep, and how they find out whether they do.
 *
 *     holders of a bucket the first r of its first r + e nodes, those that are absent left out
 *     range               all addresses with the same first 6 bits: 64 of them
 *     content of a range  H_ranges( number of bucket u32 ‖ its digest, for each shared bucket that is
 *                         not empty ); zeros if there is none
 *     digest of a range   first 8 bytes of H_ranges( nonce ‖ content ); zeros if the content is
 *
 * Eight bytes are enough because the nonce is drawn by whoever compares: nobody can prepare two sets
 * that look the same under it, and by chance that happens once in 2^64 comparisons. Ranges that
 * differ are reconciled by symbols (rateless.ts), or listed where nearly everything differs.
 */

import {
  ascending,
  bytes32,
  concat,
  decodeWith,
  encodeWith,
  fixed,
  hash,
  isZero,
  limits,
  oneOf,
  struct,
  u32,
  type Coder,
  type Registry,
} from '@dsm/primitive';
import { nobody, type Common } from './node-message.ts';
import { tableOf } from './placement.ts';
import { keysUnder } from './sum-map.ts';
import { symbolBatchCoder, type SymbolBatch } from './symbol.ts';

export const rangeCount = 64;
export const rangeBits = 6;
/** Bytes of the digest of a range. */
export const rangeDigestBytes = 8;

export function rangeOf(address: Uint8Array): number {
  return address[0]! >> 2;
}

/** The nodes that should keep a bucket while those that are absent do not answer. */
export function holders(
  registry: Registry,
  bucket: number,
  absent: ReadonlySet<number>,
): readonly number[] {
  const { width, nodes, at } = tableOf(registry);
  const from = at(bucket);
  const found: number[] = [];
  for (let i = from; i < from + width && found.length < registry.r; i++) {
    if (!absent.has(nodes[i]!)) found.push(nodes[i]!);
  }
  return found;
}

/**
 * A byte for each bucket: 1 where node `index` and the peer are both holders; with `nobody` as the
 * peer, 1 where the node is no holder.
 */
export function sharedBuckets(registry: Registry, index: number, common: Common): Uint8Array {
  const { width, nodes, at } = tableOf(registry);
  const absent = new Set(common.absent);
  const isBeside = common.peer === nobody;
  const shared = new Uint8Array(2 ** registry.bucketBits);
  for (let bucket = 0; bucket < shared.length; bucket++) {
    const from = at(bucket);
    let [left, found, wanted] = [registry.r, 0, isBeside || common.peer === index ? 1 : 2];
    for (let i = from; i < from + width && left > 0; i++) {
      const node = nodes[i]!;
      if (absent.size > 0 && absent.has(node)) continue;
      left -= 1;
      if (node === index || node === common.peer) found += 1;
    }
    shared[bucket] = (found === wanted) === isBeside ? 0 : 1;
  }
  return shared;
}

/** What stands for the shared buckets of a range, as long as none of them changes. */
export function rangeContent(
  buckets: Iterable<readonly [bucket: number, digest: Uint8Array]>,
): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [bucket, digest] of buckets) {
    if (keysUnder(digest) > 0) parts.push(encodeWith(u32, bucket), digest);
  }
  return parts.length === 0 ? new Uint8Array(32) : hash('ranges', concat(...parts));
}

/** That, under a nonce. */
export function rangeDigest(nonce: Uint8Array, content: Uint8Array): Uint8Array {
  if (isZero(content)) return new Uint8Array(rangeDigestBytes);
  return hash('ranges', nonce, content).slice(0, rangeDigestBytes);
}

/** The ranges of a mask, ascending. */
export function rangesIn(mask: Uint8Array): readonly number[] {
  const all = Array.from({ length: rangeCount }, (_, range) => range);
  return all.filter((range) => ((mask[range >> 3]! >> (7 - (range & 7))) & 1) === 1);
}

export function maskOf(ranges: readonly number[]): Uint8Array {
  const mask = new Uint8Array(rangeCount / 8);
  for (const range of ranges) mask[range >> 3]! |= 0x80 >> (range & 7);
  return mask;
}

/** Symbols of the addresses in some ranges. */
export interface RangeSymbols {
  /** How many addresses there are. */
  readonly keys: number;
  /** First bytes of a digest of them all: symbols of two answers belong together if it is the same. */
  readonly set: Uint8Array;
  readonly batch: SymbolBatch;
}

export const rangeSymbolsCoder: Coder<RangeSymbols> = struct({
  keys: u32,
  set: fixed(rangeDigestBytes),
  batch: symbolBatchCoder,
});

export interface AddressPage {
  readonly addresses: readonly Uint8Array[];
  /** 1 if further ones come after the last. */
  readonly more: 0 | 1;
}

export const addressPageCoder: Coder<AddressPage> = struct({
  addresses: ascending(bytes32, (one) => one, limits.pageKeysMax),
  more: oneOf([0, 1]),
});

/** The digests of all ranges from an answer, or undefined. */
export function decodeRanges(body: Uint8Array): readonly Uint8Array[] | undefined {
  if (body.length !== rangeCount * rangeDigestBytes) return undefined;
  return Array.from({ length: rangeCount }, (_, range) =>
    body.slice(range * rangeDigestBytes, (range + 1) * rangeDigestBytes),
  );
}

export function encodeRanges(digests: readonly Uint8Array[]): Uint8Array {
  return concat(...digests);
}

export function decodeRangeSymbols(body: Uint8Array): RangeSymbols | undefined {
  return decodeWith(rangeSymbolsCoder, body);
}

/** Undefined also if the addresses do not ascend. */
export function decodeAddressPage(body: Uint8Array): AddressPage | undefined {
  return decodeWith(addressPageCoder, body);
}
