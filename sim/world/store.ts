/**
 * A device's store under the scheduler. What a commit says is visible at once and durable when the
 * seed picks it; a crash keeps a prefix of what was asked for and not acknowledged, as a disk does
 * that writes one transaction after the other.
 *
 * This models `host/node`'s two mirrored copies at the store port: what its rule makes of rot, loss
 * and torn writes is checked over the real files elsewhere (`sim/crash`, host/node/test).
 */

import { compare, keyOf } from '@dsm/primitive';
import { StoreError, type Store, type Write } from '@dsm/ports';
import type { Random } from './random.ts';
import type { Life, Schedule } from './schedule.ts';

type Row = readonly [key: Uint8Array, value: Uint8Array];

/** Where rows stay while no process has them open, and what a crash would leave of them. */
export interface Place {
  /** By the first byte of the key, which names a table. */
  readonly tables: Map<number, Map<string, Row>>;
  /** Commits that were asked for and are not durable yet, oldest first: what stood there before. */
  pending: Undo[];
  /** Commits from now on that find no room. */
  full: number;
  commits: number;
}

type Undo = readonly (readonly [key: Uint8Array, before: Row | undefined])[];

export function newPlace(): Place {
  return { tables: new Map(), pending: [], full: 0, commits: 0 };
}

/** What a copy of the files has: all that is durable. */
export function copyOfPlace(place: Place): Place {
  const copy = newPlace();
  for (const [table, rows] of place.tables) copy.tables.set(table, new Map(rows));
  undo(copy, place.pending);
  return copy;
}

export interface StoreHooks {
  /** A commit is durable, and whoever asked is about to learn it. */
  readonly acknowledged: () => void;
}

export function simulatedStore(
  place: Place,
  life: Life,
  schedule: Schedule,
  { acknowledged }: StoreHooks,
): Store {
  let closed = false;
  let last: Promise<void> = Promise.resolve();
  const later = <T>(value: T): Promise<T> => {
    if (closed) return Promise.reject(new RangeError('the store is closed'));
    return new Promise((resolve) => {
      schedule.add(life, 'store read', () => resolve(value));
    });
  };
  return {
    get: (key) => later(rowOf(place, key)?.[1].slice()),
    scan: (prefix) => later(scanned(place, prefix)),
    commit: (writes) => {
      if (closed) return Promise.reject(new RangeError('the store is closed'));
      if (place.full > 0) {
        place.full -= 1;
        return new Promise((_, reject) => {
          schedule.add(life, 'store commit', () => {
            reject(new StoreError('full', 'no room for the commit; nothing of it was kept'));
          });
        });
      }
      place.pending.push(writes.map((write) => applied(place, write)));
      place.commits += 1;
      last = new Promise((resolve) => {
        schedule.add(life, 'store commit', () => {
          // Commits become durable in the order of asking, whichever of them was picked.
          place.pending.shift();
          acknowledged();
          resolve();
        });
      });
      return last;
    },
    close: async () => {
      closed = true;
      await last;
    },
  };
}

/** The process ends: of what it did not learn to be durable, the first commits are, or none. */
export function crashed(place: Place, random: Random): number {
  const kept = random.below(place.pending.length + 1);
  const lost = place.pending.slice(kept);
  place.pending = [];
  undo(place, lost);
  place.full = 0;
  return lost.length;
}

export function rowOf({ tables }: Place, key: Uint8Array): Row | undefined {
  return tables.get(key[0]!)?.get(keyOf(key));
}

/** The value of a key as a crash that keeps nothing unacknowledged would leave it. */
export function durableValue(place: Place, key: Uint8Array): Uint8Array | undefined {
  const name = keyOf(key);
  for (const changes of place.pending) {
    for (const [changed, before] of changes) {
      if (keyOf(changed) === name) return before?.[1];
    }
  }
  return rowOf(place, key)?.[1];
}

/** All rows of a table that a crash would leave, in no order. */
export function durableTable(place: Place, table: number): Row[] {
  if (place.pending.length === 0) return [...(place.tables.get(table)?.values() ?? [])];
  return [...(copyOfPlace(place).tables.get(table)?.values() ?? [])];
}

function applied(place: Place, { key, value }: Write): Undo[number] {
  const table = place.tables.get(key[0]!) ?? new Map<string, Row>();
  place.tables.set(key[0]!, table);
  const name = keyOf(key);
  const before = table.get(name);
  if (value === undefined) table.delete(name);
  else table.set(name, [key.slice(), value.slice()]);
  return [key.slice(), before];
}

function undo(place: Place, changes: readonly Undo[]): void {
  for (const change of changes.toReversed()) {
    for (const [key, before] of change.toReversed()) {
      const table = place.tables.get(key[0]!);
      if (before === undefined) table?.delete(keyOf(key));
      else table?.set(keyOf(key), before);
    }
  }
}

function scanned({ tables }: Place, prefix: Uint8Array): Row[] {
  const table = prefix.length === 0 ? undefined : tables.get(prefix[0]!);
  const rows =
    prefix.length === 0 ? [...tables.values()].flatMap((each) => [...each.values()]) : [];
  const from = table === undefined ? rows : table.values();
  const found: Row[] = [];
  for (const [key, value] of from) {
    if (startsWith(key, prefix)) found.push([key.slice(), value.slice()]);
  }
  return found.sort(([a], [b]) => compare(a, b));
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  if (key.length < prefix.length) return false;
  for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return false;
  return true;
}
