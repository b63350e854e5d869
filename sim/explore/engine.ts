/**
 * The explorer: every state of a space, breadth first, each once.
 *
 * Two stores. `exact` keeps all states and their parents: nothing can be left out, and the first
 * violation comes with a shortest trace. `fingerprint` keeps 64 bits of each state and two layers:
 * with n states, one was taken for another with a probability of at most n²/2⁶⁵, which is printed;
 * another seed asks another time. Such a violation has no path: it is searched again exactly, up to its
 * depth, in a space that is opened anew.
 *
 * The fingerprint of a state is a sum of one random number for each part's local state, so that a move
 * changes it by one subtraction and one addition.
 *
 * The search ends when nothing new is found. It never leaves anything out silently: a bound on the
 * number of states makes the answer `exhausted: false`.
 */

import { column, fingerprints, grown, mixed, pairTable } from './tables.ts';
import { moveTable, type MoveTable } from './moves.ts';
import type { Space } from './space.ts';

export interface Options {
  readonly store: 'exact' | 'fingerprint';
  readonly seed?: number;
  /** Give up after so many states. */
  readonly statesMax?: number;
  /** Do not look deeper than this. */
  readonly depthMax?: number;
  readonly progress?: (so: Progress) => void;
}

export interface Progress {
  readonly depth: number;
  readonly distinct: number;
  readonly transitions: number;
  readonly frontier: number;
}

export interface Exploration {
  readonly exhausted: boolean;
  readonly distinct: number;
  /** Distinct without ghosts. */
  readonly bare: number;
  /** Moves that lead to another state. */
  readonly transitions: number;
  readonly depth: number;
  /** The same for the same set of states: their sum under a fixed mixing. */
  readonly digest: number;
  readonly locals: readonly number[];
  /** Calls of the space, and those that were made again and compared. */
  readonly executed: number;
  readonly again: number;
  readonly bytes: number;
  readonly violation: Violation | undefined;
}

export interface Violation {
  /** The name of the invariant, perhaps with details after a colon. */
  readonly what: string;
  readonly depth: number;
  /** The states from the first to the one that violates; undefined if the store keeps no parents. */
  readonly path: readonly (readonly number[])[] | undefined;
}

/** Explore. The path of a violation is in numbers of this very space. */
export function search(space: Space, options: Options): Exploration {
  const walk = openWalk(space, options);
  walk.visit(space.start);
  while (walk.frontier.length() > 0 && walk.goesOn()) {
    options.progress?.(walk.progress());
    walk.nextLayer();
  }
  return walk.result();
}

interface Walk {
  readonly visit: (state: readonly number[]) => void;
  readonly frontier: { readonly length: () => number };
  readonly goesOn: () => boolean;
  readonly nextLayer: () => void;
  readonly progress: () => Progress;
  readonly result: () => Exploration;
}

function openWalk(space: Space, options: Options): Walk {
  const parts = space.parts.length;
  const moves = moveTable(space);
  const judge = verdicts(space);
  const store = options.store === 'exact' ? exactStore(parts) : layerStore(parts);
  const seen = fingerprints(options.store === 'exact' ? 16 : 20);
  const marks = numbering(parts, options.seed ?? 1);
  const bareMarks = numbering(parts, (options.seed ?? 1) + 1);
  const bareSeen = fingerprints(16);
  const now = new Int32Array(parts);
  const statesMax = options.statesMax ?? Infinity;
  let transitions = 0;
  let depth = 0;
  let digest = 0;
  let distinct = 0;
  let violation: Violation | undefined;

  /** The state in `now`, with these two halves of its fingerprint: true if it is new. */
  const enter = (low: number, high: number, changed: number, parent: number): void => {
    const isNew = options.store === 'exact' ? store.enter!(now, low, parent) : seen.add(low, high);
    if (!isNew) return;
    distinct++;
    digest = (digest + mixed(low ^ mixed(high))) >>> 0;
    if (options.store !== 'exact') store.push!(now);
    countBare(space, now, bareMarks, bareSeen);
    const what = judge(now, changed);
    if (what !== undefined && violation === undefined) {
      const path = store.pathTo?.(distinct - 1);
      violation = { what, depth: depth + (changed < 0 ? 0 : 1), path };
    }
  };
  const list = listWalker(space, moves, marks, now, (low, high, part, parent) => {
    transitions++;
    enter(low, high, part, parent);
  });
  return {
    visit: (state) => {
      now.set(state);
      enter(marks.low(now), marks.high(now), -1, -1);
      store.turn();
    },
    frontier: store,
    goesOn: () =>
      violation === undefined && distinct < statesMax && depth < (options.depthMax ?? Infinity),
    nextLayer: () => {
      store.each(now, (index) => {
        if (violation === undefined && distinct < statesMax) list(index);
      });
      store.turn();
      depth++;
    },
    progress: () => ({ depth, distinct, transitions, frontier: store.length() }),
    result: () => ({
      exhausted: violation === undefined && store.length() === 0,
      distinct,
      bare: space.bare === undefined ? distinct : bareSeen.size(),
      transitions,
      // The last layer found nothing new.
      depth: store.length() === 0 ? depth - 1 : depth,
      digest,
      locals: marks.sizes(),
      executed: moves.executed(),
      again: moves.again(),
      bytes:
        store.bytes() + seen.bytes() + bareSeen.bytes() + moves.bytes() + (space.bytes?.() ?? 0),
      violation,
    }),
  };
}

