/** Damage of every kind: it is told, or it changes nothing; an older state never passes for the last one. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { crc32 } from 'node:zlib';
import { memoryDisk, seededEntropy, type MemoryDisk } from '@dsm/memory';
import { nativeHash } from '@dsm/node';
import { StoreError } from '@dsm/ports';
import { installHash } from '@dsm/primitive';
import { checkLog } from '@dsm/segment-log';
import { assertHolds, closedLog, openOn, type ClosedLog } from './log-scene.ts';

installHash(nativeHash);

const closed = await closedLog();

/** The same files on another disk. */
function copyOf({ disk }: ClosedLog): MemoryDisk {
  const copy = memoryDisk({ seed: 'copy' });
  for (const name of disk.names()) copy.replace(name, disk.contents(name));
  return copy;
}

/** Every so many bytes; coprime to all sizes of the format, so that every field is hit. */
const stride = process.env['DSM_TEST_LONG'] === '1' ? 5 : 67;

type Outcome = 'refused' | 'rotten record' | 'unchanged';

/** Opens what is there. Wrong or missing values fail the test. */
async function opened(disk: MemoryDisk): Promise<Outcome> {
  try {
    const log = await openOn(disk);
    const rotten = await assertHolds(log, closed.contents);
    await log.close();
    return rotten > 0 ? 'rotten record' : 'unchanged';
  } catch (error) {
    const codes = ['rotten', 'version'];
    if (!(error instanceof StoreError) || !codes.includes(error.code)) throw error;
    return 'refused';
  }
}

test('the scene has several segments, and is sound', async () => {
  assert.ok(closed.disk.names().length > 4);
  const report = await checkLog(copyOf(closed).start());
  assert.deepEqual(report.findings, []);
  assert.ok(report.commits > 50 && report.records > 60);
  assert.equal(await opened(copyOf(closed)), 'unchanged');
});

test('a bit flipped anywhere is refused, told at reading, or harmless; a check finds each', async () => {
  const seen = new Set<Outcome>();
  for (const name of closed.disk.names()) {
    const size = closed.disk.contents(name)!.length;
    for (let at = 0; at < size; at += stride) {
      const disk = copyOf(closed);
      disk.rot(name, at, at % 8);
      const report = await checkLog(disk.start());
      assert.ok(report.findings.length > 0, `${name} ${at}: the check finds nothing`);
      const outcome = await opened(disk);
      if (outcome === 'rotten record') {
        assert.ok(
          report.findings.some(({ kind }) => kind === 'record'),
          `${name} ${at}`,
        );
      }
      seen.add(outcome);
    }
  }
  assert.equal(seen.size, 3);
});

test('a file that is gone, empty or cut short anywhere is refused, unless it is only a footer', async () => {
  for (const name of closed.disk.names()) {
    const bytes = closed.disk.contents(name)!;
    const gone = copyOf(closed);
    gone.replace(name, undefined);
    assert.equal(await opened(gone), 'refused', name);
    let harmless = 0;
    for (let size = 0; size < bytes.length; size += 2 * stride + 1) {
      const disk = copyOf(closed);
      disk.replace(name, bytes.slice(0, size));
      if ((await opened(disk)) !== 'refused') harmless = Math.max(harmless, bytes.length - size);
      else assert.ok((await checkLog(disk.start())).findings.length > 0);
    }
    // A footer has 12 bytes for each record, and records have at least 48.
    assert.ok(harmless < bytes.length / 3, `${harmless} of ${bytes.length} bytes of ${name}`);
  }
});

test('the newest segment as it was before does not pass for the last one', async () => {
  const disk = copyOf(closed);
  const names = disk.names();
  const newest = names.findLast((name) => name.endsWith('.segment'))!;
  const before = disk.contents(newest)!;
  const log = await openOn(disk);
  await log.commit([{ shelf: 0, key: new Uint8Array(32), value: new Uint8Array(1) }]);
  await log.close();
  disk.replace(newest, before);
  assert.equal(await opened(disk), 'refused');
});

