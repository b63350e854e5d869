/**
 * Two copies of a store that change together.
 *
 * A commit is written to both and acknowledged when both are durable. The second copy may be full
 * when the first has the commit already: then the commit is taken back from the first one.
 */

import { StoreError } from '@dsm/ports';
import { equal } from '@dsm/primitive';
import type { Reserve } from './reserve.ts';
import { isIntact, type Row, type RowChange, type SqliteCopy } from './sqlite-copy.ts';
import { rowChecksum, toggle, type Summary } from './store-summary.ts';

export interface Mirrored {
  readonly get: (key: Uint8Array) => Uint8Array | undefined;
  readonly scan: (prefix: Uint8Array) => readonly (readonly [Uint8Array, Uint8Array])[];
  /**
   * Both copies or none, visible at once, durable after `sync`. Throws `StoreError`: after `full`
   * all is as before, after any other code the copies must not be used any more.
   */
  readonly write: (changes: readonly Change[]) => void;
  readonly sync: () => Promise<void>;
  readonly close: () => void;
}

/** A value to keep, or `undefined` to remove the key. Keys differ within one `write`. */
export interface Change {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** `opened` is what both copies say about themselves. */
export function mirror(
  first: SqliteCopy,
  second: SqliteCopy,
  opened: Summary,
  reserve: Reserve,
): Mirrored {
  let summary = opened;
  let sequence = opened.sequence;
  const next = (): number => {
    sequence += 1;
    return sequence;
  };
  const takeBack = (rows: readonly RowChange[]): void => {
    const old = rows.map(({ key }): RowChange => second.row(key) ?? { key, value: undefined });
    const before = { ...summary, sequence: next() };
    try {
      first.apply(old, before);
    } catch (error) {
      if (!isFull(error)) throw error;
      reserve.drop();
      first.apply(old, before);
    }
  };
  return {
    get: (key) => valueOf(first, second, key),
    scan: (prefix) => rowsUnder(first, second, prefix),
    write: (changes) => {
      if (!reserve.keep()) throw new StoreError('full', 'the disk has no room in reserve');
      const rows = changes.map(rowChange);
      const after = summed(summary, rows, next(), (key) => previous(first, second, key));
      first.apply(rows, after);
      try {
        second.apply(rows, after);
      } catch (error) {
        if (isFull(error)) orLost(() => takeBack(rows));
        throw error;
      }
      summary = after;
    },
    sync: async () => {
      await Promise.all([first.sync(), second.sync()]);
    },
    close: () => {
      try {
        first.close();
      } finally {
        second.close();
      }
    },
  };
}

function rowChange({ key, value }: Change): RowChange {
  return value === undefined ? { key, value } : { key, value, checksum: rowChecksum(key, value) };
}

function summed(
  before: Summary,
  changes: readonly RowChange[],
  sequence: number,
  checksumOf: (key: Uint8Array) => Uint8Array | undefined,
): Summary {
  const digest = before.digest.slice();
  let { rows } = before;
  for (const change of changes) {
    const old = checksumOf(change.key);
    if (old !== undefined) toggle(digest, old);
    if (change.value !== undefined) toggle(digest, change.checksum);
    rows += (change.value === undefined ? 0 : 1) - (old === undefined ? 0 : 1);
  }
  return { store: before.store, sequence, rows, digest };
}

/** The checksum that both copies have of `key`. The digest of one must never follow rot in one. */
function previous(first: SqliteCopy, second: SqliteCopy, key: Uint8Array): Uint8Array | undefined {
  const a = first.checksum(key);
  const b = second.checksum(key);
  const isEqual = a === undefined || b === undefined ? a === b : equal(a, b);
  if (!isEqual) throw damagedInUse();
  return a;
}

function valueOf(first: SqliteCopy, second: SqliteCopy, key: Uint8Array): Uint8Array | undefined {
  const row = first.row(key);
  if (row === undefined || isIntact(row)) return row?.value;
  const other = second.row(key);
  if (other === undefined || !isIntact(other)) throw damagedInUse();
  return other.value;
}

function rowsUnder(
  first: SqliteCopy,
  second: SqliteCopy,
  prefix: Uint8Array,
): (readonly [Uint8Array, Uint8Array])[] {
  const end = afterPrefix(prefix);
  let rows: readonly Row[] = first.range(prefix, end);
  if (!rows.every(isIntact)) rows = second.range(prefix, end);
  if (!rows.every(isIntact)) throw damagedInUse();
  return rows.map(({ key, value }) => [key, value]);
}

/** The first key behind all keys with this prefix, or `undefined` if there is none. */
function afterPrefix(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length -= 1;
  if (length === 0) return undefined;
  const end = prefix.slice(0, length);
  end[length - 1]! += 1;
  return end;
}

function isFull(error: unknown): boolean {
  return error instanceof StoreError && error.code === 'full';
}

/** Taking back failed: nobody can say any more whether the commit will be there. */
function orLost(takeBack: () => void): void {
  try {
    takeBack();
  } catch (error) {
    const sentence = 'one copy has a commit that the other has no room for';
    throw new StoreError('lost', sentence, { cause: error });
  }
}

function damagedInUse(): StoreError {
  return new StoreError('rotten', 'a copy was damaged while in use: open the store again');
}
