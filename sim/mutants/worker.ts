/**
 * A process that judges changes of the core: it keeps the compiled modules, makes a world for each
 * change and each test file, and runs the tests that it is told to, until one fails. A change that
 * never ends is ended by whoever started this process (`pool.ts`).
 */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import fc from 'fast-check';
import { startCounting, type Hits, type Points } from './coverage.ts';
import type { Answer, Ask, Survey, Trial, Verdict } from './pool.ts';
import { isSlow } from './slow.ts';
import {
  compiled,
  load,
  makeWorld,
  quietAssert,
  testModule,
  type Library,
  type Loaded,
  type Substitutes,
  type World,
} from './world.ts';

/** What the switches of instrumented code read; see `stryker.ts`. */
interface Switch {
  active: string | undefined;
  passes: number;
  passesMax: number;
}

const library: Library = new Map();
const substitutes: Substitutes = {
  'node:test': testModule,
  'node:assert/strict': quietAssert(assert as unknown as Record<string, unknown>),
};
const prepared = new Map<string, Loaded>();
const state: Switch = { active: undefined, passes: 0, passesMax: 0 };
(globalThis as unknown as { mutantSwitch: Switch }).mutantSwitch = state;

// Recursion that a change makes endless ends soon.
setFlagsFromString('--stack-size=700');
fc.configureGlobal({ seed: 1, endOnFailure: true });
Math.random = (): number => {
  throw new Error('Math.random in a pure package');
};

process.on('message', (ask: Ask) => {
  void answer(ask).then((said) => process.send!(said));
});

async function answer(ask: Ask): Promise<Answer> {
  try {
    return ask.type === 'survey'
      ? { type: 'survey', tests: await survey(ask.testFile, ask.points) }
      : { type: 'verdict', verdict: await judge(ask.trial) };
  } catch (error) {
    return { type: 'fault', what: String((error as Error).stack) };
  }
}

let passed: ((points: Points) => Hits) | undefined;

/** Runs all tests of a file on the code as it is, each with what it passes. */
async function survey(testFile: string, points: Points): Promise<readonly Survey[]> {
  passed ??= startCounting();
  await load(library, testFile, substitutes);
  passed(points);
  const world = makeWorld(library, testFile, new Map());
  const whileMaking = passed(points);
  const tests: Survey[] = [];
  for (const [index, { name }] of world.tests.entries()) {
    if (isSlow(testFile, name)) {
      tests.push({ testFile, index, name, ms: Infinity, hits: new Map(), whileMaking });
      continue;
    }
    const start = process.cpuUsage();
    await world.run(index);
    const ms = process.cpuUsage(start).user / 1_000;
    tests.push({ testFile, index, name, ms, hits: passed(points), whileMaking });
  }
  return tests;
}

async function judge(trial: Trial): Promise<Verdict> {
  const changed = new Map<string, Loaded>();
  try {
    changed.set(trial.file, await changedModule(trial));
  } catch (error) {
    return { type: 'invalid', why: String(error) };
  }
  state.active = trial.mutant;
  state.passes = 0;
  state.passesMax = trial.passesMax;
  const worlds = new Map<string, World>();
  try {
    for (const { testFile, index, name } of trial.tests) {
      await load(library, testFile, substitutes);
      const failure = await failureOf(testFile, index, worlds, changed);
      if (trial.mutant !== undefined && state.passes > state.passesMax) return { type: 'endless' };
      if (failure !== undefined) return { type: 'killed', by: `${testFile}: ${name}`, failure };
    }
  } finally {
    state.active = undefined;
  }
  return { type: 'survived' };
}

async function changedModule({ file, source, instrumented }: Trial): Promise<Loaded> {
  if (source !== undefined) return compiled(file, source, substitutes);
  const known = prepared.get(file);
  if (known !== undefined) return known;
  const made = await compiled(file, readFileSync(instrumented!, 'utf8'), substitutes);
  prepared.set(file, made);
  return made;
}

async function failureOf(
  testFile: string,
  index: number,
  worlds: Map<string, World>,
  changed: ReadonlyMap<string, Loaded>,
): Promise<string | undefined> {
  try {
    const world = worlds.get(testFile) ?? makeWorld(library, testFile, changed);
    worlds.set(testFile, world);
    await world.run(index);
    return undefined;
  } catch (error) {
    return String(error).slice(0, 200);
  }
}
