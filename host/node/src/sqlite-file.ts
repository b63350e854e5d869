/**
 * A SQLite file that we own: opened for us alone, in WAL mode, its log synced by us.
 *
 * SQLite runs with `synchronous = NORMAL`: it syncs around checkpoints and leaves the sync after a
 * commit to `Log.sync`, which does it in the thread pool. Together this is `synchronous = FULL`
 * (docs/decisions/0005-store.md).
 */

import { closeSync, fdatasync, fstatSync, openSync, writeSync } from 'node:fs';
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { StoreError } from '@dsm/ports';

/** The log of a database. */
export interface Log {
  /** Makes durable what was committed before the call. Rejects with `StoreError`. */
  readonly sync: () => Promise<void>;
  readonly close: () => void;
}

/**
 * The log of the open database at `path`, which exists from the first read on. It has no locks, so
 * handles of it may be closed. One that must grow grows by `growthBytes`.
 */
export function openLog(path: string, growthBytes: number): Log {
  const log = openSync(`${path}-wal`, 'r+');
  const grow = logGrowth(log, growthBytes);
  return {
    sync: () => {
      grow();
      return synced(log, path);
    },
    close: () => closeSync(log),
  };
}

/** Lengthens the log by a piece of zeros whenever it became longer. SQLite overwrites them. */
function logGrowth(log: number, growthBytes: number): () => void {
  const zeros = new Uint8Array(growthBytes);
  let prepared = 0;
  return () => {
    const { size } = fstatSync(log);
    if (size <= prepared) return;
    try {
      prepared = size + writeSync(log, zeros, 0, zeros.length, size);
    } catch {
      // No room to grow in advance. Whether there is room for a commit shows when it is written.
      prepared = size;
    }
  };
}

function synced(log: number, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(log, (error) => {
      if (error === null) resolve();
      else {
        const sentence = `the disk failed, and what was last written is unknown: ${path}`;
        reject(new StoreError('lost', sentence, { cause: error }));
      }
    });
  });
}

/** `pageBytes` is that of a database that is made now. */
export function openDatabase(path: string, pageBytes = 4_096): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 0 });
  try {
    // Exclusive from the start: the index of the log is in memory, and no third file is shared.
    database.exec(`
      PRAGMA page_size = ${pageBytes};
      PRAGMA locking_mode = EXCLUSIVE;
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = NORMAL;
      PRAGMA cell_size_check = ON;
    `);
    return database;
  } catch (error) {
    closeQuietly(database);
    throw error;
  }
}

/**
 * Closes a database that was just made, with all of it in its file. Closing by itself does that too, but if there
 * is no room or the disk fails it leaves the rest in the log, and says nothing.
 */
export function closeWhole(database: DatabaseSync): void {
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
}

/** Closes what is given up. A damaged database may fail to close; nothing depends on it. */
export function closeQuietly(database: DatabaseSync | undefined): void {
  try {
    if (database?.isOpen === true) database.close();
  } catch {
    // Whoever gives it up has said why.
  }
}

/** A query whose answers are lists of columns, and whose integers never overflow. */
export function statement(database: DatabaseSync, sql: string): StatementSync {
  const prepared = database.prepare(sql);
  prepared.setReturnArrays(true);
  prepared.setReadBigInts(true);
  return prepared;
}

export function columns(found: unknown): readonly unknown[] {
  return Array.isArray(found) ? (found as unknown[]) : [];
}

/** Damage may turn bytes into something else: then they are none, and match no checksum. */
export function blob(column: unknown): Uint8Array {
  return column instanceof Uint8Array ? column : new Uint8Array(0);
}
