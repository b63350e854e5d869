/**
 * A log whose power is cut, again and again, and a model that knows what it may hold afterwards.
 *
 * Commits are numbered in the order in which they are asked for. Whatever happens, the log is in the
 * state after some number of them: not fewer than were acknowledged, not more than were asked for.
 */

import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { dice, memoryDisk, seededEntropy, type Dice, type MemoryDisk } from '@dsm/memory';
import { shelvesMax, StoreError, type Engine, type EngineWrite } from '@dsm/ports';
import { compare, keyOf } from '@dsm/primitive';
import { memoryShelf, segmentLog, type SegmentLog, type SegmentLogOptions } from '@dsm/segment-log';

/** What ends a life of the log. */
export const ends = ['power cut', 'kill', 'failed sync'] as const;
export type End = (typeof ends)[number];

export interface Life {
  readonly end: End;
  /** Before the operation of the disk with this number, counted from the start of the life, or after it. */
  readonly at: number;
  readonly moment: 'before' | 'after';
}

export interface Scene {
  readonly seed: number;
  /** Cut short one after the other; then the log is opened for good and looked at. */
  readonly lives: readonly Life[];
  readonly options?: Partial<SegmentLogOptions>;
}

/** What happened, so that a test can see that something did. */
export interface Played {
  readonly commits: number;
  readonly acknowledged: number;
  /** Operations of the disk in each life. */
  readonly operations: readonly number[];
  readonly segments: number;
}

interface Model {
  readonly history: (readonly EngineWrite[])[];
  /** All commits up to this one were acknowledged. */
  acknowledged: number;
}

const commitsOfLife = 40;
const inFlight = 4;

/** Rejects if anything is not as it must be. */
export async function play({ seed, lives, options = {} }: Scene): Promise<Played> {
  const roll = dice(`scene ${seed}`);
  const pause = dice(`pauses ${seed}`);
  let count = 0;
  let life: Life | undefined;
  const disk: MemoryDisk = memoryDisk({
    seed,
    // Now and then the disk is slower than everything else that is under way.
    turn: () => (pause(8) === 0 ? setImmediate() : Promise.resolve()),
    onOperation: ({ moment }) => {
      if (moment === 'before') count += 1;
      if (life === undefined || count !== life.at || moment !== life.moment) return;
      end(disk, life.end);
    },
  });
  const shelf = seed % 3 === 0 ? { shelf: memoryShelf(), localSegmentsMax: 1 } : {};
  const open = (): Promise<SegmentLog> =>
    segmentLog({
      disk: disk.start(),
      entropy: seededEntropy(seed),
      segmentBytes: 4_096,
      compactBelow: 0.8,
      ...shelf,
      ...options,
    });
  const model: Model = { history: [], acknowledged: 0 };
  const operations: number[] = [];
  for (const each of lives) {
    count = 0;
    life = each;
    await untilTheEnd(open, model, roll);
    life = undefined;
    // A process whose disk failed is ended; what it wrote can still be read.
    disk.kill();
    operations.push(count);
  }
  const log = await open();
  await assertOneOf(log, model);
  await commitAll(log, model, roll);
  await log.settled();
  await assertOneOf(log, model);
  const { segments } = log.figures();
  await log.close();
  return {
    commits: model.history.length,
    acknowledged: model.acknowledged,
    operations,
    segments,
  };
}

function end(disk: MemoryDisk, how: End): void {
  if (how === 'power cut') disk.powerCut();
  else if (how === 'kill') disk.kill();
  else disk.failNextSync();
}

async function untilTheEnd(
  open: () => Promise<SegmentLog>,
  model: Model,
  roll: Dice,
): Promise<void> {
  let log: SegmentLog;
  try {
    log = await open();
  } catch (error) {
    mustBeLost(error);
    return;
  }
  try {
    await assertOneOf(log, model);
    await commitAll(log, model, roll);
    await log.settled();
    await log.close();
  } catch (error) {
    mustBeLost(error);
  }
}

/** The end of a life is the only thing that may fail. */
function mustBeLost(error: unknown): void {
  if (!(error instanceof StoreError) || error.code !== 'lost') throw error;
}

/** Commits in a few lanes; rejects with the first failure, when all lanes have ended. */
async function commitAll(log: Engine, model: Model, roll: Dice): Promise<void> {
  let left = commitsOfLife;
  const lane = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const writes = randomCommit(roll, model.history.length);
      model.history.push(writes);
      const number = model.history.length;
      await log.commit(writes);
      // In the order of asking: the ones before are durable too.
      model.acknowledged = Math.max(model.acknowledged, number);
    }
  };
  const lanes = await Promise.allSettled(Array.from({ length: inFlight }, lane));
  for (const one of lanes) if (one.status === 'rejected') throw one.reason as Error;
}

