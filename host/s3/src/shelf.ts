/**
 * Sealed segments on an S3 server: Ceph, AWS, Garage, MinIO or any other that speaks the protocol.
 *
 * One segment is one S3 object, so a server that takes a few hundred writes a second holds a log of
 * millions of records a second. Nothing here decides what is true: the log checks every record that
 * it reads, and finds out there what the server has changed.
 */

import { DeleteObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { SegmentOnShelf, SegmentShelf } from '@dsm/segment-log';
import { bucketOf, type Bucket, type BucketOptions } from './bucket.ts';
import { readRange } from './range.ts';
import { upload } from './upload.ts';

export interface S3ShelfOptions extends BucketOptions {
  /** Before the name of every segment, for example `node-3/`. Two nodes never share one. */
  readonly prefix?: string;
}

export interface S3Shelf extends SegmentShelf {
  readonly close: () => void;
}

/** Rejects with `StoreError` if the bucket is not there or may not be listed. */
export async function s3Shelf(options: S3ShelfOptions): Promise<S3Shelf> {
  const { prefix = '' } = options;
  const bucket = bucketOf(options);
  const key = (name: string): string => {
    if (!/^[a-z0-9.-]{1,64}$/.test(name)) throw new RangeError(`no name of a segment: ${name}`);
    return prefix + name;
  };
  try {
    await page(bucket, prefix, undefined, 1);
  } catch (error) {
    bucket.close();
    throw error;
  }
  return {
    put: async (name, bytes) => upload(bucket, key(name), bytes),
    get: async (name, offset, length) => readRange(bucket, key(name), offset, length),
    list: async () => segments(bucket, prefix),
    remove: async (name) => {
      await bucket.ask(key(name), ({ client, named, patience }) =>
        client.send(new DeleteObjectCommand(named), patience),
      );
    },
    close: bucket.close,
  };
}

async function segments(bucket: Bucket, prefix: string): Promise<readonly SegmentOnShelf[]> {
  const found: SegmentOnShelf[] = [];
  let from: string | undefined;
  do {
    const { on, next } = await page(bucket, prefix, from);
    found.push(...on);
    from = next;
  } while (from !== undefined);
  return found;
}

interface Page {
  readonly on: readonly SegmentOnShelf[];
  /** Where the next page begins, if there is one. */
  readonly next: string | undefined;
}

async function page(bucket: Bucket, prefix: string, from?: string, most?: number): Promise<Page> {
  const { Contents = [], NextContinuationToken } = await bucket.ask(
    prefix,
    ({ client, named, patience }) =>
      client.send(
        new ListObjectsV2Command({
          Bucket: named.Bucket,
          Prefix: prefix,
          ...(from !== undefined && { ContinuationToken: from }),
          ...(most !== undefined && { MaxKeys: most }),
        }),
        patience,
      ),
  );
  const on = Contents.map(({ Key = '', Size = 0 }) => ({
    name: Key.slice(prefix.length),
    size: Size,
  }));
  return { on, next: NextContinuationToken };
}
