/** A storage node whose whole sealed log stands on S3: it opens, reads, loses, is lied to, and goes on. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { installNative } from '@dsm/node';
import { NodeError, StoreError } from '@dsm/ports';
import { filled } from '@dsm/ports/conformance';
import { address as addressOf } from '@dsm/primitive';
import type { S3ShelfOptions } from '@dsm/s3';
import type { SegmentLog } from '@dsm/segment-log';
import { secretsInMemory, storageNode, type StorageNode } from '@dsm/storage-node';
import { logOnS3, segmentBytes } from './fixtures/log-on-s3.ts';
import { assertSame, bucket, scene, skip } from './fixtures/scene.ts';

installNative();

interface Kept {
  readonly address: Uint8Array;
  readonly bytes: Uint8Array;
}

interface ColdNode {
  readonly node: StorageNode;
  readonly log: SegmentLog;
}

/** A place of its own on the disk and on S3. */
interface Place {
  readonly folder: string;
  readonly options: S3ShelfOptions;
}

const objectBytes = 1_024;

async function placeFor(context: TestContext): Promise<Place> {
  const { options } = await scene();
  const folder = mkdtempSync(join(tmpdir(), 'dsm-cold-'));
  context.after(() => rmSync(folder, { recursive: true }));
  return { folder, options: { ...options, prefix: `${basename(folder)}/` } };
}

async function opened({ folder, options }: Place): Promise<ColdNode> {
  const log = await logOnS3(folder, options);
  const node = await storageNode({
    engine: log,
    registry: () => undefined,
    network: filled(42),
    suite: 1,
    secrets: secretsInMemory(filled(11)),
    capacityBytes: 2 ** 30,
  });
  return { node, log };
}

/** So many objects that they fill about `segments` segments. */
async function filledWith(node: StorageNode, segments: number): Promise<readonly Kept[]> {
  const count = Math.floor((segments * segmentBytes) / objectBytes);
  const objects = Array.from({ length: count }, () => randomBytes(objectBytes));
  // What comes at once is one group of one segment.
  for (let at = 0; at < count; at += 16) {
    await Promise.all(objects.slice(at, at + 16).map((bytes) => node.putObject(bytes)));
  }
  return objects.map((bytes) => ({ address: addressOf(bytes), bytes }));
}

async function assertThere(node: StorageNode, kept: readonly Kept[]): Promise<void> {
  for (let at = 0; at < kept.length; at += 16) {
    const some = kept.slice(at, at + 16).map(async ({ address, bytes }) => {
      assertSame((await node.getObject(address)) ?? new Uint8Array(0), bytes);
    });
    await Promise.all(some);
  }
}

async function assertAllThere(node: StorageNode, kept: readonly Kept[]): Promise<void> {
  await assertThere(node, kept);
  assert.equal(node.metrics().objects, kept.length);
}

/** The objects of a node that is closed, with all but the head of its log on S3. */
async function allCold(place: Place): Promise<readonly Kept[]> {
  const { node, log } = await opened(place);
  const kept = await filledWith(node, 4);
  await log.settled();
  const { segments, coldSegments } = log.figures();
  assert.ok(segments >= 4);
  assert.equal(coldSegments, segments - 1);
  assert.equal(filesOf(place, '.segment').length, 1);
  await node.close();
  return kept;
}

function filesOf({ folder }: Place, end: string): readonly string[] {
  return readdirSync(folder).filter((name) => name.endsWith(end));
}

test(
  'a node opens on a log that stands on S3, reads from there, and goes on',
  { skip },
  async (t) => {
    const place = await placeFor(t);
    const kept = await allCold(place);
    const { node, log } = await opened(place);
    await assertAllThere(node, kept);
    const more = [...kept, ...(await filledWith(node, 2))];
    await log.settled();
    await assertAllThere(node, more);
    await node.close();
  },
);

test('what a node lost of its cold segments it makes again from S3', { skip }, async (t) => {
  const place = await placeFor(t);
  const kept = await allCold(place);
  const parts = filesOf(place, '.cold');
  assert.ok(parts.length >= 3);
  for (const name of parts) rmSync(join(place.folder, name));
  const { node } = await opened(place);
  assert.deepEqual(filesOf(place, '.cold'), parts);
  await assertAllThere(node, kept);
  await node.close();
});

test(
  'a log does not open as if nothing had stood on a shelf that is another',
  { skip },
  async (t) => {
    const place = await placeFor(t);
    await allCold(place);
    for (const name of filesOf(place, '.cold')) rmSync(join(place.folder, name));
    const elsewhere = { ...place, options: { ...place.options, prefix: 'of-nobody/' } };
    await assert.rejects(opened(elsewhere), StoreError);
  },
);

test('a bit that turned over on S3 is noticed, and never handed out', { skip }, async (t) => {
  const place = await placeFor(t);
  const kept = await allCold(place);
  const { direct } = await scene();
  const { Contents = [] } = await direct.send(
    new ListObjectsV2Command({ Bucket: bucket, Prefix: place.options.prefix }),
  );
  const named = { Bucket: bucket, Key: Contents[2]!.Key };
  const { Body, Metadata } = await direct.send(new GetObjectCommand(named));
  const bytes = Buffer.from(await Body!.transformToByteArray());
  const hit = kept.find((each) => bytes.includes(each.bytes))!;
  bytes[bytes.indexOf(hit.bytes) + 500]! ^= 4;
  await direct.send(new PutObjectCommand({ ...named, Body: bytes, Metadata }));
  const { node } = await opened(place);
  await assert.rejects(node.getObject(hit.address), NodeError);
  await assertThere(
    node,
    kept.filter((each) => each !== hit),
  );
  await node.close();
});

test(
  'bytes that change on the way from S3 are no answer, and no lasting damage',
  { skip },
  async (t) => {
    const place = await placeFor(t);
    const [first] = await allCold(place);
    const { line } = await scene();
    const { node } = await opened(place);
    line.change((down) => {
      const at = down.indexOf(first!.bytes.subarray(0, 100));
      if (at >= 0) down[at]! ^= 1;
      return down;
    });
    await assert.rejects(node.getObject(first!.address), NodeError);
    line.change((down) => down);
    assertSame((await node.getObject(first!.address))!, first!.bytes);
    await node.close();
  },
);

test(
  'while S3 is down a node keeps what comes, and says of the rest that it cannot read',
  { skip },
  async (t) => {
    const place = await placeFor(t);
    const { ceph } = await scene();
    const cold = await allCold(place);
    const { node, log } = await opened(place);
    await ceph.killGateway();
    let more: readonly Kept[];
    try {
      await assert.rejects(node.getObject(cold[0]!.address), NodeError);
      more = await filledWith(node, 4);
      await log.settled();
      assert.ok(filesOf(place, '.segment').length >= 3);
      await assertThere(node, more);
    } finally {
      await ceph.startGateway();
    }
    await log.settled();
    assert.equal(filesOf(place, '.segment').length, 1);
    assert.equal(log.figures().coldSegments, log.figures().segments - 1);
    await assertAllThere(node, [...cold, ...more]);
    await node.close();
  },
);
