/** A full disk, a read-only directory: a typed error, nothing half kept, and on it goes. */

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { smallDisk, storeConformance } from '@dsm/ports/conformance';
import { StoreError, type Store } from '@dsm/ports';
import { utf8 } from '@dsm/primitive';
import { sqliteEngine } from '../src/sqlite-engine.ts';
import { fileStore } from '../src/store.ts';

const isRoot = process.getuid?.() === 0;
const small = smallDisk(32 * 1_048_576);
const { folder: mount, fill, free, lacks: noDisk } = small;
after(small.unmount);

storeConformance(
  'files on a small disk',
  async () => {
    const directory = mkdtempSync(join(mount, 'store-'));
    return {
      store: await fileStore(directory),
      reopen: () => fileStore(directory),
      disk: { fill: () => fill(), free },
      dispose: () => {
        free();
        rmSync(directory, { recursive: true });
      },
    };
  },
  noDisk === undefined ? {} : { skip: noDisk },
);

const large = (byte: number): Uint8Array => new Uint8Array(400_000).fill(byte);
const commitBoth = (store: Store, byte: number): Promise<void> =>
  store.commit([
    { key: utf8('left'), value: large(byte) },
    { key: utf8('right'), value: large(byte) },
  ]);

suite('full disk', { skip: noDisk ?? false }, () => {
  test('whatever room is left, both copies take a commit or neither does', async () => {
    let refused = 0;
    let taken = 0;
    for (let left = 0; left < 4_000_000; left += 200_000) {
      const directory = mkdtempSync(join(mount, 'store-'));
      const store = await fileStore(directory);
      await commitBoth(store, 1);
      fill(left);
      let expected = 1;
      const commit = commitBoth(store, 2);
      try {
        await commit;
        expected = 2;
        taken += 1;
      } catch (error) {
        assert.ok(error instanceof StoreError && error.code === 'full', String(error));
        refused += 1;
      }
      assert.deepEqual(await store.get(utf8('left')), large(expected), `${left} bytes left`);
      free();
      if (left % 400_000 === 0) {
        // Half of the rounds go on with a commit, the others close at once.
        await store.commit([{ key: utf8('after'), value: utf8('room again') }]);
      }
      await store.close();
      const again = await fileStore(directory);
      assert.deepEqual(await again.get(utf8('left')), large(expected), `${left} bytes left`);
      assert.deepEqual(await again.get(utf8('right')), large(expected), `${left} bytes left`);
      await again.close();
      rmSync(directory, { recursive: true });
    }
    assert.ok(refused > 0 && taken > 0, `${refused} refused, ${taken} taken`);
  });

  test('a commit that is too large does not take its neighbours with it', async () => {
    const directory = mkdtempSync(join(mount, 'store-'));
    const store = await fileStore(directory);
    await store.commit([{ key: utf8('small'), value: utf8('0') }]);
    fill(1_000_000);
    const [one, two, three] = await Promise.allSettled([
      store.commit([{ key: utf8('one'), value: utf8('1') }]),
      store.commit([{ key: utf8('two'), value: new Uint8Array(3_000_000) }]),
      store.commit([{ key: utf8('three'), value: utf8('3') }]),
    ]);
    assert.deepEqual(
      [one.status, two.status, three.status],
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.equal(await store.get(utf8('two')), undefined);
    assert.deepEqual(await store.get(utf8('three')), utf8('3'));
    free();
    await store.close();
    rmSync(directory, { recursive: true });
  });
});

suite('opening on a full disk', { skip: noDisk ?? false }, () => {
  test('a store opens on a full disk, also after a commit was taken back', async () => {
    const directory = mkdtempSync(join(mount, 'store-'));
    let store = await fileStore(directory);
    await commitBoth(store, 1);
    for (const left of [0, 600_000, 1_000_000, 1_400_000]) {
      fill(left);
      await assert.rejects(
        store.commit([{ key: utf8('large'), value: new Uint8Array(1_500_000) }]),
        { name: 'StoreError', code: 'full' },
      );
      fill();
      await store.close();
      store = await fileStore(directory);
      assert.deepEqual(await store.get(utf8('left')), large(1));
      assert.equal(await store.get(utf8('large')), undefined);
      free();
    }
    await store.close();
    rmSync(directory, { recursive: true });
  });

  test('a new store on a full disk is refused with its reason', async () => {
    const directory = mkdtempSync(join(mount, 'store-'));
    fill();
    await assert.rejects(fileStore(directory), { name: 'StoreError', code: 'full' });
    free();
    await (await fileStore(directory)).close();
    rmSync(directory, { recursive: true });
  });

  test('a store or an engine that found no room while it was made is made later', async () => {
    const refused = new Set<string>();
    for (const [name, open] of [
      ['store', fileStore],
      ['engine', (directory: string) => sqliteEngine(join(directory, 'node.db'))],
    ] as const) {
      for (let left = 0; left < 120_000; left += 6_000) {
        const directory = mkdtempSync(join(mount, 'made-'));
        fill(left);
        const made = await open(directory).catch((error: unknown) => error);
        if (made instanceof Error) {
          assert.equal((made as StoreError).code, 'full', `${name}, ${left} bytes left`);
          refused.add(`${name} ${left}`);
        } else await (made as { close: () => Promise<void> }).close();
        free();
        await (await open(directory)).close();
        rmSync(directory, { recursive: true });
      }
    }
    assert.ok(refused.size > 20);
  });
});

suite('read-only', { skip: isRoot ? false : 'needs root, to become somebody else' }, () => {
  const fixture = fileURLToPath(new URL('./fixtures/open-as-nobody.ts', import.meta.url));
  const openedAsNobody = (directory: string): string =>
    execFileSync(process.execPath, [fixture, directory], { encoding: 'utf8' }).trim();

  test('a store that may not be written is not opened', async () => {
    const parent = mkdtempSync(join(tmpdir(), 'dsm-read-only-'));
    const directory = join(parent, 'store');
    await (await fileStore(directory)).close();
    chmodSync(parent, 0o755);
    chmodSync(directory, 0o755);
    assert.equal(openedAsNobody(directory), 'read-only');
    assert.equal(openedAsNobody(join(parent, 'new')), 'read-only');
    for (const file of ['lock.db', 'wallet.db', 'mirror.db'])
      chmodSync(join(directory, file), 0o644);
    assert.equal(openedAsNobody(directory), 'read-only');
    chmodSync(directory, 0o777);
    assert.equal(openedAsNobody(directory), 'read-only');
    await (await fileStore(directory)).close();
    rmSync(parent, { recursive: true });
  });
});
