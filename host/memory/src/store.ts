/**
 * The store in memory: what the others are compared with.
 *
 * A place outlives the stores that are opened in it, one after the other, so a simulated device can
 * end and start again. A commit takes effect when it is asked for and is answered a turn later, as
 * a disk does: in between, nobody may rely on it.
 */

import { compare, keyOf } from '@dsm/primitive';
import { StoreError, type Store, type Write } from '@dsm/ports';

/** Where rows stay while no store is open. */
export interface MemoryPlace {
  readonly rows: Map<string, readonly [key: Uint8Array, value: Uint8Array]>;
  held: boolean;
}

export interface MemoryStoreOptions {
  readonly place?: MemoryPlace;
  /** Asked before each commit: true refuses it with `full`. */
  readonly isFull?: (writes: readonly Write[]) => boolean;
}

export function memoryPlace(): MemoryPlace {
  return { rows: new Map(), held: false };
}

export function memoryStore(options: MemoryStoreOptions = {}): Store {
  const place = options.place ?? memoryPlace();
  if (place.held) throw new StoreError('busy', 'another store holds this place');
  place.held = true;
  let open = true;
  let last: Promise<void> = Promise.resolve();
  const whileOpen = (): void => {
    if (!open) throw new RangeError('the store is closed');
  };
  return {
    get: async (key) => {
      whileOpen();
      return place.rows.get(keyOf(key))?.[1].slice();
    },
    scan: async (prefix) => {
      whileOpen();
      return scanned(place, prefix);
    },
    commit: (writes) => {
      try {
        whileOpen();
        if (options.isFull?.(writes) === true) {
          throw new StoreError('full', 'no room for the commit; nothing of it was kept');
        }
      } catch (error) {
        return Promise.reject(error as Error);
      }
      for (const write of writes) apply(place, write);
      last = last.then(nextTurn);
      return last;
    },
    close: async () => {
      if (open) {
        open = false;
        await last;
        place.held = false;
      }
      await last;
    },
  };
}

function apply(place: MemoryPlace, { key, value }: Write): void {
  if (value === undefined) place.rows.delete(keyOf(key));
  else place.rows.set(keyOf(key), [key.slice(), value.slice()]);
}

function scanned(place: MemoryPlace, prefix: Uint8Array): [Uint8Array, Uint8Array][] {
  const found: [Uint8Array, Uint8Array][] = [];
  for (const [key, value] of place.rows.values()) {
    const isUnder = key.length >= prefix.length && startsWith(key, prefix);
    if (isUnder) found.push([key.slice(), value.slice()]);
  }
  return found.toSorted(([a], [b]) => compare(a, b));
}

function startsWith(key: Uint8Array, prefix: Uint8Array): boolean {
  for (let i = 0; i < prefix.length; i++) if (key[i] !== prefix[i]) return false;
  return true;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    queueMicrotask(resolve);
  });
}
