/** What is put to the test in files: the wallet's store, and each engine that a node can stand on in a folder. */

import { join } from 'node:path';
import { fileStore, sqliteEngine } from '@dsm/node';
import { lmdbEngine } from '@dsm/lmdb';
import type { Engine, Store } from '@dsm/ports';
import { openSegmentLog } from '@dsm/segment-log';
import { heldBy, nameOf, type Held } from './contents.ts';
import { usedShelves, type Commit } from './history.ts';

/** An open store or engine. */
export interface Open {
  readonly commit: (commit: Commit) => Promise<void>;
  readonly held: () => Promise<Held>;
  readonly close: () => Promise<void>;
}

export interface Subject {
  readonly name: 'wallet' | 'sqlite' | 'lmdb' | 'log';
  readonly open: (folder: string) => Promise<Open>;
  /** Of its values. */
  readonly largest: number;
  /** Bytes of a value that the third commit has, where large writes go another way. */
  readonly large?: number;
  /** False for LMDB, whose library may end the process when a call fails. */
  readonly survivesFaults: boolean;
}

export const subjects: readonly Subject[] = [
  {
    name: 'wallet',
    survivesFaults: true,
    largest: 3_000,
    open: async (folder) => openStore(await fileStore(folder)),
  },
  {
    name: 'sqlite',
    survivesFaults: true,
    largest: 3_000,
    open: async (folder) => openEngine(await sqliteEngine(join(folder, 'node.db'))),
  },
  {
    name: 'lmdb',
    survivesFaults: false,
    largest: 3_000,
    open: async (folder) => openEngine(await lmdbEngine(folder)),
  },
  {
    name: 'log',
    large: 300_000,
    survivesFaults: true,
    largest: 700,
    open: async (folder) =>
      openEngine(await openSegmentLog(folder, { segmentBytes: 4_096, compactBelow: 0.8 })),
  },
];

function openEngine(engine: Engine): Open {
  return {
    commit: (commit) => engine.commit(commit),
    held: () => heldBy(engine, usedShelves),
    close: () => engine.close(),
  };
}

/** A store has no shelves: the shelf is the first byte of the key. */
function openStore(store: Store): Open {
  return {
    commit: (commit) =>
      store.commit(
        commit.map(({ shelf, key, value }) => ({ key: Uint8Array.of(shelf, ...key), value })),
      ),
    held: async () => {
      const rows = await store.scan(new Uint8Array(0));
      return new Map(rows.map(([key, value]) => [nameOf(key[0]!, key.subarray(1)), value]));
    },
    close: () => store.close(),
  };
}
