/**
 * What every engine must do. Crashes and damage are tested beside the adapters that can suffer them.
 */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compare } from '@dsm/primitive';
import { engineValueBytesMax, type Engine } from '../engine.ts';
import { entriesOf, keyAt, randomHistory, seededDice, sharedBits } from './engine-model.ts';
import {
  bytes,
  put,
  rejects,
  remove,
  rulesOn,
  type EngineConformanceOptions,
  type EngineUnderTest,
  type Rule,
} from './engine-rule.ts';

/** All rules, one test for each. */
export function engineConformance(
  name: string,
  open: () => Promise<EngineUnderTest>,
  options: EngineConformanceOptions = {},
): void {
  const rule = rulesOn(open, options);
  suite(`engine: ${name}`, () => {
    readingRules(rule);
    inputRules(rule);
    commitRules(rule);
    orderRules(rule);
    totalsRules(rule);
    entriesRules(rule);
    closingRules(rule);
    modelRule(open, options);
  });
}

const nothing = { records: 0, bytes: 0 };

function readingRules(rule: Rule): void {
  rule('a key that was never written has no value and no size', async (engine) => {
    assert.equal(await engine.get(0, keyAt(1)), undefined);
    assert.equal(await engine.sizeOf(0, keyAt(1)), undefined);
    assert.deepEqual(await entriesOf(engine, 0), []);
    assert.deepEqual(engine.totals(0), nothing);
  });

  rule('a committed value is there, and a later one replaces it', async (engine) => {
    await engine.commit([put(0, 1, bytes(2, 3))]);
    assert.deepEqual(await engine.get(0, keyAt(1)), bytes(2, 3));
    assert.equal(await engine.sizeOf(0, keyAt(1)), 2);
    await engine.commit([put(0, 1, bytes(4))]);
    assert.deepEqual(await engine.get(0, keyAt(1)), bytes(4));
    assert.equal(await engine.sizeOf(0, keyAt(1)), 1);
  });

  rule('a removed key has no value; removing an absent one is no fault', async (engine) => {
    await engine.commit([put(0, 1, bytes(2))]);
    await engine.commit([remove(0, 1), remove(0, 9)]);
    assert.equal(await engine.get(0, keyAt(1)), undefined);
    assert.equal(await engine.sizeOf(0, keyAt(1)), undefined);
    assert.deepEqual(await entriesOf(engine, 0), []);
  });

  rule('a record of one shelf is on no other', async (engine) => {
    await engine.commit([put(0, 1, bytes(1)), put(7, 1, bytes(7, 7)), put(3, 1, bytes(3, 3, 3))]);
    await engine.commit([remove(3, 1)]);
    for (let shelf = 0; shelf < 8; shelf++) {
      const value = shelf === 0 ? bytes(1) : shelf === 7 ? bytes(7, 7) : undefined;
      assert.deepEqual(await engine.get(shelf, keyAt(1)), value);
      assert.equal((await entriesOf(engine, shelf)).length, value === undefined ? 0 : 1);
    }
  });

  rule('values of no byte and of the most bytes come back, also later', async (engine, subject) => {
    const large = Uint8Array.from(
      { length: engineValueBytesMax },
      (_, i) => (i * 31 + (i >> 8)) & 255,
    );
    await engine.commit([put(1, 1, bytes()), put(1, 2, large)]);
    const check = async (on: Engine): Promise<void> => {
      assert.deepEqual(await on.get(1, keyAt(1)), bytes());
      assert.equal(await on.sizeOf(1, keyAt(1)), 0);
      assert.equal(compare((await on.get(1, keyAt(2)))!, large), 0);
      assert.equal(await on.sizeOf(1, keyAt(2)), large.length);
      assert.deepEqual(on.totals(1), { records: 2, bytes: large.length });
    };
    await check(engine);
    await engine.close();
    const again = await subject.reopen();
    await check(again);
    await again.close();
  });

  rule('bytes given to the engine and got from it are not shared', async (engine) => {
    const [key, value, prefix] = [keyAt(1), bytes(2), keyAt(1)];
    const committed = engine.commit([{ shelf: 0, key, value }]);
    key.fill(8);
    value[0] = 9;
    (await engine.get(0, keyAt(1)))![0] = 7;
    await committed;
    (await engine.get(0, keyAt(1)))![0] = 7;
    assert.deepEqual(await engine.get(0, keyAt(1)), bytes(2));
    for await (const entry of engine.entries(0, prefix, 256)) {
      entry.key.fill(7);
      prefix.fill(7);
    }
    assert.deepEqual(await entriesOf(engine, 0), [{ key: keyAt(1), size: 1 }]);
  });
}

