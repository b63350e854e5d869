/**
 * The engine in memory: what the others are compared with, and what tests of a storage node use.
 *
 * A place outlives the engines that are opened in it, one after the other. A commit takes effect
 * when it is asked for and is answered a turn later, as a disk does.
 */

import { keyOf } from '@dsm/primitive';
import {
  checkRecordKey,
  checkShelf,
  checkedWrite,
  keyRange,
  shelvesMax,
  StoreError,
  type Engine,
  type EngineEntry,
  type EngineWrite,
  type ShelfTotals,
} from '@dsm/ports';

/** Where records stay while no engine is open. */
export interface MemoryEnginePlace {
  readonly shelves: readonly MemoryShelf[];
  held: boolean;
}

interface MemoryShelf {
  readonly records: Map<string, EngineRecord>;
  /** The keys of `records` in order, unless one came or went since they were sorted. */
  order: readonly string[] | undefined;
  bytes: number;
}

interface EngineRecord {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export interface MemoryEngineOptions {
  readonly place?: MemoryEnginePlace;
  /** Asked before each commit: true refuses it with `full`. */
  readonly isFull?: (writes: readonly EngineWrite[]) => boolean;
}

export function memoryEnginePlace(): MemoryEnginePlace {
  const shelf = (): MemoryShelf => ({ records: new Map(), order: undefined, bytes: 0 });
  return { shelves: Array.from({ length: shelvesMax }, shelf), held: false };
}

export function memoryEngine(options: MemoryEngineOptions = {}): Engine {
  const place = options.place ?? memoryEnginePlace();
  if (place.held) throw new StoreError('busy', 'another engine holds this place');
  place.held = true;
  let isOpen = true;
  let last: Promise<void> = Promise.resolve();
  const whileOpen = (): void => {
    if (!isOpen) throw new RangeError('the engine is closed');
  };
  const recordOf = (shelf: number, key: Uint8Array): EngineRecord | undefined => {
    whileOpen();
    checkRecordKey(shelf, key);
    return place.shelves[shelf]!.records.get(keyOf(key));
  };
  const commit = (writes: readonly EngineWrite[]): Promise<void> => {
    whileOpen();
    const checked = writes.map(checkedWrite);
    if (options.isFull?.(checked) === true) {
      throw new StoreError('full', 'no room for the commit; nothing of it was kept');
    }
    for (const write of checked) apply(place.shelves[write.shelf]!, write);
    last = last.then(() => Promise.resolve());
    return last;
  };
  return {
    get: async (shelf, key) => recordOf(shelf, key)?.value.slice(),
    sizeOf: async (shelf, key) => recordOf(shelf, key)?.value.length,
    commit: async (writes) => commit(writes),
    entries: (shelf, prefix, bits) => entries(place, whileOpen, { shelf, prefix, bits }),
    totals: (shelf): ShelfTotals => {
      whileOpen();
      checkShelf(shelf);
      const { records, bytes } = place.shelves[shelf]!;
      return { records: records.size, bytes };
    },
    close: async () => {
      const wasOpen = isOpen;
      isOpen = false;
      await last;
      if (wasOpen) place.held = false;
    },
  };
}

function apply(shelf: MemoryShelf, { key, value }: EngineWrite): void {
  const name = keyOf(key);
  const before = shelf.records.get(name);
  shelf.bytes += (value?.length ?? 0) - (before?.value.length ?? 0);
  if ((before === undefined) !== (value === undefined)) shelf.order = undefined;
  if (value === undefined) shelf.records.delete(name);
  else shelf.records.set(name, { key, value });
}

interface Listed {
  readonly shelf: number;
  readonly prefix: Uint8Array;
  readonly bits: number;
}

async function* entries(
  place: MemoryEnginePlace,
  whileOpen: () => void,
  { shelf, prefix, bits }: Listed,
): AsyncGenerator<EngineEntry> {
  whileOpen();
  checkShelf(shelf);
  const range = keyRange(prefix, bits);
  const standing = place.shelves[shelf]!;
  standing.order ??= [...standing.records.keys()].toSorted(byCode);
  const { order } = standing;
  const to = keyOf(range.to);
  for (let at = firstAtLeast(order, keyOf(range.from)); at < order.length; at++) {
    if (order[at]! > to) return;
    whileOpen();
    const record = standing.records.get(order[at]!);
    if (record !== undefined) yield { key: record.key.slice(), size: record.value.length };
  }
}

/** A map key has one character a byte, so its order is that of the bytes. */
function byCode(a: string, b: string): number {
  return a < b ? -1 : 1;
}

function firstAtLeast(order: readonly string[], key: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (order[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
