/** Shares of the words on the command line: made, joined, refused, and never an argument. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { wordsOf } from '@dsm/words';
import { commands } from '../src/commands/index.ts';
import { schemas } from '../src/commands/schema.ts';
import { mismatch } from './schema-check.ts';
import { place } from './surroundings.ts';

installNative();

const words = wordsOf(new Uint8Array(32).fill(0x7f));
const env = { DSM_WORDS: words };
const described = schemas(commands);
const { dsm, folder } = place();

test('words are split and joined, out of files and standard input', async () => {
  const split = await dsm('guardian split --needed 2 --of 3 --json', env);
  assert.equal(split.exit, 0, split.stderr);
  const document = JSON.parse(split.stdout) as { needed: number; shares: readonly string[] };
  assert.equal(mismatch(described['guardian split']!, document), undefined);
  assert.equal(document.shares.length, 3);
  const [first = '', second = '', third = ''] = document.shares;

  const piped = await dsm('guardian join', {}, [first, '', third]);
  assert.deepEqual([piped.exit, piped.stdout], [0, `${words}\n`]);

  writeFileSync(join(folder, 'a.share'), `${first}\n`);
  writeFileSync(join(folder, 'b.share'), `${second}\nnothing\n`);
  const read = await dsm('guardian join a.share b.share --json');
  const joined = JSON.parse(read.stdout) as object;
  assert.equal(mismatch(described['guardian join']!, joined), undefined);
  assert.deepEqual(joined, { words, useless: [{ place: 3, why: 'unreadable' }] });
  assert.match(read.stderr, /Share 3 was of no use: it is unreadable/);
});

test('too few shares, other shares and other words have their codes', async () => {
  const { stdout } = await dsm('guardian split --needed 2 --of 2', env);
  const [first = ''] = stdout.split('\n');
  const few = await dsm('guardian join', {}, [first]);
  assert.deepEqual([few.exit, few.stdout], [2, '']);
  assert.match(few.stderr, /2 shares of one set are needed, and here is 1/);
  assert.match(few.stderr, /docs\/errors\.md#bad-shares/);
  const twelve = await dsm('guardian split --needed 2 --of 2', {
    DSM_WORDS: `${'abandon '.repeat(11)}about`,
  });
  assert.equal(twelve.exit, 2);
  assert.match(twelve.stderr, /12 words are not enough here/);
  const slip = await dsm('guardian split --needed 2 --of 2', {
    DSM_WORDS: words.replace('winner', 'winer'),
  });
  assert.match(
    slip.stderr,
    /word 2, "winer", is not in the list: perhaps "wine", "winner" or "winter"/,
  );
  assert.match(slip.stderr, /docs\/errors\.md#bad-words/);
});

test('without words, or with terms that make no sense, nothing is made', async () => {
  const none = await dsm('guardian split --needed 2 --of 3');
  assert.equal(none.exit, 9);
  assert.match(none.stderr, /words are never an argument/);
  for (const terms of ['--needed 1 --of 3', '--needed 4 --of 3', '--needed 2 --of 17', '--of 3']) {
    assert.equal((await dsm(`guardian split ${terms}`, env)).exit, 2, terms);
  }
  assert.equal((await dsm('guardian split --needed 2 --of 3 --words-from prompt', env)).exit, 2);
  assert.equal((await dsm('guardian split --needed 2 --of 3 --words-from mouth', env)).exit, 2);
  assert.equal((await dsm('guardian join nowhere.share')).exit, 3);
});

test('words come from standard input, in as many lines as there are', async () => {
  const split = await dsm(
    'guardian split --needed 2 --of 2 --qr --words-from stdin',
    {},
    words.split(' '),
  );
  assert.equal(split.exit, 0, split.stderr);
  assert.match(split.stdout, /█/);
});
