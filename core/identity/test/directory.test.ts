/** The directory’s rules: names have one form, and crossing introductions one winner. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compare } from '@dsm/primitive';
import { normalName, placeOfIntroduction } from '../src/index.ts';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('the form of a name is its own form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 20 }), (text) => {
      const name = normalName(text);
      if (name !== undefined) assert.equal(normalName(name), name);
    }),
  );
});

test('of two introductions that crossed, both sides write to the same one', () => {
  fc.assert(
    fc.property(bytes32, bytes32, fc.nat(9), (a, b, incarnation) => {
      fc.pre(compare(a, b) !== 0);
      const standing = { agreed: true, since: incarnation, byMe: true, byThem: false };
      const heardByB = placeOfIntroduction(standing, incarnation, a, b);
      const heardByA = placeOfIntroduction(standing, incarnation, b, a);
      assert.deepEqual([heardByA, heardByB].toSorted(), ['listen', 'write']);
      assert.equal(heardByB === 'write', compare(a, b) < 0);
    }),
  );
});

test('one incarnation begins at most two relationships, whatever it says', () => {
  fc.assert(
    fc.property(bytes32, bytes32, fc.boolean(), fc.nat(5), (a, b, byMe, incarnation) => {
      let standing = { agreed: false, since: 0, byMe, byThem: false };
      let taken = 0;
      for (let n = 0; n < 5; n++) {
        if (placeOfIntroduction(standing, incarnation, a, b) === 'refuse') continue;
        taken += 1;
        standing = { ...standing, agreed: true, since: incarnation, byThem: true };
      }
      assert.equal(taken, 1);
    }),
  );
});

test('a name is plain, single-spaced, short, and what its forms agree on', () => {
  assert.equal(normalName('Maya'), 'maya');
  assert.equal(normalName('MAYA  LINDEN'), undefined);
  assert.equal(normalName('maya linden'), 'maya linden');
  for (const name of ['', ' maya', 'may\u200ba', 'q\u0301', '\u202emaya']) {
    assert.equal(normalName(name), undefined, JSON.stringify(name));
  }
  assert.equal(normalName('m'.repeat(48)), 'm'.repeat(48));
  assert.equal(normalName('m'.repeat(49)), undefined);
  assert.equal(normalName('ü'.repeat(25)), undefined, 'bytes count, not letters');
});
