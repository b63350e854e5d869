/**
 * What has changed on an engine's shelves since the node's map was made, also after a crash.
 *
 * The shelves are cut into slices by the first byte of a key. The first write to a slice after the
 * map was saved takes a mark along, in the same commit: so a slice without a mark is as the map says,
 * and only marked ones are read again at the start. While the node runs, changes are known more
 * finely, by the first 20 bits of a key, which no map's buckets undercut.
 *
 * A bucket is read while nobody writes to it: writes under way end first, later ones wait that long.
 */

import type { MapName } from '@dsm/availability';
import type { Engine, EngineWrite } from '@dsm/ports';
import { limits } from '@dsm/primitive';
import { named, shelves } from './rows.ts';

/** The shelves that a map is made of. */
export type MappedShelf = typeof shelves.objects | typeof shelves.slots;
export const mapped: Readonly<Record<MapName, MappedShelf>> = {
  1: shelves.objects,
  2: shelves.slots,
};

export const slices = 256;

/** All keys of a shelf that begin with the bits of the number `bucket`. */
export interface BucketPlace {
  readonly shelf: MappedShelf;
  readonly bits: number;
  readonly bucket: number;
}

export interface Changes {
  /** The engine, through which everything must be written that the map is about. */
  readonly engine: Engine;
  /** Reads a bucket as it stands between two writes; afterwards it counts as unchanged. */
  readonly still: <T>(place: BucketPlace, read: () => Promise<T>) => Promise<T>;
  /** The buckets of a slice that have changed, ascending. */
  readonly within: (shelf: MappedShelf, slice: number, bits: number) => readonly number[];
  /** True if no bucket of the slice has changed; then `unmark` is the write that says so. */
  readonly isClean: (shelf: MappedShelf, slice: number) => boolean;
  readonly unmark: (shelf: MappedShelf, slice: number) => EngineWrite;
  /** All of a shelf counts as changed: it was written before there was a map. */
  readonly all: (shelf: MappedShelf) => void;
}

const placeBits = limits.bucketBitsMax;
const placesOfSlice = 2 ** placeBits / slices;

interface State {
  readonly changed: ReadonlyMap<MappedShelf, Uint8Array>;
  /** Slices whose marks are durable, by shelf and slice. */
  readonly marked: Set<number>;
  /** Places with writes under way, and how many. */
  readonly underWay: Map<number, number>;
  still: BucketPlace | undefined;
  /** Ends when a write under way or the reading of a bucket does. */
  turn: { readonly over: Promise<void>; readonly end: () => void };
}

export async function changesOf(engine: Engine): Promise<Changes> {
  const state: State = {
    changed: new Map(Object.values(mapped).map((shelf) => [shelf, new Uint8Array(2 ** placeBits)])),
    marked: new Set(),
    underWay: new Map(),
    still: undefined,
    turn: turn(),
  };
  for (const shelf of Object.values(mapped)) {
    for (let slice = 0; slice < slices; slice++) {
      if ((await engine.sizeOf(shelves.named, markKey(shelf, slice))) === undefined) continue;
      state.marked.add(placeOf(shelf, slice * placesOfSlice));
      bitmap(state, shelf).fill(1, slice * placesOfSlice, (slice + 1) * placesOfSlice);
    }
  }
  let reading: Promise<unknown> = Promise.resolve();
  return {
    engine: { ...engine, commit: (writes) => commit(engine, state, writes) },
    still: (place, read) => {
      const result = reading.then(() => stillRead(state, place, read));
      reading = result.catch(() => undefined);
      return result;
    },
    within: (shelf, slice, bits) => {
      const width = 2 ** (placeBits - bits);
      const places = sliceOf(state, shelf, slice);
      const found: number[] = [];
      for (let at = places.indexOf(1); at >= 0;) {
        const bucket = Math.floor(at / width);
        found.push(bucket + (slice * placesOfSlice) / width);
        at = places.indexOf(1, (bucket + 1) * width);
      }
      return found;
    },
    isClean: (shelf, slice) => !sliceOf(state, shelf, slice).includes(1),
    unmark: (shelf, slice) => {
      state.marked.delete(placeOf(shelf, slice * placesOfSlice));
      return { shelf: shelves.named, key: markKey(shelf, slice), value: undefined };
    },
    all: (shelf) => void bitmap(state, shelf).fill(1),
  };
}

