/** Multiproofs: what they show before and after a change, and every way to bend one. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { portableHash } from '@dsm/portable';
import fc from 'fast-check';

import { compare, concat, equal, keyOf, zero32 } from '../src/bytes.ts';
import { decodeWith, encodeWith } from '../src/codec.ts';
import { writer } from '../src/cursor.ts';
import { installHash } from '../src/hash.ts';
import { limits } from '../src/limits.ts';
import type { DeviceMap } from '../src/map.ts';
import { evaluate, evaluateChange, proofCoder, proofObject, proofRefusals } from '../src/proof.ts';
import type { Evaluated, MapWrite, Multiproof, ProofRefusal } from '../src/proof.ts';
import { bitAt } from '../src/tree.ts';
import { contents, dice, key, keyWithBits, mapOf, naiveRoot, value, write } from './map-model.ts';

installHash(portableHash);

const keys = fc
  .uniqueArray(key, { minLength: 1, maxLength: 12, selector: keyOf })
  .map((list) => list.toSorted(compare));

const valuesIn = (map: DeviceMap, covered: readonly Uint8Array[]): MapWrite[] =>
  covered.map((each) => ({ key: each, value: map.get(each) ?? zero32 }));

const ok = (root: Uint8Array): Evaluated => ({ ok: true, root });
const no = (refusal: ProofRefusal): Evaluated => ({ ok: false, refusal });

const bits = (text: string): Uint8Array => {
  const packed = new Uint8Array(Math.ceil(text.length / 8));
  for (let i = 0; i < text.length; i++) packed[i >> 3]! |= Number(text[i]) << (7 - (i & 7));
  return packed;
};

test('old values give the old root, new values the new one, and the proof stays the same', () => {
  fc.assert(
    fc.property(
      fc.array(write, { maxLength: 40 }),
      keys,
      fc.infiniteStream(value),
      (writes, covered, values) => {
        const map = mapOf(writes);
        const proof = map.prove(covered);
        const old = valuesIn(map, covered);
        const before = map.root();
        assert.deepEqual(evaluate(proof, old), ok(before));
        const updates = covered.map((each) => ({ key: each, value: values.next().value! }));
        map.apply(updates);
        assert.deepEqual(evaluate(proof, updates), ok(map.root()));
        assert.deepEqual(map.prove(covered), proof);
        const changes = covered.map((each, i) => ({
          key: each,
          before: old[i]!.value,
          after: updates[i]!.value,
        }));
        const both = { ok: true, before, after: map.root() };
        assert.deepEqual(evaluateChange(proof, changes), both);
      },
    ),
    { numRuns: 150 },
  );
});

test('all ways to change three keys of one small map at once', () => {
  const around = [[], [9], [9, 255], [1, 2], [1, 2, 3]].map(keyWithBits);
  const covered = [[9, 254], [0], [1, 2, 255]].map(keyWithBits).toSorted(compare);
  const map = mapOf(around.map((each) => ({ key: each, value: keyWithBits([8]) })));
  const choices = [zero32, keyWithBits([6]), keyWithBits([7])];
  const all = around.map((each) => ({ key: each, value: keyWithBits([8]) }));
  const roots = Array.from({ length: 27 }, (_, n) => naiveRoot(contents([...all, ...pick(n)])));
  for (let from = 0; from < 27; from++) {
    map.apply(pick(from));
    assert.deepEqual(map.root(), roots[from]);
    const proof = map.prove(covered);
    for (let to = 0; to < 27; to++) assert.deepEqual(evaluate(proof, pick(to)), ok(roots[to]!));
  }

  function pick(n: number): MapWrite[] {
    return covered.map((each, i) => ({ key: each, value: choices[Math.floor(n / 3 ** i) % 3]! }));
  }
});

test('encoding and decoding give back the same proof and the same bytes', () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 40 }), keys, (writes, covered) => {
      const proof = mapOf(writes).prove(covered);
      const bytes = proofObject.encode(proof);
      assert.deepEqual(proofObject.decode(bytes), { ok: true, value: proof });
      assert.deepEqual(bytes.subarray(2), encodeWith(proofCoder, proof));
    }),
    { numRuns: 100 },
  );
});

test('a proof of one key among 1,000 random keys takes about 360 bytes', () => {
  const { map, keys: present } = randomMap(1_000, 17);
  let bytes = 0;
  for (const each of present) bytes += proofObject.encode(map.prove([each])).length;
  assert.ok(bytes / 1_000 < 370, `${bytes / 1_000} bytes`);
});

test('the widest proof: as many keys as may be, parting from one path all the way down', () => {
  const crowd = Array.from({ length: 256 }, (_, bit) => keyWithBits([bit]));
  const map = mapOf(crowd.map((each) => ({ key: each, value: each })));
  const covered = Array.from({ length: limits.proofKeysMax }, (_, i) =>
    keyWithBits([2 * i, 255]),
  ).toSorted(compare);
  const proof = map.prove(covered);
  const values = valuesIn(map, covered);
  assert.deepEqual(evaluate(proof, values), ok(map.root()));
  const w = writer(1 << 20);
  proofObject.write(w, proof);
  assert.deepEqual(proofObject.decode(w.done()), { ok: true, value: proof });
});

test('asking for no proof that there is', () => {
  const map = mapOf([]);
  const many = Array.from({ length: limits.proofKeysMax + 1 }, (_, i) => keyWithBits([i]));
  assert.throws(() => map.prove([]), RangeError);
  assert.throws(() => map.prove(many.toSorted(compare)), RangeError);
  assert.throws(() => map.prove([zero32, zero32]), RangeError);
  assert.throws(() => map.prove([keyWithBits([0]), keyWithBits([1])]), RangeError);
  assert.throws(() => map.prove([new Uint8Array(31)]), RangeError);
});

/** The covered key is all zeros; `left` begins with 0 as it does, `right` with 1. */
const absent: readonly MapWrite[] = [{ key: zero32, value: zero32 }];
const left: MapWrite = { key: keyWithBits([1]), value: keyWithBits([0]) };
const right: MapWrite = { key: keyWithBits([0]), value: keyWithBits([0]) };
const leafHash = naiveRoot([right]);
const innerHash = naiveRoot([left, right]);

