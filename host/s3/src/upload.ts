/**
 * A segment goes up: in one piece if it is small, else in parts of which a few are under way at once.
 *
 * The server is sent the MD5 of every piece and refuses one that arrived damaged. When all is up, it
 * must show the length, the checksum that S3 makes of the pieces, and the last bytes; only then does
 * the upload resolve. Cut off at any moment, it can be done again: what stands there complete is
 * recognised, and what stands there in parts is cleared away.
 */

import { createHash } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  PutObjectCommand,
  UploadPartCommand,
  type HeadObjectCommandOutput,
} from '@aws-sdk/client-s3';
import { StoreError } from '@dsm/ports';
import type { Bucket } from './bucket.ts';
import { ifPresent } from './failure.ts';
import { readRange } from './range.ts';

/** S3 asks for at least 5 MiB in every part but the last. */
export const partBytes = 8_388_608;
const partsAtOnceMax = 4;
const lastBytes = 4_096;
/** Under this name the server keeps, beside the segment, what its maker says it is. */
const digestName = 'segment';

interface Piece {
  readonly bytes: Uint8Array;
  readonly md5: Uint8Array;
}

interface Segment {
  readonly bytes: Uint8Array;
  readonly pieces: readonly Piece[];
  /** The SHA-256 over those of the pieces: tells this segment from another of its name. */
  readonly digest: string;
}

/** Rejects with `read-only` if something else stands under this key: it is not ours to write. */
export async function upload(bucket: Bucket, key: string, bytes: Uint8Array): Promise<void> {
  const segment = await segmentOf(bytes);
  const found = await head(bucket, key);
  if (found !== undefined) {
    if (found.Metadata?.[digestName] !== segment.digest) {
      const sentence = `S3 at ${key}: another segment of that name: does another node write here?`;
      throw new StoreError('read-only', sentence);
    }
    if (isWhole(found, segment)) return showsItsEnd(bucket, key, segment);
  }
  await clearParts(bucket, key);
  if (segment.pieces.length === 1) await putWhole(bucket, key, segment);
  else await putParts(bucket, key, segment);
  const after = await head(bucket, key);
  if (after === undefined || !isWhole(after, segment)) throw unlike(key);
  await showsItsEnd(bucket, key, segment);
}

/** Piece by piece, and others have their turn in between: 64 MiB take a while. */
async function segmentOf(bytes: Uint8Array): Promise<Segment> {
  const pieces: Piece[] = [];
  const digest = createHash('sha256');
  for (let at = 0; at === 0 || at < bytes.length; at += partBytes) {
    const piece = bytes.subarray(at, at + partBytes);
    digest.update(createHash('sha256').update(piece).digest());
    pieces.push({ bytes: piece, md5: createHash('md5').update(piece).digest() });
    await new Promise(setImmediate);
  }
  return { bytes, pieces, digest: digest.digest('base64url') };
}

async function head(bucket: Bucket, key: string): Promise<HeadObjectCommandOutput | undefined> {
  return ifPresent(
    bucket.ask(key, ({ client, named, patience }) =>
      client.send(new HeadObjectCommand(named), patience),
    ),
  );
}

function isWhole({ ContentLength, ETag }: HeadObjectCommandOutput, segment: Segment): boolean {
  return ContentLength === segment.bytes.length && isTagOf(ETag ?? '', segment);
}

/**
 * The tag is the MD5 of the piece, or that over the MD5s of all pieces with their number. A server
 * that encrypts at rest makes tags of another form, which say nothing.
 */
function isTagOf(tag: string, { pieces }: Segment): boolean {
  const said = tag.replaceAll('"', '');
  if (!/^[0-9a-f]{32}(?:-\d+)?$/.test(said)) return true;
  if (pieces.length === 1) return said === Buffer.from(pieces[0]!.md5).toString('hex');
  const all = createHash('md5');
  for (const { md5 } of pieces) all.update(md5);
  return said === `${all.digest('hex')}-${pieces.length}`;
}

async function showsItsEnd(bucket: Bucket, key: string, { bytes }: Segment): Promise<void> {
  const length = Math.min(lastBytes, bytes.length);
  const seen = await readRange(bucket, key, bytes.length - length, length);
  if (!Buffer.from(seen).equals(bytes.subarray(bytes.length - length))) throw unlike(key);
}

function unlike(key: string): StoreError {
  return new StoreError('lost', `S3 at ${key}: the server does not show what was sent`);
}

/** Parts that an upload left behind which was cut off: they take room and nobody else knows of them. */
async function clearParts(bucket: Bucket, key: string): Promise<void> {
  const { Uploads = [] } = await bucket.ask(key, ({ client, named, patience }) =>
    client.send(new ListMultipartUploadsCommand({ Bucket: named.Bucket, Prefix: key }), patience),
  );
  for (const { Key, UploadId } of Uploads) {
    if (Key === key && UploadId !== undefined) await abort(bucket, key, UploadId);
  }
}

async function abort(bucket: Bucket, key: string, UploadId: string): Promise<void> {
  await bucket.ask(key, ({ client, named, patience }) =>
    client.send(new AbortMultipartUploadCommand({ ...named, UploadId }), patience),
  );
}

async function putWhole(bucket: Bucket, key: string, { pieces, digest }: Segment): Promise<void> {
  const { bytes, md5 } = pieces[0]!;
  const Metadata = { [digestName]: digest };
  await bucket.ask(key, ({ client, named, patience }) =>
    client.send(
      new PutObjectCommand({ ...named, Body: bytes, ContentMD5: base64(md5), Metadata }),
      patience,
    ),
  );
}

async function putParts(bucket: Bucket, key: string, { pieces, digest }: Segment): Promise<void> {
  const Metadata = { [digestName]: digest };
  const { UploadId } = await bucket.ask(key, ({ client, named, patience }) =>
    client.send(new CreateMultipartUploadCommand({ ...named, Metadata }), patience),
  );
  if (UploadId === undefined) throw unlike(key);
  try {
    const Parts = await partsOf(bucket, key, UploadId, pieces);
    const complete = { UploadId, MultipartUpload: { Parts: [...Parts] } };
    await bucket.ask(key, ({ client, named, patience }) =>
      client.send(new CompleteMultipartUploadCommand({ ...named, ...complete }), patience),
    );
  } catch (error) {
    // If this fails too, the next upload clears it away; the first failure is the one to tell.
    await abort(bucket, key, UploadId).catch(() => {});
    throw error;
  }
}

interface Part {
  readonly ETag: string | undefined;
  readonly PartNumber: number;
}

async function partsOf(
  bucket: Bucket,
  key: string,
  UploadId: string,
  pieces: readonly Piece[],
): Promise<readonly Part[]> {
  const parts: Part[] = [];
  let next = 0;
  let failed = false;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < pieces.length && !failed; i = next++) {
      const { bytes, md5 } = pieces[i]!;
      const PartNumber = i + 1;
      const part = { UploadId, PartNumber, Body: bytes, ContentMD5: base64(md5) };
      const { ETag } = await bucket.ask(key, ({ client, named, patience }) =>
        client.send(new UploadPartCommand({ ...named, ...part }), patience),
      );
      parts[i] = { ETag, PartNumber };
    }
  };
  const workers = Array.from({ length: Math.min(partsAtOnceMax, pieces.length) }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  // All have stopped before anybody clears up behind them.
  await Promise.allSettled(workers);
  await Promise.all(workers);
  return parts;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