test('a damaged group with a later one behind it is refused, also without a checkpoint that says so', async () => {
  const disk = memoryDisk({ seed: 'behind' });
  const log = await openOn(disk, { segmentBytes: 1_048_576 });
  const [name] = disk.names().filter((one) => one.endsWith('.segment'));
  const ends: number[] = [];
  for (let n = 0; n < 3; n++) {
    await log.commit([{ shelf: 0, key: new Uint8Array(32).fill(n), value: new Uint8Array(90) }]);
    ends.push(log.figures().bytes);
  }
  disk.kill();
  const start =
    disk.contents(name!)!.length - disk.contents(name!)!.findLastIndex((byte) => byte !== 0);
  assert.ok(start > 1_000_000);
  const damaged = copyOf({ disk, contents: new Map() });
  damaged.rot(name!, 400);
  await assert.rejects(openOn(damaged), { code: 'rotten' });
  // The last group alone might be torn: nobody can tell, unless the log was closed in order.
  const torn = copyOf({ disk, contents: new Map() });
  const header = 240;
  torn.rot(name!, header + ends[1]! + 60);
  const again = await openOn(torn);
  assert.equal(again.totals(0).records, 2);
  await again.close();
});

test('a value that looks like a commit is none, wherever a power cut leaves it', async () => {
  const disk = memoryDisk({ seed: 'forged' });
  const log = await openOn(disk, { segmentBytes: 1_048_576 });
  await log.commit([{ shelf: 0, key: new Uint8Array(32), value: new Uint8Array(50) }]);
  const name = disk.names().find((one) => one.endsWith('.segment'))!;
  const end = 240 + log.figures().bytes;
  // A stranger who knows the format, but not the id of the log, offers whole commits as a value.
  const others = memoryDisk({ seed: 'other' });
  const other = await openOn(others, { segmentBytes: 1_048_576, entropy: seededEntropy('other') });
  for (let n = 0; n < 9; n++) {
    await other.commit([{ shelf: 0, key: new Uint8Array(32).fill(n), value: new Uint8Array(3) }]);
  }
  await other.close();
  const forged = others.contents(name)!.slice(240);
  const value = new Uint8Array(4_096);
  for (let at = 0; at + forged.length < value.length; at += forged.length) value.set(forged, at);
  await log.commit([{ shelf: 0, key: new Uint8Array(32).fill(1), value }]);
  disk.kill();
  const torn = copyOf({ disk, contents: new Map() });
  torn.rot(name, end + 10);
  const again = await openOn(torn);
  assert.equal(again.totals(0).records, 1);
  await again.close();
});

test('any one bit of any record header is turned back by a repair, and nothing else is touched', async () => {
  let mended = 0;
  for (const name of closed.disk.names().filter((one) => one.endsWith('.segment'))) {
    const bytes = closed.disk.contents(name)!;
    for (const offset of headersIn(bytes)) {
      // A third of the bits of one header, one bit of each of the others.
      const stride = mended === 0 ? 3 : 384;
      for (let bit = stride === 3 ? 0 : (offset * 7) % 384; bit < 384; bit += stride) {
        const disk = copyOf(closed);
        disk.rot(name, offset + (bit >> 3), bit & 7);
        const { findings } = await checkLog(disk.start(), { repair: true });
        assert.ok(
          findings.every(({ isHarmless, isRepaired }) => isHarmless || isRepaired),
          `${name} ${offset} ${bit}: ${findings.map(({ sentence }) => sentence).join('; ')}`,
        );
        assert.deepEqual(disk.contents(name), bytes);
        assert.deepEqual((await checkLog(disk.start())).findings, []);
        mended += 1;
      }
    }
  }
  assert.ok(mended > 128 + 60);
});

test('more than one bit of a header is not guessed at', async () => {
  const name = closed.disk.names().find((one) => one.endsWith('.segment'))!;
  const [offset = 0] = headersIn(closed.disk.contents(name)!);
  const disk = copyOf(closed);
  for (const at of [9, 14, 20]) disk.rot(name, offset + at, 3);
  const before = disk.contents(name);
  const { findings } = await checkLog(disk.start(), { repair: true });
  assert.ok(findings.some(({ kind, isRepaired }) => kind === 'record' && !isRepaired));
  assert.deepEqual(disk.contents(name), before);
});

/** Where records begin: a header has a checksum over its first 40 bytes. */
function headersIn(bytes: Uint8Array): readonly number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const found: number[] = [];
  for (let at = 0; at + 48 <= bytes.length; at += 16) {
    const kind = bytes[at]!;
    const isHeader =
      kind >= 1 && kind <= 4 && crc32(bytes.subarray(at, at + 40)) === view.getUint32(at + 40);
    if (isHeader) found.push(at);
  }
  return found;
}
