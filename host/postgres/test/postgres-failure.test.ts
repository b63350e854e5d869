/**
 * The engine on PostgreSQL while servers die: nothing is acknowledged that is not on both, everything
 * acknowledged is there afterwards, and the engine goes on once it knows what is there.
 */

import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { entriesOf, keyAt } from '@dsm/ports/conformance';
import type { Engine, EngineWrite } from '@dsm/ports';
import { postgresEngine, type PostgresEngineOptions } from '@dsm/postgres';
import { noServer, startCluster, until, type Cluster } from './server.ts';

let cluster: Cluster;

const opened = (options: PostgresEngineOptions): Promise<Engine> =>
  postgresEngine(cluster.primary.connection, { requireStandby: true, ...options });

const put = (n: number, size = 8): EngineWrite => ({
  shelf: 0,
  key: keyAt(n),
  value: new Uint8Array(size).fill(n & 255),
});

before(async () => {
  if (noServer === undefined) cluster = await startCluster();
});
after(() => cluster?.stop());

suite('postgres: the standby dies', { skip: noServer ?? false }, () => {
  test('without the standby a commit waits, unseen by others, and ends when it is back', async () => {
    const engine = await opened({ schema: 'waits' });
    await engine.commit([put(1)]);
    await cluster.standby.kill('SIGKILL');
    let settled = false;
    const commit = engine.commit([put(1, 9), put(2)]).finally(() => {
      settled = true;
    });
    await until(async () => (await waiting()) === 1);
    assert.equal(settled, false);
    const rows = 'SELECT octet_length(value) FROM waits.records';
    assert.deepEqual(await cluster.primary.ask(rows), [[8]]);
    assert.deepEqual(engine.totals(0), { records: 1, bytes: 8 });
    await cluster.standby.start();
    await commit;
    assert.deepEqual(engine.totals(0), { records: 2, bytes: 17 });
    await until(async () => (await cluster.standby.ask(rows)).length === 2);
    await engine.close();
    await cluster.synchronous();
  });

  test('a caller with a limit is told that the outcome is unknown, and goes on later', async () => {
    const engine = await opened({ schema: 'limit', answerMsMax: 4_000 });
    await engine.commit([put(1)]);
    await cluster.standby.kill('SIGKILL');
    await assert.rejects(engine.commit([put(2)]), { name: 'StoreError', code: 'lost' });
    // The commit still waits there and holds the lock, or the standby is missed.
    await assert.rejects(engine.commit([put(3)]), { name: 'StoreError', code: 'busy' });
    await assert.rejects(engine.get(0, keyAt(1)), { name: 'StoreError', code: 'busy' });
    await assert.rejects(opened({ schema: 'other' }), { name: 'StoreError', code: 'read-only' });
    await cluster.standby.start();
    await cluster.synchronous();
    await until(async () => (await waiting()) === 0);
    await engine.commit([put(4)]);
    const entries = await entriesOf(engine, 0);
    assert.ok(entries.some(({ key }) => String(key) === String(keyAt(4))));
    const bytes = entries.reduce((sum, { size }) => sum + size, 0);
    assert.deepEqual(engine.totals(0), { records: entries.length, bytes });
    await engine.close();
  });

  test('a wait for the standby that somebody cuts short is no acknowledgement', async () => {
    const engine = await opened({ schema: 'cut' });
    await cluster.standby.kill('SIGKILL');
    const commit = assert.rejects(engine.commit([put(1)]), { name: 'StoreError', code: 'lost' });
    await until(async () => (await waiting()) === 1);
    await cluster.primary.ask(`
      SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'
    `);
    await commit;
    await until(async () => (await sessions()) === 0);
    await assert.rejects(engine.get(0, keyAt(1)), { name: 'StoreError', code: 'read-only' });
    await cluster.standby.start();
    await cluster.synchronous();
    // It was on one server only, and is on both before anybody is told of it.
    assert.equal((await engine.get(0, keyAt(1)))?.length, 8);
    const rows = 'SELECT octet_length(value) FROM cut.records';
    assert.deepEqual(await cluster.standby.ask(rows), [[8]]);
    await engine.close();
  });
});

