/** The explorer against a space that is small enough to be counted by hand. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { search } from '../explore/engine.ts';
import { rows, sets } from '../explore/intern.ts';
import type { Space } from '../explore/space.ts';
import { tellTrace, traceOf } from '../explore/trace.ts';
import { fingerprints, pairTable } from '../explore/tables.ts';

/**
 * Two counters that may say how far they are. `a` counts to `top` and says each number; `b` takes
 * over any number that it hears if it is higher than its own. It may nap a few times, which is a ghost.
 */
function counters(top: number, naps: number, forbidden = -1): Space {
  const locals = rows(2);
  const said = sets();
  const upTo = (count: number): number => said.of(Array.from({ length: count }, (_, i) => i + 1));
  return {
    parts: ['a', 'b'],
    start: [locals.of([0, 0]), locals.of([0, naps])],
    alone: (part, local, move) => {
      const [count, left] = locals.row(local) as [number, number];
      if (part === 0 && count < top) move(locals.of([count + 1, 0]), () => 'counts');
      if (part === 1 && left > 0) move(locals.of([count, left - 1]), () => 'naps');
    },
    hears: (part, local, message, move) => {
      const [count, left] = locals.row(local) as [number, number];
      if (part === 1 && message > count) move(locals.of([message, left]), () => 'takes over');
    },
    said: (part, local, to) => (part === 0 && to === 1 ? upTo(locals.at(local, 0)) : 0),
    messages: (set) => said.members(set),
    judge: (part, local) =>
      part === 1 && locals.at(local, 0) === forbidden ? 'forbidden: b is there' : undefined,
    fact: (_, local) => locals.at(local, 0),
    judgePair: (_, ahead, __, behind) => (behind > ahead ? 'invented' : undefined),
    bare: (_, local) => locals.of([locals.at(local, 0), 0]),
    tellMessage: (message) => `"${message}"`,
    tellLocal: (_, local) => `at ${locals.at(local, 0)}`,
    reached: () => new Map(),
  };
}

/** States (i, j) with j ≤ i ≤ top. */
const triangle = (top: number): number => ((top + 1) * (top + 2)) / 2;

for (const store of ['exact', 'fingerprint'] as const) {
  test(`${store}: a triangle of states, each once, and its layers`, () => {
    const found = search(counters(5, 2), { store });
    assert.equal(found.exhausted, true);
    assert.equal(found.distinct, triangle(5) * 3);
    assert.equal(found.bare, triangle(5));
    // To (5, 5) without a nap: 5 counts, one taking over, 2 naps.
    assert.equal(found.depth, 8);
    assert.equal(found.violation, undefined);
    // From (i, j): one count if i < 5, i - j ways to take over; and a nap while any is left.
    const counts = (triangle(5) - 6) * 3;
    const takings = 35 * 3;
    const ends = triangle(5) * 2;
    assert.equal(found.transitions, counts + takings + ends);
  });
}

test('both stores and every seed find the same, and the digest tells spaces apart', () => {
  const exact = search(counters(30, 1), { store: 'exact' });
  for (const seed of [1, 2, 3]) {
    const other = search(counters(30, 1), { store: 'fingerprint', seed });
    assert.deepEqual(
      [other.distinct, other.bare, other.transitions, other.depth],
      [exact.distinct, exact.bare, exact.transitions, exact.depth],
    );
    if (seed === 1) assert.equal(other.digest, exact.digest);
  }
  assert.notEqual(search(counters(30, 2), { store: 'exact' }).digest, exact.digest);
});

test('a violation comes with a shortest trace', () => {
  const space = counters(9, 2, 4);
  const found = search(space, { store: 'exact' });
  assert.equal(found.violation?.what, 'forbidden: b is there');
  const trace = traceOf(space, found.violation!.path!);
  assert.deepEqual(
    trace.map(({ part, message, name }) => [part, message, name]),
    [...Array.from({ length: 4 }, () => [0, undefined, 'counts']), [1, 4, 'takes over']],
  );
  assert.match(tellTrace(space, trace).join('\n'), /5\. b hears "4": takes over\n {5}at 4$/);
  const quick = search(counters(9, 2, 4), { store: 'fingerprint' });
  assert.deepEqual([quick.violation?.depth, quick.violation?.path], [5, undefined]);
});

test('a search that is cut short says so', () => {
  assert.equal(search(counters(9, 2), { store: 'exact', statesMax: 20 }).exhausted, false);
  assert.equal(search(counters(9, 2), { store: 'fingerprint', depthMax: 3 }).exhausted, false);
});

test('a space whose moves are not a function of their arguments is found out', () => {
  const honest = counters(60, 3);
  let calls = 0;
  const moody: Space = {
    ...honest,
    judgePair: () => undefined,
    alone: (part, local, move) => {
      honest.alone(part, local, move);
      if (++calls % 5 === 0) move(honest.start[part]!);
    },
  };
  assert.throws(() => search(moody, { store: 'exact' }), /not a function/);
});

test('tables keep what they are given while they grow', () => {
  const table = pairTable();
  const prints = fingerprints(4);
  for (let i = 0; i < 5_000; i++) {
    table.set(i % 71, i, i * 2);
    assert.equal(prints.add(i * 7 + 1, i >>> 1), true);
  }
  for (let i = 0; i < 5_000; i++) {
    assert.equal(table.get(i % 71, i), i * 2);
    assert.equal(prints.add(i * 7 + 1, i >>> 1), false);
  }
  assert.equal(table.get(72, 0), -1);
  assert.deepEqual([table.size(), prints.size()], [5_000, 5_000]);
});

test('rows and sets are the same if their members are', () => {
  const three = rows(3);
  const ids = Array.from({ length: 3_000 }, (_, i) => three.of([i % 100, i % 7, i % 3]));
  assert.equal(new Set(ids).size, three.size());
  assert.deepEqual(three.row(three.of([5, 5, 2])), [5, 5, 2]);
  const said = sets();
  const one = said.with(said.with(0, 9), 4);
  assert.equal(one, said.of([4, 9, 4]));
  assert.equal(said.with(one, 4), one);
  assert.deepEqual([said.members(one), said.has(one, 9), said.has(one, 5)], [[4, 9], true, false]);
});
