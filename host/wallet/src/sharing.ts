/**
 * Sharing: the state of an app in one relationship, kept up with both lanes.
 *
 * It is read from the lanes once, from a checkpoint if there is one, and grows with every run that
 * becomes durable. What an app's operations mean nobody but the app knows: until it is opened they
 * lie in their lanes like any other, and are there when it is.
 */

import { equal, keyOf } from '@dsm/primitive';
import { mySide, type Relationship } from '@dsm/bilateral';
import {
  actsOf,
  extended,
  inCausalOrder,
  settledBy,
  stateOf,
  timeline,
  type Act,
  type App,
  type AppName,
  type KeptRun,
  type Timeline,
} from '@dsm/protocols';
import type { Engine } from './engine.ts';
import { runsSince, sinceStart, type Since } from './kept-runs.ts';
import { keepState, keptState } from './kept-state.ts';

/** An app that is open in a relationship. */
export interface Sharing<State, Operation extends {}> {
  readonly app: App<State, Operation>;
  readonly relationship: Uint8Array;
  readonly line: () => Timeline<State>;
  readonly onChange: (listener: (state: State) => void) => () => void;
}

/** What a wallet remembers of an app that is open. */
export interface OpenApp {
  readonly app: AppName & { readonly id: Uint8Array };
  readonly sharing: Promise<Sharing<unknown, never>>;
}

/** Entries of both lanes after which the state is kept once more. */
const checkpointEntries = 64;

/** Read the state and follow the lanes. Inside a decision: no run may come between the two. */
export async function follow<State, Operation extends {}>(
  engine: Engine,
  relationship: Uint8Array,
  app: App<State, Operation>,
): Promise<Sharing<State, Operation>> {
  const { model } = engine;
  const current = (): Relationship => model.relationships.get(keyOf(relationship))!;
  let on = current();
  let line = await loaded(engine, on, app);
  let [isStale, isKeeping, unkept] = [false, false, 0];
  const pending: Pending[] = [];
  /** Reduced when somebody looks, and never inside a commit: what runs there must not fail. */
  const fold = (): Timeline<State> => {
    const all = pending.splice(0);
    const acts = all.flatMap((run) => run.acts);
    if (acts.length > 0) line = extended(app, line, acts);
    const shown = all.findLast((run) => run.shown !== undefined)?.shown;
    if (shown !== undefined) line = settledBy(line, theirSide(engine, on), shown);
    return line;
  };
  const changes = announcer(() => stateOf(fold()));

  const reload = async (): Promise<void> => {
    on = current();
    line = await loaded(engine, on, app);
    pending.length = 0;
    isStale = false;
    changes.announce();
  };
  const keep = async (): Promise<void> => {
    isKeeping = false;
    if (!isStale) await keepState(engine, current(), app, fold());
  };
  model.followers.add({
    kept: (key, run) => {
      if (isStale || !equal(key, relationship)) return;
      const acts = actsIn(app, [run]);
      pending.push({ acts, shown: run.side === theirSide(engine, on) ? run.after : undefined });
      if (acts.length > 0) changes.announce();
      unkept += run.entries.length;
      if (unkept < checkpointEntries || isKeeping || app.state === undefined) return;
      [isKeeping, unkept] = [true, 0];
      // A checkpoint only saves time: a store that cannot take it keeps everything that matters.
      engine.exclusive(keep).catch(() => undefined);
    },
    moved: (next) => {
      if (!equal(next.key, relationship) || isSame(on, next)) return;
      isStale = true;
      engine.exclusive(reload).catch(() => undefined);
    },
  });
  return { app, relationship, line: fold, onChange: changes.listen };
}

/** A run that is durable and not reduced yet: its acts, and how far the peer has shown to be. */
interface Pending {
  readonly acts: readonly Act[];
  readonly shown: number | undefined;
}

function theirSide({ model }: Engine, on: Relationship): Act['side'] {
  return mySide(on, model.device) === 0 ? 1 : 0;
}

/** A new incarnation of either device has a new lane, and the state is that of the lanes that count. */
function isSame(a: Relationship, b: Relationship): boolean {
  return equal(a.mine.start, b.mine.start) && equal(a.theirs.start, b.theirs.start);
}

interface Announcer<State> {
  readonly announce: () => void;
  readonly listen: (listener: (state: State) => void) => () => void;
}

/** Tells listeners once for everything that happens in one go, and never inside a decision. */
function announcer<State>(state: () => State): Announcer<State> {
  const listeners = new Set<(state: State) => void>();
  let isDue = false;
  return {
    announce: () => {
      if (isDue) return;
      isDue = true;
      queueMicrotask(() => {
        isDue = false;
        for (const listener of listeners) listener(state());
      });
    },
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The acts of one app in some runs of one lane. */
function actsIn({ id }: Pick<App<never, {}>, 'id'>, runs: readonly KeptRun[]): Act[] {
  return runs.flatMap((run) =>
    actsOf(run).flatMap(({ app, act }) => (equal(app, id) ? [act] : [])),
  );
}

async function loaded<State, Operation extends {}>(
  engine: Engine,
  on: Relationship,
  app: App<State, Operation>,
): Promise<Timeline<State>> {
  const kept = await keptState(engine, on, app);
  const since = kept?.since ?? sinceStart(on);
  return replayed(engine, on, app, since, kept?.line ?? timeline(app.initial));
}

async function replayed<State, Operation extends {}>(
  engine: Engine,
  on: Relationship,
  app: App<State, Operation>,
  since: Since,
  from: Timeline<State>,
): Promise<Timeline<State>> {
  const { line, shown } = await whole(engine, on, app, since, from);
  return settledBy(line, theirSide(engine, on), shown);
}

/** Every act since then in its order, nothing settled; and how far the peer has shown to be. */
export async function whole<State, Operation extends {}>(
  engine: Engine,
  on: Relationship,
  app: App<State, Operation>,
  since: Since,
  from: Timeline<State>,
): Promise<{ readonly line: Timeline<State>; readonly shown: number }> {
  const { mine, theirs } = await runsSince(engine, on, since);
  const isLow = theirSide(engine, on) === 1;
  const [low, high] = isLow ? [mine, theirs] : [theirs, mine];
  const line = extended(app, from, inCausalOrder(actsIn(app, low), actsIn(app, high)));
  return { line, shown: theirs.at(-1)?.after ?? 0 };
}
