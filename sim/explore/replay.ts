/**
 * Counterexamples as tests: a trace is written as what was heard and done, and followed again through
 * the shipped code of the day. Once the mistake is mended, the trace breaks no invariant or leads
 * nowhere.
 */

import { dirname, join, relative, resolve, sep } from 'node:path';
import { bounds } from './bounds.ts';
import type { Space } from './space.ts';
import { offeredTo, type TraceStep } from './trace.ts';

/** A step as it is told: numbers differ from run to run, words do not. */
export interface ToldStep {
  readonly part: number;
  /** The message that was heard; undefined if the part moved alone. */
  readonly message?: string | undefined;
  readonly name: string;
}

export interface ToldTrace {
  readonly bound: string;
  /** Which of the bound's spaces. */
  readonly space: number;
  readonly steps: readonly ToldStep[];
}

export function toldSteps(space: Space, trace: readonly TraceStep[]): readonly ToldStep[] {
  return trace.map(({ part, message, name }) => ({
    part,
    message: message === undefined ? undefined : space.tellMessage(message),
    name,
  }));
}

/** Follow a trace; the invariant that is broken on the way, or undefined. */
export function replayed({ bound, space: which, steps }: ToldTrace): string | undefined {
  const of = bounds[bound]!;
  const space = [of.open, ...(of.further ?? [])][which]!();
  let state = [...space.start];
  let broken = brokenIn(space, state);
  for (const step of steps) {
    if (broken !== undefined) return broken;
    const next = followed(space, state, step);
    if (next === undefined) return undefined;
    state = state.with(step.part, next);
    broken = brokenIn(space, state);
  }
  return broken;
}

/**
 * Where a told step leads. What a turn did is told by its name, so a mended mistake may change the
 * names: then the first move on the same occasion is followed.
 */
function followed(space: Space, state: readonly number[], step: ToldStep): number | undefined {
  const { part, message, name } = step;
  const from = state[part]!;
  let exact: number | undefined;
  let near: number | undefined;
  const move = (next: number, say?: () => string): void => {
    const told = say?.() ?? '';
    if (told === name) exact ??= next;
    if (told.split(':')[0] === name.split(':')[0]) near ??= next;
  };
  if (message === undefined) space.alone(part, from, move);
  else {
    for (const each of offeredTo(space, state, part)) {
      if (space.tellMessage(each) === message) space.hears(part, from, each, move);
    }
  }
  return exact ?? near;
}

function brokenIn(space: Space, state: readonly number[]): string | undefined {
  for (const [part, local] of state.entries()) {
    const what = space.judge(part, local);
    if (what !== undefined) return what;
  }
  for (let a = 0; a < state.length; a++) {
    for (let b = a + 1; b < state.length; b++) {
      const what = brokenPair(space, state, a, b);
      if (what !== undefined) return what;
    }
  }
  return undefined;
}

function brokenPair(
  space: Space,
  state: readonly number[],
  a: number,
  b: number,
): string | undefined {
  const { fact } = space;
  if (fact === undefined) return undefined;
  return space.judgePair?.(a, fact(a, state[a]!, b), b, fact(b, state[b]!, a));
}

/** The text of a test, to stand at `path`, that follows the trace. */
export function replayTest(trace: ToldTrace, what: string, path: string): string {
  const here = relative(dirname(resolve(path)), join(import.meta.dirname, 'replay.ts'));
  const from = here.split(sep).join('/');
  return `/** A counterexample, found by the explorer: it broke "${what.split(':')[0]}". */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { replayed } from ${JSON.stringify(from.startsWith('.') ? from : `./${from}`)};

const trace = ${JSON.stringify(trace, undefined, 2)} as const;

test(${JSON.stringify(what)}, () => {
  assert.equal(replayed(trace), undefined);
});
`;
}
