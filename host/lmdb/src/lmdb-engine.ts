/**
 * The engine on LMDB, in a folder of its own.
 *
 *     lock.db     whose folder it is
 *     tidemark    how much was acknowledged
 *     data.mdb    u8 shelf ‖ 32 bytes of key → checksum of 16 bytes ‖ value;    0xff → the summary
 *
 * Transactions run on the main thread with their sync, as LMDB has it from of old. The library could
 * do both in a thread of its own, but then it tells neither why a commit failed nor that a sync did.
 *
 * It maps the file. What damages the structure of the file while it is open, or in a way that the
 * first look does not see, ends the process; no code here can turn that into an error.
 * docs/decisions/0012-engines.md
 */

import { existsSync } from 'node:fs';
import { access, constants, open as openFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createTidemark,
  decodeEngineSummary,
  encodeEngineSummary,
  groupedEngine,
  isRecord,
  lockDirectory,
  openTidemark,
  emptySummary,
  recordChecksum,
  recordChecksumBytes,
  storeError,
  syncFolder,
  summaryAfter,
  type Records,
} from '@dsm/node';
import { StoreError, type Engine, type EngineEntry, type EngineWrite } from '@dsm/ports';
import { concat } from '@dsm/primitive';
import { open, type RootDatabase } from 'lmdb';
import { isCutShort, lmdbError } from './lmdb-error.ts';

type Database = RootDatabase<Uint8Array, Uint8Array>;

/** Above the keys of all shelves. */
const summaryKey = Uint8Array.of(255);
/** Where LMDB writes its magic number into each of its first two pages. */
const magicOffset = 24;
const magic = 0xbeefc0de;
const pageBytes = 4_096;
const mapBytes = 1_073_741_824;

export interface LmdbEngineOptions {
  /** Address space to begin with. The library maps the file anew when it outgrows that. */
  readonly mapBytes?: number;
}

/** The engine in `directory`, which is made if it is not there. Rejects with `StoreError`. */
export async function lmdbEngine(
  directory: string,
  options: LmdbEngineOptions = {},
): Promise<Engine> {
  const lock = await lockDirectory(directory);
  const path = join(directory, 'data.mdb');
  try {
    if (!existsSync(path)) await create(directory, path);
    await lookAt(path);
    const records = await openRecords(directory, path, options.mapBytes);
    return groupedEngine({
      ...records,
      close: async () => {
        await records.close();
        await lock.release();
      },
    });
  } catch (error) {
    await lock.release();
    throw storeError(lmdbError(error, path), path);
  }
}

/** Under another name until it is whole, so that an empty file is never taken for a new engine. */
async function create(directory: string, path: string): Promise<void> {
  const unfinished = join(directory, 'unfinished.mdb');
  createTidemark(tidemarkIn(directory));
  // There before the engine is: an engine without one is refused.
  await syncFolder(directory);
  await rm(unfinished, { force: true });
  const database = openDatabase(unfinished);
  database.transactionSync(() => {
    void database.put(summaryKey, encodeEngineSummary(emptySummary));
  });
  await database.close();
  await rm(`${unfinished}-lock`, { force: true });
  await rename(unfinished, path);
  await syncFolder(directory);
}

function tidemarkIn(directory: string): string {
  return join(directory, 'tidemark');
}

/** LMDB ends the process if it is given a file that is none of its own. */
async function lookAt(path: string): Promise<void> {
  await access(path, constants.R_OK | constants.W_OK);
  const file = await openFile(path, 'r');
  try {
    const head = new DataView(new ArrayBuffer(pageBytes * 2));
    const { bytesRead } = await file.read(head, 0, head.byteLength, 0);
    const isOurs =
      bytesRead === head.byteLength &&
      [0, pageBytes].every((at) => head.getUint32(at + magicOffset, true) === magic);
    if (!isOurs) throw new StoreError('rotten', `this is no file of LMDB: ${path}`);
  } finally {
    await file.close();
  }
}

