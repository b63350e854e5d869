/**
 * Replays traces of a model on the shipped core: each action becomes calls of the core, and after
 * each of them what the core holds, seen as the model sees it, is what the model says.
 */

import { isList, textOf, type Act, type Fields, type Trace, type Value } from './itf.ts';

/** The core under one trace. */
export interface Live {
  readonly act: (act: Act) => void;
  /** What is there now, in the words of the model. */
  readonly view: () => Fields;
}

export interface Replayer {
  readonly model: 'relationship' | 'step' | 'slot';
  /** Variables of the model that nothing but its invariants reads. */
  readonly ghosts: readonly string[];
  /** Actions and answers that many traces must meet: what is never met was never compared. */
  readonly must: readonly string[];
  /** Each call a world of its own, from the same keys. */
  readonly open: () => Live;
}

/** Where core and model part: the first action after which they differ. */
export interface Difference {
  readonly trace: number;
  /** The number of the action in its trace; 0 is the start. */
  readonly at: number;
  readonly action: string;
  readonly picks: string;
  /** The first field that differs, what the model has there and what the core. */
  readonly where: string;
  readonly model: string;
  readonly core: string;
}

export interface Replayed {
  readonly traces: number;
  readonly acts: number;
  /** How often each action and each answer was met. */
  readonly met: Readonly<Record<string, number>>;
  readonly differences: readonly Difference[];
}

/** Something that no trace can say and that must hold all the same, as of roots that stand for sets. */
export class Unlike extends Error {}

export function replay(replayer: Replayer, traces: readonly Trace[], most: number = 3): Replayed {
  const met: Record<string, number> = {};
  const differences: Difference[] = [];
  let acts = 0;
  for (const [number, trace] of traces.entries()) {
    const found = replayOne(replayer, trace, (what) => {
      met[what] = (met[what] ?? 0) + 1;
    });
    acts += trace.acts.length;
    if (found !== undefined) differences.push({ trace: number, ...found });
    if (differences.length >= most) break;
  }
  return { traces: traces.length, acts, met, differences };
}

function replayOne(
  replayer: Replayer,
  trace: Trace,
  count: (action: string) => void,
): Omit<Difference, 'trace'> | undefined {
  const live = replayer.open();
  const first = firstDifference(trace.start, live.view(), '');
  if (first !== undefined) return { at: 0, action: 'init', picks: '{}', ...first };
  for (const [i, act] of trace.acts.entries()) {
    count(act.name);
    for (const answer of answersIn(act.after)) count(`answer ${answer}`);
    const apart = partedBy(live, act);
    if (apart === undefined) continue;
    return { at: i + 1, action: act.name, picks: textOf(act.picks), ...apart };
  }
  return undefined;
}

/** Every answer that the state holds. */
function answersIn(state: Value): readonly string[] {
  if (typeof state !== 'object' || isList(state)) return [];
  return Object.entries(state).flatMap(([name, value]) =>
    name === 'answer' ? [String(value as string)] : answersIn(value),
  );
}

type Apart = Pick<Difference, 'where' | 'model' | 'core'>;

function partedBy(live: Live, act: Act): Apart | undefined {
  try {
    live.act(act);
    return firstDifference(act.after, live.view(), '');
  } catch (fault) {
    const isUnlike = fault instanceof Unlike;
    const said = fault instanceof Error ? fault.message : String(fault);
    return { where: isUnlike ? 'beside' : 'thrown', model: 'nothing', core: said };
  }
}

/** The first field, in the order of the model, that is not the same on both sides. */
function firstDifference(model: Value, core: Value | undefined, where: string): Apart | undefined {
  if (core !== undefined && textOf(model) === textOf(core)) return undefined;
  const isRecord = typeof model === 'object' && !isList(model) && model['#set'] === undefined;
  if (isRecord && typeof core === 'object' && !isList(core)) {
    for (const [name, value] of Object.entries(model)) {
      const inside = firstDifference(value, core[name], where === '' ? name : `${where}.${name}`);
      if (inside !== undefined) return inside;
    }
  }
  return { where, model: textOf(model), core: core === undefined ? 'nothing' : textOf(core) };
}

/** A difference as a sentence; the first words are the ones that a seeded bug names. */
export function sentenceOf(model: string, found: Difference): string {
  const { trace, at, action, picks, where, model: said, core } = found;
  return `${model}: after ${action} the core differs in ${where} (trace ${trace}, action ${at}, ${picks}): the model has ${said}, the core has ${core}`;
}

/** Notes that one thing always stands for the same other thing, and never for two. */
export interface Bijection {
  readonly note: (meaning: string, bytes: string) => void;
}

export function bijection(what: string): Bijection {
  const [there, back] = [new Map<string, string>(), new Map<string, string>()];
  return {
    note: (meaning, bytes) => {
      if ((there.get(meaning) ?? bytes) !== bytes) {
        throw new Unlike(`a second ${what} for ${meaning}`);
      }
      if ((back.get(bytes) ?? meaning) !== meaning) {
        throw new Unlike(`one ${what} for ${meaning} and for ${back.get(bytes)}`);
      }
      there.set(meaning, bytes);
      back.set(bytes, meaning);
    },
  };
}
