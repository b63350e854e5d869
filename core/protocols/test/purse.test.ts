/** The purse: every sum can be paid, in few notes, all of them powers of two. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { limits } from '@dsm/primitive';
import fc from 'fast-check';

import { choose, denominations } from '../src/purse.ts';

const sum = (amounts: readonly bigint[]): bigint =>
  amounts.reduce((total, each) => total + each, 0n);
const amounts = (notes: readonly { readonly amount: bigint }[]): bigint[] =>
  notes.map(({ amount }) => amount);

test('a load is powers of two, ascending, that add up to it, in few notes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: 1n, max: (1n << 100n) - 1n }), (amount) => {
      const { notes, rest } = denominations(amount);
      assert.equal(sum(notes) + rest, amount);
      assert.ok(notes.every((note) => note > 0n && (note & (note - 1n)) === 0n));
      assert.deepEqual(
        notes,
        notes.toSorted((a, b) => (a < b ? -1 : 1)),
      );
      assert.ok(notes.length < limits.outputsMax);
      assert.ok(rest === 0n || rest * (1n << 18n) < amount, 'the grain is too coarse');
    }),
  );
});

test('every sum up to the load can be paid exactly', () => {
  for (const amount of [1n, 2n, 3n, 7n, 8n, 100n, 255n, 256n, 1_000n]) {
    const purse = denominations(amount).notes.map((note) => ({ amount: note }));
    for (let wanted = 1n; wanted <= amount; wanted++) {
      const chosen = choose(purse, wanted);
      assert.ok(chosen !== undefined, `${wanted} of ${amount}`);
      assert.equal(sum(amounts(chosen)), wanted, `${wanted} of ${amount}`);
    }
  }
});

test('a choice has as many notes as a transfer takes, and not one more', () => {
  const ones = Array.from({ length: limits.inputsMax + 1 }, () => ({ amount: 1n }));
  const most = BigInt(limits.inputsMax);
  assert.equal(choose(ones, most)?.length, limits.inputsMax);
  assert.equal(choose(ones, most + 1n), undefined);
  assert.equal(choose([...ones, { amount: most }], most + 2n)?.length, 3);
  assert.deepEqual(choose([...ones, { amount: 99n }], most + 1n), [{ amount: 99n }]);
});

test('a choice suffices, names every note once, and is no more than a transfer takes', () => {
  const purse = fc.array(fc.bigInt({ min: 1n, max: 500n }), { maxLength: 60 });
  fc.assert(
    fc.property(purse, fc.bigInt({ min: 1n, max: 4_000n }), (all, wanted) => {
      const notes = all.map((amount) => ({ amount }));
      const chosen = choose(notes, wanted);
      if (chosen === undefined) {
        const best = all.toSorted((a, b) => (a < b ? 1 : -1)).slice(0, limits.inputsMax);
        assert.ok(sum(all) < wanted || sum(best) < wanted * 2n, 'a choice was there');
        return;
      }
      assert.ok(chosen.length >= 1 && chosen.length <= limits.inputsMax);
      assert.equal(new Set(chosen).size, chosen.length);
      assert.ok(chosen.every((note) => notes.includes(note)));
      const taken = sum(amounts(chosen));
      assert.ok(taken >= wanted);
    }),
    { numRuns: 300 },
  );
});
