/** What went wrong on the disk, in the words of the port. */

import { StoreError, type StoreErrorCode } from '@dsm/ports';

/** Result codes of SQLite (https://sqlite.org/rescode.html), without their extensions. */
const sqliteCodes: Readonly<Record<number, StoreErrorCode>> = {
  3: 'read-only', // PERM
  5: 'busy', // BUSY
  6: 'busy', // LOCKED
  8: 'read-only', // READONLY
  11: 'rotten', // CORRUPT
  13: 'full', // FULL
  14: 'read-only', // CANTOPEN
  26: 'rotten', // NOTADB
};

const systemCodes: Readonly<Record<string, StoreErrorCode>> = {
  EACCES: 'read-only',
  EDQUOT: 'full',
  ENOSPC: 'full',
  EPERM: 'read-only',
  EROFS: 'read-only',
};

const sentences: Readonly<Record<StoreErrorCode, string>> = {
  full: 'the disk has no room',
  'read-only': 'the place may not be written',
  busy: 'another process holds the store',
  rotten: 'the stored bytes are damaged',
  version: 'written by a newer version of this software',
  lost: 'the disk failed',
};

/** `error` as a `StoreError`; `path` tells people where. What is no failure of the disk is thrown on. */
export function storeError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  const code = codeOf(error);
  if (code === undefined) throw error;
  return new StoreError(code, `${sentences[code]}: ${path}`, { cause: error });
}

function codeOf(error: unknown): StoreErrorCode | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  if ('errcode' in error && typeof error.errcode === 'number') {
    return sqliteCodes[error.errcode & 0xff] ?? 'lost';
  }
  return 'syscall' in error ? (systemCodes[String(error.code)] ?? 'lost') : undefined;
}
