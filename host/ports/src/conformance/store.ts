/**
 * What every store must do. Crashes and damage are tested beside the adapters that can suffer them.
 */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { compare, concat, keyOf } from '@dsm/primitive';
import { StoreError, type Store, type StoreErrorCode, type Write } from '../store.ts';

/** A store in a place of its own. */
export interface StoreUnderTest {
  readonly store: Store;
  /** Another store in the same place. The suite has closed the one before, or expects `busy`. */
  readonly reopen: () => Promise<Store>;
  /** A disk that can be filled and freed, if the adapter has one. */
  readonly disk?: { readonly fill: () => void; readonly free: () => void };
  readonly dispose?: () => Promise<void> | void;
}

/** `skip` gives the reason why the adapter cannot be tested here. */
export function storeConformance(
  name: string,
  open: () => Promise<StoreUnderTest>,
  options: { readonly skip?: string } = {},
): void {
  const rule: Rule = (sentence, body) => {
    test(sentence, { skip: options.skip ?? false }, async (context) => {
      const subject = await open();
      try {
        await body(subject.store, subject, (reason) => context.skip(reason));
      } finally {
        await subject.store.close();
        await subject.dispose?.();
      }
    });
  };
  suite(`store: ${name}`, () => {
    readingRules(rule);
    scanRules(rule);
    commitRules(rule);
    orderRules(rule);
    fullDiskRules(rule);
    closingRules(rule);
  });
}

type Rule = (
  sentence: string,
  body: (store: Store, subject: StoreUnderTest, skip: (reason: string) => void) => Promise<void>,
) => void;

function readingRules(rule: Rule): void {
  rule('a key that was never written has no value', async (store) => {
    assert.equal(await store.get(bytes(1)), undefined);
    assert.deepEqual(await store.scan(bytes()), []);
  });

  rule('a committed value is there, and a later one replaces it', async (store) => {
    await store.commit([{ key: bytes(1), value: bytes(2, 3) }]);
    assert.deepEqual(await store.get(bytes(1)), bytes(2, 3));
    await store.commit([{ key: bytes(1), value: bytes(4) }]);
    assert.deepEqual(await store.get(bytes(1)), bytes(4));
  });

  rule('a removed key has no value; removing an absent one is no fault', async (store) => {
    await store.commit([{ key: bytes(1), value: bytes(2) }]);
    await store.commit([
      { key: bytes(1), value: undefined },
      { key: bytes(9), value: undefined },
    ]);
    assert.equal(await store.get(bytes(1)), undefined);
    assert.deepEqual(await store.scan(bytes()), []);
  });

  rule('an empty value is a value, and an empty key is a key', async (store, subject) => {
    await store.commit([
      { key: bytes(1), value: bytes() },
      { key: bytes(), value: bytes(7) },
    ]);
    await store.close();
    const again = await subject.reopen();
    assert.deepEqual(await again.get(bytes(1)), bytes());
    assert.deepEqual(await again.get(bytes()), bytes(7));
    await again.close();
  });

  rule('a value of a mebibyte comes back whole', async (store, subject) => {
    const large = Uint8Array.from({ length: 1_048_576 }, (_, i) => (i * 31 + (i >> 8)) & 255);
    await store.commit([{ key: bytes(1), value: large }]);
    assert.equal(compare((await store.get(bytes(1)))!, large), 0);
    await store.close();
    const again = await subject.reopen();
    assert.equal(compare((await again.get(bytes(1)))!, large), 0);
    await again.close();
  });

  rule('bytes given to the store and got from it are not shared', async (store) => {
    const key = bytes(1);
    const value = bytes(2);
    const committed = store.commit([{ key, value }]);
    key[0] = 8;
    value[0] = 9;
    await committed;
    assert.deepEqual(await store.get(bytes(1)), bytes(2));
    (await store.get(bytes(1)))![0] = 7;
    const [pair] = await store.scan(bytes());
    pair![0][0] = 7;
    pair![1][0] = 7;
    assert.deepEqual(await store.scan(bytes()), [[bytes(1), bytes(2)]]);
  });
}

function scanRules(rule: Rule): void {
  rule('a scan gives the keys of the prefix, ascending, and no neighbours', async (store) => {
    const keys = [
      bytes(),
      bytes(1),
      bytes(1, 0),
      bytes(1, 255),
      bytes(1, 255, 255),
      bytes(2),
      bytes(255),
      bytes(255, 255, 1),
    ];
    await store.commit(keys.toReversed().map((key) => ({ key, value: concat(bytes(5), key) })));
    const scanned = async (prefix: Uint8Array): Promise<readonly Uint8Array[]> =>
      (await store.scan(prefix)).map(([key]) => key);
    assert.deepEqual(await scanned(bytes()), keys);
    assert.deepEqual(await scanned(bytes(1)), keys.slice(1, 5));
    assert.deepEqual(await scanned(bytes(1, 255)), keys.slice(3, 5));
    assert.deepEqual(await scanned(bytes(255)), keys.slice(6));
    assert.deepEqual(await scanned(bytes(255, 255)), keys.slice(7));
    assert.deepEqual(await scanned(bytes(3)), []);
    for (const [key, value] of await store.scan(bytes())) {
      assert.deepEqual(value, concat(bytes(5), key));
    }
  });
}

