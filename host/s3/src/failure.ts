/** What went wrong at an S3 server, in the words of the store. */

import { S3ServiceException } from '@aws-sdk/client-s3';
import { StoreError, type StoreErrorCode } from '@dsm/ports';

/** What is not here is `lost`: no answer, a fault of the server, a bucket that is not there. */
const codes: Readonly<Record<string, StoreErrorCode>> = {
  EntityTooLarge: 'full',
  QuotaExceeded: 'full',
  AccessDenied: 'read-only',
  CredentialsProviderError: 'read-only',
  ExpiredToken: 'read-only',
  InvalidAccessKeyId: 'read-only',
  InvalidToken: 'read-only',
  SignatureDoesNotMatch: 'read-only',
  // A segment that was acknowledged and is gone, or ends before the range begins.
  NoSuchKey: 'rotten',
  InvalidRange: 'rotten',
};
const insufficientStorage = 507;

/** `error` as a `StoreError`; `place` tells people where. A fault of the caller is thrown on. */
export function s3Error(error: unknown, place: string): StoreError {
  if (error instanceof StoreError) return error;
  if (!(error instanceof Error) || error instanceof RangeError) throw error;
  const isFull = statusOf(error) === insufficientStorage;
  const code = codes[error.name] ?? (isFull ? 'full' : 'lost');
  return new StoreError(code, `S3 at ${place}: ${error.name} ${error.message}`, { cause: error });
}

/** What was asked for, or undefined if the server says that there is no such object. */
export async function ifPresent<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked;
  } catch (error) {
    if (/^(?:NoSuchKey|NotFound)$/.test(nameOf(error))) return undefined;
    throw error;
  }
}

function nameOf(error: unknown): string {
  const cause = error instanceof StoreError ? error.cause : undefined;
  return cause instanceof S3ServiceException ? cause.name : '';
}

function statusOf(error: Error): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
