/**
 * Traces of the Quint models: read from the format in which Quint writes them (ITF), and kept as a
 * start and what each action changed, so that a thousand of them are a small file.
 *
 * A value is numbers, texts, booleans, lists, records, and sets. A set is written
 * `{ '#set': [...] }`, its members in the order of their text, so equal values have equal texts.
 */

import { gunzipSync, gzipSync } from 'node:zlib';

export type Value =
  | number
  | string
  | boolean
  | readonly Value[]
  | { readonly [field: string]: Value };

export type Fields = { readonly [field: string]: Value };

/** One action of a model: its name, what was chosen for it, and the state that it led to. */
export interface Act {
  readonly name: string;
  readonly picks: Fields;
  readonly after: Fields;
}

export interface Trace {
  readonly start: Fields;
  readonly acts: readonly Act[];
}

/** The same text for the same value, whatever the order of its fields. */
export function textOf(value: Value): string {
  if (typeof value !== 'object') return JSON.stringify(value);
  if (isList(value)) return `[${value.map(textOf).join()}]`;
  const fields = Object.keys(value).toSorted();
  return `{${fields.map((name) => `${JSON.stringify(name)}:${textOf(value[name]!)}`).join()}}`;
}

/** A set of these; repeated ones count once. */
export function setOf(members: readonly Value[]): Fields {
  const byText = new Map(members.map((member) => [textOf(member), member]));
  return { '#set': [...byText.keys()].toSorted().map((text) => byText.get(text)!) };
}

export function membersOf(value: Value | undefined): readonly Value[] {
  return (value as { readonly '#set': readonly Value[] })['#set'];
}

export function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** A value as ITF writes it: big integers, tuples, sets and maps are objects with one field. */
function valueOf(raw: unknown): Value {
  if (typeof raw !== 'object' || raw === null) return raw as Value;
  if (Array.isArray(raw)) return raw.map(valueOf);
  const fields = raw as Readonly<Record<string, unknown>>;
  if (fields['#bigint'] !== undefined) return Number(fields['#bigint']);
  if (fields['#tup'] !== undefined) return valueOf(fields['#tup']);
  if (fields['#set'] !== undefined) return setOf(valueOf(fields['#set']) as readonly Value[]);
  if (fields['#map'] !== undefined) {
    const pairs = fields['#map'] as readonly (readonly [unknown, unknown])[];
    return Object.fromEntries(pairs.map(([key, value]) => [nameOf(valueOf(key)), valueOf(value)]));
  }
  return Object.fromEntries(Object.entries(fields).map(([name, one]) => [name, valueOf(one)]));
}

/** A key of a map as the name of a field. */
function nameOf(key: Value): string {
  return typeof key === 'object' ? textOf(key) : String(key);
}

/** A trace as Quint writes it with `--mbt`, without the variables that only the invariants read. */
export function traceOf(text: string, ghosts: readonly string[]): Trace {
  const { states } = JSON.parse(text) as { states: readonly Readonly<Record<string, unknown>>[] };
  const [start, ...rest] = states.map((state) => {
    const shown = Object.entries(state).filter(
      ([name]) => !name.startsWith('#') && !name.startsWith('mbt::') && !ghosts.includes(name),
    );
    return valueOf(Object.fromEntries(shown)) as Fields;
  });
  const acts = rest.map((after, i): Act => {
    const state = states[i + 1]!;
    return { name: state['mbt::actionTaken'] as string, picks: picksOf(state), after };
  });
  return { start: start!, acts };
}

/** What was chosen: Quint names every choice of the model, and says of most that there was none. */
function picksOf(state: Readonly<Record<string, unknown>>): Fields {
  const picks = state['mbt::nondetPicks'] as Readonly<
    Record<string, { readonly tag: string; readonly value: unknown }>
  >;
  const made = Object.entries(picks).filter(([, { tag }]) => tag === 'Some');
  return Object.fromEntries(made.map(([name, { value }]) => [name, valueOf(value)]));
}

/** What leads from one value to the other: changed fields alone, and what a set gained and lost. */
function change(from: Value | undefined, to: Value): Value {
  if (!isRecord(from) || !isRecord(to)) return to;
  if (from['#set'] !== undefined) {
    const [old, fresh] = [membersOf(from).map(textOf), membersOf(to).map(textOf)];
    return {
      '+': membersOf(to).filter((_, i) => !old.includes(fresh[i]!)),
      '-': membersOf(from).filter((_, i) => !fresh.includes(old[i]!)),
    };
  }
  const names = Object.keys(to).filter((name) => textOf(from[name] ?? '#') !== textOf(to[name]!));
  return Object.fromEntries(names.map((name) => [name, change(from[name], to[name]!)]));
}

function changed(from: Value | undefined, by: Value): Value {
  if (!isRecord(from) || !isRecord(by)) return by;
  if (from['#set'] !== undefined) {
    const lost = (by['-'] as readonly Value[]).map(textOf);
    const stay = membersOf(from).filter((one) => !lost.includes(textOf(one)));
    return setOf([...stay, ...(by['+'] as readonly Value[])]);
  }
  const next = Object.entries(by).map(([name, one]) => [name, changed(from[name], one)] as const);
  return { ...from, ...Object.fromEntries(next) };
}

function isRecord(value: Value | undefined): value is Fields {
  return typeof value === 'object' && !isList(value);
}

/** Traces as the bytes of a file: a line for each. */
export function packed(traces: readonly Trace[]): Uint8Array {
  const lines = traces.map(({ start, acts }) => {
    const states = [start, ...acts.map(({ after }) => after)];
    const steps = acts.map(({ name, picks, after }, i) => [name, picks, change(states[i], after)]);
    return JSON.stringify([start, steps]);
  });
  return gzipSync(lines.join('\n'), { level: 9 });
}

export function unpacked(bytes: Uint8Array): readonly Trace[] {
  const lines = gunzipSync(bytes).toString('utf8').split('\n');
  return lines.map((line) => {
    const [start, steps] = JSON.parse(line) as [Fields, readonly [string, Fields, Fields][]];
    let state = start;
    const acts = steps.map(([name, picks, by]): Act => {
      state = changed(state, by) as Fields;
      return { name, picks, after: state };
    });
    return { start, acts };
  });
}
