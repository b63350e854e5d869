/** The disk in memory does what disks do, and what they must be expected to do when the power fails. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryDisk, type DiskOperation, type MemoryDisk } from '@dsm/memory';
import { portableHash } from '@dsm/portable';
import { diskConformance } from '@dsm/ports/conformance';
import { StoreError, type DiskFile } from '@dsm/ports';
import { installHash } from '@dsm/primitive';

installHash(portableHash);

diskConformance('memory', async () => {
  const disk = memoryDisk();
  return {
    disk: disk.start(),
    room: { fill: () => disk.leaveRoom(0), free: () => disk.leaveRoom(Infinity) },
  };
});

const old = new Uint8Array(2_000).fill(1);
const later = new Uint8Array(2_000).fill(2);

/** A file of old bytes, durable, and what `act` does to it. */
async function cutAfter(
  seed: number,
  act: (file: DiskFile, disk: MemoryDisk) => Promise<void>,
): Promise<MemoryDisk> {
  const disk = memoryDisk({ seed });
  const now = disk.start();
  const file = await now.open('file', 'create');
  await file.write(0, [old]);
  await file.sync();
  await now.syncFolder();
  await act(file, disk);
  disk.powerCut();
  return disk;
}

const seeds = Array.from({ length: 300 }, (_, seed) => seed);

test('what was synced survives every power cut', async () => {
  for (const seed of seeds) {
    const disk = await cutAfter(seed, async (file) => {
      await file.write(1_000, [later]);
      await file.sync();
    });
    assert.deepEqual(disk.contents('file')?.slice(0, 1_000), old.slice(0, 1_000));
    assert.deepEqual(disk.contents('file')?.slice(1_000), later);
  }
});

test('what was not synced survives as a whole, in part, torn within a sector, or not at all', async () => {
  const seen = { whole: 0, none: 0, sectors: 0, torn: 0, shorter: 0 };
  for (const seed of seeds) {
    const disk = await cutAfter(seed, (file) => file.write(512, [later]));
    const bytes = disk.contents('file')!;
    assert.ok(bytes.length === 2_000 || bytes.length === 2_512);
    assert.ok(bytes.every((byte) => byte <= 2));
    assert.deepEqual(bytes.slice(0, 512), old.slice(0, 512));
    const kept = bytes.slice(512);
    if (kept.length < 2_000) seen.shorter += 1;
    if (kept.every((byte) => byte === 2)) seen.whole += 1;
    else if (kept.every((byte) => byte !== 2)) seen.none += 1;
    else if (isBySectors(kept)) seen.sectors += 1;
    else seen.torn += 1;
  }
  for (const [what, count] of Object.entries(seen)) assert.ok(count > 10, `${what}: ${count}`);
});

/** Each whole sector is old or new, none is both. */
function isBySectors(bytes: Uint8Array): boolean {
  for (let at = 0; at + 512 <= bytes.length; at += 512) {
    const sector = bytes.subarray(at, at + 512);
    if (sector.some((byte) => byte === 2) && sector.some((byte) => byte !== 2)) return false;
  }
  return true;
}

test('a later write may survive without an earlier one', async () => {
  let reordered = 0;
  for (const seed of seeds) {
    const disk = await cutAfter(seed, async (file) => {
      await file.write(0, [later.subarray(0, 512)]);
      await file.write(512, [later.subarray(0, 512)]);
    });
    const bytes = disk.contents('file')!;
    if (bytes[0] === 1 && bytes[1_023] === 2) reordered += 1;
  }
  assert.ok(reordered > 10, `${reordered}`);
});

test('names that no syncFolder covers survive or not, each by itself; a rename never loses both', async () => {
  const seen = new Set<string>();
  for (const seed of seeds) {
    const disk = await cutAfter(seed, async (_, whole) => {
      const now = whole.start();
      const made = await now.open('made', 'create');
      await made.write(0, [later]);
      await made.sync();
      await now.rename('made', 'file');
      await now.open('other', 'create');
    });
    const names = disk.names();
    seen.add(`${names.join()} ${disk.contents('file')?.[0]}`);
    assert.ok(names.includes('file'));
  }
  assert.deepEqual([...seen].toSorted(), [
    'file 1',
    'file 2',
    'file,made 1',
    'file,made,other 1',
    'file,other 1',
    'file,other 2',
  ]);
});

