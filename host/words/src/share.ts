/**
 * A share of the words, as a guardian keeps it: k of n shares give them back, fewer say nothing.
 *
 *     OFFSET  SIZE  FIELD
 *          0     2  version, kind      01 55
 *          2    16  drawn              at random, for this set of shares alone
 *         18    16  check              the first half of H_share-set( the 32 bytes ‖ drawn ‖ k ‖ n )
 *         34     1  k                  shares that are needed, at least 2
 *         35     1  n                  shares that there are, at most 16
 *         36     1  number             of this share, 1…n
 *         37    33  share              Shamir over GF(2⁸): 32 values and where they were taken, 1…255
 *
 * As text it is bech32m with the prefix `share`. It names nobody: a guardian cannot tell whose it is.
 * The check lets whoever joins shares know the right bytes and find a wrong share. It tells
 * nothing about them that helps: they are 256 random bits.
 */

import { bech32m } from '@scure/base';
import { equal, fixed, hash, kinds, object, struct, u8, where, type Obj } from '@dsm/primitive';

export interface Share {
  readonly drawn: Uint8Array;
  readonly check: Uint8Array;
  /** Shares that are needed. */
  readonly threshold: number;
  /** Shares that there are. */
  readonly count: number;
  readonly number: number;
  /** What the other part of this pair of files splits and joins. */
  readonly share: Uint8Array;
}

export const shareBytes = 70;
/** Room for later versions. */
export const shareBytesMax = 128;
export const shareCountMax = 16;
export const thresholdMin = 2;
const prefix = 'share';
/** Letters of a share, and room for a longer version of it. */
const textMax = 256;

export const share: Obj<Share> = object(
  kinds.share,
  shareBytesMax,
  where(
    struct({
      drawn: fixed(16),
      check: fixed(16),
      threshold: u8,
      count: u8,
      number: u8,
      share: fixed(33),
    }),
    isWithin,
  ),
);

function isWithin({ threshold, count, number, share: bytes }: Share): boolean {
  if (threshold < thresholdMin || threshold > count || count > shareCountMax) return false;
  return number >= 1 && number <= count && bytes[32] !== 0;
}

export function shareText(one: Share): string {
  return bech32m.encode(prefix, bech32m.toWords(share.encode(one)), textMax);
}

/** The share that a text is, in whatever case and with spaces where a printer broke the line. */
export function readShare(typed: string): Share | undefined {
  const text = typed.length > 4 * textMax ? '' : typed.replaceAll(/\s/gu, '').toLowerCase();
  try {
    const decoded = bech32m.decode(text as `${string}1${string}`, textMax);
    const read = share.decode(bech32m.fromWords(decoded.words));
    return decoded.prefix === prefix && read.ok ? read.value : undefined;
  } catch {
    // The library throws for whatever is no such text; for a stranger's text that is an answer.
    return undefined;
  }
}

/** What the shares of one set have in common, and know of the bytes that they share. */
export function checkOf(
  bytes: Uint8Array,
  drawn: Uint8Array,
  threshold: number,
  count: number,
): Uint8Array {
  return hash('share-set', bytes, drawn, Uint8Array.of(threshold, count)).slice(0, 16);
}

export function isOneSet(one: Share, other: Share): boolean {
  return (
    equal(one.drawn, other.drawn) &&
    equal(one.check, other.check) &&
    one.threshold === other.threshold &&
    one.count === other.count
  );
}
