/**
 * 24 words for 32 bytes (BIP-39, English), and reading what people type.
 *
 *     32 bytes ‖ first byte of their SHA-256 = 264 bits = 24 numbers of 11 bits = 24 words
 *
 * Shorter phrases of the same standard are refused: 12 words are 128 bits, half of which are left
 * against a quantum computer. Case, kinds of space and Unicode forms make no difference, and the
 * first four letters of a word stand for it: no two words of the list share them.
 */

import { entropyToMnemonic, mnemonicToEntropy, validateMnemonic } from '@scure/bip39';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import type { Entropy } from '@dsm/ports';
import { distance, nearestWords } from './nearest.ts';
import { WordsError } from './refusal.ts';

/** All 2,048 words, in order: a program that completes what is typed needs them. */
export const wordList: readonly string[] = wordlist;

export const wordCount = 24;
/** What the words stand for. */
export const wordsBytes = 32;
/** Text beyond this is no phrase, whatever is in it. */
const textMax = 2_048;
/** Letters that name a word of the list. */
const prefixLetters = 4;

/** The words of 32 bytes, with one space between them. */
export function wordsOf(bytes: Uint8Array): string {
  if (bytes.length !== wordsBytes) {
    throw new RangeError(`words: expected ${wordsBytes} bytes, got ${bytes.length}`);
  }
  return entropyToMnemonic(bytes, wordlist);
}

/** Fresh words. */
export function drawWords(entropy: Entropy): string {
  return wordsOf(entropy.bytes(wordsBytes));
}

/** The 32 bytes of typed words. Throws `WordsError` with what is wrong, and where. */
export function readWords(typed: string): Uint8Array {
  const parts = split(typed);
  checkCount(parts.length);
  const words = parts.map((part, at) => known(part, at + 1));
  const phrase = words.join(' ');
  if (!validateMnemonic(phrase, wordlist)) throw badChecksum(words);
  return mnemonicToEntropy(phrase, wordlist);
}

function split(typed: string): readonly string[] {
  if (typed.length > textMax) throw new WordsError('word-count', 'this text is far too long');
  return typed
    .toWellFormed()
    .normalize('NFKC')
    .toLowerCase()
    .split(/[\s,]+/u)
    .filter((part) => part !== '');
}

function checkCount(count: number): void {
  if (count === wordCount) return;
  if (count === 12) {
    throw new WordsError(
      'word-count',
      '12 words are not enough here: an identity has 24, and this phrase is of another wallet',
    );
  }
  const short = [15, 18, 21].includes(count) ? ', and this phrase is of another wallet' : '';
  throw new WordsError('word-count', `there are ${count} words here: an identity has 24${short}`);
}

/** The word of the list that `typed` is, or names by its first four letters or more. */
function known(typed: string, position: number): string {
  const whole = wordlist.find((word) => word === typed);
  if (whole !== undefined) return whole;
  const named =
    typed.length < prefixLetters ? undefined : wordlist.find((word) => word.startsWith(typed));
  if (named !== undefined) return named;
  throw new WordsError(
    'unknown-word',
    `word ${position}, "${shown(typed)}", is not in the list${hint(typed)}`,
  );
}

function hint(typed: string): string {
  const near = nearestWords(typed, wordlist);
  if (near.length === 0) return ', and no word of the list is near to it';
  return `: perhaps ${oneOf(near)}`;
}

/** What was typed, without what a terminal would take for orders. */
function shown(typed: string): string {
  const plain = typed.replaceAll(/[^\p{L}\p{N}\p{P}]/gu, '?');
  return plain.length > 24 ? `${plain.slice(0, 24)}…` : plain;
}

/**
 * All words are in the list and together they are no phrase. One in 256 false phrases passes, so a
 * single change that mends it, and looks like a slip, is most likely the mistake.
 */
function badChecksum(words: readonly string[]): WordsError {
  const sentence = 'the 24 words do not belong together';
  const slips = [...likelySlips(words)];
  if (slips.length === 0) {
    return new WordsError('words-checksum', `${sentence}: one of them is wrong, or their order`);
  }
  return new WordsError(
    'words-checksum',
    `${sentence}: perhaps ${slips.slice(0, 3).join(', or ')}`,
  );
}

function* likelySlips(words: readonly string[]): Generator<string> {
  for (const [at, word] of words.entries()) {
    for (const other of wordlist) {
      if (other === word || Math.abs(other.length - word.length) > 1) continue;
      if (distance(word, other) > 1) continue;
      if (isPhrase(words.with(at, other))) yield `word ${at + 1} is "${other}", not "${word}"`;
    }
    const next = words[at + 1];
    if (next === undefined || next === word) continue;
    if (isPhrase(words.with(at, next).with(at + 1, word))) {
      yield `words ${at + 1} and ${at + 2} are swapped`;
    }
  }
}

function isPhrase(words: readonly string[]): boolean {
  return validateMnemonic(words.join(' '), wordlist);
}

function oneOf(words: readonly string[]): string {
  const quoted = words.map((word) => `"${word}"`);
  const last = quoted.pop()!;
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}
