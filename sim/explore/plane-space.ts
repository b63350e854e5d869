/**
 * Spaces of the storage plane: parts of which some are interchangeable, and a network that everybody
 * hears.
 *
 * What a part has put on the network is a function of its local state, as bits of one number (`said`),
 * and what stands there is one of what all have said (`heard`): votes that make certificates, maps that
 * nodes have closed. A part moves by its local state and by what it can hear, whoever said it.
 * Cheats have no state: what they can do with what they hear is among the moves of the others.
 */

import type { Space } from './space.ts';

export interface Move<L> {
  /** What happens, as it is counted. */
  readonly event: string;
  readonly to: L;
  /** True if nobody can count on it: a crash, or what an adversary does. */
  readonly isFault?: boolean;
  /** More about it, for traces. */
  readonly detail?: string;
}

export interface PlaneSpace<L> {
  /** By part: its name, and its role; parts of one role stand side by side. */
  readonly parts: readonly string[];
  readonly roles: readonly number[];
  readonly start: readonly L[];
  /** Canonical: equal local states have equal keys. */
  readonly keyOf: (local: L) => string;
  /** What it has put on the network so far, as bits of one number. */
  readonly said: (local: L) => number;
  /** What stands on the network, as bits of one number, by what all parts have said. */
  readonly heard: (said: readonly number[]) => number;
  /** Which bits of that a part of this role looks at. */
  readonly hears: (role: number) => number;
  readonly moves: (local: L, heard: number, role: number) => readonly Move<L>[];
  /** The invariant that a local state breaks, with details after a colon. */
  readonly judge: (local: L, role: number) => string | undefined;
  /** The invariant that the state of the network breaks. */
  readonly judgeNetwork: (heard: number) => string | undefined;
  /** What a state of the network means, to be counted. */
  readonly means?: (heard: number) => readonly string[];
  /** Where honest parts can always come to: by what is heard and what all have said. */
  readonly isDone?: (heard: number, said: readonly number[]) => boolean;
  /** The invariant that fails if they cannot. */
  readonly stuck?: string;
}

/** Verdicts on the network are messages from here on. */
const verdictsFrom = 2 ** 28;

/** The space as the explorer walks it: what is heard is one message of the adversary. */
export function explored<L>(space: PlaneSpace<L>): Space {
  const { roles } = space;
  const masks = roles.map((role) => space.hears(role));
  const locals = localsOf(space);
  const words = numbers();
  const networks = numbers(0);
  const verdicts: string[] = [];
  const verdictOf = verdictsOn(space, locals, verdicts);
  const saidWords: number[] = [];
  const tell = (message: number): string => verdicts[message - verdictsFrom] ?? 'the network';
  return {
    parts: space.parts,
    start: space.start.map((local, part) => locals.of(local, roles[part]!)),
    alone: () => undefined,
    hears: (_, local, message, move) => {
      if (message >= verdictsFrom) {
        move(locals.broken(local, tell(message)), () => 'everybody sees it');
        return;
      }
      for (const { to, event, detail } of locals.moves(local, networks.at(message))) {
        move(to, () => `${event} ${detail}`.trim());
      }
    },
    said: (_, local, to) => (to === roles.length ? words.of(locals.saidBy(local)) : 0),
    messages: (set) => [set],
    adversary: (part, said) => {
      for (let i = 0; i < said.length; i++) saidWords[i] = words.at(said[i]!);
      const heard = space.heard(saidWords);
      const verdict = verdictOf(heard);
      return verdict < 0 ? networks.of(heard & masks[part]!) : verdictsFrom + verdict;
    },
    judge: (_, local) => locals.wrong(local),
    tellMessage: tell,
    tellLocal: (_, local) => locals.tell(local),
    reached: () => locals.reached,
  };
}