function countBare(
  space: Space,
  now: Int32Array,
  marks: Numbering,
  seen: ReturnType<typeof fingerprints>,
): void {
  if (space.bare === undefined) return;
  let low = 0;
  let high = 0;
  for (let part = 0; part < now.length; part++) {
    const bare = space.bare(part, now[part]!);
    low = (low + marks.lowOf(part, bare)) >>> 0;
    high = (high + marks.highOf(part, bare)) >>> 0;
  }
  seen.add(low, high);
}

type Step = (low: number, high: number, part: number, parent: number) => void;

/** Walks all moves from the state in `now`; `now` holds the next state while `step` is called. */
function listWalker(
  space: Space,
  moves: MoveTable,
  marks: Numbering,
  now: Int32Array,
  step: Step,
): (parent: number) => void {
  const parts = space.parts.length;
  const saidToAdversary = Array.from({ length: parts }, () => 0);
  const along = (part: number, at: number, low: number, high: number, parent: number): void => {
    const local = now[part]!;
    const lowRest = low - marks.lowOf(part, local);
    const highRest = high - marks.highOf(part, local);
    const end = at + moves.cells()[at]!;
    for (let i = at + 1; i <= end; i++) {
      const next = moves.cells()[i]!;
      now[part] = next;
      const nextLow = (lowRest + marks.lowOf(part, next)) >>> 0;
      step(nextLow, (highRest + marks.highOf(part, next)) >>> 0, part, parent);
    }
    now[part] = local;
  };
  return (parent) => {
    const low = marks.low(now);
    const high = marks.high(now);
    if (space.adversary !== undefined) {
      for (let part = 0; part < parts; part++) {
        saidToAdversary[part] = space.said(part, now[part]!, parts);
      }
    }
    for (let part = 0; part < parts; part++) {
      const local = now[part]!;
      along(part, moves.alone(part, local), low, high, parent);
      for (let other = 0; other < parts; other++) {
        if (other === part) continue;
        const set = space.said(other, now[other]!, part);
        if (set !== 0) along(part, moves.heard(part, local, set), low, high, parent);
      }
      if (space.adversary === undefined) continue;
      const set = moves.closure(part, saidToAdversary);
      along(part, moves.heard(part, local, set), low, high, parent);
    }
  };
}

/** Two random numbers for every local state of every part. */
interface Numbering {
  readonly lowOf: (part: number, local: number) => number;
  readonly highOf: (part: number, local: number) => number;
  readonly low: (state: ArrayLike<number>) => number;
  readonly high: (state: ArrayLike<number>) => number;
  readonly sizes: () => readonly number[];
}

function numbering(parts: number, seed: number): Numbering {
  const cells = Array.from({ length: parts }, () => new Int32Array(1_024));
  const sizes = Array.from({ length: parts }, () => 0);
  const number = (part: number, local: number, half: number): number => {
    const salt = mixed(Math.imul(seed + 1, 0x9e3779b1) ^ mixed(part * 2 + half + 0x51ed));
    return (
      mixed(mixed(local + salt) ^ mixed(salt + 0x2545f491)) ^
      mixed(Math.imul(local, 0x85ebca6b) + ~salt)
    );
  };
  const ensure = (part: number, local: number): void => {
    while (local >= sizes[part]!) {
      const id = sizes[part]!++;
      if (id * 2 + 2 > cells[part]!.length) cells[part] = grown(cells[part]!, id * 2 + 2);
      cells[part]![id * 2] = number(part, id, 0);
      cells[part]![id * 2 + 1] = number(part, id, 1);
    }
  };
  const lowOf = (part: number, local: number): number => {
    if (local >= sizes[part]!) ensure(part, local);
    return cells[part]![local * 2]!;
  };
  const highOf = (part: number, local: number): number => {
    if (local >= sizes[part]!) ensure(part, local);
    return cells[part]![local * 2 + 1]!;
  };
  const sum = (state: ArrayLike<number>, of: (part: number, local: number) => number): number => {
    let total = 0;
    for (let part = 0; part < parts; part++) total = (total + of(part, state[part]!)) >>> 0;
    return total;
  };
  return {
    lowOf,
    highOf,
    low: (state) => sum(state, lowOf),
    high: (state) => sum(state, highOf),
    sizes: () => sizes,
  };
}

