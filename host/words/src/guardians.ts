/**
 * Guardians: the words are split into n shares, of which any k give them back.
 *
 * A guardian holds no key and writes no position: whoever joins k shares has the words, and is the
 * owner. Splitting again makes another set; shares of two sets never mix, and the old set stays good
 * for ever. So a guardian is dismissed only by moving to new words.
 */

import { combine, split } from 'shamir-secret-sharing';
import { equal } from '@dsm/primitive';
import type { Entropy } from '@dsm/ports';
import { WordsError } from './refusal.ts';
import {
  checkOf,
  isOneSet,
  readShare,
  shareCountMax,
  shareText,
  thresholdMin,
  type Share,
} from './share.ts';
import { readWords, wordsOf } from './words.ts';

export interface GuardianTerms {
  /** Shares that are needed: at least 2. */
  readonly threshold: number;
  /** Shares that are made: at most 16. */
  readonly count: number;
}

export interface Joined {
  readonly words: string;
  /** What was given and is of no use, by its place from 1 on. */
  readonly useless: readonly UselessShare[];
}

export interface UselessShare {
  readonly place: number;
  readonly why: 'unreadable' | 'of another set' | 'given twice' | 'wrong';
}

/** A share that was given, and where. */
interface Given {
  readonly place: number;
  readonly share: Share;
}

/** Sets of shares that are tried when some may be wrong: 8 of 16 are 12,870. */
const triesMax = 20_000;
/** Shares that are looked at. */
const givenMax = 64;

/** One text for each guardian. The platform draws the shares; `entropy` tells the set from others. */
export async function splitWords(
  words: string,
  { threshold, count }: GuardianTerms,
  entropy: Entropy,
): Promise<readonly string[]> {
  if (!isTerms(threshold, count)) {
    throw new RangeError(
      `guardians: from ${thresholdMin} needed shares to ${shareCountMax} shares, and no more needed than there are`,
    );
  }
  const bytes = readWords(words);
  const drawn = entropy.bytes(16);
  const check = checkOf(bytes, drawn, threshold, count);
  const parts = await split(bytes, count, threshold);
  bytes.fill(0);
  return parts.map((part, at) =>
    shareText({ drawn, check, threshold, count, number: at + 1, share: part }),
  );
}

/** True if so many shares can be made and needed. */
export function isTerms(threshold: number, count: number): boolean {
  if (!Number.isInteger(threshold) || !Number.isInteger(count)) return false;
  return threshold >= thresholdMin && threshold <= count && count <= shareCountMax;
}

/** The words of enough shares, whatever else is among them. Throws `WordsError`. */
export async function joinShares(typed: readonly string[]): Promise<Joined> {
  if (typed.length > givenMax) throw new RangeError(`guardians: at most ${givenMax} shares`);
  const read = typed.map((text, at) => ({ place: at + 1, share: readShare(text) }));
  const given = read.filter((one): one is Given => one.share !== undefined);
  const sets = setsOf(given);
  if (sets[0] === undefined) throw new WordsError('no-share', nothingRead(typed.length));
  const { set, bytes } = await firstJoined(sets);
  if (bytes === undefined) throw failure(read.length, given, sets[0]);
  const words = wordsOf(bytes);
  const good = new Set(await goodPlaces(set, bytes));
  bytes.fill(0);
  const useless = read.flatMap(({ place, share }): UselessShare[] => {
    if (share === undefined) return [{ place, why: 'unreadable' }];
    if (!isOneSet(share, set[0]!.share)) return [{ place, why: 'of another set' }];
    if (good.has(place)) return [];
    const twice = set.some((one) => one.place < place && isSame(one.share, share));
    return [{ place, why: twice ? 'given twice' : 'wrong' }];
  });
  return { words, useless };
}

