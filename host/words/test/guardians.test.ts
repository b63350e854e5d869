/** Guardians: any k of n shares give the words back, fewer do not, and what is of no use is named. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bech32m } from '@scure/base';
import { installPortable } from '@dsm/portable';
import fc from 'fast-check';
import { isTerms, joinShares, splitWords } from '../src/guardians.ts';
import { WordsError, type WordsRefusal } from '../src/refusal.ts';
import { checkOf, readShare, share, shareBytes, shareText, type Share } from '../src/share.ts';
import { wordsOf } from '../src/words.ts';

installPortable();

const seed = Number(process.env['SEED'] ?? 1);
const words = wordsOf(new Uint8Array(32).fill(0x7f));
let drawn = 0;
const entropy = {
  bytes: (length: number): Uint8Array => new Uint8Array(length).fill(++drawn),
};

test('any k of n in any order give the words back, whatever else lies among them', async () => {
  const terms = fc
    .integer({ min: 2, max: 16 })
    .chain((count) =>
      fc.record({ count: fc.constant(count), threshold: fc.integer({ min: 2, max: count }) }),
    )
    .chain((of) =>
      fc.record({
        of: fc.constant(of),
        chosen: fc.shuffledSubarray(
          Array.from({ length: of.count }, (_, at) => at),
          {
            minLength: of.threshold,
          },
        ),
        bytes: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      }),
    );
  await fc.assert(
    fc.asyncProperty(terms, async ({ of, chosen, bytes }) => {
      const shares = await splitWords(wordsOf(bytes), of, entropy);
      assert.equal(shares.length, of.count);
      const joined = await joinShares(chosen.map((at) => shares[at]!));
      assert.deepEqual(joined, { words: wordsOf(bytes), useless: [] });
    }),
    { seed, numRuns: 40 },
  );
});

test('fewer than k are too few, and say so', async () => {
  const shares = await splitWords(words, { threshold: 3, count: 5 }, entropy);
  const sentence = await refusal(shares.slice(0, 2), 'too-few-shares');
  assert.equal(sentence, '3 shares of one set are needed, and here are 2');
  assert.match(
    await refusal([shares[0]!, shares[0]!, shares[0]!], 'too-few-shares'),
    /here is 1; besides: 2 given twice$/,
  );
  assert.match(
    await refusal([shares[0]!, 'share1qqqq'], 'too-few-shares'),
    /here is 1; besides: 1 not readable$/,
  );
  await refusal([], 'no-share');
  await refusal(['', 'hello', words], 'no-share');
});

test('one share less says nothing: every byte is as likely as any other', async () => {
  // With k - 1 shares and any guess of a byte there is a share that leads to that guess.
  const shares = await splitWords(words, { threshold: 2, count: 2 }, entropy);
  const one = readShare(shares[0]!)!;
  const other = readShare(shares[1]!)!;
  const { combine } = await import('shamir-secret-sharing');
  const seen = new Set<number>();
  for (let value = 0; value < 256; value++) {
    const guess = other.share.slice();
    guess[0] = value;
    seen.add((await combine([one.share, guess]))[0]!);
  }
  assert.equal(seen.size, 256);
});

test('shares that were computed by hand are joined: the field is that of the page', async () => {
  const entropy32 = new Uint8Array(32).fill(0x7f);
  const bare = { drawn: new Uint8Array(16).fill(1), count: 16 };
  const at = (threshold: number, number: number, where: number, value: number): string => {
    const check = checkOf(entropy32, bare.drawn, threshold, bare.count);
    const bytes = new Uint8Array(33).fill(0x7f ^ value).with(32, where);
    return shareText({ ...bare, check, threshold, number, share: bytes });
  };
  // All polynomials are 7f + x: at 5 and at 200.
  assert.equal((await joinShares([at(2, 1, 5, 5), at(2, 2, 200, 200)])).words, words);
  // All polynomials are 7f + x²: at 2, at 3 and at 80, whose square is 9a modulo the polynomial.
  const squares = [at(3, 1, 2, 4), at(3, 2, 3, 5), at(3, 3, 0x80, 0x9a)];
  assert.equal((await joinShares(squares)).words, words);
});

test('shares of two sets never mix, even of the same words and terms', async () => {
  const terms = { threshold: 2, count: 3 };
  const old = await splitWords(words, terms, entropy);
  const now = await splitWords(words, terms, entropy);
  assert.match(
    await refusal([old[0]!, now[1]!], 'other-set'),
    /2 shares of one set are needed, and here is 1; besides: 1 of another set/,
  );
  const joined = await joinShares([old[0]!, now[1]!, now[2]!]);
  assert.deepEqual(joined, { words, useless: [{ place: 1, why: 'of another set' }] });
});

test('a small set that is whole is joined, though more shares of another lie there', async () => {
  const large = await splitWords(words, { threshold: 5, count: 5 }, entropy);
  const small = await splitWords(words, { threshold: 2, count: 2 }, entropy);
  const joined = await joinShares([...large.slice(0, 4), ...small]);
  assert.equal(joined.words, words);
  assert.deepEqual(
    joined.useless.map(({ place }) => place),
    [1, 2, 3, 4],
  );
});

test('a wrong share is noticed, and with one more it is named', async () => {
  const shares = await splitWords(words, { threshold: 3, count: 5 }, entropy);
  const bad = bent(shares[1]!, (one) => one.share.with(4, one.share[4]! ^ 1));
  await refusal([shares[0]!, bad, shares[2]!], 'wrong-share');
  const joined = await joinShares([shares[0]!, bad, shares[2]!, shares[4]!]);
  assert.deepEqual(joined, { words, useless: [{ place: 2, why: 'wrong' }] });
});

test('several wrong shares are named as long as k are right', async () => {
  const shares = await splitWords(words, { threshold: 3, count: 6 }, entropy);
  const bad = (at: number): string =>
    bent(shares[at]!, (one) => one.share.with(at, one.share[at]! ^ 9));
  const joined = await joinShares([bad(0), bad(1), shares[2]!, bad(3), shares[4]!, shares[5]!]);
  assert.deepEqual(
    joined.useless,
    [1, 2, 4].map((place) => ({ place, why: 'wrong' })),
  );
  await refusal([bad(0), bad(1), bad(2), bad(3), shares[4]!, shares[5]!], 'wrong-share');
});

test('a wrong share that claims the place of a right one is named', async () => {
  const shares = await splitWords(words, { threshold: 2, count: 3 }, entropy);
  const right = readShare(shares[0]!)!;
  const bad = bent(shares[1]!, (one) => one.share.with(32, right.share[32]!));
  const joined = await joinShares([shares[0]!, bad, shares[2]!]);
  assert.deepEqual(joined, { words, useless: [{ place: 2, why: 'wrong' }] });
});

test('given twice, unreadable: named, and no hindrance', async () => {
  const shares = await splitWords(words, { threshold: 2, count: 3 }, entropy);
  const joined = await joinShares([shares[0]!, 'nothing', shares[0]!, shares[1]!]);
  assert.deepEqual(joined, {
    words,
    useless: [
      { place: 2, why: 'unreadable' },
      { place: 3, why: 'given twice' },
    ],
  });
});

test('a share as people copy it: capitals, line breaks; one wrong letter is noticed', async () => {
  const [text = ''] = await splitWords(words, { threshold: 2, count: 2 }, entropy);
  assert.ok(text.startsWith('share1'));
  assert.ok(text.length < 130, `${text.length} letters`);
  assert.deepEqual(readShare(text.toUpperCase()), readShare(text));
  assert.deepEqual(readShare(text.replaceAll(/(.{20})/g, '$1\n ')), readShare(text));
  for (const at of [6, 20, text.length - 1]) {
    const wrong = text[at] === 'q' ? 'p' : 'q';
    assert.equal(readShare(text.slice(0, at) + wrong + text.slice(at + 1)), undefined);
  }
  const other = bech32m.encode('shard', bech32m.toWords(share.encode(readShare(text)!)), 256);
  assert.equal(readShare(other), undefined);
  assert.equal(readShare('share1'.repeat(10_000)), undefined);
});

test('a share is 70 bytes, and its numbers are within bounds', async () => {
  const [text = ''] = await splitWords(words, { threshold: 2, count: 3 }, entropy);
  const one = readShare(text)!;
  const bytes = share.encode(one);
  assert.equal(bytes.length, shareBytes);
  const wrong: readonly (readonly [number, number])[] = [
    [34, 1],
    [34, 4],
    [35, 1],
    [35, 17],
    [36, 0],
    [36, 4],
    [69, 0],
  ];
  for (const [at, value] of wrong)
    assert.equal(share.decode(bytes.with(at, value)).ok, false, `${at}`);
  assert.equal(share.decode(bytes).ok, true);
});

test('terms: at least 2 of them are needed, at most 16 are made', async () => {
  const wrong = [
    [1, 3],
    [0, 2],
    [4, 3],
    [2, 17],
    [2.5, 3],
    [2, Number.NaN],
  ] as const;
  for (const [threshold, count] of wrong) {
    assert.equal(isTerms(threshold, count), false);
    await assert.rejects(splitWords(words, { threshold, count }, entropy), RangeError);
  }
  assert.equal(isTerms(2, 2) && isTerms(16, 16), true);
  await assert.rejects(joinShares(Array.from({ length: 65 }, () => '')), RangeError);
  await assert.rejects(splitWords('not words', { threshold: 2, count: 3 }, entropy), {
    code: 'word-count',
  });
});

function bent(text: string, change: (one: Share) => Uint8Array): string {
  const one = readShare(text)!;
  return shareText({ ...one, share: change(one) });
}

async function refusal(typed: readonly string[], code: WordsRefusal): Promise<string> {
  try {
    await joinShares(typed);
  } catch (error) {
    assert.ok(error instanceof WordsError);
    assert.equal(error.code, code, error.message);
    return error.message;
  }
  throw new Error('not refused');
}
