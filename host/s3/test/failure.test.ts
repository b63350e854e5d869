/** What an S3 server or the line to it says, in the words of the store. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S3ServiceException } from '@aws-sdk/client-s3';
import { StoreError, type StoreErrorCode } from '@dsm/ports';
import { ifPresent, s3Error } from '../src/failure.ts';

function said(name: string, httpStatusCode = 400): S3ServiceException {
  const $metadata = { httpStatusCode };
  return new S3ServiceException({ name, $fault: 'client', $metadata, message: 'as it says' });
}

const table: readonly (readonly [what: string, error: Error, code: StoreErrorCode])[] = [
  ...(
    [
      ['NoSuchKey', 'rotten'],
      ['InvalidRange', 'rotten'],
      ['AccessDenied', 'read-only'],
      ['ExpiredToken', 'read-only'],
      ['InvalidAccessKeyId', 'read-only'],
      ['InvalidToken', 'read-only'],
      ['SignatureDoesNotMatch', 'read-only'],
      ['EntityTooLarge', 'full'],
      ['QuotaExceeded', 'full'],
      ['NoSuchBucket', 'lost'],
      ['InternalError', 'lost'],
      ['SlowDown', 'lost'],
    ] as const
  ).map(([name, code]) => [name, said(name), code] as const),
  ['no room, by the status alone', said('UnknownError', 507), 'full'],
  [
    'no credentials',
    Object.assign(new Error('none'), { name: 'CredentialsProviderError' }),
    'read-only',
  ],
  ['no connection', Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }), 'lost'],
];

for (const [what, error, code] of table) {
  test(`${what} is ${code}`, () => {
    const found = s3Error(error, 'segments/one');
    assert.equal(found.code, code);
    assert.equal(found.cause, error);
    assert.match(found.message, /^S3 at segments\/one: /);
  });
}

test('what was told already is not told again', () => {
  const error = new StoreError('rotten', 'told');
  assert.equal(s3Error(error, 'segments/one'), error);
});

test('a fault of the program is none of the server', () => {
  const fault = new RangeError('ours');
  assert.throws(
    () => s3Error(fault, 'segments/one'),
    (error) => error === fault,
  );
});

test('what is not there is no failure for who asks whether it is', async () => {
  const failing = async (name: string): Promise<number> => {
    throw s3Error(said(name, 404), 'segments/one');
  };
  assert.equal(await ifPresent(failing('NotFound')), undefined);
  assert.equal(await ifPresent(failing('NoSuchKey')), undefined);
  assert.equal(await ifPresent(Promise.resolve(7)), 7);
  await assert.rejects(ifPresent(failing('NoSuchBucket')), StoreError);
});