/** Few keys, so that most writes take the place of others; the number of the commit in each value. */
function randomCommit(roll: Dice, number: number): readonly EngineWrite[] {
  return Array.from({ length: 1 + roll(3) }, (): EngineWrite => {
    const shelf = roll(2) * 5;
    const key = new Uint8Array(32);
    new DataView(key.buffer).setUint32(0, Math.imul(roll(24), 2_654_435_761));
    if (roll(5) === 0) return { shelf, key, value: undefined };
    const value = new Uint8Array(4 + (roll(4) === 0 ? roll(1_500) : roll(120))).fill(number);
    new DataView(value.buffer).setUint32(0, number);
    return { shelf, key, value };
  });
}

/** The log is in the state after some number of commits; from now on that is what happened. */
async function assertOneOf(log: Engine, model: Model): Promise<void> {
  const found = await contentsOf(log);
  const { history, acknowledged } = model;
  for (let number = history.length; number >= acknowledged; number--) {
    if (!isSame(found, stateAfter(history.slice(0, number)))) continue;
    history.length = number;
    model.acknowledged = number;
    assertTotals(log, found);
    return;
  }
  assert.fail(`no state from ${acknowledged} to ${history.length} commits is what is there`);
}

type State = ReadonlyMap<string, Uint8Array>;

function stateAfter(history: readonly (readonly EngineWrite[])[]): State {
  const state = new Map<string, Uint8Array>();
  for (const { shelf, key, value } of history.flat()) {
    if (value === undefined) state.delete(`${shelf} ${keyOf(key)}`);
    else state.set(`${shelf} ${keyOf(key)}`, value);
  }
  return state;
}

async function contentsOf(log: Engine): Promise<State> {
  const state = new Map<string, Uint8Array>();
  for (let shelf = 0; shelf < shelvesMax; shelf++) {
    for await (const { key, size } of log.entries(shelf, key0, 0)) {
      const value = await log.get(shelf, key);
      assert.equal(value?.length, size);
      state.set(`${shelf} ${keyOf(key)}`, value!);
    }
  }
  return state;
}

const key0 = new Uint8Array(0);

function isSame(one: State, other: State): boolean {
  if (one.size !== other.size) return false;
  return [...one].every(([name, value]) => {
    const same = other.get(name);
    return same !== undefined && compare(same, value) === 0;
  });
}

function assertTotals(log: Engine, state: State): void {
  for (let shelf = 0; shelf < shelvesMax; shelf++) {
    const values = [...state].filter(([name]) => name.startsWith(`${shelf} `));
    const bytes = values.reduce((sum, [, value]) => sum + value.length, 0);
    assert.deepEqual(log.totals(shelf), { records: values.length, bytes });
  }
}

/** Some lives, drawn from the seed. */
export function randomScene(seed: number): Scene {
  const roll = dice(`lives ${seed}`);
  const lives = Array.from({ length: 1 + roll(4) }, (): Life => {
    const often = [...ends, 'power cut', 'power cut'] as const;
    return {
      end: often[roll(often.length)]!,
      at: 1 + roll(roll(3) === 0 ? 40 : 250),
      moment: roll(2) === 0 ? 'before' : 'after',
    };
  });
  return { seed, lives };
}

/** Plays the random scenes of so many seeds. Gives how many commits were acknowledged. */
export async function playSeeds(first: number, count: number): Promise<number> {
  let acknowledged = 0;
  for (let seed = first; seed < first + count; seed++) {
    try {
      acknowledged += (await play(randomScene(seed))).acknowledged;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  return acknowledged;
}

/**
 * A life that begins with recovering from a power cut is itself cut, before and after its operations,
 * every `stride`-th of them.
 */
export async function cutEverywhere(end: End, stride: number): Promise<void> {
  for (const moment of ['before', 'after'] as const) {
    const seed = 7;
    const first: Life = { end: 'power cut', at: 90, moment };
    const whole = await play({ seed, lives: [first, { end, at: Infinity, moment }] });
    const operations = whole.operations[1]!;
    assert.ok(operations > 100 && whole.segments > 1);
    for (let at = 1; at <= operations; at += stride) {
      await play({ seed, lives: [first, { end, at, moment }] });
    }
  }
}