/** What does not hold in a state, of which one part has just changed; each question is asked once. */
function verdicts(space: Space): (state: Int32Array, changed: number) => string | undefined {
  const parts = space.parts.length;
  const good = space.parts.map(() => column(0));
  const pairs = space.parts.map(() => space.parts.map(() => pairTable()));
  const local = (part: number, at: number): string | undefined => {
    if (good[part]!.at(at) === 1) return undefined;
    const what = space.judge(part, at);
    if (what === undefined) good[part]!.put(at, 1);
    return what;
  };
  const pair = (a: number, b: number, state: Int32Array): string | undefined => {
    if (space.fact === undefined || space.judgePair === undefined) return undefined;
    const factA = space.fact(a, state[a]!, b);
    const factB = space.fact(b, state[b]!, a);
    if (pairs[a]![b]!.get(factA, factB) === 1) return undefined;
    const what = space.judgePair(a, factA, b, factB);
    if (what === undefined) pairs[a]![b]!.set(factA, factB, 1);
    return what;
  };
  return (state, changed) => {
    for (let a = 0; a < parts; a++) {
      if (changed < 0 || a === changed) {
        const what = local(a, state[a]!);
        if (what !== undefined) return what;
      }
      for (let b = a + 1; b < parts; b++) {
        if (changed >= 0 && a !== changed && b !== changed) continue;
        const what = pair(a, b, state);
        if (what !== undefined) return what;
      }
    }
    return undefined;
  };
}

/** The states that are still to be walked. */
interface Store {
  /** States of the layer that is walked next. */
  readonly length: () => number;
  /** Every state of the layer, put into `now`, with its number if the store keeps numbers. */
  readonly each: (now: Int32Array, visit: (index: number) => void) => void;
  /** What was found becomes the layer. */
  readonly turn: () => void;
  readonly bytes: () => number;
  readonly push?: (state: Int32Array) => void;
  /** True if the state is new. */
  readonly enter?: (state: Int32Array, low: number, parent: number) => boolean;
  readonly pathTo?: (index: number) => readonly (readonly number[])[];
}

/** States by number, all kept; a table finds them. */
function exactStore(parts: number): Store {
  let cells = new Int32Array(1_024 * parts);
  let slots = new Int32Array(4_096).fill(-1);
  const parents = column();
  const hashes = column();
  let used = 0;
  let from = 0;
  let to = 0;
  const isSame = (index: number, state: Int32Array): boolean => {
    for (let i = 0; i < parts; i++) if (cells[index * parts + i] !== state[i]) return false;
    return true;
  };
  const double = (): void => {
    slots = new Int32Array(slots.length * 2).fill(-1);
    for (let index = 0; index < used; index++) {
      let slot = hashes.at(index) & (slots.length - 1);
      while (slots[slot] !== -1) slot = (slot + 1) & (slots.length - 1);
      slots[slot] = index;
    }
  };
  const stateAt = (index: number): readonly number[] =>
    Array.from(cells.subarray(index * parts, (index + 1) * parts));
  return {
    length: () => to - from,
    each: (now, visit) => {
      for (let index = from; index < to; index++) {
        for (let i = 0; i < parts; i++) now[i] = cells[index * parts + i]!;
        visit(index);
      }
    },
    turn: () => {
      from = to;
      to = used;
    },
    enter: (state, low, parent) => {
      let slot = low & (slots.length - 1);
      for (let index = slots[slot]!; index !== -1; index = slots[slot]!) {
        if (isSame(index, state)) return false;
        slot = (slot + 1) & (slots.length - 1);
      }
      if ((used + 1) * parts > cells.length) cells = grown(cells, (used + 1) * parts);
      cells.set(state, used * parts);
      parents.push(parent);
      hashes.push(low | 0);
      slots[slot] = used++;
      if (used * 2 > slots.length) double();
      return true;
    },
    pathTo: (index) => {
      const path: (readonly number[])[] = [];
      for (let at = index; at >= 0; at = parents.at(at)) path.unshift(stateAt(at));
      return path;
    },
    bytes: () => cells.byteLength + slots.byteLength + parents.bytes() + hashes.bytes(),
  };
}

const chunkStates = 1 << 20;

/** Two layers: the one that is walked and the one that is found. */
function layerStore(parts: number): Store {
  let layer: Int32Array[] = [];
  let found: Int32Array[] = [];
  let layerLength = 0;
  let foundLength = 0;
  let free: Int32Array[] = [];
  let most = 0;
  return {
    length: () => layerLength,
    each: (now, visit) => {
      for (let index = 0; index < layerLength; index++) {
        const chunk = layer[Math.floor(index / chunkStates)]!;
        const at = (index % chunkStates) * parts;
        for (let i = 0; i < parts; i++) now[i] = chunk[at + i]!;
        visit(-1);
      }
    },
    turn: () => {
      free = [...free, ...layer];
      layer = found;
      layerLength = foundLength;
      found = [];
      foundLength = 0;
      most = Math.max(most, layer.length + free.length);
    },
    push: (state) => {
      const at = (foundLength % chunkStates) * parts;
      if (at === 0) found.push(free.pop() ?? new Int32Array(chunkStates * parts));
      found[found.length - 1]!.set(state, at);
      foundLength++;
    },
    bytes: () => most * chunkStates * parts * 4,
  };
}
