/** The page about the seeds: every definition and theorem has its line, every line a word and a proof. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { rowsOf } from './table.ts';

const page = 'docs/seeds.md';
const text = readFileSync(page, 'utf8');
const words = ['built', 'replaced', 'refused', 'later'];
const rows = rowsOf(page, 'what the seed says');

test('every line says built, replaced, refused or later, and what is built is shown', () => {
  assert.ok(rows.length > 100);
  for (const [claim = '', word = '', what = '', shown = ''] of rows) {
    assert.ok(words.includes(word), `${claim}: ${word}`);
    assert.ok(word === 'built' || what !== '', `${claim} needs its reason`);
    assert.ok(word !== 'built' || /\]\(|`npm /.test(shown), `${claim} needs what shows it`);
  }
});

test('every link leads somewhere, and every command is one', () => {
  const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, path]) => join('docs', path!));
  assert.deepEqual(
    links.filter((path) => !existsSync(path)),
    [],
  );
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const commands = [...text.matchAll(/`npm (?:run )?([\w:-]+)/g)].map(([, name]) => name!);
  assert.deepEqual(
    commands.filter((name) => !Object.hasOwn(scripts, name)),
    [],
  );
});

test('every definition, assumption and theorem of the formal argument has its line', () => {
  const claims = rows.map(([claim = '']) => claim).join('\n');
  const counts = { definition: 23, assumption: 9, theorem: 8 };
  for (const [word, count] of Object.entries(counts)) {
    for (let n = 1; n <= count; n++) assert.ok(isNamed(claims, word, n), `${word} ${n}`);
  }
});

/** True if a line says "Definition 3", "definitions 8 and 9" or "Definitions 1 and 2". */
function isNamed(claims: string, word: string, n: number): boolean {
  return new RegExp(`${word}s? (?:\\d+ and )?${n}(?![\\d])`, 'i').test(claims);
}
