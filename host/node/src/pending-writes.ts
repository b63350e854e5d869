/**
 * The commits that were asked for and are not answered yet: what they write is seen by reads, though
 * the database may not have it, and they are taken in groups that fit into one transaction.
 */

import { checkedWrite, type EngineWrite } from '@dsm/ports';
import { compare, keyOf } from '@dsm/primitive';

/** A commit that was asked for. */
export interface Asked {
  readonly writes: ReadonlyMap<string, EngineWrite>;
  readonly bytes: number;
  /** It was in a group that there was no room for, and is tried by itself. */
  readonly isAlone: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface PendingWrites {
  readonly isEmpty: () => boolean;
  /** Copies and checks `writes`. Throws `RangeError`. */
  readonly ask: (writes: readonly EngineWrite[]) => Promise<void>;
  /** The next commits that fit together. They stay pending until they are settled or given back. */
  readonly take: () => readonly Asked[];
  /** The database has them. */
  readonly settle: (group: readonly Asked[]) => void;
  /** The database has nothing of them, for want of room: each is tried alone, a lone one is rejected. */
  readonly refuse: (group: readonly Asked[], error: Error) => void;
  /** Nothing is known any more: all are rejected. */
  readonly fail: (error: Error) => void;
  /** The last write of the record that is not settled yet. */
  readonly latest: (shelf: number, key: Uint8Array) => EngineWrite | undefined;
  /** The last unsettled write of each record from one key to another. */
  readonly within: (shelf: number, from: Uint8Array, to: Uint8Array) => readonly EngineWrite[];
}

/** A transaction takes commits until they hold this much: none is slow, and memory stays bounded. */
const groupBytesMax = 4_194_304;
/** What a record costs beside its value, roughly. */
const recordBytes = 100;

export function pendingWrites(): PendingWrites {
  const asked: Asked[] = [];
  let taken: readonly Asked[] = [];
  /** By record: its last write, and the commit that it is of. */
  const latest = new Map<string, { readonly write: EngineWrite; readonly of: Asked }>();
  const show = (commit: Asked): void => {
    for (const [name, write] of commit.writes) latest.set(name, { write, of: commit });
  };
  const showAll = (): void => {
    latest.clear();
    for (const commit of [...taken, ...asked]) show(commit);
  };
  return {
    isEmpty: () => asked.length === 0 && taken.length === 0,
    ask: (writes) => {
      const copies = lastOfEach(writes.map(checkedWrite));
      let bytes = 0;
      for (const { value } of copies.values()) bytes += recordBytes + (value?.length ?? 0);
      return new Promise<void>((resolve, reject) => {
        const commit = { writes: copies, bytes, isAlone: false, resolve, reject };
        asked.push(commit);
        show(commit);
      });
    },
    take: () => {
      taken = asked.splice(0, countOfNext(asked));
      return taken;
    },
    settle: (group) => {
      taken = [];
      for (const commit of group) {
        for (const name of commit.writes.keys()) {
          if (latest.get(name)?.of === commit) latest.delete(name);
        }
        commit.resolve();
      }
    },
    refuse: (group, error) => {
      taken = [];
      if (group.length === 1) group[0]!.reject(error);
      else asked.unshift(...group.map((commit) => ({ ...commit, isAlone: true })));
      showAll();
    },
    fail: (error) => {
      for (const commit of [...taken, ...asked.splice(0)]) commit.reject(error);
      taken = [];
      latest.clear();
    },
    latest: (shelf, key) => latest.get(nameOf(shelf, key))?.write,
    within: (shelf, from, to) =>
      [...latest.values()]
        .map(({ write }) => write)
        .filter((write) => write.shelf === shelf && isWithin(write.key, from, to)),
  };
}

/** One write for each record that `group` touches: the last one. */
export function together(group: readonly Asked[]): readonly EngineWrite[] {
  if (group.length === 1) return [...group[0]!.writes.values()];
  return [...new Map(group.flatMap(({ writes }) => [...writes])).values()];
}

function lastOfEach(writes: readonly EngineWrite[]): ReadonlyMap<string, EngineWrite> {
  return new Map(writes.map((write) => [nameOf(write.shelf, write.key), write]));
}

/** One commit, and as many more as fit. */
function countOfNext(asked: readonly Asked[]): number {
  let count = 1;
  let bytes = asked[0]!.bytes;
  while (count < asked.length && !asked[0]!.isAlone) {
    bytes += asked[count]!.bytes;
    if (bytes > groupBytesMax) break;
    count += 1;
  }
  return count;
}

function isWithin(key: Uint8Array, from: Uint8Array, to: Uint8Array): boolean {
  return compare(key, from) >= 0 && compare(key, to) <= 0;
}

function nameOf(shelf: number, key: Uint8Array): string {
  return String.fromCharCode(shelf) + keyOf(key);
}
