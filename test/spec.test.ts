/** The tables of docs/spec/codec.md are those of the code, row by row and in its order. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { domains, kinds, sizes, suites, type Algorithm } from '@dsm/primitive';
import { rowsOf } from './table.ts';

const page = 'docs/spec/codec.md';

test('the page lists every kind with its byte', () => {
  const inCode = Object.entries(kinds).map(([name, byte]) => [
    `\`${byte.toString(16).padStart(2, '0')}\``,
    name,
  ]);
  assert.deepEqual(rowsOf(page, 'byte'), inCode);
});

test('no two kinds share a byte', () => {
  assert.equal(new Set(Object.values(kinds)).size, Object.keys(kinds).length);
});

test('the page lists every domain', () => {
  const [, list = ''] = /The domains:([\s\S]*?)\./.exec(readFileSync(page, 'utf8')) ?? [];
  const onPage = [...list.matchAll(/`([^`]+)`/g)].map(([, name]) => name);
  assert.deepEqual(onPage, [...domains]);
});

test('the page gives the algorithms and sizes of every suite', () => {
  const named = (name: string): string => name.toLowerCase();
  const inCode = Object.entries(suites).map(([suite, { root, working }]) => [
    suite,
    root,
    working,
    `${size(root, 'publicKey')} / ${size(working, 'publicKey')}`,
    `${size(root, 'signature')} / ${size(working, 'signature')}`,
  ]);
  assert.deepEqual(
    rowsOf(page, 'suite').map((cells) => cells.map(named)),
    inCode,
  );
});

function size(algorithm: Algorithm, what: 'publicKey' | 'signature'): string {
  return sizes[algorithm][what].toLocaleString('en');
}
