/** Errors of LMDB and of the system below it, as errors of the port. */

import { statfsSync } from 'node:fs';
import { StoreError, type StoreErrorCode } from '@dsm/ports';

const codes: Readonly<Record<number, StoreErrorCode>> = {
  1: 'read-only', // EPERM
  13: 'read-only', // EACCES
  28: 'full', // ENOSPC
  30: 'read-only', // EROFS
  122: 'full', // EDQUOT
  [-30_792]: 'full', // MDB_MAP_FULL
  [-30_793]: 'rotten', // MDB_INVALID
  [-30_794]: 'version', // MDB_VERSION_MISMATCH
  [-30_796]: 'rotten', // MDB_CORRUPTED
  [-30_797]: 'rotten', // MDB_PAGE_NOTFOUND
};

const shortWrite = 5; // EIO

/**
 * True if a commit failed because a page did not fit: LMDB says `EIO` where a write was cut short.
 * Pages come before the root that makes them count, so nothing of the commit was kept.
 */
export function isCutShort(error: unknown, directory: string, neededBytes: number): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== shortWrite) return false;
  const { bavail, bsize } = statfsSync(directory);
  return bavail * bsize < neededBytes;
}

/** `error` as a `StoreError`; `path` tells people where. A fault of ours is thrown on. */
export function lmdbError(error: unknown, path: string): StoreError {
  if (error instanceof StoreError) return error;
  if (!(error instanceof Error) || !('code' in error)) throw error;
  const code = codes[Number(error.code)] ?? 'lost';
  return new StoreError(code, `${error.message}: ${path}`, { cause: error });
}