test('after a failed sync bytes can be read that a later sync does not make durable', async () => {
  let lied = 0;
  for (const seed of seeds) {
    const disk = await cutAfter(seed, async (file, whole) => {
      whole.failNextSync();
      await file.write(0, [later]);
      await assert.rejects(file.sync(), { code: 'lost' });
      assert.deepEqual(await file.read(0, 2_000), later);
      await file.sync();
    });
    if (disk.contents('file')!.some((byte) => byte === 1)) lied += 1;
  }
  assert.ok(lied > 100 && lied < seeds.length, `${lied}`);
});

test('written again after a failed sync, bytes are durable', async () => {
  for (const seed of seeds) {
    const disk = await cutAfter(seed, async (file, whole) => {
      whole.failNextSync();
      await file.write(0, [later]);
      await assert.rejects(file.sync(), { code: 'lost' });
      await file.write(0, [later]);
      await file.sync();
    });
    assert.deepEqual(disk.contents('file'), later);
  }
});

test('a killed process loses nothing, and gets nothing more', async () => {
  const disk = memoryDisk();
  const before = disk.start();
  const file = await before.open('file', 'create');
  await file.write(0, [later]);
  disk.kill();
  await assert.rejects(file.read(0, 1), { code: 'lost' });
  await assert.rejects(before.list(), { code: 'lost' });
  assert.deepEqual(await disk.start().list(), ['file']);
  assert.deepEqual(disk.contents('file'), later);
});

test('a disk that fills up takes the bytes that fit', async () => {
  const disk = memoryDisk();
  const file = await disk.start().open('file', 'create');
  disk.leaveRoom(700);
  await assert.rejects(file.write(0, [later]), { code: 'full' });
  assert.equal(await file.size(), 700);
  await file.write(0, [later.subarray(0, 700)]);
  await file.truncate(100);
  await file.write(100, [later.subarray(0, 600)]);
  await assert.rejects(file.write(700, [later]), { code: 'full' });
});

test('a hook sees every operation twice, and may cut the power between', async () => {
  const seen: DiskOperation[] = [];
  const disk: MemoryDisk = memoryDisk({
    onOperation: (operation) => {
      seen.push(operation);
      if (operation.kind === 'sync' && operation.moment === 'before') disk.powerCut();
    },
  });
  const now = disk.start();
  const file = await now.open('file', 'create');
  await file.write(0, [later]);
  await assert.rejects(file.sync(), { code: 'lost' });
  assert.deepEqual(
    seen.map(({ kind, moment }) => `${kind} ${moment}`),
    ['open before', 'open after', 'write before', 'write after', 'sync before'],
  );
});

test('a hook may fail an operation before it happens, or after', async () => {
  for (const moment of ['before', 'after'] as const) {
    const disk = memoryDisk({
      onOperation: (operation) => {
        if (operation.kind === 'write' && operation.moment === moment) {
          throw new StoreError('full', 'no room');
        }
      },
    });
    const file = await disk.start().open('file', 'create');
    await assert.rejects(file.write(0, [later]), { code: 'full' });
    assert.equal(await file.size(), moment === 'before' ? 0 : 2_000);
  }
});

test('an operation waits for the turns that it is given', async () => {
  let turns = 0;
  const turn = async (): Promise<void> => {
    turns += 1;
  };
  const disk = memoryDisk({ turn }).start();
  for (let n = 0; n < 30; n++) await disk.list();
  assert.ok(turns >= 30 && turns <= 90, `${turns}`);
});

test('one bit rots, for good; the same seed does the same twice', async () => {
  const disk = memoryDisk();
  disk.replace('file', old);
  disk.rot('file', 3, 4);
  assert.equal(disk.contents('file')![3], 17);
  disk.powerCut();
  assert.equal(disk.contents('file')![3], 17);
  assert.throws(() => disk.rot('file', 2_000), RangeError);
  disk.replace('file', undefined);
  assert.deepEqual(disk.names(), []);
  const torn = (seed: number): Promise<MemoryDisk> =>
    cutAfter(seed, (file) => file.write(100, [later]));
  for (const seed of seeds.slice(0, 20)) {
    assert.deepEqual((await torn(seed)).contents('file'), (await torn(seed)).contents('file'));
  }
});
