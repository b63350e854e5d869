/** Vectors of the evaluation of multiproofs: the roots of good ones, and every refusal. */

import { concat, deviceMap, hash, proofObject, type Multiproof } from '@dsm/primitive';
import { keyWithBits, manyPairs, type Pair } from './derive.ts';
import type { Draft } from './draft.ts';
import { drawn } from './world.ts';

const pairs = manyPairs(40);
const zero = new Uint8Array(32);
const ascending = (items: readonly Pair[]): readonly Pair[] =>
  items.toSorted((a, b) => Buffer.compare(a.key, b.key));

function draft(
  name: string,
  comment: string,
  proof: Multiproof,
  values: readonly Pair[],
  expect = 'ok',
): Draft {
  return {
    name,
    comment,
    check: 'evaluate',
    bytes: proofObject.encode(proof),
    given: { values },
    expect,
  };
}

/** A proof of keys of a map, and its value under the map's own and under other values. */
function honest(name: string, held: readonly Pair[], asked: readonly Pair[]): readonly Draft[] {
  const map = deviceMap();
  map.apply(held);
  const values = ascending(asked);
  const proof = map.prove(values.map(({ key }) => key));
  const own = values.map(({ key }) => ({ key, value: map.get(key) ?? zero }));
  const none = values.map(({ key }) => ({ key, value: zero }));
  return [
    draft(`${name}, as held`, 'The root of the map.', proof, own),
    draft(`${name}, changed`, 'The root after all covered keys were written.', proof, values),
    draft(`${name}, removed`, 'The root after all covered keys were removed.', proof, none),
  ];
}

const fresh = (i: number): Pair => ({ key: drawn(`fresh ${i}`), value: drawn(`fresh value ${i}`) });
const other = (i: number): Pair => ({ key: pairs[i]!.key, value: drawn(`other ${i}`) });
const deep: readonly Pair[] = [
  keyWithBits(),
  keyWithBits(255),
  keyWithBits(250),
  keyWithBits(0),
].map((key, i) => ({ key, value: drawn(`deep ${i}`) }));

const low: Pair = { key: keyWithBits(), value: drawn('low') };
const high: Pair = { key: keyWithBits(0), value: drawn('high') };
const inner = withLastBit(hash('node', drawn('left'), drawn('right')), 0);
const leaf = withLastBit(hash('leaf', high.key, high.value), 1);
const proofOf = (shape: readonly number[], changes: Partial<Multiproof> = {}): Multiproof => ({
  keys: 1,
  shape: Uint8Array.from(shape),
  digests: new Uint8Array(0),
  leaves: [],
  ...changes,
});
const bad = (name: string, comment: string, proof: Multiproof, expect: string): Draft =>
  draft(name, comment, proof, [low], expect);

const one = proofOf([0b1001_0000], { digests: inner });

export const evaluations: readonly Draft[] = [
  ...honest('one present', pairs, [other(3)]),
  ...honest('one absent', pairs, [fresh(0)]),
  ...honest('six of both', pairs, [other(1), other(2), other(30), fresh(1), fresh(2), fresh(3)]),
  ...honest('the empty map', [], [fresh(0), fresh(1)]),
  ...honest('the only leaf', pairs.slice(0, 1), [other(0)]),
  ...honest('beside one leaf', pairs.slice(0, 2), [other(0)]),
  ...honest('deep', deep, [{ key: deep[1]!.key, value: drawn('deep and new') }]),
  ...honest('deep and absent', deep, [{ key: keyWithBits(254), value: drawn('deep and new') }]),
  draft('by hand', 'A covered key on the left, a branch on the right.', one, [low]),
  draft('no values', 'The proof covers a key and none is given.', one, [], 'keys'),
  draft('too many values', 'The proof covers one key and two are given.', one, [low, high], 'keys'),
  draft('values descend', 'Keys stand in one order.', { ...one, keys: 2 }, [high, low], 'keys'),
  draft('a key twice', 'Keys do not repeat.', { ...one, keys: 2 }, [low, low], 'keys'),
  bad('no shape', 'The walk needs a bit.', proofOf([]), 'short'),
  bad('no digest', 'A side is not empty, and there is no digest.', proofOf([0b1001_0000]), 'short'),
  bad(
    'no leaf',
    'There is one foreign leaf, and it is not there.',
    proofOf([0b0100_0000]),
    'short',
  ),
  bad(
    'a bit more',
    'A bit is set after the walk.',
    proofOf([0b1001_0001], { digests: inner }),
    'long',
  ),
  bad(
    'a byte more',
    'A zero byte after the walk.',
    proofOf([0b1001_0000, 0], { digests: inner }),
    'long',
  ),
  bad(
    'a digest more',
    'A digest after the walk.',
    proofOf([0b1001_0000], { digests: concat(inner, inner) }),
    'long',
  ),
  bad(
    'a leaf more',
    'A leaf after the walk.',
    proofOf([0b1001_0000], { digests: inner, leaves: [high] }),
    'long',
  ),
  bad(
    'too deep',
    'A branch at the last bit.',
    proofOf(Array.from({ length: 33 }, () => 0xff)),
    'deep',
  ),
  bad(
    'a branch over one leaf',
    'It would have moved up.',
    proofOf([0b1001_0000], { digests: leaf }),
    'collapsed',
  ),
  bad('a branch over nothing', 'Both sides are empty.', proofOf([0b1000_0000]), 'collapsed'),
  bad(
    'a digest of zeros',
    'Zeros stand for an empty side, which has a bit of its own.',
    proofOf([0b1001_0000], { digests: zero }),
    'zero-digest',
  ),
  bad(
    'a leaf of zeros',
    'An absent leaf stands in no proof.',
    proofOf([0b0100_0000], { leaves: [{ key: high.key, value: zero }] }),
    'zero-value',
  ),
  bad(
    'a leaf off its path',
    'A leaf of the right side on the left.',
    proofOf([0b1011_0000], { digests: inner, leaves: [high] }),
    'off-path',
  ),
  bad(
    'a covered leaf',
    'The covered key stands as a foreign one.',
    proofOf([0b0100_0000], { leaves: [low] }),
    'covered',
  ),
];

/** Digests say with their last bit whether they are of a leaf. */
function withLastBit(digest: Uint8Array, bit: 0 | 1): Uint8Array {
  return digest.with(31, (digest[31]! & 0xfe) | bit);
}