function crafted(
  shape: string,
  digests: readonly Uint8Array[],
  leaves: readonly MapWrite[],
): Multiproof {
  return { keys: 1, shape: bits(shape), digests: concat(...digests), leaves };
}

const good = crafted('1011', [leafHash], [left]);

const refused: readonly (readonly [ProofRefusal, string, Multiproof])[] = [
  ['keys', 'covers another number of keys', { ...good, keys: 2 }],
  ['short', 'no shape', crafted('', [], [])],
  ['short', 'no leaf', crafted('01', [], [])],
  ['short', 'too few digests', crafted('1011', [], [left])],
  ['short', 'a shape that stops', crafted('1111'.repeat(2), [], [])],
  ['long', 'a digest too many', crafted('1011', [leafHash, innerHash], [left])],
  ['long', 'a leaf too many', crafted('1011', [leafHash], [left, right])],
  ['long', 'a shape byte too many', crafted('1011'.padEnd(9, '0'), [leafHash], [left])],
  ['long', 'a bit after the end', crafted('10110001', [leafHash], [left])],
  ['deep', 'a branch with no room for three keys', crafted('1'.repeat(256), [], [])],
  ['collapsed', 'empty and empty', crafted('1000', [], [])],
  ['collapsed', 'empty and leaf', crafted('1001', [leafHash], [])],
  ['collapsed', 'leaf and empty', crafted('1010', [], [left])],
  ['zero-digest', 'an empty side with a digest', crafted('1011', [zero32], [left])],
  ['zero-value', 'a leaf without a value', crafted('01', [], [{ ...left, value: zero32 }])],
  ['off-path', 'a leaf on the wrong side', crafted('1011', [leafHash], [right])],
  ['covered', 'a covered key as foreign', crafted('01', [], [{ ...left, key: zero32 }])],
];

for (const [refusal, what, proof] of refused) {
  test(`refused as ${refusal}: ${what}`, () => {
    assert.deepEqual(evaluate(good, absent), ok(innerHash));
    assert.deepEqual(evaluate(proof, absent), no(refusal));
    assert.deepEqual(evaluateChange(proof, [{ key: zero32, before: zero32, after: left.value }]), {
      ok: false,
      refusal,
    });
  });
}

test('every refusal is reached', () => {
  assert.deepEqual(
    [...new Set(refused.map(([refusal]) => refusal))].toSorted(),
    Object.keys(proofRefusals).toSorted(),
  );
});

