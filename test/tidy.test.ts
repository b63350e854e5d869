/**
 * What every file must be: seen by the compiler, seen by lint, opened by a sentence, not too long,
 * and free of what does not belong into a finished repository.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { test } from 'node:test';
import { slashed, sources, withoutComments } from './source.ts';

const codeLinesMax = 400;
/** The words are put together here, so that this file does not hold them. */
const unfinished = new RegExp(
  `\\b(?:${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`,
);
const machinePath = new RegExp(
  `(?<![\\w.~-])/(?:${['wo' + 'rk', 'tm' + 'p', 'ro' + 'ot', 'ho' + 'me'].join('|')})/`,
);
const sleeping =
  /\b(?:test|it|describe|suite|t)\.(?:only|todo)\b|\b(?:only|skip|todo):\s*true\b|\.skip\(/;

const texts = globSync(
  [
    '*.{md,json}',
    '.ci/*',
    '{docs,changes,vectors}/**/*.{md,py}',
    '{core,host,apps,bench,examples,sim,tools}/**/*.{md,mjs,py}',
  ],
  { exclude: (name) => name === 'node_modules' },
).map(slashed);

test('every source belongs to a project of the compiler', () => {
  const seen = ['core', 'node'].flatMap((project) =>
    lines('node_modules/typescript/bin/tsc', '-p', `tsconfig.${project}.json`, '--listFilesOnly'),
  );
  assert.deepEqual(missingFrom(seen), []);
});

test('every source is reached by lint', () => {
  assert.deepEqual(missingFrom(lines('node_modules/oxlint/bin/oxlint', '--debug=files', '.')), []);
});

test('every source opens by saying what it is', () => {
  assert.deepEqual(
    sources.filter((file) => !/^(?:#!.*\n)?\/\*\*/.test(read(file))),
    [],
  );
});

test(`no source has more than ${codeLinesMax} lines of code`, () => {
  const codeLines = (file: string): number =>
    withoutComments(read(file))
      .split('\n')
      .filter((line) => line.trim() !== '').length;
  assert.deepEqual(
    sources.filter((file) => codeLines(file) > codeLinesMax),
    [],
  );
});

test('nothing is left to do, and nothing names a folder of one machine', () => {
  const wrong = [...sources, ...texts].filter(
    (file) => unfinished.test(read(file)) || machinePath.test(read(file)),
  );
  assert.deepEqual(wrong, []);
});

test('no test sleeps without a reason', () => {
  const tests = sources.filter((file) => file.endsWith('.test.ts') && file !== 'test/tidy.test.ts');
  assert.deepEqual(
    tests.filter((file) => sleeping.test(withoutComments(read(file)))),
    [],
  );
});

function missingFrom(seen: readonly string[]): string[] {
  const known = new Set(seen.map((path) => slashed(relative('.', path))));
  return sources.filter((file) => !known.has(file));
}

function lines(...args: readonly string[]): string[] {
  const { stdout, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
  return stdout.split('\n').filter((line) => line !== '');
}

function read(file: string): string {
  return readFileSync(file, 'utf8');
}