function inputRules(rule: Rule): void {
  rule('shelves, keys and values out of bounds are faults of the caller', async (engine) => {
    const large = new Uint8Array(engineValueBytesMax + 1);
    for (const shelf of [-1, 8, 1.5, Number.NaN]) {
      await assert.rejects(engine.get(shelf, keyAt(1)), RangeError);
      await assert.rejects(engine.sizeOf(shelf, keyAt(1)), RangeError);
      await assert.rejects(engine.commit([put(shelf, 1, bytes(1))]), RangeError);
      await assert.rejects(entriesOf(engine, shelf), RangeError);
      assert.throws(() => engine.totals(shelf), RangeError);
    }
    for (const key of [bytes(), new Uint8Array(31), new Uint8Array(33)]) {
      await assert.rejects(engine.get(0, key), RangeError);
      await assert.rejects(engine.sizeOf(0, key), RangeError);
      const writes = [put(0, 1, bytes(1)), { shelf: 0, key, value: bytes(1) }];
      await assert.rejects(engine.commit(writes), RangeError);
    }
    await assert.rejects(engine.commit([put(0, 1, bytes(1)), put(0, 2, large)]), RangeError);
    assert.deepEqual(engine.totals(0), nothing);
    assert.deepEqual(await entriesOf(engine, 0), []);
  });

  rule('a prefix has as many bits as it says, and a key no more', async (engine) => {
    for (const [prefix, bits] of [
      [bytes(), 1],
      [bytes(1), 9],
      [new Uint8Array(33), 8],
      [new Uint8Array(33), 257],
      [bytes(1), -1],
      [bytes(1), 0.5],
    ] as const) {
      await assert.rejects(entriesOf(engine, 0, prefix, bits), RangeError);
    }
  });
}

function commitRules(rule: Rule): void {
  rule('the later of two writes of one key in one commit wins', async (engine) => {
    await engine.commit([
      put(0, 1, bytes(1)),
      put(0, 1, bytes(2, 2)),
      put(0, 2, bytes(1)),
      remove(0, 2),
      remove(0, 3),
      put(0, 3, bytes(3)),
      put(1, 3, bytes(4, 4, 4)),
    ]);
    assert.deepEqual(await engine.get(0, keyAt(1)), bytes(2, 2));
    assert.equal(await engine.get(0, keyAt(2)), undefined);
    assert.deepEqual(await engine.get(0, keyAt(3)), bytes(3));
    assert.deepEqual(engine.totals(0), { records: 2, bytes: 3 });
    assert.deepEqual(engine.totals(1), { records: 1, bytes: 3 });
  });

  rule('a commit without writes waits for those before it', async (engine) => {
    let earlier = false;
    const first = engine.commit([put(0, 1, bytes(1))]).then(() => {
      earlier = true;
    });
    await engine.commit([]);
    assert.equal(earlier, true);
    await first;
  });

  rule('a commit of thousands of records is one', async (engine, subject) => {
    const writes = Array.from({ length: 3_000 }, (_, n) => put(n % 8, n, bytes(n & 255)));
    await engine.commit(writes);
    await engine.close();
    const again = await subject.reopen();
    for (const n of [0, 1, 1_499, 2_999]) {
      assert.deepEqual(await again.get(n % 8, keyAt(n)), bytes(n & 255));
    }
    assert.deepEqual(again.totals(5), { records: 375, bytes: 375 });
    await again.close();
  });
}

function orderRules(rule: Rule): void {
  rule('reading sees the commits asked for before it, and none asked for after', async (engine) => {
    const under: Promise<unknown>[] = [];
    const seen: Promise<Uint8Array | undefined>[] = [];
    const sizes: Promise<number | undefined>[] = [];
    for (let n = 0; n < 50; n++) {
      under.push(engine.commit([put(0, 1, new Uint8Array(n))]));
      seen.push(engine.get(0, keyAt(1)));
      sizes.push(engine.sizeOf(0, keyAt(1)));
    }
    const expected = Array.from({ length: 50 }, (_, n) => n);
    assert.deepEqual(
      (await Promise.all(seen)).map((value) => value?.length),
      expected,
    );
    assert.deepEqual(await Promise.all(sizes), expected);
    await Promise.all(under);
  });

  rule('a read that is under way does not see a commit asked for after it', async (engine) => {
    for (let n = 0; n < 30; n++) {
      await engine.commit([put(0, 1, bytes(n))]);
      const before = engine.get(0, keyAt(1));
      const commit = engine.commit([put(0, 1, bytes(255))]);
      assert.deepEqual(await before, bytes(n));
      await commit;
    }
  });

  rule('commits finish in the order in which they were asked for', async (engine) => {
    const finished: number[] = [];
    await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        await engine.commit([put(0, n, new Uint8Array(n % 7 === 0 ? 300_000 : 10))]);
        finished.push(n);
      }),
    );
    assert.deepEqual(
      finished,
      Array.from({ length: 100 }, (_, n) => n),
    );
  });
}

function totalsRules(rule: Rule): void {
  rule('totals are exact after overwrites, removals, repeats, and later', async (engine, on) => {
    await engine.commit([put(2, 1, bytes(1, 1)), put(2, 2, bytes(2))]);
    await engine.commit([put(2, 1, bytes(1))]);
    await engine.commit([put(2, 1, bytes(1))]);
    const under = [
      engine.commit([remove(2, 2), remove(2, 3)]),
      engine.commit([remove(2, 2), put(2, 3, new Uint8Array(100))]),
      engine.commit([put(2, 3, new Uint8Array(50)), put(2, 4, bytes())]),
    ];
    const expected = { records: 3, bytes: 51 };
    await Promise.all(under);
    assert.deepEqual(engine.totals(2), expected);
    assert.deepEqual(engine.totals(1), nothing);
    await engine.close();
    const again = await on.reopen();
    assert.deepEqual(again.totals(2), expected);
    await again.commit([remove(2, 1), remove(2, 3), remove(2, 4)]);
    assert.deepEqual(again.totals(2), nothing);
    await again.close();
  });
}

