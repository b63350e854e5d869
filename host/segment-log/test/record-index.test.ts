/** The index is a sorted map in few bytes, whatever keys it is given. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { dice } from '@dsm/memory';
import { markOf, prefixOf, recordIndex, sizeClassOf, unitsOfClass } from '../src/record-index.ts';

interface Known {
  readonly prefix: number;
  readonly mark: number;
  position: number;
  units: number;
}

const operation = fc.record({
  what: fc.constantFrom('insert', 'insert', 'insert', 'move', 'remove'),
  // Few prefixes, the smallest and the largest among them, so that many are equal.
  prefix: fc.oneof(fc.constantFrom(0, 1, 0xffffffff, 0x80000000), fc.integer({ min: 0, max: 40 })),
  mark: fc.integer({ min: 0, max: 3 }),
  units: fc.integer({ min: 3, max: 131_075 }),
  pick: fc.nat(),
});

test('an index finds what a list of all entries finds', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const index = recordIndex();
      const known: Known[] = [];
      let next = 0xfffffff0;
      for (const { what, prefix, mark, units, pick } of operations) {
        const one = known[pick % Math.max(1, known.length)];
        if (what === 'insert') {
          known.push({ prefix, mark, position: next, units });
          index.insert(prefix, mark, next, units);
        } else if (one !== undefined && what === 'move') {
          index.move(one.prefix, one.position, next, units);
          Object.assign(one, { position: next, units });
        } else if (one !== undefined) {
          index.remove(one.prefix, one.position);
          known.splice(known.indexOf(one), 1);
        }
        next += 1;
      }
      sameAs(index, known);
    }),
  );
});

function sameAs(index: ReturnType<typeof recordIndex>, known: readonly Known[]): void {
  assert.equal(index.size(), known.length);
  for (const { prefix, mark } of known) {
    const expected = known.filter((other) => other.prefix === prefix && other.mark === mark);
    assert.deepEqual(sorted(index.find(prefix, mark)), sorted(expected.map(entryOf)));
  }
  assert.deepEqual(index.find(77, 0), []);
  assert.deepEqual(sorted(index.stretch(0, 100_000)), sorted(known.map(entryOf)));
  const some = index.stretch(1, 5);
  assert.deepEqual(
    some.map(({ prefix }) => prefix),
    some.map(({ prefix }) => prefix).toSorted((a, b) => a - b),
  );
  const last = some.at(-1)?.prefix ?? 0;
  const upTo = known.filter(({ prefix }) => prefix >= 1 && prefix <= last);
  assert.deepEqual(sorted(some), sorted(upTo.map(entryOf)));
}

function entryOf({ prefix, position, units }: Known): Entry {
  return { prefix, position, sizeClass: sizeClassOf(units) };
}

interface Entry {
  readonly prefix: number;
  readonly position: number;
  readonly sizeClass: number;
}

function sorted(entries: readonly Entry[]): readonly Entry[] {
  return entries.toSorted((a, b) => a.prefix - b.prefix || a.position - b.position);
}

test('a size class has room for its units, and for an eighth more at most', () => {
  for (let units = 1; units <= 131_075; units++) {
    const room = unitsOfClass(sizeClassOf(units));
    assert.ok(room >= units && room <= units * 1.125, `${units}: ${room}`);
  }
  assert.ok(sizeClassOf(131_075) < 256);
});

const count = 100_000;

for (const [name, prefixBits] of [
  ['random keys', 32],
  ['keys ground to share 20 bits', 12],
] as const) {
  test(`${name}: at most 16 bytes for each of ${count}, and all are found`, () => {
    const index = recordIndex();
    const roll = dice(name);
    const keys = Array.from({ length: count }, (_, position) => {
      const prefix = (0x5a5a5a5a >>> 0) - (0x5a5a5a5a % 2 ** prefixBits) + roll(2 ** prefixBits);
      return { prefix: prefix % 2 ** 32, mark: roll(65_536), position };
    });
    for (const { prefix, mark, position } of keys) index.insert(prefix, mark, position, 67);
    assert.ok(index.bytes() <= 16 * count, `${index.bytes() / count} bytes for each`);
    for (const { prefix, mark, position } of keys) {
      assert.ok(index.find(prefix, mark).some((entry) => entry.position === position));
    }
  });
}

test('a prefix is the first bits, a mark is of all the others', () => {
  const key = Uint8Array.from({ length: 32 }, (_, i) => i + 200);
  assert.equal(prefixOf(key), 0xc8c9cacb);
  const marks = new Set<number>();
  for (let i = 4; i < 32; i++) marks.add(markOf(key.with(i, 0)));
  assert.ok(marks.size > 26 && !marks.has(markOf(key)));
  for (let i = 0; i < 4; i++) assert.equal(markOf(key.with(i, 0)), markOf(key));
});
