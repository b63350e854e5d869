/**
 * One process owns a directory at a time.
 *
 * The lock is the operating system's own lock on the file `lock.db`, taken through SQLite because
 * Node offers no other way to it. It goes with the process, however that ends, so there is nothing
 * stale to guess about. On POSIX systems closing any other handle of `lock.db` in the same process
 * would drop it: nobody else may open that file.
 */

import { existsSync } from 'node:fs';
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { StoreError } from '@dsm/ports';
import { storeError } from './store-error.ts';

export interface DirectoryLock {
  /** Gives the directory to others. May be repeated. */
  readonly release: () => Promise<void>;
}

/** Own `directory`, which is made if it is not there. Rejects with `StoreError`, `busy` above all. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const path = join(directory, 'lock.db');
  let database: DatabaseSync | undefined;
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    // SQLite would open a file that it may not write, and say so only later.
    await access(directory, constants.R_OK | constants.W_OK);
    if (existsSync(path)) await access(path, constants.R_OK | constants.W_OK);
    database = new DatabaseSync(path, { timeout: 0 });
    // The transaction stays open and never writes: the file stays empty, the lock is held.
    database.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    if (database?.isOpen === true) database.close();
    const translated = storeError(error, path);
    if (translated.code !== 'busy') throw translated;
    const sentence = `another process uses ${directory}: end it first, or wait until it is done`;
    throw new StoreError('busy', sentence, { cause: error });
  }
  const held = database;
  return {
    release: async () => {
      if (held.isOpen) held.close();
    },
  };
}
