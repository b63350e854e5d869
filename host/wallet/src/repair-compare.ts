/**
 * How two nodes differ in what both should keep, found by whoever can ask both of them.
 *
 * Digests of ranges say where they differ, and how many ranges do says about how much. Symbols of
 * both, one XORed to the other, are symbols of the difference: its addresses come out, but not who
 * has them. Where one side has nothing, or where nearly everything differs, lists are shorter. What
 * a node says may be made up: an address counts for nothing until somebody serves its bytes.
 */

import {
  decodeAddressPage,
  decodeRangeSymbols,
  decoder,
  maskOf,
  rangeCount,
  rangeOf,
  sharedBuckets,
  symbolBytes,
  bucketOf,
  type Common,
  type NodeRequest,
  type RangeSymbols,
} from '@dsm/availability';
import { compare, equal, isZero, keyOf, type Registry } from '@dsm/primitive';
import { bodyOf, type Peer } from './repair-peer.ts';

/** The addresses that one of two nodes has and the other lacks. */
export interface Difference {
  /** Of one of the two, nobody has said which. */
  readonly either: readonly Uint8Array[];
  readonly onlyFirst: readonly Uint8Array[];
  readonly onlySecond: readonly Uint8Array[];
  /** Ranges in which there is more than this: they were left for another time. */
  readonly left: readonly number[];
}

/** What is compared: two nodes under a registry, and how. */
export interface Pair {
  readonly registry: Registry;
  readonly first: Peer;
  readonly second: Peer;
  readonly absent: readonly number[];
  readonly nonce: Uint8Array;
}

/** Symbols of the first few differences; a decoder is not asked to go beyond the last. */
const symbolsLeast = 8;
const symbolsMost = 65_536;
/** Once so many differences are found, further ranges are left for another time. */
const differencesMax = 16_384;
/** Addresses of one range that are listed. */
const listedMax = 2 ** 20;

/** Undefined if one of them does not answer, or what they say makes no sense. */
export async function differenceOf(
  pair: Pair,
  digests: readonly [readonly Uint8Array[], readonly Uint8Array[]],
): Promise<Difference | undefined> {
  const [ours, theirs] = digests;
  const differing = Array.from({ length: rangeCount }, (_, range) => range).filter(
    (range) => !equal(ours[range]!, theirs[range]!),
  );
  const isListed = (range: number): boolean => isZero(ours[range]!) || isZero(theirs[range]!);
  const coded = differing.filter((range) => !isListed(range));
  const either = coded.length === 0 ? [] : await decoded(pair, coded);
  if (either === 'later') return undefined;
  const listed = differing.filter((range) => isListed(range) || either === undefined);
  const onlyFirst: Uint8Array[] = [];
  const onlySecond: Uint8Array[] = [];
  const left: number[] = [];
  for (const range of listed) {
    if (onlyFirst.length + onlySecond.length >= differencesMax) {
      left.push(range);
      continue;
    }
    const found = await listedDifference(pair, range);
    if (found === undefined) return undefined;
    onlyFirst.push(...found.onlyFirst);
    onlySecond.push(...found.onlySecond);
  }
  return { either: either ?? [], onlyFirst, onlySecond, left };
}

/** By symbols; undefined if lists are better, `later` if a node has no time for them. */
async function decoded(
  pair: Pair,
  ranges: readonly number[],
): Promise<readonly Uint8Array[] | 'later' | undefined> {
  const { first, second, nonce } = pair;
  const mask = maskOf(ranges);
  const difference = decoder(new Uint8Array(0), nonce, symbolsMost);
  let sets: readonly [RangeSymbols, RangeSymbols] | undefined;
  let count = symbolsFor(ranges.length);
  for (let from = 0; from + count <= symbolsMost;) {
    const batch = { ranges: mask, nonce, from, count };
    const [ours, theirs] = await Promise.all([
      symbolsOf(first, { ...commonOf(pair, second), ...batch }),
      symbolsOf(second, { ...commonOf(pair, first), ...batch }),
    ]);
    if (ours === 'later' || theirs === 'later') return 'later';
    if (!isBatch(ours, from, count) || !isBatch(theirs, from, count)) return undefined;
    // Somebody wrote in between: these symbols and the ones before are of different sets.
    const isSame = (a: RangeSymbols, b: RangeSymbols): boolean => equal(a.set, b.set);
    if (sets !== undefined && !(isSame(sets[0], ours) && isSame(sets[1], theirs))) return undefined;
    sets = [ours, theirs];
    const decoding = difference.take(xored(ours.batch.symbols, theirs.batch.symbols));
    if (decoding.state === 'done') return decoding.onlyThere.filter(isShared(pair, ranges));
    if (decoding.state === 'refused') return undefined;
    from += count;
    // An address in a list costs 32 bytes, whether it differs or not.
    if (from * symbolBytes > 32 * Math.max(ours.keys, theirs.keys)) return undefined;
    count = Math.min(Math.max(symbolsLeast, from >> 2), symbolsMost - from);
  }
  return undefined;
}