function commitRules(rule: Rule): void {
  rule('the later of two writes of one key in one commit wins', async (store) => {
    await store.commit([
      { key: bytes(1), value: bytes(1) },
      { key: bytes(1), value: bytes(2) },
      { key: bytes(2), value: bytes(1) },
      { key: bytes(2), value: undefined },
      { key: bytes(3), value: undefined },
      { key: bytes(3), value: bytes(3) },
    ]);
    assert.deepEqual(await store.scan(bytes()), [
      [bytes(1), bytes(2)],
      [bytes(3), bytes(3)],
    ]);
  });

  rule('a commit without writes waits for those before it', async (store) => {
    let earlier = false;
    const first = store.commit([{ key: bytes(1), value: bytes(1) }]).then(() => {
      earlier = true;
    });
    await store.commit([]);
    assert.equal(earlier, true);
    await first;
  });
}

function orderRules(rule: Rule): void {
  rule('reading sees the commits asked for before it, and none asked for after', async (store) => {
    const under: Promise<unknown>[] = [];
    const seen: Promise<Uint8Array | undefined>[] = [];
    const scans: ReturnType<Store['scan']>[] = [];
    for (let n = 0; n < 50; n++) {
      under.push(store.commit([{ key: bytes(1), value: bytes(n) }]));
      seen.push(store.get(bytes(1)));
      scans.push(store.scan(bytes(1)));
    }
    const expected = Array.from({ length: 50 }, (_, n) => bytes(n));
    assert.deepEqual(await Promise.all(seen), expected);
    assert.deepEqual(
      (await Promise.all(scans)).map(([pair]) => pair?.[1]),
      expected,
    );
    await Promise.all(under);
  });

  rule('commits finish in the order in which they were asked for', async (store) => {
    const finished: number[] = [];
    await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        await store.commit([{ key: bytes(n), value: bytes(n) }]);
        finished.push(n);
      }),
    );
    assert.deepEqual(
      finished,
      [...finished].toSorted((a, b) => a - b),
    );
  });

  rule('any sequence of commits gives what a sorted map gives', async (store, subject) => {
    const dice = seeded(20_260_823);
    const model = new Map<string, readonly [Uint8Array, Uint8Array]>();
    let current = store;
    for (let round = 0; round < 12; round++) {
      const under: Promise<void>[] = [];
      for (let n = 0; n < 20; n++) {
        const writes = Array.from({ length: dice(6) }, () => randomWrite(dice));
        under.push(current.commit(writes));
        for (const write of writes) applyTo(model, write);
      }
      const sorted = [...model.values()].toSorted(([a], [b]) => compare(a, b));
      assert.deepEqual(await current.scan(bytes()), sorted);
      await Promise.all(under);
      await current.close();
      current = await subject.reopen();
      assert.deepEqual(await current.scan(bytes()), sorted);
    }
    await current.close();
  });
}

function fullDiskRules(rule: Rule): void {
  rule(
    'on a full disk a commit keeps nothing, and the store goes on later',
    async (store, on, skip) => {
      if (on.disk === undefined) return skip('this adapter has no disk that can be filled here');
      const old = [
        { key: bytes(1), value: new Uint8Array(1_000).fill(1) },
        { key: bytes(2), value: new Uint8Array(300_000).fill(2) },
      ];
      await store.commit(old);
      const before = await store.scan(bytes());
      on.disk.fill();
      const value = new Uint8Array(1_048_576).fill(3);
      const refused = store.commit([
        { key: bytes(1), value },
        { key: bytes(2), value: undefined },
        { key: bytes(3), value },
        { key: bytes(4), value },
        { key: bytes(5), value },
      ]);
      await rejects(refused, 'full');
      assert.deepEqual(await store.scan(bytes()), before);
      on.disk.free();
      await store.commit([{ key: bytes(3), value: bytes(3) }]);
      await store.close();
      const again = await on.reopen();
      assert.deepEqual(await again.scan(bytes()), [...before, [bytes(3), bytes(3)]]);
      await again.close();
    },
  );
}

function closingRules(rule: Rule): void {
  rule('closing waits for the commits under way, and may be repeated', async (store, subject) => {
    const under = store.commit([{ key: bytes(1), value: bytes(2) }]);
    await Promise.all([store.close(), store.close()]);
    await under;
    const again = await subject.reopen();
    assert.deepEqual(await again.get(bytes(1)), bytes(2));
    await again.close();
  });

  rule('a closed store is used by nobody', async (store) => {
    await store.close();
    await assert.rejects(store.get(bytes(1)), RangeError);
    await assert.rejects(store.scan(bytes(1)), RangeError);
    await assert.rejects(store.commit([]), RangeError);
  });

  rule('a place has one store at a time', async (store, subject) => {
    await rejects(subject.reopen(), 'busy');
    await store.commit([{ key: bytes(1), value: bytes(2) }]);
    await store.close();
    const again = await subject.reopen();
    assert.deepEqual(await again.get(bytes(1)), bytes(2));
    await again.close();
  });
}

async function rejects(promise: Promise<unknown>, code: StoreErrorCode): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof StoreError, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, / /);
    return true;
  });
}

function randomWrite(dice: (below: number) => number): Write {
  const key = Uint8Array.from({ length: dice(3) }, () => dice(5) * 63);
  if (dice(4) === 0) return { key, value: undefined };
  return { key, value: Uint8Array.from({ length: dice(200) }, () => dice(256)) };
}

function applyTo(model: Map<string, readonly [Uint8Array, Uint8Array]>, write: Write): void {
  if (write.value === undefined) model.delete(keyOf(write.key));
  else model.set(keyOf(write.key), [write.key, write.value]);
}

/** Dice that fall the same way in every run (the generator of Lehmer, modulus 2³¹ − 1). */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}