async function commit(engine: Engine, state: State, writes: readonly EngineWrite[]): Promise<void> {
  const places = new Set(writes.flatMap((write) => placeIn(write) ?? []));
  if (places.size === 0) return engine.commit(writes);
  while (isStill(state, places)) await state.turn.over;
  const marks = new Map<number, EngineWrite>();
  for (const place of places) {
    const [shelf, at] = shelfAndPlace(place);
    bitmap(state, shelf)[at] = 1;
    state.underWay.set(place, (state.underWay.get(place) ?? 0) + 1);
    const slice = Math.floor(at / placesOfSlice);
    const first = placeOf(shelf, slice * placesOfSlice);
    if (state.marked.has(first)) continue;
    marks.set(first, { shelf: shelves.named, key: markKey(shelf, slice), value: none });
  }
  try {
    await engine.commit(marks.size === 0 ? writes : [...writes, ...marks.values()]);
    // A mark counts once it is durable: until then whoever writes to its slice brings it along.
    for (const first of marks.keys()) state.marked.add(first);
  } finally {
    for (const place of places) {
      const count = state.underWay.get(place)! - 1;
      if (count === 0) state.underWay.delete(place);
      else state.underWay.set(place, count);
    }
    endTurn(state);
  }
}

async function stillRead<T>(state: State, place: BucketPlace, read: () => Promise<T>): Promise<T> {
  state.still = place;
  try {
    while (isStill(state, state.underWay.keys())) await state.turn.over;
    const result = await read();
    const width = 2 ** (placeBits - place.bits);
    bitmap(state, place.shelf).fill(0, place.bucket * width, (place.bucket + 1) * width);
    return result;
  } finally {
    state.still = undefined;
    endTurn(state);
  }
}

/** True if one of the places lies in the bucket that is being read. */
function isStill({ still }: State, places: Iterable<number>): boolean {
  if (still === undefined) return false;
  for (const place of places) {
    const [shelf, at] = shelfAndPlace(place);
    if (shelf === still.shelf && at >> (placeBits - still.bits) === still.bucket) return true;
  }
  return false;
}

const none = new Uint8Array(0);

function markKey(shelf: MappedShelf, slice: number): Uint8Array {
  return named(`changed ${shelf} ${slice}`);
}

function placeIn({ shelf, key }: EngineWrite): number | undefined {
  if (shelf !== shelves.objects && shelf !== shelves.slots) return undefined;
  return placeOf(shelf, ((key[0]! << 16) | (key[1]! << 8) | key[2]!) >> (24 - placeBits));
}

/** One number for a place on a shelf. */
function placeOf(shelf: MappedShelf, at: number): number {
  return shelf * 2 ** placeBits + at;
}

function shelfAndPlace(place: number): readonly [MappedShelf, number] {
  return [(place >> placeBits) as MappedShelf, place & (2 ** placeBits - 1)];
}

function bitmap({ changed }: State, shelf: MappedShelf): Uint8Array {
  return changed.get(shelf)!;
}

function sliceOf(state: State, shelf: MappedShelf, slice: number): Uint8Array {
  const from = slice * placesOfSlice;
  return bitmap(state, shelf).subarray(from, from + placesOfSlice);
}

function turn(): State['turn'] {
  const { promise: over, resolve: end } = Promise.withResolvers<void>();
  return { over, end };
}

function endTurn(state: State): void {
  const { end } = state.turn;
  state.turn = turn();
  end();
}
