/** The engine on PostgreSQL passes the suite against a real server with a synchronous standby. */

import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, suite, test } from 'node:test';
import { engineConformance, engineDiskConformance, keyAt, smallDisk } from '@dsm/ports/conformance';
import type { Engine } from '@dsm/ports';
import { postgresEngine } from '@dsm/postgres';
import { giveAway, noServer, startCluster, startLone, type Cluster, type Lone } from './server.ts';

let cluster: Cluster;
let lone: Lone;
let schemas = 0;
const skip = noServer ?? false;
const disk = smallDisk(64 * 1_048_576);
const noDisk = noServer ?? disk.lacks;

before(async () => {
  if (noServer !== undefined) return;
  [cluster, lone] = await Promise.all([startCluster(), startLone()]);
});
after(async () => {
  await cluster?.stop();
  await lone?.stop();
  disk.unmount();
});

engineConformance(
  'postgres with a synchronous standby',
  async () => {
    const open = { schema: `suite ${++schemas}`, requireStandby: true };
    return {
      engine: await postgresEngine(cluster.primary.connection, open),
      reopen: () => postgresEngine(cluster.primary.connection, open),
    };
  },
  { runs: 3, ...(noServer === undefined ? {} : { skip: noServer }) },
);

engineDiskConformance(
  'postgres on a small disk',
  async () => {
    const schema = `small${++schemas}`;
    const folder = mkdtempSync(join(disk.folder, 'space-'));
    giveAway(folder);
    await lone.primary.ask(`CREATE TABLESPACE ${schema} LOCATION '${folder}'`);
    const connection = {
      ...lone.primary.connection,
      options: `-c default_tablespace=${schema}`,
    };
    const open = (): Promise<Engine> => postgresEngine(connection, { schema });
    return {
      engine: await open(),
      reopen: open,
      disk,
      dispose: async () => {
        disk.free();
        await lone.primary.ask(`DROP SCHEMA ${schema} CASCADE`);
        await lone.primary.ask(`DROP TABLESPACE ${schema}`);
      },
    };
  },
  noDisk === undefined ? {} : { skip: noDisk },
);

suite('postgres: what is refused', { skip }, () => {
  test('a standby, and a server that would forget', async () => {
    await assertRefused(postgresEngine(cluster.standby.connection), 'read-only', /standby/);
    const open = (): Promise<Engine> => postgresEngine(lone.primary.connection);
    for (const setting of ['fsync', 'full_page_writes']) {
      await lone.primary.ask(`ALTER SYSTEM SET ${setting} = off`);
      await lone.primary.restart();
      await assertRefused(open(), 'read-only', /acknowledges/);
      await lone.primary.ask(`ALTER SYSTEM RESET ${setting}`);
      await lone.primary.restart();
    }
    await (await open()).close();
  });

  test('a server without a synchronous standby, if one is asked for', async () => {
    const open = postgresEngine(lone.primary.connection, { requireStandby: true });
    await assertRefused(open, 'read-only', /standby/);
  });

  test('nobody, a wrong database, a wrong user', async () => {
    const { connection } = lone.primary;
    await assertRefused(postgresEngine({ ...connection, port: 1 }), 'lost', /ECONNREFUSED/);
    await assertRefused(postgresEngine({ ...connection, database: 'no' }), 'read-only', /no/);
    await assertRefused(postgresEngine({ ...connection, user: 'no' }), 'read-only', /no/);
  });

  test('a newer format, and a summary or totals that are gone', async () => {
    for (const [damage, code] of [
      ['UPDATE refused.summary SET format = 2', 'version'],
      ['DELETE FROM refused.summary', 'rotten'],
      ['DELETE FROM refused.totals WHERE shelf = 3', 'rotten'],
      ['DROP TABLE refused.records', 'rotten'],
    ] as const) {
      const open = (): Promise<Engine> =>
        postgresEngine(lone.primary.connection, { schema: 'refused' });
      await (await open()).close();
      await lone.primary.ask(damage);
      await assertRefused(open(), code, / /);
      await lone.primary.ask('DROP SCHEMA refused CASCADE');
    }
  });
});

test('postgres: wrong bytes never come out, and the other records still do', { skip }, async () => {
  const engine = await postgresEngine(lone.primary.connection, { schema: 'rot' });
  const value = new Uint8Array(5_000).fill(7);
  await engine.commit([1, 2].map((n) => ({ shelf: 0, key: keyAt(n), value })));
  await lone.primary.ask(`
    UPDATE rot.records SET value = set_byte(value, 4000, 8)
    WHERE key = (SELECT key FROM rot.records ORDER BY key LIMIT 1)
  `);
  const read = await Promise.allSettled([1, 2].map((n) => engine.get(0, keyAt(n))));
  assert.deepEqual(read.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
  const { reason } = read.find((one) => one.status === 'rejected')!;
  assert.equal((reason as { code: string }).code, 'rotten');
  await engine.close();
});

async function assertRefused(
  opening: Promise<Engine>,
  code: string,
  message: RegExp,
): Promise<void> {
  await assert.rejects(opening, { name: 'StoreError', code, message });
}
