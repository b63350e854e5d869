/** One process owns a directory, and its death gives it back. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { lockDirectory } from '../src/process-lock.ts';
import { fileStore } from '../src/store.ts';

const fixture = fileURLToPath(new URL('./fixtures/hold-lock.ts', import.meta.url));

async function inDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-lock-'));
  try {
    await body(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const busy = { name: 'StoreError', code: 'busy', message: /another process uses/ };

test('a directory has one owner at a time, also within a process', () =>
  inDirectory(async (directory) => {
    const lock = await lockDirectory(directory);
    await assert.rejects(lockDirectory(directory), busy);
    await lock.release();
    await lock.release();
    await (await lockDirectory(directory)).release();
  }));

test('a directory that is not there is made', () =>
  inDirectory(async (directory) => {
    const lock = await lockDirectory(join(directory, 'a', 'b'));
    await assert.rejects(lockDirectory(join(directory, 'a', 'b')), busy);
    await lock.release();
  }));

test('another process is kept out as long as the owner lives, and no longer', () =>
  inDirectory(async (directory) => {
    for (let round = 0; round < 3; round++) {
      const owner = spawn(process.execPath, [fixture, directory], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      await once(owner.stdout, 'data');
      await assert.rejects(lockDirectory(directory), busy);
      await assert.rejects(fileStore(directory), busy);
      const gone = once(owner, 'exit');
      owner.kill('SIGKILL');
      await gone;
      await (await lockDirectory(directory)).release();
    }
  }));

test('a store takes the lock of its directory, or uses the one of the caller', () =>
  inDirectory(async (directory) => {
    const store = await fileStore(directory);
    await assert.rejects(lockDirectory(directory), busy);
    await store.close();
    const lock = await lockDirectory(directory);
    await assert.rejects(fileStore(directory), busy);
    await (await fileStore(directory, { lock })).close();
    await assert.rejects(lockDirectory(directory), busy);
    await lock.release();
  }));

test('a lock writes nothing', () =>
  inDirectory(async (directory) => {
    const lock = await lockDirectory(directory);
    assert.deepEqual(readdirSync(directory), ['lock.db']);
    await lock.release();
  }));