test('refused as keys: values that are out of order, repeated, missing or too many', () => {
  const proof = mapOf([]).prove([zero32, left.key]);
  const [first, second] = [absent[0]!, { key: left.key, value: zero32 }];
  assert.deepEqual(evaluate(proof, [first, second]), ok(zero32));
  for (const values of [[second, first], [first, first], [first], [], [first, second, right]]) {
    assert.deepEqual(evaluate(proof, values), no('keys'));
  }
  assert.deepEqual(evaluate({ ...good, keys: 0 }, []), no('keys'));
  const many = Array.from({ length: limits.proofKeysMax + 1 }, (_, i) => keyWithBits([i]))
    .toSorted(compare)
    .map((each) => ({ key: each, value: zero32 }));
  const empty = { ...crafted('00', [], []), keys: many.length };
  assert.deepEqual(evaluate(empty, many), no('keys'));
  assert.deepEqual(evaluate({ ...empty, keys: many.length - 1 }, many.slice(1)), ok(zero32));
  assert.throws(() => evaluate(good, [{ key: zero32, value: new Uint8Array(31) }]), RangeError);
  const short = { key: zero32, before: zero32, after: new Uint8Array(31) };
  assert.throws(() => evaluateChange(good, [short]), RangeError);
});

test('a branch above an inner digest stays one when the other side becomes empty', () => {
  const twins = [right, { key: keyWithBits([0, 1]), value: keyWithBits([0]) }];
  const map = mapOf([...twins, { key: zero32, value: keyWithBits([3]) }]);
  const proof = map.prove([zero32]);
  assert.deepEqual(evaluate(proof, absent), ok(naiveRoot(twins)));
});

test('a digest with the other kind of flag gives another root', () => {
  const digest = leafHash.slice();
  digest[31]! ^= 1;
  assert.notDeepEqual(evaluate(crafted('1011', [digest], [left]), absent), ok(innerHash));
});

test('100,000 changed proofs: never an exception, never the root without the bytes', () => {
  const next = dice(3);
  const cases = [1, 2, 7].map((count, i) => {
    const { map, keys: present } = randomMap(24, 5 + i);
    const covered = [...present.slice(0, count), keyWithBits([7, 9])].toSorted(compare);
    const bytes = proofObject.encode(map.prove(covered));
    return { bytes, values: valuesIn(map, covered), root: map.root() };
  });
  let accepted = 0;
  for (let i = 0; i < 100_000; i++) {
    const { bytes, values, root } = cases[i % cases.length]!;
    const changed = mutate(bytes, next);
    const decoded = proofObject.decode(changed);
    if (!decoded.ok) continue;
    assert.deepEqual(proofObject.encode(decoded.value), changed);
    const result = evaluate(decoded.value, values);
    if (!result.ok) continue;
    accepted++;
    assert.equal(equal(result.root, root), equal(changed, bytes));
  }
  assert.ok(accepted > 1_000, `only ${accepted} were so much as evaluated`);
});

test('whoever knows the map but lies in the proof or the values does not reach its root', () => {
  let reached = 0;
  fc.assert(
    fc.property(fc.array(write, { maxLength: 10 }), keys, fc.nat(), (writes, covered, seed) => {
      const map = mapOf(writes);
      const next = dice(seed + 1);
      const some = covered.slice(0, 3);
      const lie = liar(contents(writes), some, next);
      const values = some.map((each) => ({
        key: each,
        value: next(4) === 0 ? keyWithBits([8]) : (map.get(each) ?? zero32),
      }));
      const result = evaluate(lie, values);
      if (!result.ok || !equal(result.root, map.root())) return;
      reached++;
      assert.deepEqual(lie, map.prove(some));
      assert.deepEqual(values, valuesIn(map, some));
    }),
    { numRuns: 3_000 },
  );
  assert.ok(reached > 100, `only ${reached} told the truth`);
});

test('no other bytes than those of a proof are read as one', () => {
  const bytes = proofObject.encode(randomMap(24, 9).map.prove([keyWithBits([7])]));
  for (let length = 0; length < bytes.length; length++) {
    assert.equal(proofObject.decode(bytes.subarray(0, length)).ok, false);
  }
  assert.equal(proofObject.decode(concat(bytes, Uint8Array.of(0))).ok, false);
  const unsorted = encodeWith(proofCoder, { ...good, leaves: [left] });
  const twice = concat(unsorted.subarray(0, -66), Uint8Array.of(0, 2));
  const pair = unsorted.subarray(-64);
  assert.equal(proofObject.decode(concat(Uint8Array.of(1, 6), twice, pair, pair)).ok, false);
  for (const count of [0, limits.proofKeysMax + 1]) {
    assert.throws(() => proofObject.encode({ ...good, keys: count }), RangeError);
    const changed = bytes.slice();
    changed[2] = count;
    assert.deepEqual(proofObject.decode(changed), { ok: false, refusal: 'malformed' });
  }
});

