/** The engine on LMDB passes the suite, on a small disk too, and tells what rots. */

import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import {
  engineConformance,
  engineCrashConformance,
  engineDiskConformance,
  keyAt,
  smallDisk,
  type EngineUnderTest,
} from '@dsm/ports/conformance';
import { lmdbEngine } from '@dsm/lmdb';

engineConformance('lmdb', () => subject(tmpdir()));

const disk = smallDisk(32 * 1_048_576);
after(disk.unmount);
engineDiskConformance(
  'lmdb on a small disk',
  async () => ({ ...(await subject(disk.folder)), disk }),
  {
    runs: 1,
    ...(disk.lacks === undefined ? {} : { skip: disk.lacks }),
  },
);

engineCrashConformance('lmdb', async () => {
  const place = mkdtempSync(join(tmpdir(), 'dsm-lmdb-'));
  return {
    program: fileURLToPath(new URL('./fixtures/lmdb-engine-loop.ts', import.meta.url)),
    place,
    open: () => lmdbEngine(place),
    dispose: () => rmSync(place, { recursive: true }),
  };
});

suite('lmdb: a damaged file', () => {
  test('wrong bytes never come out, and the other records still do', async () => {
    await withFolder(async (folder, path) => {
      const value = new Uint8Array(20_000).fill(0xa5);
      await fill(folder, value);
      const bytes = readFileSync(path);
      bytes[bytes.lastIndexOf(new Uint8Array(3_000).fill(0xa5)) + 1_000]! ^= 1;
      writeFileSync(path, bytes);
      const engine = await lmdbEngine(folder);
      const read = await Promise.allSettled([1, 2, 3].map((n) => engine.get(0, keyAt(n))));
      const rotten = read.filter((one) => one.status === 'rejected');
      assert.equal(rotten.length, 1);
      assert.equal((rotten[0]!.reason as { code: string }).code, 'rotten');
      for (const one of read) if (one.status === 'fulfilled') assert.deepEqual(one.value, value);
      await engine.close();
    });
  });

  test('a file that is gone, an empty one, a cut one, and one of something else are refused', async () => {
    for (const damage of [
      (path: string): void => writeFileSync(path, new Uint8Array(100_000).fill(7)),
      (path: string): void => rmSync(path),
      (path: string): void => truncateSync(path, 0),
      (path: string): void => truncateSync(path, 4_096),
    ]) {
      await withFolder(async (folder, path) => {
        await fill(folder, new Uint8Array(100));
        damage(path);
        await assert.rejects(lmdbEngine(folder), { name: 'StoreError', code: 'rotten' });
      });
    }
  });

  test('an older state is refused', async () => {
    await withFolder(async (folder, path) => {
      await fill(folder, new Uint8Array(100));
      copyFileSync(path, `${path}.before`);
      await fill(folder, new Uint8Array(200));
      copyFileSync(`${path}.before`, path);
      await assert.rejects(lmdbEngine(folder), { name: 'StoreError', code: 'rotten' });
    });
  });

  test('an engine whose making was cut short is made again', async () => {
    await withFolder(async (folder) => {
      writeFileSync(join(folder, 'unfinished.mdb'), new Uint8Array(5));
      await fill(folder, new Uint8Array(100));
    });
  });
});

test('lmdb: the map grows with the records', async () => {
  await withFolder(async (folder) => {
    const engine = await lmdbEngine(folder, { mapBytes: 1_048_576 });
    const value = new Uint8Array(2_000_000);
    const count = 40;
    for (let n = 0; n < count; n += 10) {
      const writes = Array.from({ length: 10 }, (_, i) => ({ shelf: 0, key: keyAt(n + i), value }));
      await engine.commit(writes);
    }
    assert.deepEqual(engine.totals(0), { records: count, bytes: count * value.length });
    assert.equal((await engine.get(0, keyAt(count - 1)))?.length, value.length);
    await engine.close();
  });
});

async function subject(parent: string): Promise<EngineUnderTest> {
  const directory = mkdtempSync(join(parent, 'dsm-lmdb-'));
  return {
    engine: await lmdbEngine(directory),
    reopen: () => lmdbEngine(directory),
    dispose: () => {
      disk.free();
      rmSync(directory, { recursive: true });
    },
  };
}

async function withFolder(body: (folder: string, path: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-lmdb-'));
  try {
    await body(folder, join(folder, 'data.mdb'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function fill(folder: string, value: Uint8Array): Promise<void> {
  const engine = await lmdbEngine(folder);
  await engine.commit([1, 2, 3].map((n) => ({ shelf: 0, key: keyAt(n), value })));
  await engine.close();
}
