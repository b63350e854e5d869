/** The server killed with SIGKILL, before, in and after an upload: nothing is acknowledged that is not there. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { s3Shelf } from '@dsm/s3';
import { assertSame, bucket, part, rejectsAs, scene, skip } from './fixtures/scene.ts';

test('parts that a cut upload left behind are cleared away', { skip }, async () => {
  const s = await scene();
  const key = { Bucket: bucket, Key: 'node-1/cut' };
  const { UploadId } = await s.direct.send(new CreateMultipartUploadCommand(key));
  const piece = { UploadId, PartNumber: 1, Body: randomBytes(part) };
  await s.direct.send(new UploadPartCommand({ ...key, ...piece }));
  const bytes = randomBytes(part * 2);
  await s.shelf.put('cut', bytes);
  const { Uploads = [] } = await s.direct.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  assert.deepEqual(Uploads, []);
  assertSame(await s.shelf.get('cut', 0, bytes.length), bytes);
});

for (const sentBefore of [1, part, part * 2 + 5_000, part * 4 + 1_000_000, part * 5 + 1]) {
  test(
    `the server dies after ${sentBefore} bytes: nothing is acknowledged that is not there`,
    { skip },
    async () => {
      const s = await scene();
      const name = `dying-${sentBefore}`;
      const bytes = randomBytes(part * 5);
      let gone: Promise<void> | undefined;
      s.line.after(sentBefore, () => {
        gone = s.ceph.killGateway();
      });
      const [outcome] = await Promise.allSettled([s.shelf.put(name, bytes)]);
      assert.ok(gone !== undefined, 'the server was killed');
      await gone;
      await s.ceph.startGateway();
      if (outcome.status === 'rejected') {
        await rejectsAs('lost', Promise.reject(outcome.reason));
        await s.shelf.put(name, bytes);
      }
      assertSame(await s.shelf.get(name, 0, bytes.length), bytes);
      const { Uploads = [] } = await s.direct.send(
        new ListMultipartUploadsCommand({ Bucket: bucket }),
      );
      assert.deepEqual(Uploads, []);
    },
  );
}

test('a server that comes back in time is waited for', { skip }, async () => {
  const s = await scene();
  const patient = await s3Shelf({ ...s.options, attempts: 12 });
  const bytes = randomBytes(part * 3);
  let back: Promise<void> | undefined;
  s.line.after(part, () => {
    back = s.ceph.killGateway().then(s.ceph.startGateway);
  });
  await patient.put('patient', bytes);
  assert.ok(back !== undefined);
  await back;
  assertSame(await patient.get('patient', 0, bytes.length), bytes);
  patient.close();
});

test('a server that is gone is lost, at once and without a wrong byte', { skip }, async () => {
  const s = await scene();
  await s.shelf.put('away', randomBytes(1_000));
  await s.ceph.killGateway();
  try {
    await rejectsAs('lost', s.shelf.get('away', 0, 10));
    await rejectsAs('lost', s.shelf.put('elsewhere', randomBytes(10)));
    await rejectsAs('lost', s.shelf.list());
    await rejectsAs('lost', s.shelf.remove('away'));
    await rejectsAs('lost', s3Shelf(s.options));
  } finally {
    await s.ceph.startGateway();
  }
  assert.equal((await s.shelf.get('away', 0, 1_000)).length, 1_000);
});
