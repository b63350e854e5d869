/** The shelf on a real S3 server, Ceph: what is put there comes back, by range, and is listed. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { s3Shelf } from '@dsm/s3';
import { assertSame, bucket, part, rejectsAs, scene, skip } from './fixtures/scene.ts';

test('a segment comes back by range, byte for byte', { skip }, async () => {
  const s = await scene();
  const bytes = randomBytes(100_000);
  await s.shelf.put('small', bytes);
  assertSame(await s.shelf.get('small', 0, bytes.length), bytes);
  assertSame(await s.shelf.get('small', 4_321, 1_234), bytes.subarray(4_321, 5_555));
  assertSame(await s.shelf.get('small', 99_999, 1), bytes.subarray(99_999));
  await rejectsAs('rotten', s.shelf.get('small', 99_990, 100));
  await rejectsAs('rotten', s.shelf.get('small', 100_000, 10));
  assert.deepEqual(await s.shelf.get('small', 7, 0), new Uint8Array(0));
});

for (const [what, size] of [
  ['nothing at all', 0],
  ['a whole part', part],
  ['a byte more', part + 1],
  ['a full segment', 67_108_864],
] as const) {
  test(`a segment of ${what} goes up and is the same`, { skip }, async () => {
    const s = await scene();
    const name = `of-${size}`;
    const bytes = randomBytes(size);
    await s.shelf.put(name, bytes);
    assertSame(await s.shelf.get(name, 0, size), bytes);
    assert.ok((await s.shelf.list()).some((on) => on.name === name && on.size === size));
    const seam = bytes.subarray(part - 3, part + 7);
    assertSame(await s.shelf.get(name, part - 3, seam.length), seam);
    await s.shelf.remove(name);
  });
}

test('the list names what is there and nothing of another node', { skip }, async () => {
  const s = await scene();
  const other = await s3Shelf({ ...s.options, prefix: 'node-2/' });
  // More than a page of the listing, which has a thousand.
  const names = Array.from({ length: 1_005 }, (_, i) => `listed-${String(i).padStart(4, '0')}`);
  const Body = randomBytes(3);
  for (let i = 0; i < names.length; i += 32) {
    const some = names.slice(i, i + 32).map((name) => `node-2/${name}`);
    await Promise.all(
      some.map((Key) => s.direct.send(new PutObjectCommand({ Bucket: bucket, Key, Body }))),
    );
  }
  assert.deepEqual(
    (await other.list()).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    names.map((name) => ({ name, size: 3 })),
  );
  assert.ok(!(await s.shelf.list()).some(({ name }) => name.startsWith('listed')));
  other.close();
});

test('what is removed is gone, and removing it again is no failure', { skip }, async () => {
  const s = await scene();
  await s.shelf.put('gone', randomBytes(10));
  await s.shelf.remove('gone');
  await s.shelf.remove('gone');
  assert.ok(!(await s.shelf.list()).some(({ name }) => name === 'gone'));
  await rejectsAs('rotten', s.shelf.get('gone', 0, 10));
});

test('the same segment again is the same, another of its name is refused', { skip }, async () => {
  const s = await scene();
  const bytes = randomBytes(part + 100);
  await s.shelf.put('twice', bytes);
  await s.shelf.put('twice', bytes);
  await rejectsAs('read-only', s.shelf.put('twice', randomBytes(part + 100)));
  await rejectsAs('read-only', s.shelf.put('twice', bytes.subarray(1)));
  assertSame(await s.shelf.get('twice', part, 100), bytes.subarray(part));
});

test(
  'an object that something else has put there is not taken for a segment',
  { skip },
  async () => {
    const s = await scene();
    const bytes = randomBytes(1_000);
    await s.direct.send(new PutObjectCommand({ Bucket: bucket, Key: 'node-1/alien', Body: bytes }));
    await rejectsAs('read-only', s.shelf.put('alien', bytes));
  },
);

test('a name that is none is a fault of the caller', { skip }, async () => {
  const s = await scene();
  for (const name of ['', 'A', 'a/b', '../a', 'a'.repeat(65)]) {
    await assert.rejects(s.shelf.put(name, randomBytes(1)), RangeError);
  }
});
