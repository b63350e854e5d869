/**
 * One copy of a store: one SQLite file that can tell whether it is what was last written to it.
 *
 * SQLite runs in WAL mode with `synchronous = NORMAL`: it syncs around checkpoints and leaves the
 * sync after a commit to us. `sync` does that in the thread pool, so the event loop goes on and two
 * copies reach the disk side by side. Together this is `synchronous = FULL`
 * (docs/decisions/0005-store.md).
 */

import { accessSync, constants, existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { equal } from '@dsm/primitive';
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
import {
  decodeSummary,
  encodeSummary,
  rowChecksum,
  toggle,
  type Summary,
} from './store-summary.ts';

export interface Row {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly checksum: Uint8Array;
}

/** A row to keep, or a key to remove. */
export type RowChange = Row | { readonly key: Uint8Array; readonly value: undefined };

/** A log that must grow grows by this much: syncing is slow whenever a file becomes longer. */
const logGrowthBytes = 262_144;

export interface SqliteCopy {
  readonly path: string;
  readonly row: (key: Uint8Array) => Row | undefined;
  readonly checksum: (key: Uint8Array) => Uint8Array | undefined;
  /** Rows whose key is at least `from`, and below `to` if there is one; ascending. */
  readonly range: (from: Uint8Array, to: Uint8Array | undefined) => readonly Row[];
  /** One transaction: visible at once, durable after `sync`. Throws `StoreError`. */
  readonly apply: (changes: readonly RowChange[], summary: Summary) => void;
  /** Makes durable what was applied before the call. Rejects with `StoreError`. */
  readonly sync: () => Promise<void>;
  /** Writes the whole copy into a new file, without syncing it. */
  readonly copyInto: (path: string) => void;
  readonly close: () => void;
}

/** What lies at the place of a copy. */
export type Finding =
  | { readonly is: 'absent' }
  | { readonly is: 'sound'; readonly summary: Summary; readonly copy: SqliteCopy }
  | { readonly is: 'damaged'; readonly reason: string; readonly summary: Summary | undefined }
  | { readonly is: 'newer'; readonly format: number };

/** Make an empty copy in the empty file `path`. Not synced. */
export function createCopy(path: string, store: Uint8Array): void {
  const database = openDatabase(path);
  try {
    database.exec(`
      CREATE TABLE summary (one INTEGER PRIMARY KEY, body BLOB NOT NULL);
      CREATE TABLE rows (
        key BLOB NOT NULL PRIMARY KEY, checksum BLOB NOT NULL, value BLOB NOT NULL
      );
    `);
    const summary = encodeSummary({ store, sequence: 0, rows: 0, digest: new Uint8Array(32) });
    database.prepare('INSERT INTO summary VALUES (1, ?)').run(summary);
    closeWhole(database);
  } finally {
    closeQuietly(database);
  }
}

/** Read all of the copy at `path` and judge it. Throws what is no damage, as `StoreError`. */
export function inspect(path: string): Finding {
  if (!existsSync(path)) return { is: 'absent' };
  let database: DatabaseSync | undefined;
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
    database = openDatabase(path);
    const finding = judged(path, database);
    if (finding.is !== 'sound') closeQuietly(database);
    return finding;
  } catch (error) {
    closeQuietly(database);
    return { is: 'damaged', reason: damageIn(error, path), summary: undefined };
  }
}

function judged(path: string, database: DatabaseSync): Finding {
  const body = statement(database, 'SELECT body FROM summary WHERE one = 1').get();
  const decoded = decodeSummary(blob(columns(body)[0]));
  if (decoded.is === 'newer') return decoded;
  if (decoded.is === 'damaged') {
    return { is: 'damaged', reason: 'its summary is damaged', summary: undefined };
  }
  const { summary } = decoded;
  let reason: string | undefined;
  try {
    reason = faultOf(database, summary);
  } catch (error) {
    reason = damageIn(error, path);
  }
  if (reason !== undefined) return { is: 'damaged', reason, summary };
  return { is: 'sound', summary, copy: copyOf(path, database) };
}

/** What is wrong with the rows, or `undefined` if nothing is. */
function faultOf(database: DatabaseSync, summary: Summary): string | undefined {
  // SQLite judges the trees: every row is in the index, and every entry of the index has a row.
  const verdict = columns(statement(database, 'PRAGMA integrity_check(1)').get())[0];
  if (verdict !== 'ok') return `its structure is damaged: ${String(verdict)}`;
  const digest = new Uint8Array(32);
  let rows = 0;
  for (const each of statement(database, `${selectRow} NOT INDEXED`).iterate()) {
    const row = rowOf(columns(each));
    if (!isIntact(row)) return 'a row does not match its checksum';
    toggle(digest, row.checksum);
    rows += 1;
  }
  const isWhole = rows === summary.rows && equal(digest, summary.digest);
  return isWhole ? undefined : 'its rows are not those that were written';
}

/** The reason why a copy is damaged; other failures are thrown, as `StoreError`. */
function damageIn(error: unknown, path: string): string {
  const translated = storeError(error, path);
  if (translated.code !== 'rotten' && translated.code !== 'lost') throw translated;
  return translated.message;
}

/** True if `row` is what was written: its bytes match its checksum. */
export function isIntact(row: Row): boolean {
  return equal(rowChecksum(row.key, row.value), row.checksum);
}

const selectRow = 'SELECT key, checksum, value FROM rows';

function copyOf(path: string, database: DatabaseSync): SqliteCopy {
  const one = statement(database, `${selectRow} WHERE key = ?`);
  const check = statement(database, 'SELECT checksum FROM rows WHERE key = ?');
  const from = statement(database, `${selectRow} WHERE key >= ? ORDER BY key`);
  const between = statement(database, `${selectRow} WHERE key >= ? AND key < ? ORDER BY key`);
  const apply = transaction(database);
  const log = openLog(path, logGrowthBytes);
  const translated = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw storeError(error, path);
    }
  };
  return {
    path,
    row: (key) => {
      const found = translated(() => one.get(key));
      return found === undefined ? undefined : rowOf(columns(found));
    },
    checksum: (key) => {
      const found = translated(() => check.get(key));
      return found === undefined ? undefined : blob(columns(found)[0]);
    },
    range: (first, end) =>
      translated(() => (end === undefined ? from.all(first) : between.all(first, end))).map(
        (found) => rowOf(columns(found)),
      ),
    apply: (changes, summary) => translated(() => apply(changes, summary)),
    sync: log.sync,
    copyInto: (target) => {
      translated(() => database.prepare('VACUUM INTO ?').run(target));
    },
    close: () => {
      if (!database.isOpen) return;
      log.close();
      translated(() => database.close());
    },
  };
}

function transaction(
  database: DatabaseSync,
): (changes: readonly RowChange[], summary: Summary) => void {
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const put = database.prepare(
    `INSERT INTO rows (key, checksum, value) VALUES (?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET checksum = excluded.checksum, value = excluded.value`,
  );
  const remove = database.prepare('DELETE FROM rows WHERE key = ?');
  const setSummary = database.prepare('UPDATE summary SET body = ? WHERE one = 1');
  return (changes, summary) => {
    begin.run();
    try {
      for (const change of changes) {
        if (change.value === undefined) remove.run(change.key);
        else put.run(change.key, change.checksum, change.value);
      }
      setSummary.run(encodeSummary(summary));
      commit.run();
    } catch (error) {
      // A full disk ends some transactions by itself.
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  };
}

function rowOf([key, checksum, value]: readonly unknown[]): Row {
  return { key: blob(key), checksum: blob(checksum), value: blob(value) };
}
