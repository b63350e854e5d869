/**
 * A second walk over the spaces of the storage plane, for what the explorer does not ask: whether honest
 * parts can always come to where they must be able to (`isDone`), by moves that are no faults.
 *
 * It keeps one of all states that differ only by who is who among interchangeable parts, and counts
 * how many it keeps one for. So it is also a second count of the same space, by other code.
 */

import { localsOf, type Locals, type PlaneSpace } from './plane-space.ts';

export interface Walk {
  readonly states: number;
  /** States, those counted that differ from a kept one by who is who alone. */
  readonly all: number;
  readonly transitions: number;
  readonly depth: number;
  readonly locals: number;
  /** What happened, and in how many different pairs of local state and network. */
  readonly reached: ReadonlyMap<string, number>;
  readonly finding: Finding | undefined;
}

export interface Finding {
  readonly invariant: string;
  /** The shortest way there, a line for each move. */
  readonly trace: readonly string[];
}

export function walk<L>(space: PlaneSpace<L>): Walk {
  const { roles } = space;
  const locals = localsOf(space);
  const store = storeOf(roles.length);
  const judge = judgeOf(space, locals);
  let transitions = 0;
  let all = 0;
  let depth = 0;
  let layerEnd = 1;
  const walked = (invariant: string | undefined, at: number): Walk => ({
    states: store.size(),
    all,
    transitions,
    depth,
    locals: locals.size(),
    reached: locals.reached,
    finding:
      invariant === undefined ? undefined : { invariant, trace: traceTo(space, locals, store, at) },
  });
  const start = space.start.map((local, part) => locals.of(local, roles[part]!));
  store.add(sorted(Int32Array.from(start), roles), -1);
  for (let at = 0; at < store.size(); at++) {
    if (at === layerEnd) {
      depth += 1;
      layerEnd = store.size();
    }
    const state = store.at(at);
    all += orders(state, roles);
    const wrong = judge(state);
    if (wrong !== undefined) return walked(wrong, at);
    transitions += spread(space, locals, store, at);
  }
  const stuck = stuckAt(space, locals, store);
  return stuck === undefined ? walked(undefined, -1) : walked(space.stuck, stuck);
}

/** Puts every state that one move makes of this one into the store; says how many moves there are. */
function spread<L>(space: PlaneSpace<L>, locals: Locals<L>, store: Store, at: number): number {
  const { roles } = space;
  const state = store.at(at);
  const heard = space.heard(saidIn(locals, state));
  const row = new Int32Array(roles.length);
  let moves = 0;
  for (const [part, role] of roles.entries()) {
    // Of interchangeable parts in one local state one moves for all.
    if (part > 0 && role === roles[part - 1] && state[part] === state[part - 1]) continue;
    for (const { to } of locals.moves(state[part]!, heard)) {
      moves += 1;
      row.set(state);
      row[part] = to;
      store.add(sorted(row, roles), at);
    }
  }
  return moves;
}

function judgeOf<L>(
  space: PlaneSpace<L>,
  locals: Locals<L>,
): (state: Int32Array) => string | undefined {
  const networks = new Map<number, string | undefined>();
  return (state) => {
    const heard = space.heard(saidIn(locals, state));
    if (!networks.has(heard)) {
      networks.set(heard, space.judgeNetwork(heard));
      for (const meaning of space.means?.(heard) ?? []) locals.count(meaning);
    }
    return networks.get(heard) ?? wrongIn(locals, state);
  };
}

/** The first state from which honest parts cannot come to where they must be able to. */
function stuckAt<L>(space: PlaneSpace<L>, locals: Locals<L>, store: Store): number | undefined {
  if (space.isDone === undefined) return undefined;
  const { roles } = space;
  const can = new Uint8Array(store.size());
  const row = new Int32Array(roles.length);
  const isGood = (at: number): boolean => {
    const state = store.at(at);
    const said = saidIn(locals, state);
    const heard = space.heard(said);
    if (space.isDone!(heard, said)) return true;
    return roles.some((_, part) =>
      locals.moves(state[part]!, heard).some(({ to, isFault }) => {
        if (isFault) return false;
        row.set(state);
        row[part] = to;
        return can[store.find(sorted(row, roles))] === 1;
      }),
    );
  };
  // Whoever was found later is mostly nearer to the end, so few rounds are needed.
  for (let changed = true; changed;) {
    changed = false;
    for (let at = store.size() - 1; at >= 0; at--) {
      if (can[at] === 1 || !isGood(at)) continue;
      can[at] = 1;
      changed = true;
    }
  }
  const first = can.indexOf(0);
  return first < 0 ? undefined : first;
}

