/**
 * The way to one bucket: every request has a bounded number of attempts and a bounded time, and fails
 * in the words of the store.
 */

import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { s3Error } from './failure.ts';

export interface BucketOptions {
  readonly bucket: string;
  /** For example `http://127.0.0.1:7480`; without it AWS. */
  readonly endpoint?: string;
  readonly region?: string;
  /** Without them the standard chain: environment, shared files, the machine's own role. */
  readonly credentials?: {
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
    readonly sessionToken?: string;
  };
  /** The bucket in the path and not in the host name: as most servers but AWS want it. */
  readonly pathStyle?: boolean;
  /** Attempts of one request, the first included. */
  readonly attempts?: number;
  /** After this time a request is given up, all its attempts together. */
  readonly answerMs?: number;
}

export const bucketDefaults = { region: 'us-east-1', attempts: 4, answerMs: 60_000 } as const;
const connectMs = 5_000;

/** What a request gets from the bucket. */
export interface Means {
  readonly client: S3Client;
  readonly named: { readonly Bucket: string; readonly Key: string };
  readonly patience: { readonly abortSignal: AbortSignal };
}

export interface Bucket {
  readonly attempts: number;
  /** One request about `key`, or about all that begin with it. Rejects with `StoreError`. */
  readonly ask: <T>(key: string, request: (means: Means) => Promise<T>) => Promise<T>;
  readonly close: () => void;
}

export function bucketOf(options: BucketOptions): Bucket {
  const { bucket, attempts = bucketDefaults.attempts } = options;
  const { answerMs = bucketDefaults.answerMs } = options;
  const client = new S3Client(configuration(options, attempts));
  return {
    attempts,
    ask: async (key, request) => {
      const abortSignal = AbortSignal.timeout(answerMs);
      try {
        return await request({
          client,
          named: { Bucket: bucket, Key: key },
          patience: { abortSignal },
        });
      } catch (error) {
        throw s3Error(error, `${bucket}/${key}`);
      }
    },
    close: () => client.destroy(),
  };
}

/** Checksums only where the protocol asks for them: older servers, Ceph 16 among them, refuse others. */
function configuration(options: BucketOptions, maxAttempts: number): S3ClientConfig {
  const { region = bucketDefaults.region, endpoint, credentials, pathStyle } = options;
  return {
    region,
    maxAttempts,
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
    forcePathStyle: pathStyle ?? endpoint !== undefined,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: connectMs, httpAgent: { maxSockets: 32 } },
  };
}
