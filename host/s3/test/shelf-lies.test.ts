/** What the line and the server may do to a segment, and how it is found out; doors that stay shut. */

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { s3Shelf } from '@dsm/s3';
import { assertSame, bucket, part, rejectsAs, scene, skip } from './fixtures/scene.ts';

test('an answer that breaks off is asked for again, but not for ever', { skip }, async () => {
  const s = await scene();
  const bytes = randomBytes(3_000_000);
  await s.shelf.put('broken', bytes);
  let cuts = 0;
  const cutAfter = (most: number, cutsMax: number): void => {
    let passed = 0;
    s.line.change((down) => {
      passed += down.length;
      if (passed < most || cuts === cutsMax) return down;
      passed = 0;
      cuts += 1;
      return undefined;
    });
  };
  try {
    cutAfter(1_000_000, 2);
    assertSame(await s.shelf.get('broken', 0, bytes.length), bytes);
    assert.equal(cuts, 2);
    cutAfter(1_000_000, Number.POSITIVE_INFINITY);
    await rejectsAs('lost', s.shelf.get('broken', 0, bytes.length));
  } finally {
    s.line.change((down) => down);
  }
});

for (const [what, from, to] of [
  ['other bytes at its end', /last words/g, 'lost words'],
  ['another length', /Content-Length: 20010/gi, 'Content-Length: 20011'],
  ['another checksum', /(ETag: ")[0-9a-f]{8}/gi, '$100000000'],
] as const) {
  test(`a server that shows ${what} has not kept the segment`, { skip }, async () => {
    const s = await scene();
    const bytes = Buffer.concat([randomBytes(20_000), Buffer.from('last words')]);
    const name = `unlike.${what.replaceAll(' ', '-')}`;
    s.line.change((down) => Buffer.from(down.toString('latin1').replace(from, to), 'latin1'));
    try {
      await rejectsAs('lost', s.shelf.put(name, bytes));
    } finally {
      s.line.change((down) => down);
    }
    await s.shelf.put(name, bytes);
    assertSame(await s.shelf.get(name, 0, bytes.length), bytes);
  });
}

test('a segment that arrives damaged is not kept', { skip }, async () => {
  const s = await scene();
  const bytes = Buffer.alloc(20_000, 'as sent ');
  s.line.changeUp((up) =>
    Buffer.from(up.toString('latin1').replace('as sent', 'as lost'), 'latin1'),
  );
  try {
    await rejectsAs('lost', s.shelf.put('on-the-way', bytes), /Mismatch|Digest/);
  } finally {
    s.line.changeUp((up) => up);
  }
  await rejectsAs('rotten', s.shelf.get('on-the-way', 0, 10));
});

test('of an upload that fails nothing stays behind', { skip }, async () => {
  const s = await scene();
  const bytes = Buffer.concat([randomBytes(part), Buffer.alloc(20_000, 'as sent ')]);
  s.line.changeUp((up) =>
    Buffer.from(up.toString('latin1').replace('as sent', 'as lost'), 'latin1'),
  );
  try {
    await rejectsAs('lost', s.shelf.put('half-way', bytes), /Mismatch|Digest/);
  } finally {
    s.line.changeUp((up) => up);
  }
  const { Uploads = [] } = await s.direct.send(new ListMultipartUploadsCommand({ Bucket: bucket }));
  assert.deepEqual(Uploads, []);
});

for (const [what, from, to] of [
  ['begins elsewhere', /Content-Range: bytes 100-/i, 'Content-Range: bytes 101-'],
  ['is of no range', /Content-Range:/i, 'X-ontent-Range:'],
  ['is longer than was asked for', /Content-Length: 50\r/i, 'Content-Length: 51\r'],
] as const) {
  test(`an answer that ${what} is none`, { skip }, async () => {
    const s = await scene();
    await s.shelf.put('asked', Buffer.alloc(1_000, 'as sent '));
    s.line.change((down) => Buffer.from(down.toString('latin1').replace(from, to), 'latin1'));
    try {
      await rejectsAs('lost', s.shelf.get('asked', 100, 50), /another question/);
    } finally {
      s.line.change((down) => down);
    }
  });
}

test('a silent server is not waited for without end', { skip }, async () => {
  const s = await scene();
  const hasty = await s3Shelf({ ...s.options, answerMs: 1_500 });
  s.line.change(() => Buffer.alloc(0));
  try {
    await rejectsAs('lost', hasty.get('away', 0, 10));
  } finally {
    s.line.change((down) => down);
    hasty.close();
  }
});

test('a bucket that is not there is noticed at the door', { skip }, async () => {
  const s = await scene();
  await rejectsAs('lost', s3Shelf({ ...s.options, bucket: 'no-such-bucket' }), /NoSuchBucket/);
});

test('wrong credentials are named as such', { skip }, async () => {
  const s = await scene();
  const { accessKeyId } = s.ceph.credentials;
  const wrong = { accessKeyId, secretAccessKey: 'guessed' };
  await rejectsAs(
    'read-only',
    s3Shelf({ ...s.options, credentials: wrong }),
    /SignatureDoesNotMatch/,
  );
  const unknown = { accessKeyId: 'nobody', secretAccessKey: 'guessed' };
  await rejectsAs(
    'read-only',
    s3Shelf({ ...s.options, credentials: unknown }),
    /InvalidAccessKeyId/,
  );
});