async function symbolsOf(
  node: Peer,
  batch: Omit<Extract<NodeRequest, { readonly type: 'symbols' }>, 'type'>,
): Promise<RangeSymbols | 'later' | undefined> {
  const [answer] = await node.ask([{ type: 'symbols', ...batch }]);
  if (answer?.type === 'later') return 'later';
  const body = bodyOf(answer);
  return body === undefined ? undefined : decodeRangeSymbols(body);
}

/** About as many symbols as the differences need that leave so many of the ranges alike. */
function symbolsFor(differing: number): number {
  const alike = Math.max(rangeCount - differing, 0.25);
  return symbolsLeast + Math.ceil(1.4 * rangeCount * Math.log(rangeCount / alike));
}

function isBatch(
  symbols: RangeSymbols | undefined,
  from: number,
  count: number,
): symbols is RangeSymbols {
  if (symbols === undefined) return false;
  return symbols.batch.from === from && symbols.batch.symbols.length === count * symbolBytes;
}

function xored(a: Uint8Array, b: Uint8Array): Uint8Array {
  return a.map((byte, i) => byte ^ b[i]!);
}

async function listedDifference(
  pair: Pair,
  range: number,
): Promise<Pick<Difference, 'onlyFirst' | 'onlySecond'> | undefined> {
  const { first, second } = pair;
  const [ours, theirs] = await Promise.all([
    listed(first, commonOf(pair, second), range),
    listed(second, commonOf(pair, first), range),
  ]);
  if (ours === undefined || theirs === undefined) return undefined;
  const shared = isShared(pair, [range]);
  const without = (all: readonly Uint8Array[], others: readonly Uint8Array[]): Uint8Array[] => {
    const known = new Set(others.map(keyOf));
    return all.filter((one) => !known.has(keyOf(one)) && shared(one));
  };
  return { onlyFirst: without(ours, theirs), onlySecond: without(theirs, ours) };
}

/** All that a node lists in a range, page by page; undefined if it does not, or not in order. */
export async function listed(
  node: Peer,
  common: Common,
  range: number,
): Promise<readonly Uint8Array[] | undefined> {
  const all: Uint8Array[] = [];
  for (;;) {
    const [answer] = await node.ask([{ type: 'list', ...common, range, after: all.at(-1) }]);
    const body = bodyOf(answer);
    const page = body === undefined ? undefined : decodeAddressPage(body);
    if (page === undefined) return undefined;
    const { addresses, more } = page;
    const last = all.at(-1);
    const [next] = addresses;
    if (last !== undefined && next !== undefined && compare(last, next) >= 0) return undefined;
    if (addresses.some((one) => rangeOf(one) !== range)) return undefined;
    all.push(...addresses);
    if (more === 0) return all;
    if (next === undefined || all.length > listedMax) return undefined;
  }
}

export function commonOf({ registry, absent }: Pair, other: Peer): Common {
  return { version: registry.version, peer: other.index, absent };
}

const sharedByPair = new WeakMap<Pair, Uint8Array>();

/** True of an address that both should keep, in one of these ranges. */
function isShared(pair: Pair, ranges: readonly number[]): (address: Uint8Array) => boolean {
  const { registry, first, second } = pair;
  const known = sharedByPair.get(pair);
  const shared = known ?? sharedBuckets(registry, first.index, commonOf(pair, second));
  sharedByPair.set(pair, shared);
  return (address) =>
    ranges.includes(rangeOf(address)) && shared[bucketOf(registry.bucketBits, address)] === 1;
}
