/**
 * Who takes part in the bench of engines: all keep a value durably under a key of 32 bytes.
 *
 * LMDB is taken twice: as it comes, with `put` and then `flushed`, which is when the library says that it
 * is durable; and as our engine, which keeps checksums and totals in the same transaction. A plain
 * file is written under another name, synced, renamed, and its folder synced.
 */

import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { lmdbEngine } from '@dsm/lmdb';
import { sqliteEngine } from '@dsm/node';
import type { Engine } from '@dsm/ports';
import { openSegmentLog } from '@dsm/segment-log';
import { open as openLmdb } from 'lmdb';

export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface Keeper {
  readonly name: string;
  readonly folder: string;
  /** Durable when it resolves. */
  readonly put: (item: KeyValue) => Promise<void>;
  /** Several, durable together. */
  readonly batch: (items: readonly KeyValue[]) => Promise<void>;
  readonly get: (key: Uint8Array) => Promise<Uint8Array | undefined>;
  readonly close: () => Promise<void>;
}

export const keeperNames = {
  log: 'segment log',
  lmdb: 'lmdb, flushed',
  lmdbEngine: 'our engine on lmdb',
  sqlite: 'our engine on node:sqlite',
  files: 'plain files',
} as const;

/** All of them, each in a folder of its own below `parent`. */
export async function keepers(parent: string): Promise<readonly Keeper[]> {
  const { log, lmdb, lmdbEngine: onLmdb, sqlite, files } = keeperNames;
  const folder = async (name: string): Promise<string> => {
    const path = join(parent, name.replaceAll(/\W+/g, '-'));
    await mkdir(path);
    return path;
  };
  const [logFolder, onLmdbFolder, sqliteFolder] = [
    await folder(log),
    await folder(onLmdb),
    await folder(sqlite),
  ];
  return [
    ofEngine(log, logFolder, await openSegmentLog(logFolder)),
    plainLmdb(lmdb, await folder(lmdb)),
    ofEngine(onLmdb, onLmdbFolder, await lmdbEngine(onLmdbFolder)),
    ofEngine(sqlite, sqliteFolder, await sqliteEngine(join(sqliteFolder, 'engine.db'))),
    plainFiles(files, await folder(files)),
  ];
}

function ofEngine(name: string, folder: string, engine: Engine): Keeper {
  return {
    name,
    folder,
    put: (item) => engine.commit([{ shelf: 1, ...item }]),
    batch: (items) => engine.commit(items.map((item) => ({ shelf: 1, ...item }))),
    get: (key) => engine.get(1, key),
    close: engine.close,
  };
}

function plainLmdb(name: string, folder: string): Keeper {
  const database = openLmdb<Uint8Array, Uint8Array>({
    path: join(folder, 'data.mdb'),
    noSubdir: true,
    encoding: 'binary',
    keyEncoding: 'binary',
  });
  return {
    name,
    folder,
    put: async ({ key, value }) => {
      await database.put(key, value);
      await database.flushed;
    },
    batch: async (items) => {
      await Promise.all(items.map(({ key, value }) => database.put(key, value)));
      await database.flushed;
    },
    get: async (key) => database.get(key)?.slice(),
    close: () => database.close(),
  };
}

function plainFiles(name: string, folder: string): Keeper {
  const pathOf = (key: Uint8Array): string => join(folder, Buffer.from(key).toString('base64url'));
  const put = async ({ key, value }: KeyValue): Promise<void> => {
    const path = pathOf(key);
    const file = await open(`${path}.new`, 'w');
    try {
      await file.write(value);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(`${path}.new`, path);
    const parent = await open(folder, 'r');
    try {
      await parent.sync();
    } finally {
      await parent.close();
    }
  };
  return {
    name,
    folder,
    put,
    batch: async (items) => {
      await Promise.all(items.map(put));
    },
    get: (key) => readFile(pathOf(key)),
    close: () => Promise.resolve(),
  };
}
