/**
 * The engine in one SQLite file, with its log beside it while it is open, and a tidemark.
 *
 *     records   key: u8 shelf ‖ 32 bytes    checksum: 16 bytes    value
 *     summary   totals of all shelves, in the transaction that changes them
 *
 * Transactions run on the main thread, their sync in the thread pool. There is one copy: what rots
 * is noticed when it is read (`rotten`), and other nodes have it still; that it is older than what was
 * acknowledged is noticed at opening (tidemark.ts). docs/decisions/0012-engines.md
 */

import { constants, existsSync } from 'node:fs';
import { access, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { StoreError, type Engine, type EngineEntry, type EngineWrite } from '@dsm/ports';
import {
  decodeEngineSummary,
  encodeEngineSummary,
  emptySummary,
  summaryAfter,
} from './engine-summary.ts';
import { syncFolder } from './folder.ts';
import { groupedEngine, type Records } from './grouped-engine.ts';
import { isRecord, recordChecksum } from './record-checksum.ts';
import {
  blob,
  closeQuietly,
  closeWhole,
  columns,
  openDatabase,
  openLog,
  statement,
} from './sqlite-file.ts';
import { storeError } from './store-error.ts';
import { createTidemark, openTidemark } from './tidemark.ts';

/** A log that must grow grows by this much: syncing is slow whenever a file becomes longer. */
const logGrowthBytes = 1_048_576;
/** A record of a kibibyte takes 1.1 of it; with SQLite's own 4 KiB it takes 1.4. */
const pageBytes = 16_384;

/** The engine in the file `path`, which is made if it is not there. Rejects with `StoreError`. */
export async function sqliteEngine(path: string): Promise<Engine> {
  let database: DatabaseSync | undefined;
  try {
    const folder = dirname(path);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    // SQLite would open a file that it may not write, and say so only later.
    await access(folder, constants.R_OK | constants.W_OK);
    if (!existsSync(path)) await create(path);
    await access(path, constants.R_OK | constants.W_OK);
    database = openDatabase(path);
    return groupedEngine(recordsOf(path, database));
  } catch (error) {
    closeQuietly(database);
    throw storeError(error, path);
  }
}

/** Under another name until it is whole, so that an empty file is never taken for a new engine. */
async function create(path: string): Promise<void> {
  const unfinished = `${path}.new`;
  createTidemark(tidemarkOf(path));
  // There before the engine is: an engine without one is refused.
  await syncFolder(dirname(path));
  const database = openDatabase(unfinished, pageBytes);
  try {
    database.exec(`
      BEGIN IMMEDIATE;
      CREATE TABLE IF NOT EXISTS summary (one INTEGER PRIMARY KEY, body BLOB NOT NULL);
      CREATE TABLE IF NOT EXISTS records (
        key BLOB NOT NULL PRIMARY KEY, checksum BLOB NOT NULL, value BLOB NOT NULL
      );
    `);
    const summary = encodeEngineSummary(emptySummary);
    database.prepare('INSERT OR REPLACE INTO summary VALUES (1, ?)').run(summary);
    database.exec('COMMIT');
    closeWhole(database);
  } finally {
    closeQuietly(database);
  }
  await rename(unfinished, path);
  await syncFolder(dirname(path));
}

function tidemarkOf(path: string): string {
  return `${path}.tidemark`;
}

function recordsOf(path: string, database: DatabaseSync): Records {
  const tables = statement(database, 'SELECT name FROM sqlite_schema').all().map(columns);
  if (!['records', 'summary'].every((name) => tables.some(([table]) => table === name))) {
    throw new StoreError('rotten', `its tables are gone: ${path}`);
  }
  const found = statement(database, 'SELECT body FROM summary WHERE one = 1').get();
  let summary = decodeEngineSummary(blob(columns(found)[0]), path);
  const tidemark = openTidemark(tidemarkOf(path), summary.sequence);
  const record = statement(database, 'SELECT checksum, value FROM records WHERE key = ?');
  const size = statement(database, 'SELECT length(value) FROM records WHERE key = ?');
  const page = statement(
    database,
    `SELECT key, length(value) FROM records WHERE key >= ? AND key <= ? ORDER BY key LIMIT ?`,
  );
  const apply = transaction(database);
  const log = openLog(path, logGrowthBytes);
  const translated = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw storeError(error, path);
    }
  };
  const sizeOf = (shelf: number, key: Uint8Array): number | undefined => {
    const found = translated(() => size.get(rowKey(shelf, key)));
    return found === undefined ? undefined : Number(columns(found)[0]);
  };
  return {
    get: (shelf, key) => {
      const found = translated(() => record.get(rowKey(shelf, key)));
      if (found === undefined) return undefined;
      const [checksum, value] = columns(found).map(blob);
      if (!isRecord(shelf, key, value!, checksum!)) {
        throw new StoreError('rotten', `a record does not match its checksum: ${path}`);
      }
      return value;
    },
    sizeOf,
    page: (shelf, from, to, count) =>
      translated(() => page.all(rowKey(shelf, from), rowKey(shelf, to), count)).map(entryOf),
    totals: (shelf) => summary.totals[shelf]!,
    write: async (writes) => {
      const after = summaryAfter(summary, writes, sizeOf);
      translated(() => apply(writes, encodeEngineSummary(after)));
      summary = after;
      await log.sync();
      tidemark.reached(after.sequence);
    },
    close: () => {
      log.close();
      tidemark.close();
      translated(() => database.close());
    },
  };
}

function transaction(
  database: DatabaseSync,
): (writes: readonly EngineWrite[], summary: Uint8Array) => void {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const put = database.prepare(
    `INSERT INTO records (key, checksum, value) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET checksum = excluded.checksum, value = excluded.value`,
  );
  const remove = database.prepare('DELETE FROM records WHERE key = ?');
  const setSummary = database.prepare('UPDATE summary SET body = ? WHERE one = 1');
  return (writes, summary) => {
    begin.run();
    try {
      for (const { shelf, key, value } of writes) {
        if (value === undefined) remove.run(rowKey(shelf, key));
        else put.run(rowKey(shelf, key), recordChecksum(shelf, key, value), value);
      }
      setSummary.run(summary);
      commit.run();
    } catch (error) {
      // A full disk ends some transactions by itself.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
}

function rowKey(shelf: number, key: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(1 + key.length);
  bytes[0] = shelf;
  bytes.set(key, 1);
  return bytes;
}

function entryOf(found: unknown): EngineEntry {
  const [key, size] = columns(found);
  return { key: blob(key).subarray(1), size: Number(size) };
}
