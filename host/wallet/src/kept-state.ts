/** Kept states: a settled shared state in the store, so that a start need not read whole lanes. */

import {
  bytes32,
  decodeWith,
  encodeWith,
  equal,
  kinds,
  object,
  struct,
  u64,
  variable,
  type Coder,
  type Obj,
} from '@dsm/primitive';
import type { Mark, Relationship } from '@dsm/bilateral';
import { timeline, type Act, type App, type Timeline } from '@dsm/protocols';
import { laneAtIndex, readRun, type Engine } from './engine.ts';
import type { Since } from './kept-runs.ts';
import { decodeRow, draft } from './model.ts';
import { rowKey } from './rows.ts';

/** A larger state is not kept, and found again from the lanes. */
export const stateBytesMax = 1_048_576;

/** A shared state, the places on both lanes from which reading goes on, and what was settled. */
export interface SharedRow {
  readonly mineStart: Uint8Array;
  readonly theirsStart: Uint8Array;
  readonly mine: Mark;
  readonly theirs: Mark;
  /** Index of the last act in the state, of each side. */
  readonly low: number;
  readonly high: number;
  readonly state: Uint8Array;
}

const mark = struct<Mark>({ index: u64, head: bytes32 });

export const sharedRow: Obj<SharedRow> = object(
  kinds.relationship,
  stateBytesMax + 256,
  struct({
    mineStart: bytes32,
    theirsStart: bytes32,
    mine: mark,
    theirs: mark,
    low: u64,
    high: u64,
    state: variable(stateBytesMax),
  }),
);

export interface Kept<State> {
  readonly since: Since;
  readonly line: Timeline<State>;
}

/** The kept state, if it is of these lanes and the app can still read it. */
export async function keptState<State, Operation extends {}>(
  { store }: Engine,
  on: Relationship,
  app: App<State, Operation>,
): Promise<Kept<State> | undefined> {
  const { id, state: coder } = app;
  const bytes = await store.get(rowKey('shared', on.key, id));
  if (bytes === undefined || coder === undefined) return undefined;
  const row = decodeRow(sharedRow, bytes, 'shared');
  if (!equal(row.mineStart, on.mine.start) || !equal(row.theirsStart, on.theirs.start)) {
    return undefined;
  }
  const decoded = unframed(coder, row.state);
  if (decoded === undefined) return undefined;
  const since = { mine: row.mine, theirs: row.theirs };
  return { since, line: timeline(decoded.state, [row.low, row.high]) };
}

function unframed<State>(
  coder: Coder<State>,
  bytes: Uint8Array,
): { readonly state: State } | undefined {
  try {
    return decodeWith(struct<{ state: State }>({ state: coder }), bytes);
  } catch {
    // The codec is the program's: one that fails costs a longer start, not the state.
    return undefined;
  }
}

function framed<State>(coder: Coder<State>, state: State): Uint8Array | undefined {
  try {
    return encodeWith(coder, state);
  } catch {
    return undefined;
  }
}

/** Keep what is settled, and where reading goes on; a state that is too large is not kept. */
export async function keepState<State, Operation extends {}>(
  engine: Engine,
  on: Relationship,
  { id, state: coder }: App<State, Operation>,
  { settled, until, tail }: Timeline<State>,
): Promise<void> {
  const bytes = coder === undefined ? undefined : framed(coder, settled);
  if (bytes === undefined || bytes.length > stateBytesMax) return;
  const first = tail[0]?.act;
  const { index, head } = first === undefined ? on.mine : await beforeRun(engine, on, first);
  const to = draft();
  to.put(
    rowKey('shared', on.key, id),
    sharedRow.encode({
      mineStart: on.mine.start,
      theirsStart: on.theirs.start,
      mine: { index, head },
      theirs: { index: on.theirs.index, head: on.theirs.head },
      low: until[0],
      high: until[1],
      state: bytes,
    }),
  );
  await engine.commit(to);
}

/** The own lane before the run of an act. */
async function beforeRun(
  engine: Engine,
  on: Relationship,
  { index }: Act,
): Promise<Pick<Relationship['mine'], 'index' | 'head'>> {
  const run = await readRun(engine, on.mine.start, index);
  if (run === undefined) throw new RangeError('an act belongs to no run');
  return laneAtIndex(engine.store, on, 0, index - run.count);
}
