/**
 * Interning: the same thing always has the same small number, in the order in which things came.
 *
 *     rows      lists of a fixed number of whole numbers: local states, made of numbers of their parts
 *     things    objects, told apart by their canonical bytes
 *     sets      sets of whole numbers: what was ever said
 */

import { column, grown, mixed, pairTable, type Column } from './tables.ts';

export interface Rows {
  /** The number of this row. The row is copied. */
  readonly of: (row: ArrayLike<number>) => number;
  /** A number of a row, by its place in it. */
  readonly at: (id: number, place: number) => number;
  readonly row: (id: number) => number[];
  readonly size: () => number;
  readonly bytes: () => number;
}

export function rows(width: number): Rows {
  let cells = new Int32Array(1_024 * width);
  let slots = new Int32Array(2_048).fill(-1);
  let used = 0;
  const hashOf = (from: ArrayLike<number>, at: number): number => {
    let hash = 0;
    for (let i = 0; i < width; i++) hash = mixed(Math.imul(hash, 31) + from[at + i]! + i);
    return hash;
  };
  const isSame = (id: number, row: ArrayLike<number>): boolean => {
    for (let i = 0; i < width; i++) if (cells[id * width + i] !== row[i]) return false;
    return true;
  };
  const double = (): void => {
    const next = new Int32Array(slots.length * 2).fill(-1);
    const mask = next.length - 1;
    for (let id = 0; id < used; id++) {
      let slot = hashOf(cells, id * width) & mask;
      while (next[slot] !== -1) slot = (slot + 1) & mask;
      next[slot] = id;
    }
    slots = next;
  };
  return {
    of: (row) => {
      const mask = slots.length - 1;
      let slot = hashOf(row, 0) & mask;
      for (let id = slots[slot]!; id !== -1; id = slots[slot]!) {
        if (isSame(id, row)) return id;
        slot = (slot + 1) & mask;
      }
      if ((used + 1) * width > cells.length) cells = grown(cells, (used + 1) * width);
      for (let i = 0; i < width; i++) cells[used * width + i] = row[i]!;
      slots[slot] = used++;
      if (used * 2 > slots.length) double();
      return used - 1;
    },
    at: (id, place) => cells[id * width + place]!,
    row: (id) => Array.from(cells.subarray(id * width, (id + 1) * width)),
    size: () => used,
    bytes: () => cells.byteLength + slots.byteLength,
  };
}

/** Objects by their canonical bytes. There may be hundred thousands, not hundred millions. */
export interface Things<T> {
  readonly of: (thing: T) => number;
  readonly at: (id: number) => T;
  /** The canonical bytes under which the thing is known. */
  readonly bytesOf: (id: number) => Uint8Array;
  readonly size: () => number;
  readonly bytes: () => number;
}

export function things<T>(encode: (thing: T) => Uint8Array): Things<T> {
  let arena = new Uint8Array(1 << 16);
  let slots = new Int32Array(2_048).fill(-1);
  const ends: Column = column();
  const kept: T[] = [];
  let end = 0;
  const startOf = (id: number): number => (id === 0 ? 0 : ends.at(id - 1));
  const hashOf = (bytes: Uint8Array, from: number, to: number): number => {
    let hash = 0x811c9dc5;
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
    return mixed(hash);
  };
  const isSame = (id: number, bytes: Uint8Array): boolean => {
    const from = startOf(id);
    if (ends.at(id) - from !== bytes.length) return false;
    for (let i = 0; i < bytes.length; i++) if (arena[from + i] !== bytes[i]) return false;
    return true;
  };
  const keep = (thing: T, bytes: Uint8Array): number => {
    if (end + bytes.length > arena.length) {
      const next = new Uint8Array(Math.max(arena.length * 2, end + bytes.length));
      next.set(arena);
      arena = next;
    }
    arena.set(bytes, end);
    end += bytes.length;
    ends.push(end);
    return kept.push(thing) - 1;
  };
  const double = (): void => {
    slots = new Int32Array(slots.length * 2).fill(-1);
    for (let id = 0; id < kept.length; id++) {
      let slot = hashOf(arena, startOf(id), ends.at(id)) & (slots.length - 1);
      while (slots[slot] !== -1) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = id;
    }
  };
  return {
    of: (thing) => {
      const bytes = encode(thing);
      const mask = slots.length - 1;
      let slot = hashOf(bytes, 0, bytes.length) & mask;
      for (let id = slots[slot]!; id !== -1; id = slots[slot]!) {
        if (isSame(id, bytes)) return id;
        slot = (slot + 1) & mask;
      }
      const id = keep(thing, bytes);
      slots[slot] = id;
      if (kept.length * 2 > slots.length) double();
      return id;
    },
    at: (id) => kept[id]!,
    bytesOf: (id) => arena.slice(startOf(id), ends.at(id)),
    size: () => kept.length,
    bytes: () => arena.byteLength + slots.byteLength + ends.bytes(),
  };
}

/** Sets of whole numbers. Set 0 is the empty one. */
export interface Sets {
  readonly of: (members: readonly number[]) => number;
  readonly with: (set: number, member: number) => number;
  readonly has: (set: number, member: number) => boolean;
  /** Ascending. */
  readonly members: (set: number) => readonly number[];
  readonly size: () => number;
}

export const emptySet = 0;

export function sets(): Sets {
  const known: Things<readonly number[]> = things(
    (members) => new Uint8Array(Int32Array.from(members).buffer),
  );
  const extended = pairTable();
  known.of([]);
  const of = (members: readonly number[]): number =>
    known.of([...new Set(members)].toSorted((a, b) => a - b));
  return {
    of,
    with: (set, member) => {
      const before = extended.get(set, member);
      if (before >= 0) return before;
      const next = of([...known.at(set), member]);
      extended.set(set, member, next);
      return next;
    },
    has: (set, member) => known.at(set).includes(member),
    members: (set) => known.at(set),
    size: () => known.size(),
  };
}
