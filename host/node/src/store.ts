/**
 * The store in files: two SQLite copies in one directory, owned by one process.
 *
 *     lock.db     whose directory it is          wallet.db, mirror.db    the copies, with their logs
 *     reserve     room for taking back           (docs/spec/store.md)
 *
 * Commits that are asked for in one turn, or while the disk is busy with earlier ones, are written
 * in one transaction for each copy. Reads come after everything that was asked for before them.
 */

import type { Store } from '@dsm/ports';
import { groupCommit } from './group-commit.ts';
import { openMirrored } from './mirror-open.ts';
import type { Mirrored } from './mirror.ts';
import { lockDirectory, type DirectoryLock } from './process-lock.ts';

export interface FileStoreOptions {
  /** The lock of the directory, if the caller holds it already; it stays his. */
  readonly lock?: DirectoryLock;
  /** Told, in a sentence, when a copy had to be replaced by the other at opening. */
  readonly onMended?: (sentence: string) => void;
}

export async function fileStore(directory: string, options: FileStoreOptions = {}): Promise<Store> {
  const lock = options.lock ?? (await lockDirectory(directory));
  const release = (): Promise<void> =>
    options.lock === undefined ? lock.release() : Promise.resolve();
  try {
    return storeOf(await openMirrored(directory, options.onMended), release);
  } catch (error) {
    await release();
    throw error;
  }
}

function storeOf(mirrored: Mirrored, release: () => Promise<void>): Store {
  const commits = groupCommit(mirrored);
  let closing: Promise<void> | undefined;
  const whileOpen = async <T>(action: () => T | Promise<T>): Promise<T> => {
    if (closing !== undefined) throw new RangeError('the store is closed');
    return action();
  };
  const read = <T>(action: () => T): Promise<T> =>
    whileOpen(() => {
      commits.writeAsked();
      return action();
    });
  const close = async (): Promise<void> => {
    await commits.finished();
    try {
      mirrored.close();
    } finally {
      await release();
    }
  };
  return {
    get: (key) => read(() => mirrored.get(key)),
    scan: (prefix) => read(() => mirrored.scan(prefix)),
    commit: (writes) => whileOpen(() => commits.ask(writes)),
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