suite('postgres: the primary goes', { skip: noServer ?? false }, () => {
  test('a connection that ends while nobody asks is made again', async () => {
    const engine = await opened({ schema: 'idle' });
    await engine.commit([put(1)]);
    for (const which of ['DESC', 'ASC']) {
      await cluster.primary.ask(`
        SELECT pg_terminate_backend(pid) FROM (
          SELECT pid FROM pg_stat_activity WHERE application_name = 'dsm'
          ORDER BY backend_start ${which} LIMIT 1
        ) AS one
      `);
      await until(async () => (await sessions()) === 0);
      assert.equal(await engine.sizeOf(0, keyAt(1)), 8);
      await engine.commit([put(1)]);
    }
    await engine.close();
  });

  test('a read that takes long does not see a commit asked for after it', async () => {
    const engine = await opened({ schema: 'slow' });
    await engine.commit([put(1, 8)]);
    // The one that has not written: its last statement was no commit.
    const [[reader]] = (await cluster.primary.ask(`
      SELECT pid FROM pg_stat_activity WHERE application_name = 'dsm' AND query NOT LIKE '%UPDATE%'
    `)) as [[number]];
    process.kill(reader, 'SIGSTOP');
    const read = engine.sizeOf(0, keyAt(1));
    const commit = engine.commit([put(1, 9)]);
    for (let n = 0; n < 20; n++) await cluster.primary.ask('SELECT 1');
    process.kill(reader, 'SIGCONT');
    assert.equal(await read, 8);
    await commit;
    assert.equal(await engine.sizeOf(0, keyAt(1)), 9);
    await engine.close();
  });

  test('after the primary was killed and came back, all acknowledged is there', async () => {
    const engine = await opened({ schema: 'restart' });
    const acknowledged = await commitUntil(engine, 300, () => cluster.primary.kill('SIGKILL'));
    await assert.rejects(engine.get(0, keyAt(1)), { name: 'StoreError', code: 'lost' });
    await cluster.primary.start();
    await cluster.synchronous();
    await assertThere(engine, acknowledged);
    await engine.commit([put(1)]);
    await engine.close();
  });

  test('after the primary died for good, the standby has all that was acknowledged', async () => {
    const engine = await opened({ schema: 'promoted' });
    const acknowledged = await commitUntil(engine, 500, () => cluster.primary.kill('SIGKILL'));
    await engine.close();
    await cluster.standby.promote();
    const survivor = await postgresEngine(cluster.standby.connection, { schema: 'promoted' });
    await assertThere(survivor, acknowledged);
    await survivor.commit([put(1)]);
    await survivor.close();
  });
});

/** How many commits wait for the standby. */
async function waiting(): Promise<number> {
  const sql = `SELECT count(*)::int FROM pg_stat_activity WHERE wait_event = 'SyncRep'`;
  return Number((await cluster.primary.ask(sql))[0]![0]);
}

async function sessions(): Promise<number> {
  const sql = `SELECT count(*)::int FROM pg_stat_activity WHERE application_name = 'dsm'`;
  return Number((await cluster.primary.ask(sql))[0]![0]);
}

/** Commits pairs from 32 sides until `stop`, which comes after `count`, made one fail. */
async function commitUntil(
  engine: Engine,
  count: number,
  stop: () => Promise<void>,
): Promise<readonly number[]> {
  const acknowledged: number[] = [];
  let next = 0;
  let stopped: Promise<void> | undefined;
  const lane = async (): Promise<void> => {
    for (;;) {
      next += 1;
      const n = next;
      await engine.commit([put(n), { ...put(n, 100 + (n % 1_000)), shelf: 1 }]);
      acknowledged.push(n);
      if (acknowledged.length >= count) stopped ??= stop();
    }
  };
  const ended = await Promise.allSettled(Array.from({ length: 32 }, lane));
  for (const lane of ended) {
    assert.ok(lane.status === 'rejected');
    assert.equal((lane.reason as { code: string }).code, 'lost');
  }
  await stopped;
  assert.ok(acknowledged.length >= count);
  return acknowledged;
}

async function assertThere(engine: Engine, acknowledged: readonly number[]): Promise<void> {
  for (const n of acknowledged) {
    assert.deepEqual(await engine.get(0, keyAt(n)), put(n).value);
    assert.equal(await engine.sizeOf(1, keyAt(n)), 100 + (n % 1_000));
  }
  const [left, right] = await Promise.all([entriesOf(engine, 0), entriesOf(engine, 1)]);
  assert.deepEqual(
    left.map(({ key }) => key),
    right.map(({ key }) => key),
  );
  assert.equal(engine.totals(0).records, left.length);
}
