/** What engines on databases share: groups, refusals for want of room, failures, and going on. */

import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { entriesOf, keyAt } from '@dsm/ports/conformance';
import { StoreError, type EngineEntry, type EngineWrite } from '@dsm/ports';
import { compare, keyOf } from '@dsm/primitive';
import { groupedEngine, type Records } from '../src/grouped-engine.ts';

/** A database in memory that a test holds up, fills and breaks. */
interface Puppet {
  readonly records: Records;
  /** The sizes of the groups that were written, in order. */
  readonly groups: number[];
  readonly hold: () => void;
  readonly release: () => void;
  /** The next write, or the next reading, fails with this. */
  readonly fail: (code: 'full' | 'lost', what: 'write' | 'read') => void;
  readonly tell: (error: Error) => void;
  /** Values that are longer do not fit. */
  roomBytes: number;
  recoveries: number;
  recoverable: boolean;
}

function puppet(): Puppet {
  const kept = new Map<string, { key: Uint8Array; value: Uint8Array }>();
  const groups: number[] = [];
  let held: Promise<void> = Promise.resolve();
  let release = (): void => {};
  let tell = (_error: Error): void => {};
  let failing: { code: 'full' | 'lost'; what: 'write' | 'read' } | undefined;
  const maybeFail = (what: 'write' | 'read'): void => {
    if (failing?.what !== what) return;
    const { code } = failing;
    failing = undefined;
    throw new StoreError(code, 'as the test wants it');
  };
  const self: Puppet = {
    groups,
    roomBytes: Number.POSITIVE_INFINITY,
    recoveries: 0,
    recoverable: true,
    hold: () => {
      ({ promise: held, resolve: release } = Promise.withResolvers<void>());
    },
    get release() {
      return release;
    },
    fail: (code, what) => {
      failing = { code, what };
    },
    tell: (error) => tell(error),
    records: {
      get: (_shelf, key) => {
        maybeFail('read');
        return kept.get(keyOf(key))?.value;
      },
      sizeOf: (_shelf, key) => kept.get(keyOf(key))?.value.length,
      page: (_shelf, from, to, count): readonly EngineEntry[] =>
        [...kept.values()]
          .filter(({ key }) => compare(key, from) >= 0 && compare(key, to) <= 0)
          .toSorted((a, b) => compare(a.key, b.key))
          .slice(0, count)
          .map(({ key, value }) => ({ key, size: value.length })),
      totals: () => ({ records: kept.size, bytes: 0 }),
      write: async (writes) => {
        groups.push(writes.length);
        await held;
        maybeFail('write');
        if (writes.some(({ value }) => (value?.length ?? 0) > self.roomBytes)) {
          throw new StoreError('full', 'no room');
        }
        for (const { key, value } of writes) {
          if (value === undefined) kept.delete(keyOf(key));
          else kept.set(keyOf(key), { key, value });
        }
      },
      onFailure: (told) => {
        tell = told;
      },
      recover: async () => {
        self.recoveries += 1;
        if (!self.recoverable) throw new StoreError('lost', 'still gone');
      },
      close: () => {},
    },
  };
  return self;
}

const put = (n: number, size = 1): EngineWrite => ({
  shelf: 0,
  key: keyAt(n),
  value: new Uint8Array(size).fill(n),
});
const remove = (n: number): EngineWrite => ({ shelf: 0, key: keyAt(n), value: undefined });
const lost = { name: 'StoreError', code: 'lost' };

suite('grouped engine', () => {
  test('what is asked for while the database works is written together', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    database.hold();
    const under = [engine.commit([put(1)])];
    await turns(2);
    for (let n = 2; n < 100; n++) under.push(engine.commit([put(n)]));
    database.release();
    await Promise.all(under);
    assert.deepEqual(database.groups, [1, 98]);
  });

  test('a newer write is seen while an older one of the same record is done', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    database.hold();
    const older = engine.commit([put(1, 5)]);
    await turns(2);
    const newer = engine.commit([put(1, 6)]);
    const { release } = database;
    database.hold();
    release();
    await older;
    assert.equal(await engine.sizeOf(0, keyAt(1)), 6);
    database.release();
    await newer;
    assert.equal(await engine.sizeOf(0, keyAt(1)), 6);
  });

  test('no group is much larger than its limit', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    await Promise.all([1, 2, 3, 4, 5].map((n) => engine.commit([put(n, 1_500_000)])));
    assert.deepEqual(database.groups, [2, 2, 1]);
  });

  test('reading and listing see what is not written yet', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    await engine.commit([put(1, 5), put(2, 5), put(3, 5)]);
    database.hold();
    const under = engine.commit([put(1, 9), remove(2), put(4, 7)]);
    await turns(2);
    assert.equal((await engine.get(0, keyAt(1)))?.length, 9);
    assert.equal(await engine.get(0, keyAt(2)), undefined);
    assert.equal(await engine.sizeOf(0, keyAt(4)), 7);
    const sizes = (await entriesOf(engine, 0)).map(({ size }) => size);
    assert.deepEqual(
      sizes.toSorted((a, b) => a - b),
      [5, 7, 9],
    );
    database.release();
    await under;
  });
});

