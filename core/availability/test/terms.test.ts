/** Claims on an object: each owner has one, and none is shortened by another. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '@dsm/primitive';
import { named } from '@dsm/primitive/fixture';
import {
  claimed,
  isOver,
  isUsual,
  objectClasses,
  usualTerms,
  withoutEnd,
  withoutOwner,
  type Terms,
} from '../src/terms.ts';

const until = (version: number, owner?: string): Terms => ({
  class: objectClasses.receipt,
  until: version,
  owner: owner === undefined ? undefined : named(owner),
});

test('an owner has one claim, which is lengthened and never shortened', () => {
  const one = claimed([], until(5, 'ada'));
  assert.deepEqual(one, [until(5, 'ada')]);
  assert.equal(claimed(one, until(5, 'ada')), one);
  assert.equal(claimed(one, until(3, 'ada')), one);
  assert.deepEqual(claimed(one, until(9, 'ada')), [until(9, 'ada')]);
  assert.deepEqual(claimed(one, until(2)), [until(5, 'ada'), until(2)]);
  assert.deepEqual(claimed(claimed(one, until(2)), until(7)), [until(5, 'ada'), until(7)]);
});

test('a claim beyond the last place keeps the object as long as the longer of the two', () => {
  const names = Array.from({ length: limits.claimsMax }, (_, i) => `owner ${i}`);
  const full = names.reduce<readonly Terms[]>((all, name) => claimed(all, until(50, name)), []);
  assert.equal(full.length, limits.claimsMax);
  for (const [more, kept] of [
    [3, 50],
    [90, 90],
  ] as const) {
    const after = claimed(full, until(more, 'one more'));
    assert.equal(after.length, limits.claimsMax);
    assert.deepEqual(after.slice(0, -1), full.slice(0, -1));
    // It is nobody's alone any more, so neither of the two can release it for the other.
    assert.deepEqual(after.at(-1), { ...full.at(-1)!, until: kept, owner: undefined });
    assert.ok(!isOver(after, kept) && isOver(after, kept + 1));
  }
});

test('who releases takes its own claim away, and no other', () => {
  const all = [until(5, 'ada'), until(6), until(7, 'bob')];
  assert.deepEqual(withoutOwner(all, named('ada')), [until(6), until(7, 'bob')]);
  assert.deepEqual(withoutOwner(all, named('cyd')), all);
});

test('an object without terms of its own has the usual ones', () => {
  assert.ok(isUsual(usualTerms));
  assert.ok(!isUsual({ ...usualTerms, until: withoutEnd - 1 }));
  assert.ok(!isUsual({ ...usualTerms, class: objectClasses.receipt }));
  assert.ok(!isUsual({ ...usualTerms, owner: named('ada') }));
});
