/**
 * The glossary is true: every term is there once, with its meaning, its source and its file.
 *
 *     | term | meaning | source | file |        file: `path/of/a/file`, or — and the reason
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFile, namesIn, rowsOf } from './table.ts';

const page = 'docs/glossary.md';
const rows = rowsOf(page, 'term');

test('every term has a meaning, a source, and a file or a reason', () => {
  assert.notEqual(rows.length, 0, `${page} has no rows`);
  const wrong = rows.filter(
    ([term = '', meaning = '', source = '', file = '', ...more]) =>
      term === '' || meaning === '' || source === '' || !isPlace(file) || more.length > 0,
  );
  assert.deepEqual(wrong, []);
});

test('every term stands once', () => {
  const terms = rows.map(([term = '']) => term.toLowerCase());
  assert.deepEqual(
    terms.filter((term, i) => terms.indexOf(term) !== i),
    [],
  );
});

test('a dash alone is no place, and a file that is gone is none', () => {
  const cells = ['— seed only', '`core/primitive/src/hash.ts`', '—', '— ', '', '`no/such/file.ts`'];
  assert.deepEqual(cells.map(isPlace), [true, true, false, false, false, false]);
});

function isPlace(cell: string): boolean {
  if (cell.startsWith('—')) return cell.slice(1).trim() !== '';
  const names = namesIn(cell);
  return names.length > 0 && names.every(isFile);
}