suite('grouped engine: no room', () => {
  test('a commit that does not fit takes no other with it, and is seen by nobody', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    await engine.commit([put(1, 3)]);
    database.roomBytes = 10;
    const order: number[] = [];
    const settled = [put(2), put(1, 11), put(3), put(1, 4), put(4, 12)].map((write, n) =>
      engine.commit([write]).then(
        () => order.push(n),
        (error: StoreError) => {
          assert.equal(error.code, 'full');
          order.push(-n);
        },
      ),
    );
    await Promise.all(settled);
    assert.deepEqual(order, [0, -1, 2, 3, -4]);
    assert.equal(await engine.sizeOf(0, keyAt(1)), 4);
    assert.equal(await engine.sizeOf(0, keyAt(4)), undefined);
    await engine.commit([put(5)]);
    assert.equal((await entriesOf(engine, 0)).length, 4);
  });

  test('after a refusal, reading sees what is asked for but not what was refused', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    database.roomBytes = 10;
    const refused = assert.rejects(engine.commit([put(1, 11), put(2)]), { code: 'full' });
    assert.equal(await engine.sizeOf(0, keyAt(1)), 11);
    const later = engine.commit([put(3)]);
    await refused;
    assert.equal(await engine.sizeOf(0, keyAt(1)), undefined);
    assert.equal(await engine.sizeOf(0, keyAt(2)), undefined);
    assert.equal(await engine.sizeOf(0, keyAt(3)), 1);
    await later;
  });
});

suite('grouped engine: failures', () => {
  test('a lost write fails all that is asked for; then the engine finds out and goes on', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    await engine.commit([put(1)]);
    database.hold();
    database.fail('lost', 'write');
    const under = [2, 3].map((n) => assert.rejects(engine.commit([put(n)]), lost));
    await turns(2);
    const waiting = assert.rejects(engine.commit([put(4)]), lost);
    database.release();
    await Promise.all([...under, waiting]);
    assert.equal(database.recoveries, 0);
    assert.equal(await engine.get(0, keyAt(4)), undefined);
    const bytes = put(5);
    const commit = engine.commit([bytes]);
    bytes.value!.fill(99);
    await commit;
    assert.deepEqual(await engine.get(0, keyAt(5)), put(5).value);
    assert.equal(database.recoveries, 1);
  });

  test('a reading may notice first, and so may nobody', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    await engine.commit([put(1)]);
    database.fail('lost', 'read');
    await assert.rejects(engine.get(0, keyAt(1)), lost);
    assert.deepEqual(await engine.get(0, keyAt(1)), put(1).value);
    database.tell(new StoreError('lost', 'the line is cut'));
    assert.equal((await entriesOf(engine, 0)).length, 1);
    assert.equal(database.recoveries, 2);
  });

  test('while it cannot recover, everything rejects, and each call tries once', async () => {
    const database = puppet();
    const engine = groupedEngine(database.records);
    database.recoverable = false;
    database.fail('lost', 'write');
    await assert.rejects(engine.commit([put(1)]), lost);
    await Promise.all([
      assert.rejects(engine.get(0, keyAt(1)), lost),
      assert.rejects(engine.sizeOf(0, keyAt(1)), lost),
      assert.rejects(engine.commit([put(1)]), lost),
      assert.rejects(entriesOf(engine, 0), lost),
    ]);
    assert.equal(database.recoveries, 1);
    database.recoverable = true;
    await engine.commit([put(1)]);
    await engine.close();
  });

  test('a database that cannot recover stays broken', async () => {
    const database = puppet();
    const { recover: _, ...records } = database.records;
    const engine = groupedEngine(records);
    database.fail('lost', 'write');
    await assert.rejects(engine.commit([put(1)]), lost);
    await assert.rejects(engine.commit([put(1)]), lost);
    await assert.rejects(engine.get(0, keyAt(1)), lost);
    await engine.close();
  });
});

/** Lets what was asked for begin. */
async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
