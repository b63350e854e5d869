/**
 * The engine on a database: what all of them have in common.
 *
 * Whatever is asked for in one turn, or while the database works, shares one transaction (group
 * commit). Until the database has a write, reads see it here, so they never wait for one. What the
 * database must do by itself is small: read, list a page, write a group.
 */

import {
  checkRecordKey,
  checkShelf,
  checkedWrite,
  keyRange,
  StoreError,
  type Engine,
  type EngineEntry,
  type EngineWrite,
  type ShelfTotals,
} from '@dsm/ports';
import { compare, keyOf } from '@dsm/primitive';
import { pendingWrites, together, type PendingWrites } from './pending-writes.ts';

/** What a database does. It sees no shelf, key or value out of bounds, and no write before the last. */
export interface Records {
  readonly get: (
    shelf: number,
    key: Uint8Array,
  ) => Uint8Array | undefined | Promise<Uint8Array | undefined>;
  readonly sizeOf: (
    shelf: number,
    key: Uint8Array,
  ) => number | undefined | Promise<number | undefined>;
  /** The first `count` records from one key to another, in ascending order. */
  readonly page: (
    shelf: number,
    from: Uint8Array,
    to: Uint8Array,
    count: number,
  ) => readonly EngineEntry[] | Promise<readonly EngineEntry[]>;
  /** As of the last write that resolved. */
  readonly totals: (shelf: number) => ShelfTotals;
  /**
   * All or none of it; each record at most once. Durable and visible when it resolves. After `full`
   * all is as before; after any other rejection nothing is known.
   */
  readonly write: (writes: readonly EngineWrite[]) => Promise<void>;
  /** Called once, with whom to tell of a failure that no call is there to notice. */
  readonly onFailure?: (tell: (error: Error) => void) => void;
  /** After a failure: find out what is there, so that the engine may go on. */
  readonly recover?: () => Promise<void>;
  readonly close: () => void | Promise<void>;
}

const pageEntries = 256;

