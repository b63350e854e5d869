/** The levels of finality have one order, and only three of them can be demanded. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  atLeast,
  compareFinality,
  finalities,
  minimumFinalities,
  type Finality,
} from '../src/finality.ts';

const all = Object.keys(finalities) as Finality[];
const ordered: readonly Finality[] = [
  'conflicted',
  'pending',
  'pair-final',
  'edge-final',
  'certified',
];

test('the order is total: every two levels differ, and nothing is missing', () => {
  assert.deepEqual(all.toSorted(compareFinality), ordered);
  for (const a of all) {
    for (const b of all) assert.equal(compareFinality(a, b) === 0, a === b, `${a}, ${b}`);
  }
});

test('a minimum is met by itself and by what stands above it, by nothing else', () => {
  for (const minimum of minimumFinalities) {
    for (const level of all) {
      const above = ordered.indexOf(level) >= ordered.indexOf(minimum);
      assert.equal(atLeast(level, minimum), above, `${level} where ${minimum} is demanded`);
    }
  }
});

test('what pays nothing meets no minimum', () => {
  for (const minimum of minimumFinalities) {
    assert.equal(atLeast('pending', minimum), false);
    assert.equal(atLeast('conflicted', minimum), false);
  }
});
