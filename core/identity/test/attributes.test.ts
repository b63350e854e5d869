/** Attribute trees: against a model that hashes everything, and every way to bend a proof. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { concat, decodeWith, encodeWith, hash, utf8 } from '@dsm/primitive';
import { flipped, installFakes, named } from '@dsm/primitive/fixture';
import fc from 'fast-check';

import {
  attributeCoder,
  attributeRoot,
  attributesCoder,
  depthFor,
  evaluateAttributes,
  isAttributeName,
  isDate,
  leafOf,
  proveAttributes,
  saltAt,
  schemaDigest,
  schemaOf,
  shownCoder,
  type Attribute,
  type Depth,
  type ShownAttribute,
} from '../src/attributes.ts';
import { said } from './credential-scene.ts';

installFakes();

const seed = named('seed');
const many = (count: number): readonly Attribute[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `a${String(i).padStart(2, '0')}`,
    content: { type: 'integer', value: BigInt(i) - 3n },
  }));
const shownOf = (of: readonly Attribute[], indices: readonly number[]): ShownAttribute[] =>
  indices.map((index) => ({ index, salt: saltAt(seed, index), attribute: of[index]! }));

/** The root by the page alone: pairs of digests, level by level. */
function modelRoot(of: readonly Attribute[], depth: Depth): Uint8Array {
  let level = Array.from({ length: 1 << depth }, (_, i) => leafOf(saltAt(seed, i), of[i]));
  while (level.length > 1) {
    level = Array.from({ length: level.length / 2 }, (_, i) =>
      hash('attribute-node', level[2 * i]!, level[2 * i + 1]!),
    );
  }
  return level[0]!;
}

test('whatever is shown leads to the root, by the digests of what is not', () => {
  const choice = fc
    .tuple(
      fc.integer({ min: 1, max: 64 }),
      fc.array(fc.boolean(), { minLength: 64, maxLength: 64 }),
    )
    .map(([count, draws]) => ({
      count,
      indices: Array.from({ length: count }, (_, i) => i).filter((i) => draws[i] === true),
    }));
  fc.assert(
    fc.property(choice, ({ count, indices }) => {
      const of = many(count);
      const depth = depthFor(count)!;
      const root = attributeRoot(seed, of, depth);
      assert.deepEqual(root, modelRoot(of, depth));
      const proof = proveAttributes(seed, of, depth, indices);
      assert.deepEqual(evaluateAttributes(shownOf(of, indices), depth, proof), root);
    }),
    { numRuns: 60 },
  );
});

test('three of twelve take at most twelve digests', () => {
  const of = many(12);
  for (const indices of [
    [0, 1, 2],
    [0, 5, 11],
    [3, 7, 9],
  ]) {
    assert.ok(proveAttributes(seed, of, 4, indices).length <= 12);
  }
});

test('a bent proof leads elsewhere or nowhere', () => {
  const of = many(12);
  const root = attributeRoot(seed, of, 4);
  const shown = shownOf(of, [1, 5]);
  const proof = proveAttributes(seed, of, 4, [1, 5]);
  const leads = (by: readonly ShownAttribute[], digests: readonly Uint8Array[]): boolean =>
    evaluateAttributes(by, 4, digests)?.join() === root.join();
  assert.ok(leads(shown, proof));
  const [first, second] = shown as [ShownAttribute, ShownAttribute];
  const other = { ...first.attribute, content: { type: 'integer', value: 99n } } as const;
  assert.ok(!leads([{ ...first, attribute: other }, second], proof), 'another value');
  assert.ok(!leads([{ ...first, salt: flipped(first.salt) }, second], proof), 'another salt');
  assert.ok(!leads([{ ...first, index: 0 }, second], proof), 'another leaf');
  assert.ok(!leads([first], proof), 'less than was proven');
  assert.ok(!leads(shown, proof.toReversed()), 'in another order');
  assert.equal(evaluateAttributes(shown, 4, proof.slice(1)), undefined, 'too short');
  assert.equal(evaluateAttributes(shown, 4, [...proof, named('more')]), undefined, 'too long');
  // The root is the whole proof of nothing: nothing more may be shown beside it.
  assert.deepEqual(evaluateAttributes([], 4, [root]), root);
  const beyond = { ...first, index: 16 };
  assert.equal(evaluateAttributes([beyond], 4, [root]), undefined, 'no such leaf');
});