test('shape and digests are whole items, and no more than there may be', () => {
  const most = { shape: limits.proofSiblingsMax / 4, digests: 32 * limits.proofSiblingsMax };
  const sized = (shape: number, digests: number): Multiproof => ({
    ...good,
    shape: new Uint8Array(shape),
    digests: new Uint8Array(digests),
    leaves: [],
  });
  const widest = sized(most.shape, most.digests);
  const bytes = encodeWith(proofCoder, widest);
  assert.deepEqual(decodeWith(proofCoder, bytes), widest);
  for (const [shape, digests] of [
    [most.shape + 1, 0],
    [1, most.digests + 32],
    [1, 31],
    [1, 33],
  ] as const) {
    assert.throws(() => encodeWith(proofCoder, sized(shape, digests)), RangeError);
  }
  // One item of the shape more, and all bytes are there.
  const count = most.shape + 1;
  const long = concat(Uint8Array.of(1, count >> 8, count & 0xff), new Uint8Array(count + 4));
  assert.equal(decodeWith(proofCoder, long), undefined);
  // As many digests as announced, but for a byte.
  assert.equal(decodeWith(proofCoder, bytes.subarray(0, bytes.length - 3)), undefined);
});

function randomMap(count: number, seed: number): { map: DeviceMap; keys: Uint8Array[] } {
  const next = dice(seed);
  const random32 = (): Uint8Array => Uint8Array.from({ length: 32 }, () => next(256));
  const writes = Array.from({ length: count }, () => ({ key: random32(), value: random32() }));
  return { map: mapOf(writes), keys: writes.map((each) => each.key) };
}

function mutate(bytes: Uint8Array, next: (max: number) => number): Uint8Array {
  const changed = bytes.slice();
  const at = next(bytes.length);
  switch (next(6)) {
    case 0:
      return concat(changed.subarray(0, at), changed.subarray(at + 1));
    case 1:
      return concat(changed.subarray(0, at), Uint8Array.of(next(256)), changed.subarray(at));
    case 2:
      changed.copyWithin(at, next(bytes.length), bytes.length);
      return changed;
    case 3:
      changed[next(8)] = next(256);
      return changed;
    default:
      changed[at]! ^= 1 << next(8);
      return changed;
  }
}

/** A proof whose digests and leaves are those of the true tree, and whose walk is made up. */
function liar(
  pairs: readonly MapWrite[],
  covered: readonly Uint8Array[],
  next: (max: number) => number,
): Multiproof {
  let shape = '';
  const digests: Uint8Array[] = [];
  const leaves: MapWrite[] = [];
  const walk = (here: readonly MapWrite[], mine: readonly Uint8Array[], depth: number): void => {
    const foreign = here.filter((pair) => !mine.some((each) => equal(each, pair.key)));
    const honest = next(8) > 0;
    const choice = honest ? Math.min(foreign.length, 2) : next(3);
    if (choice === 0) {
      shape += '00';
    } else if (choice === 1) {
      shape += '01';
      const from = honest || here.length === 0 ? foreign : here;
      leaves.push(from[next(from.length)] ?? right);
    } else {
      shape += '1';
      for (const bit of [0, 1]) {
        side(
          here.filter((pair) => bitAt(pair.key, depth) === bit),
          mine.filter((each) => bitAt(each, depth) === bit),
          depth + 1,
        );
      }
    }
  };
  const side = (here: readonly MapWrite[], mine: readonly Uint8Array[], depth: number): void => {
    if (mine.length > 0 && depth < 256) {
      walk(here, mine, depth);
      return;
    }
    const isThere = next(12) === 0 ? next(2) === 1 : here.length > 0;
    shape += isThere ? '1' : '0';
    if (isThere) digests.push(naiveRoot(here, depth));
  };
  walk(pairs, covered, 0);
  return {
    keys: covered.length,
    shape: bits(shape),
    digests: concat(...digests),
    leaves: leaves.toSorted((a, b) => compare(a.key, b.key)),
  };
}
