/** Compaction frees what nobody needs and loses nothing; old segments move to the shelf and are read there. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { memoryDisk, type DiskOperation } from '@dsm/memory';
import { nativeHash } from '@dsm/node';
import { StoreError } from '@dsm/ports';
import { installHash } from '@dsm/primitive';
import { checkLog, memoryShelf, type SegmentShelf } from '@dsm/segment-log';
import { assertHolds, closedLog, keyNumber, openOn } from './log-scene.ts';

installHash(nativeHash);

const segmentBytes = 8_192;

test('space stays bounded however often the same records are written', async () => {
  const disk = memoryDisk();
  const log = await openOn(disk, { segmentBytes, compactBelow: 0.5 });
  for (let n = 0; n < 2_000; n++) {
    const value = new Uint8Array(200).fill(n);
    await log.commit([{ shelf: 0, key: keyNumber(n % 40), value }]);
  }
  await log.settled();
  const { bytes, liveBytes, segments } = log.figures();
  // Half of the sealed segments may be waste, and the newest one as a whole.
  assert.ok(bytes <= liveBytes * 2 + segmentBytes, `${bytes} bytes for ${liveBytes}`);
  assert.equal(disk.names().filter((name) => name.endsWith('.segment')).length, segments);
  assert.deepEqual(log.totals(0), { records: 40, bytes: 8_000 });
  await log.close();
  assert.deepEqual((await checkLog(disk.start())).findings, []);
});

test('removes are forgotten once no older segment can hold what they removed', async () => {
  const disk = memoryDisk();
  const log = await openOn(disk, { segmentBytes, compactBelow: 0.5 });
  // The oldest segments stay needed as a whole: only for the sake of the removes are they emptied.
  for (let n = 5_000; n < 5_100; n++) {
    await log.commit([{ shelf: 1, key: keyNumber(n), value: new Uint8Array(100) }]);
  }
  for (let n = 0; n < 3_000; n++) {
    await log.commit([{ shelf: 0, key: keyNumber(n), value: new Uint8Array(100) }]);
    if (n >= 20) await log.commit([{ shelf: 0, key: keyNumber(n - 20), value: undefined }]);
  }
  await log.settled();
  assert.equal(log.totals(0).records, 20);
  assert.ok(log.figures().bytes < 9 * segmentBytes, `${log.figures().bytes} bytes`);
  await log.close();
  const again = await openOn(disk, { segmentBytes });
  assert.equal(again.totals(0).records, 20);
  await again.close();
});

for (const [when, pause] of [
  ['in the same group', (): Promise<void> => Promise.resolve()],
  ['in a group before', (): Promise<void> => setImmediate()],
] as const) {
  test(`a moved remove is kept although the key is removed again, ${when}`, async () => {
    let isArmed = false;
    let asked = Promise.resolve();
    const remove = (): Promise<void> =>
      log.commit([{ shelf: 0, key: keyNumber(1), value: undefined }]);
    const disk = memoryDisk({
      onOperation: ({ kind, name, moment }) => {
        const isScan = isArmed && kind === 'read' && name === '0000000002.segment';
        if (!isScan || moment === 'after') return;
        isArmed = false;
        // This remove has nothing to remove: it must not be taken for the one that is moved.
        asked = remove();
      },
    });
    let log = await openOn(disk);
    const putUntil = async (segments: number, next: () => number): Promise<void> => {
      while (log.figures().segments < segments) {
        await log.commit([{ shelf: 0, key: keyNumber(next()), value: new Uint8Array(150) }]);
      }
    };
    // The first segment holds the put and stays needed; the second holds the remove and little else.
    let n = 0;
    await putUntil(2, () => (n += 1));
    await remove();
    await putUntil(3, () => 99);
    await log.close();
    log = await openOn(disk, { compactBelow: 0.5 });
    // The queue rests a turn after a group: what comes until then joins the next one.
    await log.commit([{ shelf: 0, key: keyNumber(98), value: new Uint8Array(1) }]);
    await pause();
    isArmed = true;
    await log.settled();
    await asked;
    assert.ok(!isArmed && !disk.names().includes('0000000002.segment'));
    assert.ok(disk.names().includes('0000000001.segment'));
    await log.close();
    const again = await openOn(disk);
    assert.equal(await again.get(0, keyNumber(1)), undefined);
    await again.close();
  });
}

test('a remove in an old segment outlives compaction while an older segment stands', async () => {
  const disk = memoryDisk();
  const log = await openOn(disk, { segmentBytes: 2_048, compactBelow: 0.6 });
  const put = (n: number, size: number): Promise<void> =>
    log.commit([{ shelf: 0, key: keyNumber(n), value: new Uint8Array(size) }]);
  // The oldest segment is nearly all needed, and holds one record that is removed later.
  await put(1, 100);
  for (let n = 100; n < 108; n++) await put(n, 150);
  await log.commit([{ shelf: 0, key: keyNumber(1), value: undefined }]);
  for (let n = 0; n < 200; n++) await put(200, 300);
  await log.settled();
  await log.close();
  const again = await openOn(disk);
  assert.equal(await again.get(0, keyNumber(1)), undefined);
  assert.deepEqual(again.totals(0), { records: 9, bytes: 8 * 150 + 300 });
  await again.close();
});

test('what is written while compaction reads the record before it wins', async () => {
  const expected = new Map<number, Uint8Array>();
  let count = 0;
  let isArmed = false;
  let asked = Promise.resolve();
  const put = (n: number): Promise<void> => {
    count += 1;
    expected.set(n, new Uint8Array(100).fill(count));
    return log.commit([{ shelf: 0, key: keyNumber(n), value: expected.get(n)! }]);
  };
  const disk = memoryDisk({
    onOperation: ({ kind, moment }) => {
      if (!isArmed || kind !== 'read' || moment === 'after') return;
      isArmed = false;
      // The group is under way when compaction looks whether the records that it read are needed.
      asked = put(count % 30);
    },
  });
  const log = await openOn(disk, { compactBelow: 0.99 });
  for (let round = 0; round < 60; round++) {
    await put((round * 7) % 30);
    await log.settled();
    await put((round * 11) % 30);
    // The queue rests a turn after each group; a commit that comes later begins one of its own.
    await setImmediate();
    isArmed = true;
    await log.settled();
    await asked;
  }
  for (const [n, value] of expected)
    assert.deepEqual(await log.get(0, keyNumber(n)), value, `${n}`);
  await log.close();
});

test('a sealed segment with a damaged record stays as it is', async () => {
  const { disk, contents } = await closedLog();
  disk.rot('0000000001.segment', 310);
  const log = await openOn(disk, { compactBelow: 1 });
  await log.settled();
  assert.ok(disk.names().includes('0000000001.segment'));
  assert.ok((await assertHolds(log, contents)) <= 1);
  await log.close();
});

test('compaction that finds no room waits for it', async () => {
  const disk = memoryDisk();
  const log = await openOn(disk, { segmentBytes: 2_048 });
  for (let n = 0; n < 60; n++) {
    await log.commit([{ shelf: 0, key: keyNumber(n % 7), value: new Uint8Array(150).fill(n) }]);
  }
  await log.close();
  const again = await openOn(disk, { segmentBytes: 2_048, compactBelow: 0.9 });
  disk.leaveRoom(0);
  await again.settled();
  const before = again.figures().segments;
  disk.leaveRoom(Infinity);
  await again.settled();
  assert.ok(again.figures().segments < before);
  assert.equal(again.totals(0).records, 7);
  await again.close();
});

test('a log opens, answers and closes on a full disk', async () => {
  const { disk, contents } = await closedLog();
  disk.leaveRoom(0);
  for (let n = 0; n < 2; n++) {
    const log = await openOn(disk);
    assert.equal(await assertHolds(log, contents), 0);
    const put = { shelf: 0, key: keyNumber(99), value: new Uint8Array(100) };
    await assert.rejects(log.commit([put]), { code: 'full' });
    await log.close();
  }
  disk.leaveRoom(Infinity);
  const log = await openOn(disk);
  assert.equal(await assertHolds(log, contents), 0);
  await log.close();
  assert.deepEqual((await checkLog(disk.start())).findings, []);
});

test('a commit that is too large for the disk takes no neighbour with it, and leaves no bytes', async () => {
  const disk = memoryDisk();
  const log = await openOn(disk, { segmentBytes: 1_048_576 });
  const put = (n: number, size: number): Promise<void> =>
    log.commit([{ shelf: 0, key: keyNumber(n), value: new Uint8Array(size) }]);
  const size = (): number => disk.contents('0000000001.segment')!.length;
  // There is room for the records, but not for zeros behind them.
  disk.leaveRoom(2_000);
  await put(1, 100);
  const before = size();
  assert.ok(before < 600);
  const outcomes = await Promise.allSettled([put(2, 100), put(3, 100_000), put(4, 100)]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['fulfilled', 'rejected', 'fulfilled'],
  );
  const between = size();
  await assert.rejects(put(5, 100_000), { code: 'full' });
  assert.equal(size(), between);
  assert.equal(log.totals(0).records, 3);
  await log.close();
});

const cold = { localSegmentsMax: 1 };

test('old segments stand on the shelf, are read there, and leave the disk', async () => {
  const shelf = memoryShelf();
  const { disk, contents } = await closedLog({ shelf, ...cold });
  const names = disk.names();
  assert.ok((await shelf.list()).length > 2);
  assert.equal(names.filter((name) => name.endsWith('.segment')).length, 2);
  const log = await openOn(disk, { shelf, ...cold });
  assert.equal(await assertHolds(log, contents), 0);
  assert.equal(log.figures().coldSegments, (await shelf.list()).length);
  await log.close();
  assert.deepEqual((await checkLog(disk.start(), { shelf })).findings, []);
});

test('opening and listing ask the shelf for no bytes, unless what was kept of a segment is gone', async () => {
  const shelf = memoryShelf();
  const { disk, contents } = await closedLog({ shelf, ...cold, compactBelow: 0 });
  let asked = 0;
  const counting: SegmentShelf = {
    ...shelf,
    get: (name, offset, length) => {
      asked += 1;
      return shelf.get(name, offset, length);
    },
  };
  let log = await openOn(disk, { shelf: counting, ...cold });
  const sizes: number[] = [];
  for (const place of [0, 1]) {
    for await (const { size } of log.entries(place, keyNumber(0), 0)) sizes.push(size);
  }
  assert.equal(asked, 0);
  assert.equal(sizes.length, contents.size);
  await log.close();
  const kept = disk.names().filter((name) => name.endsWith('.cold'));
  disk.replace(kept[0]!, undefined);
  disk.rot(kept[1]!, 50);
  // The kept header of a record: it is read from the shelf then.
  disk.rot(kept[2]!, 300);
  log = await openOn(disk, { shelf: counting, ...cold });
  assert.ok(asked > 0);
  assert.equal(await assertHolds(log, contents), 0);
  await log.close();
});

test('the kept headers of a large cold segment are found with few reads', async () => {
  const shelf = memoryShelf();
  let reads = 0;
  const disk = memoryDisk({
    onOperation: ({ kind, name, moment }) => {
      if (kind === 'read' && name.endsWith('.cold') && moment === 'before') reads += 1;
    },
  });
  const log = await openOn(disk, { shelf, localSegmentsMax: 0, segmentBytes: 500_000 });
  const count = 2_500;
  for (let n = 0; n < count; n += 100) {
    const some = Array.from({ length: 100 }, (_, i) => n + i);
    await log.commit(
      some.map((i) => ({ shelf: 0, key: keyNumber(i), value: new Uint8Array((i * 37) % 300) })),
    );
  }
  await log.settled();
  assert.ok(log.figures().coldSegments > 0);
  reads = 0;
  for (let n = 0; n < count; n++) {
    assert.equal(await log.sizeOf(0, keyNumber(n)), (n * 37) % 300);
  }
  assert.ok(reads > 1_000 && reads < 4 * count, `${reads} reads`);
  await log.close();
});

test('a log whose segments stand elsewhere is not opened without them', async () => {
  const shelf = memoryShelf();
  const { disk } = await closedLog({ shelf, ...cold });
  await assert.rejects(openOn(disk), { code: 'lost' });
  const [first] = await shelf.list();
  await shelf.remove(first!.name);
  disk.replace('0000000001.cold', undefined);
  await assert.rejects(openOn(disk, { shelf }), { code: 'rotten' });
});

test('wrong bytes of a shelf never come out', async () => {
  const shelf = memoryShelf();
  const { disk, contents } = await closedLog({ shelf, ...cold });
  const wrong: SegmentShelf = {
    ...shelf,
    get: async (...asked) =>
      (await shelf.get(...asked)).map((byte, i) => (i === 50 ? byte ^ 1 : byte)),
  };
  const log = await openOn(disk, { shelf: wrong, ...cold });
  assert.ok((await assertHolds(log, contents)) > 0);
  await log.close();
});

test('cold segments are compacted too, and what nobody needs leaves the shelf', async () => {
  const shelf = memoryShelf();
  const disk = memoryDisk();
  const options = { shelf, ...cold, segmentBytes: 2_048, compactBelow: 0.5 };
  let log = await openOn(disk, options);
  for (let n = 0; n < 400; n++) {
    await log.commit([{ shelf: 0, key: keyNumber(n % 50), value: new Uint8Array(100).fill(n) }]);
  }
  await log.settled();
  const { bytes, liveBytes, coldSegments } = log.figures();
  assert.ok(bytes <= 2 * liveBytes + 2_048);
  assert.equal((await shelf.list()).length, coldSegments);
  await log.close();
  await shelf.put((await shelf.list())[0]!.name.replace(/\d{10}/, '0000009999'), new Uint8Array(3));
  log = await openOn(disk, options);
  assert.equal((await shelf.list()).length, coldSegments, 'what no log needs is removed');
  assert.equal(log.totals(0).records, 50);
  await log.close();
});

test('a shelf that does not answer stops nothing', async () => {
  const unreachable = (): Promise<never> =>
    Promise.reject(new StoreError('lost', 'the shelf does not answer'));
  const shelf = { put: unreachable, get: unreachable, list: unreachable, remove: unreachable };
  const { disk, contents } = await closedLog({ shelf, ...cold });
  const log = await openOn(disk, { shelf, ...cold });
  assert.equal(await assertHolds(log, contents), 0);
  await log.close();
});

test('after a failed sync nothing works until the log is opened again', async () => {
  const disk = memoryDisk();
  const log = await openOn(disk);
  await log.commit([{ shelf: 0, key: keyNumber(1), value: new Uint8Array(1) }]);
  disk.failNextSync();
  const put = { shelf: 0, key: keyNumber(2), value: new Uint8Array(2) };
  await assert.rejects(log.commit([put]), { code: 'lost' });
  await assert.rejects(log.commit([put]), { code: 'lost' });
  await assert.rejects(log.get(0, keyNumber(1)), { code: 'lost' });
  await assert.rejects(log.sizeOf(0, keyNumber(1)), { code: 'lost' });
  await log.close();
  const again = await openOn(disk);
  assert.equal((await again.get(0, keyNumber(1)))?.length, 1);
  await again.commit([put]);
  await again.close();
});

test('commits that come while the disk works are written together', async () => {
  let syncs = 0;
  const count = ({ kind, moment }: DiskOperation): void => {
    if (kind === 'sync' && moment === 'before') syncs += 1;
  };
  const disk = memoryDisk({ onOperation: count });
  const log = await openOn(disk, { segmentBytes: 1_048_576 });
  const before = syncs;
  await Promise.all(
    Array.from({ length: 64 }, (_, n) =>
      log.commit([{ shelf: 0, key: keyNumber(n), value: new Uint8Array(100) }]),
    ),
  );
  assert.equal(syncs - before, 1);
  assert.equal(log.figures().commits, 1);
  await log.close();
});

test('records of 1 KiB that are written once take at most 1.08 times their values', async () => {
  const disk = memoryDisk();
  const log = await openOn(disk, { segmentBytes: 1_048_576 });
  const count = 4_000;
  for (let n = 0; n < count; n += 50) {
    await log.commit(
      Array.from({ length: 50 }, (_, i) => ({
        shelf: 1,
        key: keyNumber(n + i),
        value: new Uint8Array(1_024),
      })),
    );
  }
  await log.close();
  const bytes = disk.names().reduce((sum, name) => sum + disk.contents(name)!.length, 0);
  assert.ok(bytes <= 1.08 * count * 1_024, `${bytes / count / 1_024} times`);
});
