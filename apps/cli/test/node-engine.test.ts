/** Which engine a node stands on: chosen once, kept, never another by mistake. */

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { installNative } from '@dsm/node';
import { StoreError } from '@dsm/ports';
import { DsmError } from '@dsm/wallet';
import { openEngine, shelfPlace, type EngineChoice } from '../src/node-engine.ts';

installNative();

const key = new Uint8Array(32).fill(5);
const value = new Uint8Array([1, 2, 3]);

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-engine-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** Writes at the first opening, and expects at the second that it is there. */
async function assertKept(data: string, first: Partial<EngineChoice>): Promise<void> {
  const engine = await openEngine(data, first);
  await engine.commit([{ shelf: 1, key, value }]);
  await engine.close();
  const again = await openEngine(data, {});
  assert.deepEqual(await again.get(1, key), value);
  await again.close();
}

async function refusesUsage(work: () => Promise<unknown>, says: RegExp): Promise<void> {
  await assert.rejects(work, (error) => {
    assert.ok(error instanceof DsmError);
    assert.equal(error.code, 'usage');
    assert.match(error.message, says);
    return true;
  });
}

for (const [engine, file] of [
  ['sqlite', 'node.db'],
  ['segment-log', 'log'],
  ['lmdb', 'lmdb'],
] as const) {
  test(`${engine} is opened again without being named`, async (t) => {
    const data = folderFor(t);
    await assertKept(data, { engine });
    assert.ok(existsSync(join(data, file)));
  });
}

test('without a word it is the segment log', async (t) => {
  const data = folderFor(t);
  await assertKept(data, {});
  assert.ok(existsSync(join(data, 'log')));
});

test('a folder whose choice is lost is known by what lies in it', async (t) => {
  for (const engine of ['sqlite', 'segment-log', 'lmdb']) {
    const data = folderFor(t);
    await assertKept(data, { engine });
    rmSync(join(data, 'engine.json'));
    const again = await openEngine(data, {});
    assert.deepEqual(await again.get(1, key), value);
    await again.close();
  }
});

test('a folder that stands on one engine opens as no other', async (t) => {
  const data = folderFor(t);
  await assertKept(data, { engine: 'segment-log' });
  await refusesUsage(() => openEngine(data, { engine: 'sqlite' }), /stands on segment-log/);
  assert.ok(!existsSync(join(data, 'node.db')));
});

test('a folder from before there was a choice stands on SQLite', async (t) => {
  const data = folderFor(t);
  await assertKept(data, { engine: 'sqlite' });
  rmSync(join(data, 'engine.json'));
  await refusesUsage(() => openEngine(data, { engine: 'lmdb' }), /stands on sqlite/);
});

test('what is no engine, and a shelf without a log, are refused and not kept', async (t) => {
  const data = folderFor(t);
  await refusesUsage(() => openEngine(data, { engine: 'tape' }), /"tape" is no engine/);
  await refusesUsage(
    () => openEngine(data, { engine: 'lmdb', shelf: 's3://bucket' }),
    /only --engine segment-log/,
  );
  assert.ok(!existsSync(join(data, 'engine.json')));
});

test('an engine that did not open is not kept as chosen', async (t) => {
  const data = folderFor(t);
  // Nobody listens at the port of the discard service.
  const shelf = 's3://bucket/node?endpoint=http://127.0.0.1:9';
  process.env['AWS_ACCESS_KEY_ID'] ??= 'nobody';
  process.env['AWS_SECRET_ACCESS_KEY'] ??= 'nothing';
  await assert.rejects(openEngine(data, { engine: 'segment-log', shelf }), StoreError);
  assert.ok(!existsSync(join(data, 'engine.json')));
  await assertKept(data, { engine: 'sqlite' });
});

test('the choice is for the owner alone, and damage to it is no other choice', async (t) => {
  const data = folderFor(t);
  await assertKept(data, { engine: 'segment-log' });
  const path = join(data, 'engine.json');
  assert.deepEqual(JSON.parse(readFileSync(path, 'utf8')), { engine: 'segment-log' });
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
  for (const text of ['', '{', '[]', '{"engine":7}', '{"engine":"segment-log","shelf":1}']) {
    writeFileSync(path, text);
    await assert.rejects(openEngine(data, {}), (error) => {
      return error instanceof DsmError && error.code === 'integrity';
    });
  }
});

test('a shelf is a bucket, a prefix, and perhaps an endpoint and a region', () => {
  assert.deepEqual(shelfPlace('s3://segments'), { bucket: 'segments', prefix: '' });
  assert.deepEqual(shelfPlace('s3://segments/all/node-3/'), {
    bucket: 'segments',
    prefix: 'all/node-3/',
  });
  assert.deepEqual(shelfPlace('s3://segments/n?endpoint=https://s3.example:7480&region=here'), {
    bucket: 'segments',
    prefix: 'n/',
    endpoint: 'https://s3.example:7480',
    region: 'here',
  });
});

test('what is no shelf is refused: credentials stand in no URL', () => {
  for (const text of [
    'segments',
    'https://segments/node',
    's3:///node',
    's3://key:secret@segments/node',
    's3://segments/node?secret=1',
    's3://segments:80/node',
    's3://segments/%zz',
  ]) {
    assert.throws(() => shelfPlace(text), DsmError, text);
  }
});
