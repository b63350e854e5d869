/** The device map against a naive model: the root is of the set, whatever the history. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { portableHash } from '@dsm/portable';
import fc from 'fast-check';

import { compare, concat, keyOf, zero32 } from '../src/bytes.ts';
import { installHash } from '../src/hash.ts';
import { deviceMap, type DeviceMap } from '../src/map.ts';
import { evaluate, type MapWrite } from '../src/proof.ts';
import { assign, rootDigest, tree } from '../src/tree.ts';
import { contents, dice, key, keyWithBits, mapOf, naiveRoot, write } from './map-model.ts';

installHash(portableHash);

test('an empty map is 32 zero bytes, and a map of one pair is its leaf', () => {
  const map = deviceMap();
  assert.deepEqual(map.root(), zero32);
  const pair = { key: keyWithBits([0, 200]), value: keyWithBits([3]) };
  map.apply([pair]);
  assert.deepEqual(map.root(), naiveRoot([pair]));
  assert.equal(map.root()[31]! & 1, 1);
  assert.equal(map.size(), 1);
  map.apply([{ key: pair.key, value: zero32 }]);
  assert.deepEqual(map.root(), zero32);
  assert.equal(map.size(), 0);
});

test('a proof after writes that were only tried is one of the map as it is', () => {
  const map = mapOf([]);
  const [first, second] = [keyWithBits([0]), keyWithBits([1])];
  map.apply([{ key: first, value: keyWithBits([3]) }]);
  const root = map.root();
  map.rootAfter([{ key: second, value: keyWithBits([4]) }]);
  const shown = evaluate(map.prove([first]), [{ key: first, value: keyWithBits([3]) }]);
  assert.ok(shown.ok);
  assert.deepEqual(shown.root, root);
});

test('the root is that of the full tree over what is present', () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 40 }), (writes) => {
      const map = mapOf(writes);
      const pairs = contents(writes);
      assert.deepEqual(map.root(), naiveRoot(pairs));
      assert.equal(map.size(), pairs.length);
      assert.deepEqual([...map.entries()], pairs);
    }),
    { numRuns: 60 },
  );
});

test('the root does not depend on order, on history, or on when it was asked for', () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 24 }), fc.nat(), (writes, seed) => {
      const whole = mapOf(writes).root();
      const single = deviceMap();
      for (const one of writes) {
        single.apply([one]);
        single.root();
      }
      assert.deepEqual(single.root(), whole);
      const next = dice(seed + 1);
      const shuffled = contents(writes)
        .map((pair) => ({ pair, at: next(1 << 30) }))
        .toSorted((a, b) => a.at - b.at);
      assert.deepEqual(mapOf(shuffled.map(({ pair }) => pair)).root(), whole);
    }),
    { numRuns: 60 },
  );
});

test('a look-up gives the last value, and copies', () => {
  fc.assert(
    fc.property(fc.array(write, { maxLength: 40 }), key, (writes, other) => {
      const map = mapOf(writes);
      for (const wanted of [other, ...writes.map((one) => one.key)]) {
        const pair = contents(writes).find((one) => compare(one.key, wanted) === 0);
        assert.deepEqual(map.get(wanted), pair?.value);
        map.get(wanted)?.fill(9);
        assert.deepEqual(map.get(wanted), pair?.value);
      }
      const root = map.root();
      map.root().fill(9);
      assert.deepEqual(map.root(), root);
    }),
    { numRuns: 30 },
  );
});

test('keys as close as keys can be: one that parts at every bit', () => {
  const pairs = Array.from({ length: 256 }, (_, bit) => ({
    key: keyWithBits([bit]),
    value: keyWithBits([bit]),
  }));
  pairs.push({ key: zero32, value: keyWithBits([1]) });
  const map = mapOf(pairs);
  assert.deepEqual(map.root(), naiveRoot(pairs));
  const twins = pairs.slice(-2);
  map.apply(pairs.slice(0, -2).map((pair) => ({ key: pair.key, value: zero32 })));
  assert.deepEqual(map.root(), naiveRoot(twins));
  map.apply(twins.map((pair) => ({ key: pair.key, value: zero32 })));
  assert.deepEqual(map.root(), zero32);
});

/** What a map shows of itself. */
const shownBy = (map: DeviceMap, keys: readonly Uint8Array[]): object => ({
  size: map.size(),
  root: map.root(),
  values: keys.map(map.get),
  proof: map.prove(keys),
  entries: [...map.entries()],
});

test('a root that is asked for ahead is that after the writes, and the map stays as it is', () => {
  const batch = fc.array(write, { maxLength: 6 });
  fc.assert(
    fc.property(fc.array(write, { maxLength: 20 }), batch, batch, (before, next, other) => {
      const keys = [...new Map(next.map((one) => [keyOf(one.key), one.key])).values()];
      keys.push(...(keys.length === 0 ? [zero32] : []));
      keys.sort(compare);
      const map = mapOf(before);
      assert.deepEqual(map.rootAfter(next), mapOf([...before, ...next]).root());
      assert.deepEqual(shownBy(map, keys), shownBy(mapOf(before), keys));
      map.rootAfter(next);
      map.apply(next);
      assert.deepEqual(shownBy(map, keys), shownBy(mapOf([...before, ...next]), keys));
      map.rootAfter(next);
      assert.deepEqual(map.rootAfter(other), mapOf([...before, ...next, ...other]).root());
      map.apply(next);
      assert.deepEqual(shownBy(map, keys), shownBy(mapOf([...before, ...next]), keys));
    }),
    { numRuns: 100 },
  );
});

