/** What an engine does when its disk is full. */

import assert from 'node:assert/strict';
import { suite } from 'node:test';
import { StoreError } from '../store.ts';
import { entriesOf, keyAt } from './engine-model.ts';
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

/** The rules of a full disk, for an adapter that has one which can be filled (`disk`). */
export function engineDiskConformance(
  name: string,
  open: () => Promise<EngineUnderTest>,
  options: EngineConformanceOptions = {},
): void {
  suite(`engine: ${name}`, () => fullDiskRules(rulesOn(open, options)));
}

export function fullDiskRules(rule: Rule): void {
  rule(
    'on a full disk a commit keeps nothing, and the engine goes on later',
    async (engine, { disk, reopen }) => {
      await engine.commit([
        put(0, 1, new Uint8Array(1_000).fill(1)),
        put(0, 2, new Uint8Array(300_000).fill(2)),
      ]);
      const before = { entries: await entriesOf(engine, 0), totals: engine.totals(0) };
      disk!.fill();
      const value = new Uint8Array(1_048_576).fill(3);
      const writes = [3, 4, 5, 6, 7].map((n) => put(0, n, value));
      await rejects(engine.commit([put(0, 1, value), remove(0, 2), ...writes]), 'full');
      assert.deepEqual(await entriesOf(engine, 0), before.entries);
      assert.deepEqual(engine.totals(0), before.totals);
      assert.deepEqual(await engine.get(0, keyAt(1)), new Uint8Array(1_000).fill(1));
      disk!.free();
      await engine.commit([put(0, 3, bytes(3))]);
      await engine.close();
      const again = await reopen();
      assert.equal((await entriesOf(again, 0)).length, 3);
      const { records, bytes: size } = before.totals;
      assert.deepEqual(again.totals(0), { records: records + 1, bytes: size + 1 });
      await again.close();
    },
  );

  rule(
    'whatever room is left, a commit is kept whole or not at all',
    async (engine, { disk, reopen }) => {
      const value = (n: number): Uint8Array => new Uint8Array(400_000).fill(n);
      await engine.commit([put(0, 1, value(0)), put(1, 1, value(0))]);
      let kept = 0;
      for (let n = 1; n <= 14; n++) {
        disk!.fill((n - 1) * 250_000);
        try {
          await engine.commit([put(0, 1, value(n)), put(1, 1, value(n)), put(0, n + 1, bytes(n))]);
          kept = n;
        } catch (error) {
          assert.ok(error instanceof StoreError && error.code === 'full', String(error));
        }
        disk!.free();
        assert.deepEqual(await engine.get(0, keyAt(1)), value(kept));
        assert.deepEqual(await engine.get(1, keyAt(1)), value(kept));
        assert.equal(await engine.sizeOf(0, keyAt(n + 1)), kept === n ? 1 : undefined);
        const entries = await entriesOf(engine, 0);
        const sum = entries.reduce((total, { size }) => total + size, 0);
        assert.deepEqual(engine.totals(0), { records: entries.length, bytes: sum });
      }
      await engine.close();
      const again = await reopen();
      assert.deepEqual(await again.get(0, keyAt(1)), value(kept));
      assert.deepEqual(await again.get(1, keyAt(1)), value(kept));
      await again.close();
    },
  );
}
