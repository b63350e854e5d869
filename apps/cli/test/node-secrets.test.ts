/** The file of a node's secrets: made once, replaced as a whole, and refused when it is damaged. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { installNative } from '@dsm/node';
import { equal } from '@dsm/primitive';
import { nodeKeys } from '@dsm/storage-node';
import { DsmError } from '@dsm/wallet';
import { secretFile } from '../src/node-secrets.ts';

installNative();

function folder(t: TestContext): string {
  const made = mkdtempSync(join(tmpdir(), 'dsm-secrets-'));
  t.after(() => rmSync(made, { recursive: true }));
  return made;
}

test('secrets are drawn once, kept for their owner alone, and read again', async (t) => {
  const path = join(folder(t), 'key');
  const drawn = await secretFile(path).read();
  assert.deepEqual(await secretFile(path).read(), drawn);
  assert.equal(drawn.generation, 0);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  const other = await secretFile(join(folder(t), 'key')).read();
  assert.ok(!equal(other.identity, drawn.identity));
  assert.ok(!equal(other.voteSeed, drawn.voteSeed));
});

test('a retired seed is no longer in the folder, and the next process goes on from there', async (t) => {
  const path = join(folder(t), 'key');
  const before = await secretFile(path).read();
  const seed = before.voteSeed.slice();
  const keys = await nodeKeys(1, secretFile(path));
  const next = keys.nextVoteKey();
  await keys.retire();
  const bytes = readFileSync(path);
  assert.equal(bytes.indexOf(seed), -1);
  assert.ok(bytes.includes(before.identity));
  assert.ok(!existsSync(`${path}.new`));
  const after = await secretFile(path).read();
  assert.equal(after.generation, 1);
  const again = await nodeKeys(1, secretFile(path));
  assert.deepEqual(again.voter().publicKey, next);
  assert.deepEqual(again.id, keys.id);
});

test('what a cut left behind while writing is never read, and does not stand in the way', async (t) => {
  const path = join(folder(t), 'key');
  const kept = await secretFile(path).read();
  for (const torn of [readFileSync(path).subarray(0, 50), Buffer.alloc(0), Buffer.alloc(101, 7)]) {
    writeFileSync(`${path}.new`, torn);
    assert.deepEqual(await secretFile(path).read(), kept);
  }
  const next = { ...kept, generation: 1, voteSeed: new Uint8Array(32).fill(9) };
  await secretFile(path).replace(next);
  assert.deepEqual(await secretFile(path).read(), next);
});

test('a damaged file is refused, and never replaced by new secrets', async (t) => {
  const path = join(folder(t), 'key');
  await secretFile(path).read();
  const good = readFileSync(path);
  const damaged = [
    ...Array.from(good, (byte, i) => good.with(i, byte ^ 1)),
    good.subarray(0, 100),
    Buffer.concat([good, Buffer.alloc(1)]),
    Buffer.alloc(0),
  ];
  for (const [i, bytes] of damaged.entries()) {
    writeFileSync(path, bytes);
    await assert.rejects(secretFile(path).read(), isRefusal, `damage ${i}`);
    assert.deepEqual(readFileSync(path), Buffer.from(bytes));
  }
});

function isRefusal(error: unknown): boolean {
  return error instanceof DsmError && error.code === 'integrity';
}