test('what a caller does to bytes that it asked about ahead does not reach the map', () => {
  const pair = { key: keyWithBits([1]), value: keyWithBits([2]) };
  const map = deviceMap();
  const root = map.rootAfter([pair]);
  pair.value.fill(7);
  map.apply([pair]);
  assert.notDeepEqual(map.root(), root);
  assert.deepEqual(map.root(), naiveRoot([pair]));
  map.rootAfter([{ key: pair.key, value: zero32 }]);
  pair.key.fill(9);
  assert.deepEqual(map.get(keyWithBits([1])), new Uint8Array(32).fill(7));
});

test('writes that were foreseen are not hashed again', () => {
  let hashed = 0;
  const counting = (input: Uint8Array, output: Uint8Array, offset: number): void => {
    hashed++;
    portableHash.blake3Into(input, output, offset);
  };
  const pairs = [1, 2, 3, 4].map((bit) => ({ key: keyWithBits([bit]), value: keyWithBits([bit]) }));
  const map = mapOf(pairs);
  const next = [{ key: pairs[0]!.key, value: keyWithBits([9]) }];
  installHash({ ...portableHash, blake3Into: counting });
  try {
    const root = map.rootAfter(next);
    assert.ok(hashed > 0);
    hashed = 0;
    map.apply(next);
    assert.deepEqual(map.root(), root);
    assert.equal(hashed, 0);
  } finally {
    installHash(portableHash);
  }
});

test('writes of a wrong length throw, and nothing of their batch is done', () => {
  const map = deviceMap();
  const good = { key: keyWithBits([1]), value: keyWithBits([1]) };
  const short = new Uint8Array(31);
  assert.throws(() => map.apply([good, { key: short, value: zero32 }]), RangeError);
  assert.throws(() => map.apply([good, { key: zero32, value: short }]), RangeError);
  assert.throws(() => map.rootAfter([good, { key: short, value: zero32 }]), RangeError);
  assert.throws(() => map.get(short), RangeError);
  assert.equal(map.size(), 0);
  assert.deepEqual(map.root(), zero32);
});

test('100,000 operations, every root, against the definition', () => {
  const keys = [[], [0], [0, 1], [0, 1, 12], [5], [5, 6]].map(keyWithBits);
  const values = [zero32, keyWithBits([1]), keyWithBits([2])];
  const state = keys.map(() => 0);
  const rootByState = new Map<string, Uint8Array>();
  const next = dice(7);
  const map = deviceMap();
  let seen = new Uint8Array(32);
  let expected = new Uint8Array(32);
  for (let i = 0; i < 100_000; i++) {
    const at = next(keys.length);
    state[at] = next(values.length);
    map.apply([{ key: keys[at]!, value: values[state[at]]! }]);
    const name = state.join('');
    let root = rootByState.get(name);
    if (root === undefined) {
      root = naiveRoot(contents(keys.map((each, k) => ({ key: each, value: values[state[k]!]! }))));
      rootByState.set(name, root);
    }
    seen = new Uint8Array(portableHash.blake3(concat(seen, map.root())));
    expected = new Uint8Array(portableHash.blake3(concat(expected, root)));
  }
  assert.equal(rootByState.size, values.length ** keys.length);
  assert.deepEqual(seen, expected);
});

test('many random keys, at checkpoints, against the definition', () => {
  const next = dice(11);
  const random32 = (): Uint8Array => Uint8Array.from({ length: 32 }, () => next(256));
  const keys = Array.from({ length: 600 }, random32);
  const values = new Map<string, MapWrite>();
  const map = deviceMap();
  for (let i = 1; i <= 12_000; i++) {
    const one = { key: keys[next(600)]!, value: next(3) === 0 ? zero32 : random32() };
    values.set(keyOf(one.key), one);
    map.apply([one]);
    if (i % 2_000 === 0) assert.deepEqual(map.root(), naiveRoot(contents([...values.values()])));
  }
});

test('released memory is used again', () => {
  const next = dice(13);
  const keys = Array.from({ length: 64 }, (_, i) => keyWithBits([i, 64 + (i >> 1)]));
  const t = tree();
  for (let i = 0; i < 20_000; i++)
    assign(t, keys[next(64)]!, keyWithBits(next(2) === 0 ? [] : [5]));
  rootDigest(t);
  assert.ok(t.leavesUsed <= 64, `${t.leavesUsed} leaves for 64 keys`);
  assert.ok(t.branchesUsed <= 64, `${t.branchesUsed} branches for 64 keys`);
});
