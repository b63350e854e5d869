/** A stretch of a segment, read from S3 by range. */

import { GetObjectCommand } from '@aws-sdk/client-s3';
import { StoreError } from '@dsm/ports';
import type { Bucket, Means } from './bucket.ts';

/** Exactly `length` bytes from `offset`. An answer that breaks off is asked for again, so many times. */
export async function readRange(
  bucket: Bucket,
  key: string,
  offset: number,
  length: number,
): Promise<Uint8Array> {
  if (length === 0) return new Uint8Array(0);
  for (let attempt = 0; attempt < bucket.attempts; attempt++) {
    const bytes = await bucket.ask(key, (means) => read(means, offset, length));
    if (bytes !== undefined) return bytes;
  }
  throw new StoreError('lost', `S3 at ${key}: every answer breaks off`);
}

/** Undefined if the answer broke off. No more than `length` bytes are ever taken in. */
async function read(
  { client, named, patience }: Means,
  offset: number,
  length: number,
): Promise<Uint8Array | undefined> {
  const Range = `bytes=${offset}-${offset + length - 1}`;
  const { Body, ContentLength, ContentRange } = await client.send(
    new GetObjectCommand({ ...named, Range }),
    patience,
  );
  // A server that overlooks ranges sends everything from the first byte on.
  const isAnswer = ContentRange?.startsWith(`bytes ${offset}-`) ?? false;
  if (!isAnswer || Body === undefined || ContentLength === undefined || ContentLength > length) {
    throw new StoreError('lost', `S3 at ${named.Key}: an answer to another question`);
  }
  if (ContentLength < length) {
    throw new StoreError('rotten', `S3 at ${named.Key}: the segment has been cut short`);
  }
  try {
    const bytes = await Body.transformToByteArray();
    return bytes.length === length ? bytes : undefined;
  } catch (error) {
    if (patience.abortSignal.aborted) throw error;
    return undefined;
  }
}