export function groupedEngine(records: Records): Engine {
  const pending = pendingWrites();
  const state = soundness(records, pending);
  records.onFailure?.(state.fail);
  let pumping: Promise<void> | undefined;
  let closing: Promise<void> | undefined;

  const whileOpen = (): void => {
    if (closing !== undefined) throw new RangeError('the engine is closed');
  };
  const read = async <T>(
    shelf: number,
    key: Uint8Array,
    here: (write: EngineWrite) => T,
    there: (shelf: number, key: Uint8Array) => T | Promise<T>,
  ): Promise<T> => {
    whileOpen();
    checkRecordKey(shelf, key);
    if (state.isBroken()) await state.mended();
    const write = pending.latest(shelf, key);
    return write === undefined ? state.watched(() => there(shelf, key)) : here(write);
  };
  const pump = async (): Promise<void> => {
    while (!pending.isEmpty()) {
      await writeNext(records, pending, state.fail);
      // Whoever was waiting asks again in the meantime, and all of them share a transaction.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    pumping = undefined;
  };
  const ask = (writes: readonly EngineWrite[]): Promise<void> => {
    const answered = pending.ask(writes);
    pumping ??= Promise.resolve().then(pump);
    return answered;
  };
  return {
    get: (shelf, key) => read(shelf, key, ({ value }) => value?.slice(), records.get),
    sizeOf: (shelf, key) => read(shelf, key, ({ value }) => value?.length, records.sizeOf),
    commit: async (writes) => {
      whileOpen();
      if (!state.isBroken()) return ask(writes);
      // The caller may change its bytes while the database is looked for.
      const copies = writes.map(checkedWrite);
      await state.mended();
      return ask(copies);
    },
    entries: (shelf, prefix, bits) =>
      entries(records, pending, state, whileOpen, { shelf, prefix, bits }),
    totals: (shelf) => {
      whileOpen();
      checkShelf(shelf);
      return records.totals(shelf);
    },
    close: () => {
      closing ??= (pumping ?? Promise.resolve()).then(() => records.close());
      return closing;
    },
  };
}

async function writeNext(
  records: Records,
  pending: PendingWrites,
  fail: (error: Error) => void,
): Promise<void> {
  const group = pending.take();
  const writes = together(group);
  try {
    if (writes.length > 0) await records.write(writes);
    pending.settle(group);
  } catch (error) {
    if (error instanceof StoreError && error.code === 'full') pending.refuse(group, error);
    else fail(error as Error);
  }
}

interface Soundness {
  readonly isBroken: () => boolean;
  /** Resolves when the database is sound again, else rejects with what broke it. */
  readonly mended: () => Promise<void>;
  readonly fail: (error: Error) => void;
  /** A read: it may be the first to notice that the database is gone. */
  readonly watched: <T>(read: () => T | Promise<T>) => Promise<T>;
}

function soundness(records: Records, pending: PendingWrites): Soundness {
  let fault: Error | undefined;
  let mending: Promise<void> | undefined;
  const fail = (error: Error): void => {
    fault = error;
    pending.fail(error);
  };
  const mend = async (recover: () => Promise<void>): Promise<void> => {
    try {
      await recover();
      fault = undefined;
    } finally {
      mending = undefined;
    }
  };
  return {
    isBroken: () => fault !== undefined,
    mended: () => {
      if (fault === undefined) return Promise.resolve();
      if (records.recover === undefined) return Promise.reject(fault);
      mending ??= mend(records.recover);
      return mending;
    },
    fail,
    watched: async (read) => {
      try {
        return await read();
      } catch (error) {
        if (error instanceof StoreError && error.code === 'lost') fail(error);
        throw error;
      }
    },
  };
}

interface Listed {
  readonly shelf: number;
  readonly prefix: Uint8Array;
  readonly bits: number;
}

/** Page by page, each with the pending writes as they stood when the page was asked for. */
async function* entries(
  records: Records,
  pending: PendingWrites,
  state: Soundness,
  whileOpen: () => void,
  { shelf, prefix, bits }: Listed,
): AsyncGenerator<EngineEntry> {
  whileOpen();
  checkShelf(shelf);
  const { from, to } = keyRange(prefix, bits);
  let next: Uint8Array | undefined = from;
  while (next !== undefined) {
    whileOpen();
    if (state.isBroken()) await state.mended();
    const first: Uint8Array = next;
    const written = pending.within(shelf, first, to);
    const page: readonly EngineEntry[] = await state.watched(() =>
      records.page(shelf, first, to, pageEntries),
    );
    const end: Uint8Array | undefined = page.length < pageEntries ? undefined : page.at(-1)!.key;
    yield* overlaid(page, written, end);
    next = end === undefined ? undefined : successor(end, to);
  }
}

/** `page` as it is once `written` is there too; nothing behind `end`, which later pages bring. */
function overlaid(
  page: readonly EngineEntry[],
  written: readonly EngineWrite[],
  end: Uint8Array | undefined,
): readonly EngineEntry[] {
  const due = written.filter(({ key }) => end === undefined || compare(key, end) <= 0);
  if (due.length === 0) return page.map(copied);
  const replaced = new Set(due.map(({ key }) => keyOf(key)));
  const standing = page.filter(({ key }) => !replaced.has(keyOf(key)));
  const coming = due.flatMap(({ key, value }) =>
    value === undefined ? [] : [{ key, size: value.length }],
  );
  return [...standing, ...coming].map(copied).toSorted((a, b) => compare(a.key, b.key));
}

function copied({ key, size }: EngineEntry): EngineEntry {
  return { key: key.slice(), size };
}

/** The next key, or `undefined` behind `last`. */
function successor(key: Uint8Array, last: Uint8Array): Uint8Array | undefined {
  if (compare(key, last) >= 0) return undefined;
  const next = key.slice();
  for (let i = next.length - 1; i >= 0; i--) {
    next[i] = (next[i]! + 1) & 255;
    if (next[i] !== 0) break;
  }
  return next;
}