test('a tree has room for what it holds, and no more is shown of an empty leaf', () => {
  assert.deepEqual([1, 8, 9, 16, 17, 33, 64, 65].map(depthFor), [3, 3, 4, 4, 5, 6, 6, undefined]);
  const salt = saltAt(seed, 3);
  assert.notDeepEqual(leafOf(salt, undefined), leafOf(salt, said[0]));
  assert.notDeepEqual(leafOf(salt, undefined), leafOf(saltAt(seed, 4), undefined));
});

test('a value has one spelling', () => {
  for (const attribute of said) {
    const bytes = encodeWith(attributeCoder, attribute);
    assert.deepEqual(decodeWith(attributeCoder, bytes), attribute);
  }
  for (const value of [-(1n << 127n), -1n, 0n, 1n, (1n << 128n) - 1n]) {
    const attribute: Attribute = { name: 'n', content: { type: 'integer', value } };
    assert.deepEqual(decodeWith(attributeCoder, encodeWith(attributeCoder, attribute)), attribute);
  }
  const zero = encodeWith(attributeCoder, { name: 'n', content: { type: 'integer', value: 0n } });
  assert.equal(decodeWith(attributeCoder, zero.with(6, 1)), undefined, 'minus nothing');
  assert.equal(decodeWith(attributeCoder, zero.with(6, 2)), undefined, 'no sign');
  const flag = encodeWith(attributeCoder, { name: 'n', content: { type: 'boolean', value: true } });
  assert.equal(decodeWith(attributeCoder, flag.with(6, 2)), undefined, 'neither true nor false');
});

test('names are small letters, digits and single dashes', () => {
  const good = ['a', 'given-name', 'a_b', 'x509', 'a'.repeat(48)];
  const bad = ['', 'A', '1a', '-a', 'a-', 'a--b', 'a b', 'ä', 'a'.repeat(49), 'a\n'];
  assert.deepEqual(good.filter(isAttributeName), good);
  assert.deepEqual(bad.filter(isAttributeName), []);
});

test('days are days of the calendar', () => {
  const good = ['2000-02-29', '2024-02-29', '2024-01-31', '1900-02-28', '2031-12-31', '0001-01-01'];
  const bad = [
    '1900-02-29',
    '2023-02-29',
    '2023-04-31',
    '2023-13-01',
    '2023-00-10',
    '2023-01-00',
    '23-01-01',
    '2023-1-01',
    '2023-01-01 ',
  ];
  assert.deepEqual(good.filter(isDate), good);
  assert.deepEqual(bad.filter(isDate), []);
});

test('attributes ascend by name and by leaf, each once', () => {
  const [a, b] = many(2) as [Attribute, Attribute];
  const listed = (...all: readonly Attribute[]): Uint8Array =>
    concat(Uint8Array.of(0, all.length), ...all.map((one) => encodeWith(attributeCoder, one)));
  assert.ok(decodeWith(attributesCoder, listed(a, b)) !== undefined);
  assert.equal(decodeWith(attributesCoder, listed(b, a)), undefined);
  assert.equal(decodeWith(attributesCoder, listed(a, a)), undefined);
  assert.equal(decodeWith(attributesCoder, listed()), undefined, 'one at least');
  const salt = named('salt');
  const shown = (index: number, attribute: Attribute): ShownAttribute => ({
    index,
    salt,
    attribute,
  });
  encodeWith(shownCoder, [shown(0, a), shown(1, b)]);
  assert.throws(() => encodeWith(shownCoder, [shown(0, b), shown(1, a)]), RangeError);
  assert.throws(() => encodeWith(shownCoder, [shown(0, a), shown(1, a)]), RangeError);
  assert.throws(() => encodeWith(shownCoder, [shown(1, a), shown(0, b)]), RangeError);
});

test('a schema names what an attribute is, whatever it says', () => {
  const [first, ...rest] = many(3) as [Attribute, ...Attribute[]];
  const digest = schemaDigest(schemaOf([first, ...rest]));
  const other: Attribute = { ...first, content: { type: 'integer', value: 99n } };
  const typed: Attribute = { ...first, content: { type: 'text', value: '0' } };
  assert.deepEqual(schemaDigest(schemaOf([other, ...rest])), digest);
  assert.notDeepEqual(schemaDigest(schemaOf([typed, ...rest])), digest);
  assert.notDeepEqual(schemaDigest(schemaOf(rest)), digest);
  assert.ok(utf8(first.name).length > 0);
});