function openDatabase(path: string, mapSize = mapBytes): Database {
  return open<Uint8Array, Uint8Array>({
    path,
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
    pageSize: pageBytes,
    mapSize,
    overlappingSync: false,
  });
}

async function openRecords(
  directory: string,
  path: string,
  mapSize: number | undefined,
): Promise<Records> {
  const database = openDatabase(path, mapSize);
  try {
    return recordsOf(directory, path, database);
  } catch (error) {
    await database.close();
    throw error;
  }
}

function recordsOf(directory: string, path: string, database: Database): Records {
  const translated = <T>(action: () => T): T => {
    try {
      return action();
    } catch (error) {
      throw lmdbError(error, path);
    }
  };
  let summary = decodeEngineSummary(database.get(summaryKey) ?? new Uint8Array(0), path);
  const tidemark = openTidemark(tidemarkIn(directory), summary.sequence);
  const sizeOf = (shelf: number, key: Uint8Array): number | undefined =>
    translated(() => sizeIn(database, recordKey(shelf, key)));
  return {
    get: (shelf, key) => {
      // This buffer is the library's, longer than it says, and overwritten by the next reading.
      const record = translated(() => database.getBinaryFast(recordKey(shelf, key)));
      if (record === undefined) return undefined;
      const value = new Uint8Array(record.subarray(recordChecksumBytes, record.length));
      if (!isRecord(shelf, key, value, record.subarray(0, recordChecksumBytes))) {
        throw new StoreError('rotten', `a record does not match its checksum: ${path}`);
      }
      return value;
    },
    sizeOf,
    page: (shelf, from, to, count) =>
      translated(() => pageOf(database, recordKey(shelf, from), recordKey(shelf, to), count)),
    totals: (shelf) => summary.totals[shelf]!,
    write: async (writes) => {
      const after = summaryAfter(summary, writes, sizeOf);
      try {
        database.transactionSync(() => apply(database, writes, encodeEngineSummary(after)));
      } catch (error) {
        throw isCutShort(error, directory, roomFor(writes))
          ? new StoreError('full', `the disk has no room: ${path}`, { cause: error })
          : lmdbError(error, path);
      }
      summary = after;
      tidemark.reached(after.sequence);
    },
    close: async () => {
      tidemark.close();
      await database.close();
    },
  };
}

/** About as much as a transaction writes: values, and a few pages for each. */
function roomFor(writes: readonly EngineWrite[]): number {
  return writes.reduce((sum, { value }) => sum + (value?.length ?? 0) + 8 * pageBytes, 0);
}

/** Inside a transaction the calls act at once, and their promises say nothing. */
function apply(database: Database, writes: readonly EngineWrite[], summary: Uint8Array): void {
  for (const { shelf, key, value } of writes) {
    const name = recordKey(shelf, key);
    if (value === undefined) void database.remove(name);
    else void database.put(name, concat(recordChecksum(shelf, key, value), value));
  }
  void database.put(summaryKey, summary);
}

function pageOf(
  database: Database,
  start: Uint8Array,
  end: Uint8Array,
  limit: number,
): readonly EngineEntry[] {
  const names = database.getKeys({ start, end, inclusiveEnd: true, limit });
  return Array.from(names, (name) => ({
    key: Uint8Array.from(name.subarray(1)),
    size: sizeIn(database, name) ?? 0,
  }));
}

/** The library has no way to a size but to copy the value into its own buffer. */
function sizeIn(database: Database, name: Uint8Array): number | undefined {
  const record = database.getBinaryFast(name);
  return record === undefined ? undefined : record.length - recordChecksumBytes;
}

function recordKey(shelf: number, key: Uint8Array): Uint8Array {
  const name = new Uint8Array(1 + key.length);
  name[0] = shelf;
  name.set(key, 1);
  return name;
}
