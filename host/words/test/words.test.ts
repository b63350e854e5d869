/** Words: the vectors of the standard, what people type, and every refusal with its sentence. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { wordlist } from '@scure/bip39/wordlists/english.js';
import fc from 'fast-check';
import { distance, nearestWords } from '../src/nearest.ts';
import { WordsError, type WordsRefusal } from '../src/refusal.ts';
import { readWords, wordsOf } from '../src/words.ts';

const seed = Number(process.env['SEED'] ?? 1);
const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });
const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const art = `${'abandon '.repeat(23)}art`;

/** From the vectors of the standard. */
const standard: readonly (readonly [number, string])[] = [
  [0x00, art],
  [0x7f, `${'legal winner thank year wave sausage worth useful '.repeat(3)}`],
  [0x80, `${'letter advice cage absurd amount doctor acoustic avoid '.repeat(3)}`],
  [0xff, `${'zoo '.repeat(23)}vote`],
];
const lastWords = ['art', 'title', 'bless', 'vote'];

test('the vectors of the standard, both ways', () => {
  for (const [at, [byte, text]] of standard.entries()) {
    const phrase = text.trim().split(' ').with(23, lastWords[at]!).join(' ');
    assert.equal(wordsOf(filled(byte)), phrase);
    assert.deepEqual(readWords(phrase), filled(byte));
  }
});

test('any 32 bytes come back, however the words are typed', () => {
  const typed = fc.record({
    bytes: bytes32,
    upper: fc.boolean(),
    short: fc.boolean(),
    between: fc.constantFrom(' ', '  ', '\n', '\t', ', ', '\u00a0', '\u3000'),
  });
  fc.assert(
    fc.property(typed, ({ bytes, upper, short, between }) => {
      const words = wordsOf(bytes)
        .split(' ')
        .map((word) => (short ? word.slice(0, 4) : word))
        .map((word) => (upper ? word.toUpperCase() : word));
      assert.deepEqual(readWords(` ${words.join(between)} `), bytes);
    }),
    { seed, numRuns: 100 },
  );
});

test('letters of full width are the letters', () => {
  const wide = art.replaceAll(/[a-z]/g, (letter) =>
    String.fromCodePoint(letter.codePointAt(0)! + 0xfee0),
  );
  assert.deepEqual(readWords(wide), filled(0));
});

test('12 words are refused as such', () => {
  const twelve = `${'abandon '.repeat(11)}about`;
  assert.match(refusal(twelve, 'word-count'), /^12 words are not enough here/);
});

test('another number of words is named', () => {
  for (const count of [0, 1, 11, 13, 23, 25]) {
    const text = Array.from({ length: count }, () => 'abandon').join(' ');
    assert.match(refusal(text, 'word-count'), new RegExp(`^there are ${count} words here`));
  }
  for (const count of [15, 18, 21]) {
    const text = Array.from({ length: count }, () => 'abandon').join(' ');
    assert.match(refusal(text, 'word-count'), /another wallet$/);
  }
  refusal('abandon '.repeat(100_000), 'word-count');
});

test('a misspelt word is named with its place and what is near', () => {
  const typed = (word: string): string => art.split(' ').with(4, word).join(' ');
  const cases: readonly (readonly [string, string])[] = [
    ['abandn', 'perhaps "abandon"'],
    ['bandon', 'perhaps "abandon"'],
    ['abadnon', 'perhaps "abandon"'],
    ['anbadon', 'perhaps "abandon"'],
    ['abandonn', 'perhaps "abandon"'],
    ['zo', 'perhaps "zoo"'],
  ];
  for (const [word, near] of cases) {
    const sentence = refusal(typed(word), 'unknown-word');
    assert.equal(sentence, `word 5, "${word}", is not in the list: ${near}`);
  }
  assert.match(refusal(typed('qqqqqqqq'), 'unknown-word'), /no word of the list is near to it$/);
});

test('three letters name no word, four do', () => {
  const typed = (word: string): string => art.split(' ').with(0, word).join(' ');
  refusal(typed('aba'), 'unknown-word');
  assert.deepEqual(readWords(typed('aban')), filled(0));
  assert.deepEqual(readWords(typed('abando')), filled(0));
  refusal(typed('abanx'), 'unknown-word');
});

test('what was typed is shown without orders to the terminal, and not at length', () => {
  const typed = (word: string): string => art.split(' ').with(0, word).join(' ');
  assert.match(refusal(typed('\u001b[2jx'), 'unknown-word'), /"\?\[2jx"/);
  assert.match(refusal(typed('x'.repeat(900)), 'unknown-word'), /"x{24}…"/);
});

test('words that do not belong together are refused', () => {
  refusal('abandon '.repeat(24).trim(), 'words-checksum');
  assert.match(refusal('zoo '.repeat(24).trim(), 'words-checksum'), /do not belong together/);
});

test('one slip between words of the list is named', () => {
  const words = wordsOf(filled(0x7f)).split(' ');
  // Word 4 is "year".
  const slipped = words.with(3, 'yard');
  assert.ok(distance('yard', 'year') > 1, 'not every word is near another');
  refusal(slipped.join(' '), 'words-checksum');
  const near = nearestPairs().find(([of]) => of === 'wave')!;
  const sentence = refusal(words.with(4, near[1]).join(' '), 'words-checksum');
  assert.ok(sentence.includes(`word 5 is "wave", not "${near[1]}"`), sentence);
});

test('two words that changed places are named', () => {
  const words = wordsOf(filled(0x80)).split(' ');
  const swapped = words.with(0, words[1]!).with(1, words[0]!).join(' ');
  assert.match(refusal(swapped, 'words-checksum'), /words 1 and 2 are swapped/);
});

test('nearest words: added, left out, exchanged, swapped, and nothing that is far', () => {
  assert.equal(distance('trial', 'trail'), 1);
  assert.equal(distance('', 'abc'), 3);
  assert.equal(distance('kitten', 'sitting'), 3);
  assert.equal(distance('same', 'same'), 0);
  assert.deepEqual(nearestWords('zebar', wordlist), ['zebra']);
  assert.deepEqual(nearestWords('qqqqqq', wordlist), []);
  assert.deepEqual(nearestWords('a'.repeat(10_000), wordlist), []);
  assert.equal(nearestWords('xat', wordlist).length, 3);
});

test('the list has what the reading relies on: no two words share four letters', () => {
  assert.equal(new Set(wordlist.map((word) => word.slice(0, 4))).size, 2_048);
});

test('other lengths of bytes are the caller’s fault', () => {
  for (const length of [0, 16, 31, 33]) {
    assert.throws(() => wordsOf(new Uint8Array(length)), RangeError);
  }
});

function refusal(typed: string, code: WordsRefusal): string {
  try {
    readWords(typed);
  } catch (error) {
    assert.ok(error instanceof WordsError);
    assert.equal(error.code, code, error.message);
    return error.message;
  }
  throw new Error(`not refused: ${typed.slice(0, 80)}`);
}

/** Words of the list with one that is a single slip away. */
function nearestPairs(): readonly (readonly [string, string])[] {
  return wordlist.flatMap((word) => {
    const other = wordlist.find((one) => one !== word && distance(word, one) === 1);
    return other === undefined ? [] : [[word, other] as const];
  });
}
