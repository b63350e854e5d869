/**
 * Moves of parts, each computed once. What a part can become depends on its local state and on what it
 * hears, so whole states are walked by looking up numbers.
 */

import { rows } from './intern.ts';
import type { Space } from './space.ts';
import { column, grown, pairTable } from './tables.ts';

/** Lists of local states, each list at a place of `cells`: its length, then its members. */
export interface MoveTable {
  readonly cells: () => Int32Array;
  /** Place of what `part` can become by itself. */
  readonly alone: (part: number, local: number) => number;
  /** Place of what `part` can become by hearing one message of `set`. */
  readonly heard: (part: number, local: number, set: number) => number;
  /** What the adversary can say to `part`, given what each part has said to it. */
  readonly closure: (part: number, said: readonly number[]) => number;
  /** How many moves were executed, and how many of these were executed again and compared. */
  readonly executed: () => number;
  readonly again: () => number;
  readonly bytes: () => number;
}

/** One in so many look-ups is executed again. */
const againEvery = 997;

export function moveTable(space: Space): MoveTable {
  const lists = listTable();
  const made = execution(space, lists);
  const byAlone = space.parts.map(() => column(-1));
  const byMessage = space.parts.map(() => pairTable());
  const bySet = space.parts.map(() => pairTable());
  const combinations = rows(space.parts.length);
  const closures = space.parts.map(() => column(-1));

  const hearing = (part: number, local: number, message: number): number => {
    const before = byMessage[part]!.get(local, message);
    if (before >= 0) return made.trusted(part, local, message, before);
    const at = made.first(part, local, message);
    byMessage[part]!.set(local, message, at);
    return at;
  };
  const heeded = heedTable(space);
  return {
    cells: lists.cells,
    alone: (part, local) => {
      const before = byAlone[part]!.at(local);
      if (before >= 0) return made.trusted(part, local, -1, before);
      const at = made.first(part, local, -1);
      byAlone[part]!.put(local, at);
      return at;
    },
    heard: (part, local, set) => {
      const before = bySet[part]!.get(local, set);
      if (before >= 0) return before;
      const found = new Set<number>();
      for (const message of heeded(part, local, set)) {
        for (const next of lists.at(hearing(part, local, message))) found.add(next);
      }
      const at = lists.keep(found);
      bySet[part]!.set(local, set, at);
      return at;
    },
    closure: (part, said) => {
      const known = combinations.of(said);
      const before = closures[part]!.at(known);
      if (before >= 0) return before;
      const set = space.adversary!(part, said);
      closures[part]!.put(known, set);
      return set;
    },
    executed: made.executed,
    again: made.again,
    bytes: () =>
      lists.cells().byteLength +
      combinations.bytes() +
      [...byAlone, ...byMessage, ...bySet, ...closures].reduce(
        (sum, each) => sum + each.bytes(),
        0,
      ),
  };
}

/** The messages of a set that a part does not pass over. */
function heedTable(space: Space): (part: number, local: number, set: number) => readonly number[] {
  const { mind, isDeaf } = space;
  if (mind === undefined || isDeaf === undefined) return (_, __, set) => space.messages(set);
  const places = space.parts.map(() => pairTable());
  const lists: (readonly number[])[] = [];
  return (part, local, set) => {
    const thinks = mind(part, local);
    const before = places[part]!.get(thinks, set);
    if (before >= 0) return lists[before]!;
    const list = space.messages(set).filter((message) => !isDeaf(part, thinks, message));
    places[part]!.set(thinks, set, lists.push(list) - 1);
    return list;
  };
}

interface ListTable {
  readonly cells: () => Int32Array;
  readonly keep: (list: ReadonlySet<number>) => number;
  readonly at: (place: number) => readonly number[];
}

function listTable(): ListTable {
  let cells = new Int32Array(1 << 16);
  let used = 1;
  return {
    cells: () => cells,
    keep: (list) => {
      // All empty lists are the one at the start.
      if (list.size === 0) return 0;
      if (used + list.size + 1 > cells.length) cells = grown(cells, used + list.size + 1);
      const at = used;
      cells[used++] = list.size;
      for (const local of list) cells[used++] = local;
      return at;
    },
    at: (place) => Array.from(cells.subarray(place + 1, place + 1 + cells[place]!)),
  };
}

interface Execution {
  /** Place of what comes of a message, or of the part alone if the message is -1. */
  readonly first: (part: number, local: number, message: number) => number;
  /** The place that is known; now and then it is executed again and compared. */
  readonly trusted: (part: number, local: number, message: number, place: number) => number;
  readonly executed: () => number;
  readonly again: () => number;
}

function execution(space: Space, lists: ListTable): Execution {
  let executed = 0;
  let again = 0;
  let lookups = 0;
  const execute = (part: number, local: number, message: number): ReadonlySet<number> => {
    const found = new Set<number>();
    const move = (next: number): void => {
      if (next !== local) found.add(next);
    };
    if (message < 0) space.alone(part, local, move);
    else space.hears(part, local, message, move);
    return found;
  };
  return {
    first: (part, local, message) => {
      executed++;
      return lists.keep(execute(part, local, message));
    },
    trusted: (part, local, message, place) => {
      if (++lookups % againEvery !== 0) return place;
      again++;
      const now = [...execute(part, local, message)];
      const before = lists.at(place);
      if (now.length !== before.length || now.some((next, i) => next !== before[i])) {
        throw new Error(
          `${space.parts[part]} moved differently when it was asked again: it is not a function`,
        );
      }
      return place;
    },
    executed: () => executed,
    again: () => again,
  };
}
