/** A check tells what kind of damage there is, and makes hints again. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeHash } from '@dsm/node';
import { installHash } from '@dsm/primitive';
import { checkLog, type Finding } from '@dsm/segment-log';
import { crc32 } from 'node:zlib';
import { assertHolds, closedLog, openOn, type ClosedLog } from './log-scene.ts';

installHash(nativeHash);

async function findings({ disk }: ClosedLog, repair = false): Promise<readonly Finding[]> {
  return (await checkLog(disk.start(), { repair })).findings;
}

async function kindsOf(scene: ClosedLog): Promise<readonly string[]> {
  return [...new Set((await findings(scene)).map(({ kind }) => kind))];
}

test('an empty disk has nothing to find', async () => {
  const scene = await closedLog();
  for (const name of scene.disk.names()) scene.disk.replace(name, undefined);
  const report = await checkLog(scene.disk.start());
  assert.deepEqual(report, { findings: [], segments: 0, records: 0, commits: 0 });
});

test('a damaged hint is found, made again, and the same as before', async () => {
  const scene = await closedLog();
  const name = '0000000002.segment';
  const before = scene.disk.contents(name)!;
  scene.disk.rot(name, before.length - 100);
  assert.deepEqual(await kindsOf(scene), ['hint']);
  assert.ok((await findings(scene)).every(({ isHarmless }) => isHarmless));
  assert.ok((await findings(scene, true)).every(({ isRepaired }) => isRepaired));
  assert.deepEqual(await findings(scene), []);
  assert.deepEqual(scene.disk.contents(name), before);
  const log = await openOn(scene.disk);
  assert.equal(await assertHolds(log, scene.contents), 0);
  await log.close();
});

test('damage to a value, a header, a segment, a checkpoint is told apart', async () => {
  const damages: readonly (readonly [string, (scene: ClosedLog) => void])[] = [
    ['record', ({ disk }) => disk.rot('0000000002.segment', 310)],
    ['missing', ({ disk }) => disk.rot('0000000002.segment', 20)],
    ['missing', ({ disk }) => disk.replace('0000000002.segment', undefined)],
    ['checkpoint', ({ disk }) => disk.rot('checkpoint', 20)],
    ['checkpoint', ({ disk }) => disk.replace('checkpoint', undefined)],
    ['leftover', ({ disk }) => disk.replace('checkpoint.new', new Uint8Array(5))],
  ];
  for (const [kind, damage] of damages) {
    const scene = await closedLog();
    damage(scene);
    assert.ok((await kindsOf(scene)).includes(kind), kind);
  }
});

test('what was torn off behind the last commit is a tail, and harmless', async () => {
  const scene = await closedLog();
  const name = scene.disk.names().findLast((one) => one.endsWith('.segment'))!;
  const bytes = scene.disk.contents(name)!;
  const longer = new Uint8Array(bytes.length + 100);
  longer.set(bytes);
  longer.fill(9, bytes.length);
  scene.disk.replace(name, longer);
  assert.deepEqual(await kindsOf(scene), ['tail']);
  await (await openOn(scene.disk)).close();
  assert.deepEqual(await findings(scene), []);
});

test('a header whose checksum was made to fit breaks the chain', async () => {
  const scene = await closedLog();
  const name = '0000000002.segment';
  const bytes = scene.disk.contents(name)!;
  // The header of the first record: other key, right checksums.
  const start = 240;
  bytes[start + 20]! ^= 1;
  const view = new DataView(bytes.buffer, start);
  view.setUint32(40, crc32(bytes.subarray(start, start + 40)));
  const value = bytes.subarray(start + 48, start + 48 + 16 * Math.ceil(view.getUint32(4) / 16));
  view.setUint32(44, crc32(value, view.getUint32(40)));
  scene.disk.replace(name, bytes);
  assert.ok((await kindsOf(scene)).includes('chain'));
});