function traceTo<L>(
  space: PlaneSpace<L>,
  locals: Locals<L>,
  store: Store,
  end: number,
): readonly string[] {
  const path: number[] = [];
  for (let at = end; at >= 0; at = store.parent(at)) path.unshift(at);
  return path.slice(1).map((at, i) => {
    const before = store.at(path[i]!);
    const heard = space.heard(saidIn(locals, before));
    for (const [part, name] of space.parts.entries()) {
      for (const { to, event, detail } of locals.moves(before[part]!, heard)) {
        const row = Int32Array.from(before);
        row[part] = to;
        if (store.find(sorted(row, space.roles)) === at)
          return `${name}: ${event} ${detail}`.trim();
      }
    }
    return '?';
  });
}

/** In how many ways the local states of a role can be handed out to its parts. */
function orders(state: Int32Array, roles: readonly number[]): number {
  let count = 1;
  for (let i = 0, ofRole = 0, same = 0; i < state.length; i++) {
    ofRole = i > 0 && roles[i] === roles[i - 1] ? ofRole + 1 : 1;
    same = ofRole > 1 && state[i] === state[i - 1] ? same + 1 : 1;
    count = (count * ofRole) / same;
  }
  return count;
}

function saidIn<L>(locals: Locals<L>, state: Int32Array): readonly number[] {
  return Array.from(state, (id) => locals.saidBy(id));
}

function wrongIn<L>(locals: Locals<L>, state: Int32Array): string | undefined {
  for (const id of state) if (locals.wrong(id) !== undefined) return locals.wrong(id);
  return undefined;
}

/** In place: within a role, numbers of local states ascend. */
function sorted(row: Int32Array, roles: readonly number[]): Int32Array {
  for (let i = 1; i < row.length; i++) {
    for (let j = i; j > 0 && roles[j] === roles[j - 1] && row[j]! < row[j - 1]!; j--) {
      const swapped = row[j]!;
      row[j] = row[j - 1]!;
      row[j - 1] = swapped;
    }
  }
  return row;
}

interface Store {
  readonly add: (row: Int32Array, parent: number) => void;
  readonly find: (row: Int32Array) => number;
  readonly at: (index: number) => Int32Array;
  readonly parent: (index: number) => number;
  readonly size: () => number;
}

/** Every state once, in the order in which they were found, each with the one that it came of. */
function storeOf(width: number): Store {
  let rows = new Int32Array(width * 4_096);
  let parents = new Int32Array(4_096);
  let slots = new Int32Array(8_192).fill(-1);
  let used = 0;
  const placeOf = (row: ArrayLike<number>, from: number): number => {
    let hash = 0;
    for (let i = 0; i < width; i++) hash = mixed(Math.imul(hash, 31) + row[from + i]!);
    let at = hash & (slots.length - 1);
    for (let id = slots[at]!; id >= 0; id = slots[at]!) {
      let i = 0;
      while (i < width && rows[id * width + i] === row[from + i]) i += 1;
      if (i === width) return at;
      at = (at + 1) & (slots.length - 1);
    }
    return at;
  };
  const grow = (): void => {
    if (used === parents.length) {
      rows = doubled(rows);
      parents = doubled(parents);
    }
    if (used * 2 < slots.length) return;
    slots = new Int32Array(slots.length * 2).fill(-1);
    for (let id = 0; id < used; id++) slots[placeOf(rows, id * width)] = id;
  };
  return {
    add: (row, parent) => {
      const at = placeOf(row, 0);
      if (slots[at]! >= 0) return;
      slots[at] = used;
      rows.set(row, used * width);
      parents[used] = parent;
      used += 1;
      grow();
    },
    find: (row) => slots[placeOf(row, 0)]!,
    at: (index) => rows.slice(index * width, (index + 1) * width),
    parent: (index) => parents[index]!,
    size: () => used,
  };
}

function doubled(cells: Int32Array): Int32Array<ArrayBuffer> {
  const next = new Int32Array(cells.length * 2);
  next.set(cells);
  return next;
}

function mixed(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0x735a2d97);
  return x ^ (x >>> 15);
}
