/**
 * Claims carry their evidence: every row of docs/claims.md names a file or a script that shows it.
 *
 *     | claim | kind | evidence |        evidence: `path/of/a/file`, or `npm run script`
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { isFile, namesIn, rowsOf } from './table.ts';

const page = 'docs/claims.md';
const skip = !existsSync(page) && `${page} is not written yet`;

test('every claim names evidence that exists', { skip }, () => {
  const rows = rowsOf(page, 'claim');
  assert.notEqual(rows.length, 0, `${page} has no rows`);
  const wrong = rows.filter(([claim = '', kind = '', evidence = '']) => {
    const names = namesIn(evidence);
    return claim === '' || kind === '' || names.length === 0 || !names.every(isEvidence);
  });
  assert.deepEqual(wrong, []);
});

test('only files and scripts are evidence', () => {
  assert.deepEqual(
    ['test/claims.test.ts', 'npm test', 'npm run test:all', 'npm run bench -- sign'].map(
      isEvidence,
    ),
    [true, true, true, true],
  );
  assert.deepEqual(
    ['test/no-such.test.ts', 'npm run no-such', 'npm install', 'measured', ''].map(isEvidence),
    [false, false, false, false, false],
  );
});

function isEvidence(name: string): boolean {
  const [, script] = /^npm (?:run )?([\w:-]+)(?: -- .*)?$/.exec(name) ?? [];
  if (script === undefined) return name !== '' && isFile(name);
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>;
  };
  return Object.hasOwn(scripts, script);
}