/** Shares by set, those first of which there are most different ones. */
function setsOf(given: readonly Given[]): readonly (readonly Given[])[] {
  const sets: Given[][] = [];
  for (const one of given) {
    const set = sets.find(([first]) => isOneSet(first!.share, one.share));
    if (set === undefined) sets.push([one]);
    else set.push(one);
  }
  return sets.toSorted((a, b) => different(b).length - different(a).length);
}

async function firstJoined(
  sets: readonly (readonly Given[])[],
): Promise<{ readonly set: readonly Given[]; readonly bytes: Uint8Array | undefined }> {
  for (const set of sets) {
    const bytes = await joined(set);
    if (bytes !== undefined) return { set, bytes };
  }
  return { set: sets[0]!, bytes: undefined };
}

function different(set: readonly Given[]): readonly Given[] {
  return set.filter((one, at) => set.findIndex(({ share }) => isSame(share, one.share)) === at);
}

function isSame(one: Share, other: Share): boolean {
  return equal(one.share, other.share);
}

/** The bytes to which some of the shares lead, as the check says. */
async function joined(set: readonly Given[]): Promise<Uint8Array | undefined> {
  const { threshold } = set[0]!.share;
  let tries = 0;
  for (const some of choices(different(set), threshold)) {
    if (++tries > triesMax) return undefined;
    const bytes = await combined(some);
    if (bytes !== undefined) return bytes;
  }
  return undefined;
}

/** What these shares give, if it is what their check says. */
async function combined(some: readonly Given[]): Promise<Uint8Array | undefined> {
  const taken = new Set(some.map(({ share }) => share.share[32]));
  if (taken.size < some.length) return undefined;
  const bytes = await combine(some.map(({ share }) => share.share));
  const { drawn, check, threshold, count } = some[0]!.share;
  return equal(checkOf(bytes, drawn, threshold, count), check) ? bytes : undefined;
}

/** The shares that lead to `bytes` together with others that do: of each once. */
async function goodPlaces(set: readonly Given[], bytes: Uint8Array): Promise<readonly number[]> {
  const all = different(set);
  const { threshold } = set[0]!.share;
  for (const some of choices(all, threshold)) {
    if ((await combined(some)) === undefined) continue;
    const places = some.map(({ place }) => place);
    for (const one of all) {
      if (places.includes(one.place)) continue;
      const there = await combined([...some.slice(1), one]);
      if (there !== undefined && equal(there, bytes)) places.push(one.place);
    }
    return places;
  }
  return [];
}

/** All ways to choose `count` of `all`, in order. */
function* choices(all: readonly Given[], count: number): Generator<readonly Given[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let at = 0; at + count <= all.length; at++) {
    for (const rest of choices(all.slice(at + 1), count - 1)) yield [all[at]!, ...rest];
  }
}

function nothingRead(count: number): string {
  if (count === 0) return 'no share was given';
  return 'none of what was given is a share: it begins with share1, and every letter of it counts';
}

function failure(count: number, given: readonly Given[], set: readonly Given[]): WordsError {
  const { threshold } = set[0]!.share;
  const there = different(set).length;
  if (there >= threshold) {
    return new WordsError(
      'wrong-share',
      there === threshold
        ? 'these shares do not lead to the words: at least one of them is wrong, and a further share tells which'
        : 'no set of these shares leads to the words: too many of them are wrong',
    );
  }
  const others = given.length - given.filter(({ share }) => isOneSet(share, set[0]!.share)).length;
  const unreadable = count - given.length;
  const besides = [
    ...(others > 0 ? [`${others} of another set, made at another time`] : []),
    ...(unreadable > 0 ? [`${unreadable} not readable`] : []),
    ...(set.length > there ? [`${set.length - there} given twice`] : []),
  ].join(', ');
  return new WordsError(
    others > 0 ? 'other-set' : 'too-few-shares',
    `${threshold} shares of one set are needed, and here ${there === 1 ? 'is 1' : `are ${there}`}${besides === '' ? '' : `; besides: ${besides}`}`,
  );
}