function entriesRules(rule: Rule): void {
  rule('entries are those of the prefix, ascending, and no neighbours', async (engine) => {
    const dice = seededDice(7);
    const random = Array.from({ length: 400 }, () =>
      Uint8Array.from({ length: 32 }, () => dice(256)),
    );
    const edges = [0, 255].map((byte) => new Uint8Array(32).fill(byte));
    // Neighbours of one prefix at each of its ends, which differ in the last bit that counts.
    const near = [0x7f, 0x80, 0x87, 0x88].flatMap((byte) =>
      [0, 255].map((rest) => Uint8Array.from({ length: 32 }, (_, i) => (i === 1 ? byte : rest))),
    );
    const keys = [...random, ...edges, ...near].toSorted(compare);
    await engine.commit(keys.map((key, n) => ({ shelf: 4, key, value: new Uint8Array(n % 5) })));
    await engine.commit([{ shelf: 5, key: keys[9]!, value: bytes(1) }]);
    for (const bits of [0, 1, 2, 7, 8, 12, 13, 255, 256]) {
      for (const prefix of [keys[0]!, keys[77]!, near[0]!, near[3]!, near[4]!, keys.at(-1)!]) {
        const expected = keys
          .map((key, n) => ({ key, size: n % 5 }))
          .filter(({ key }) => sharedBits(key, prefix) >= bits);
        const short = prefix.subarray(0, Math.ceil(bits / 8));
        assert.deepEqual(await entriesOf(engine, 4, prefix, bits), expected);
        assert.deepEqual(await entriesOf(engine, 4, short, bits), expected);
      }
    }
  });

  rule('what stays comes once while others come and go', async (engine) => {
    const staying = Array.from({ length: 700 }, (_, n) => put(0, n * 2, bytes(1)));
    await engine.commit(staying);
    const under: Promise<void>[] = [];
    const seen: Uint8Array[] = [];
    let n = 0;
    for await (const { key } of engine.entries(0, bytes(), 0)) {
      seen.push(key);
      if (n < 700) under.push(engine.commit([put(0, n * 2, bytes(n & 255)), put(0, n * 2 + 1)]));
      if (n % 3 === 0) under.push(engine.commit([remove(0, n * 2 + 1)]));
      if (n % 64 === 0) await under.at(-1);
      n += 1;
    }
    await Promise.all(under);
    assert.deepEqual(seen, seen.toSorted(compare));
    const names = new Set(seen.map(String));
    assert.equal(names.size, seen.length);
    for (const { key } of staying) assert.ok(names.has(String(key)));
  });

  rule('entries that nobody reads to the end hold up nothing', async (engine) => {
    await engine.commit(Array.from({ length: 600 }, (_, n) => put(0, n, bytes(1))));
    for await (const { size } of engine.entries(0, bytes(), 0)) {
      assert.equal(size, 1);
      break;
    }
    await engine.commit([put(0, 1, bytes(2))]);
  });
}

function closingRules(rule: Rule): void {
  rule('closing waits for the commits under way, and may be repeated', async (engine, subject) => {
    const under = engine.commit([put(0, 1, bytes(2))]);
    await Promise.all([engine.close(), engine.close()]);
    await under;
    const again = await subject.reopen();
    assert.deepEqual(await again.get(0, keyAt(1)), bytes(2));
    await again.close();
  });

  rule('a closed engine is used by nobody', async (engine) => {
    await engine.commit([put(0, 1, bytes(1)), put(0, 2, bytes(1))]);
    await engine.close();
    await assert.rejects(engine.get(0, keyAt(1)), RangeError);
    await assert.rejects(engine.sizeOf(0, keyAt(1)), RangeError);
    await assert.rejects(engine.commit([]), RangeError);
    await assert.rejects(entriesOf(engine, 0), RangeError);
    assert.throws(() => engine.totals(0), RangeError);
  });

  rule('a place has one engine at a time', async (engine, subject) => {
    await rejects(subject.reopen(), 'busy');
    await engine.commit([put(0, 1, bytes(2))]);
    await engine.close();
    const again = await subject.reopen();
    assert.deepEqual(await again.get(0, keyAt(1)), bytes(2));
    await again.close();
  });
}

function modelRule(
  open: () => Promise<EngineUnderTest>,
  { skip, runs = 10, seed = Number(process.env['SEED'] ?? 1) }: EngineConformanceOptions,
): void {
  test('any history gives what a map gives', { skip: skip ?? false }, async () => {
    for (let run = 1; run <= runs; run++) {
      const subject = await open();
      await randomHistory(subject.engine, subject.reopen, seededDice(seed * 1_000 + run));
      await subject.dispose?.();
    }
  });
}