/** The place of each state of the network's verdict, or -1 where nothing is broken. */
function verdictsOn<L>(
  space: PlaneSpace<L>,
  locals: Locals<L>,
  verdicts: string[],
): (heard: number) => number {
  const judged = new Map<number, number>();
  return (heard) => {
    const before = judged.get(heard);
    if (before !== undefined) return before;
    const wrong = space.judgeNetwork(heard);
    const place = wrong === undefined ? -1 : verdicts.push(wrong) - 1;
    judged.set(heard, place);
    for (const meaning of space.means?.(heard) ?? []) locals.count(meaning);
    return place;
  };
}

interface Numbers {
  readonly of: (value: number) => number;
  readonly at: (id: number) => number;
}

/** Whole numbers by small ones, in the order in which they came. */
function numbers(...first: readonly number[]): Numbers {
  const all = [...first];
  const ids = new Map(all.map((value, id) => [value, id]));
  return {
    of: (value) => {
      const before = ids.get(value);
      if (before !== undefined) return before;
      ids.set(value, all.length);
      return all.push(value) - 1;
    },
    at: (id) => all[id]!,
  };
}

/** A move as it is known by the number of the local state that it leads to. */
export interface Step {
  readonly to: number;
  readonly event: string;
  readonly isFault: boolean;
  readonly detail: string;
}

/** Local states by number, with what is known of each. */
export interface Locals<L> {
  readonly of: (local: L, role: number) => number;
  /** What it can become; found once for each state of what it hears. */
  readonly moves: (id: number, heard: number) => readonly Step[];
  readonly saidBy: (id: number) => number;
  /** The invariant that it breaks. */
  readonly wrong: (id: number) => string | undefined;
  /** The local state that breaks an invariant because the network does. */
  readonly broken: (id: number, invariant: string) => number;
  readonly tell: (id: number) => string;
  readonly size: () => number;
  readonly count: (event: string) => void;
  readonly reached: ReadonlyMap<string, number>;
}

export function localsOf<L>(space: PlaneSpace<L>): Locals<L> {
  const byKey = new Map<string, number>();
  const all: { readonly local: L; readonly role: number; readonly key: string }[] = [];
  const said: number[] = [];
  const wrong: (string | undefined)[] = [];
  const known: Map<number, readonly Step[]>[] = [];
  const reached = new Map<string, number>();
  const count = (event: string): void => {
    reached.set(event, (reached.get(event) ?? 0) + 1);
  };
  const add = (local: L, role: number, key: string, verdict: string | undefined): number => {
    byKey.set(key, all.length);
    said.push(space.said(local));
    wrong.push(verdict);
    known.push(new Map());
    return all.push({ local, role, key }) - 1;
  };
  const of = (local: L, role: number): number => {
    const key = `${role} ${space.keyOf(local)}`;
    return byKey.get(key) ?? add(local, role, key, space.judge(local, role));
  };
  const found = (id: number, heard: number): readonly Step[] => {
    const { local, role, key } = all[id]!;
    const steps = space.moves(local, heard, role).map((move): Step => {
      count(move.event);
      const { event, isFault = false, detail = '' } = move;
      return { to: of(move.to, role), event, isFault, detail };
    });
    if (`${role} ${space.keyOf(local)}` !== key) {
      steps.push({ to: broken(id, untouched), event: untouched, isFault: true, detail: '' });
    }
    return steps.filter(({ to }) => to !== id);
  };
  const broken = (id: number, invariant: string): number => {
    const { local, role } = all[id]!;
    const key = `${role} breaks ${invariant}`;
    return byKey.get(key) ?? add(local, role, key, invariant);
  };
  return {
    of,
    moves: (id, heard) => {
      const at = heard & space.hears(all[id]!.role);
      const before = known[id]!.get(at);
      if (before !== undefined) return before;
      const made = found(id, at);
      known[id]!.set(at, made);
      return made;
    },
    saidBy: (id) => said[id]!,
    wrong: (id) => wrong[id],
    broken,
    tell: (id) => all[id]!.key,
    size: () => all.length,
    count,
    reached,
  };
}

const untouched = 'untouched: a function has changed its argument';
