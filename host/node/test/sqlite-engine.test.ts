/** The engine in a SQLite file passes the suite, on a small disk too, and tells what rots. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  engineConformance,
  engineCrashConformance,
  engineDiskConformance,
  keyAt,
  smallDisk,
} from '@dsm/ports/conformance';
import { sqliteEngine } from '../src/sqlite-engine.ts';

engineConformance('sqlite', () => subject(mkdtempSync(join(tmpdir(), 'dsm-sqlite-'))));

const disk = smallDisk(32 * 1_048_576);
after(disk.unmount);
engineDiskConformance(
  'sqlite on a small disk',
  async () => ({
    ...(await subject(mkdtempSync(join(disk.folder, 'engine-')))),
    disk,
  }),
  disk.lacks === undefined ? {} : { skip: disk.lacks },
);

engineCrashConformance('sqlite', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-sqlite-'));
  const place = join(directory, 'records.db');
  return {
    program: fileURLToPath(new URL('./fixtures/sqlite-engine-loop.ts', import.meta.url)),
    place,
    open: () => sqliteEngine(place),
    dispose: () => rmSync(directory, { recursive: true }),
  };
});

suite('sqlite: a damaged file', () => {
  test('wrong bytes never come out, and the other records still do', async () => {
    await withFile(async (path) => {
      const value = new Uint8Array(20_000).fill(0xa5);
      const engine = await sqliteEngine(path);
      await engine.commit([1, 2, 3].map((n) => ({ shelf: 0, key: keyAt(n), value })));
      await engine.close();
      const bytes = readFileSync(path);
      // The first such bytes are what was left behind when the tree grew.
      const at = bytes.lastIndexOf(new Uint8Array(3_000).fill(0xa5));
      assert.ok(at > 0);
      bytes[at + 1_000]! ^= 1;
      writeFileSync(path, bytes);
      const again = await sqliteEngine(path);
      const read = await Promise.allSettled([1, 2, 3].map((n) => again.get(0, keyAt(n))));
      const rotten = read.filter((one) => one.status === 'rejected');
      assert.equal(rotten.length, 1);
      assert.equal((rotten[0]!.reason as { code: string }).code, 'rotten');
      for (const one of read) if (one.status === 'fulfilled') assert.deepEqual(one.value, value);
      // A new value mends the record.
      const writes = [1, 2, 3].map((n) => ({ shelf: 0, key: keyAt(n), value }));
      await again.commit(writes);
      for (const { key } of writes) assert.deepEqual(await again.get(0, key), value);
      await again.close();
    });
  });

  test('a record that stands under the key of another is rotten', async () => {
    await withFile(async (path) => {
      await fill(path);
      change(path, 'UPDATE records SET value = (SELECT value FROM records ORDER BY key LIMIT 1)');
      const engine = await sqliteEngine(path);
      const read = await Promise.allSettled([1, 2].map((n) => engine.get(0, keyAt(n))));
      assert.deepEqual(read.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
      await engine.close();
    });
  });

  test('a file that is gone or none, a cut one, and one without its summary are refused', async () => {
    for (const damage of [
      (path: string): void => writeFileSync(path, 'not a database, though long enough for a page'),
      (path: string): void => truncateSync(path, 0),
      (path: string): void => truncateSync(path, 4_096),
      (path: string): void => change(path, 'DELETE FROM summary'),
      (path: string): void => change(path, "UPDATE summary SET body = x'0001'"),
      (path: string): void => change(path, 'UPDATE summary SET body = zeroblob(170)'),
      (path: string): void => rmSync(path),
      (path: string): void => rmSync(`${path}.tidemark`),
      (path: string): void => writeFileSync(`${path}.tidemark`, new Uint8Array(8_192)),
    ]) {
      await withFile(async (path) => {
        await fill(path);
        damage(path);
        await assert.rejects(sqliteEngine(path), { name: 'StoreError', code: 'rotten' });
      });
    }
  });
});

suite('sqlite: an older state', () => {
  test('is refused: a log that is gone, cut or damaged', async () => {
    for (const damage of [
      (path: string): void => rmSync(`${path}-wal`),
      (path: string): void => truncateSync(`${path}-wal`, 40_000),
      (path: string): void => flip(`${path}-wal`, 50_000),
    ]) {
      await withFile(async (path) => {
        await leaveOpen(path);
        damage(path);
        await assert.rejects(sqliteEngine(path), { name: 'StoreError', code: 'rotten' });
      });
    }
  });

  test('is not what a process leaves that was killed', async () => {
    await withFile(async (path) => {
      await leaveOpen(path);
      const engine = await sqliteEngine(path);
      assert.equal(engine.totals(0).records, 20);
      await engine.close();
    });
  });
});

test('sqlite: an engine whose making was cut short is made again', async () => {
  await withFile(async (path) => {
    writeFileSync(`${path}.new`, '');
    await fill(path);
    assert.equal(existsSync(`${path}.new`), false);
  });
});

suite('sqlite: read-only', { skip: process.getuid?.() === 0 ? false : 'needs root' }, () => {
  test('an engine that may not be written is not opened', async () => {
    const fixture = fileURLToPath(new URL('./fixtures/open-engine-as-nobody.ts', import.meta.url));
    await withFile(async (path) => {
      await fill(path);
      chmodSync(join(path, '..'), 0o755);
      chmodSync(path, 0o644);
      const opened = (): string =>
        execFileSync(process.execPath, [fixture, path], { encoding: 'utf8' }).trim();
      assert.equal(opened(), 'read-only');
      chmodSync(join(path, '..'), 0o777);
      assert.equal(opened(), 'read-only');
      chmodSync(path, 0o666);
      chmodSync(`${path}.tidemark`, 0o666);
      assert.equal(opened(), 'opened');
    });
  });
});

async function subject(directory: string): Promise<{
  readonly engine: Awaited<ReturnType<typeof sqliteEngine>>;
  readonly reopen: () => ReturnType<typeof sqliteEngine>;
  readonly dispose: () => void;
}> {
  const path = join(directory, 'records.db');
  return {
    engine: await sqliteEngine(path),
    reopen: () => sqliteEngine(path),
    dispose: () => {
      disk.free();
      rmSync(directory, { recursive: true });
    },
  };
}

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-sqlite-'));
  try {
    await body(join(directory, 'records.db'));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

async function fill(path: string): Promise<void> {
  const engine = await sqliteEngine(path);
  const value = (n: number): Uint8Array => new Uint8Array(5_000).fill(n);
  await engine.commit([1, 2].map((n) => ({ shelf: 0, key: keyAt(n), value: value(n) })));
  await engine.close();
}

/** What a process leaves that is killed after its last commit. */
async function leaveOpen(path: string): Promise<void> {
  const away = `${path}.away`;
  const engine = await sqliteEngine(away);
  await engine.commit([{ shelf: 0, key: keyAt(0), value: new Uint8Array(5_000) }]);
  for (let n = 1; n < 20; n++) {
    await engine.commit([{ shelf: 0, key: keyAt(n), value: new Uint8Array(5_000).fill(n) }]);
  }
  for (const end of ['', '-wal', '.tidemark']) {
    execFileSync('cp', [`${away}${end}`, `${path}${end}`]);
  }
  await engine.close();
}

function flip(path: string, at: number): void {
  const bytes = readFileSync(path);
  bytes[at]! ^= 1;
  writeFileSync(path, bytes);
}

function change(path: string, sql: string): void {
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
}
