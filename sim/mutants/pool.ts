/**
 * Processes that judge, a few at a time. One that does not answer in time is ended, and what it was
 * judging counts as noticed: whoever ran the tests would notice, too.
 */

import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Hits, Points } from './coverage.ts';

/** One test, and what it passes of the points that were asked for. */
export interface Survey {
  readonly testFile: string;
  readonly index: number;
  readonly name: string;
  /** Processor time while what it passes is counted, several times the usual; Infinity if `slow.ts` has it. */
  readonly ms: number;
  readonly hits: Hits;
  /** What was passed while the modules of its file were made. */
  readonly whileMaking: Hits;
}

/** A change and the tests that may notice it, in the order in which they are run. */
export interface Trial {
  /** The file that is changed. */
  readonly file: string;
  /** Its text, or else where its instrumented text lies, and the mutant that is switched on. */
  readonly source?: string | undefined;
  readonly instrumented?: string | undefined;
  readonly mutant?: string | undefined;
  /** How often the mutant may be passed before it counts as endless. */
  readonly passesMax: number;
  readonly tests: readonly Pick<Survey, 'testFile' | 'index' | 'name' | 'ms'>[];
}

export type Verdict =
  | { readonly type: 'killed'; readonly by: string; readonly failure: string }
  | { readonly type: 'endless' }
  | { readonly type: 'survived' }
  | { readonly type: 'invalid'; readonly why: string };

export type Ask =
  | { readonly type: 'survey'; readonly testFile: string; readonly points: Points }
  | { readonly type: 'judge'; readonly trial: Trial };

export type Answer =
  | { readonly type: 'survey'; readonly tests: readonly Survey[] }
  | { readonly type: 'verdict'; readonly verdict: Verdict }
  | { readonly type: 'fault'; readonly what: string };

export interface Pool {
  /** What all tests of these files pass. A test that fails on the code as it is, is a fault. */
  readonly survey: (testFiles: readonly string[], points: Points) => Promise<readonly Survey[]>;
  /** Judges all, in order; `each` hears of every verdict as it comes. */
  readonly judge: (
    trials: readonly Trial[],
    each: (at: number, verdict: Verdict) => void,
  ) => Promise<void>;
  readonly close: () => void;
}

const surveyMs = 10 * 60_000;
const slowMs = 15_000;
const graceMs = 30_000;

export function openPool(size: number): Pool {
  const workers = Array.from({ length: size }, worker);
  const share = async <T>(
    items: readonly T[],
    take: (by: Worker, item: T, at: number) => Promise<void>,
  ): Promise<void> => {
    let next = 0;
    const one = async (by: Worker): Promise<void> => {
      for (let at = next++; at < items.length; at = next++) await take(by, items[at]!, at);
    };
    await Promise.all(workers.map(one));
  };
  return {
    survey: async (testFiles, points) => {
      const all: (readonly Survey[])[] = [];
      await share(testFiles, async (by, testFile, at) => {
        const said = await by.ask({ type: 'survey', testFile, points }, surveyMs);
        if (said === undefined) throw new Error(`${testFile} did not end`);
        if (said.type !== 'survey') throw new Error(`${testFile}: ${JSON.stringify(said)}`);
        all[at] = said.tests;
      });
      // What counts is slow: others judge.
      for (const { end } of workers) end();
      return all.flat();
    },
    judge: (trials, each) =>
      share(trials, async (by, trial, at) => each(at, await verdictOf(by, trial))),
    close: () => {
      for (const { end } of workers) end();
    },
  };
}

async function verdictOf(by: Worker, trial: Trial): Promise<Verdict> {
  const planned = trial.tests.reduce((sum, { ms }) => sum + Math.min(ms, slowMs), 0);
  const said = await by.ask({ type: 'judge', trial }, graceMs + 10 * planned);
  if (said === undefined) return { type: 'endless' };
  if (said.type !== 'verdict') throw new Error(`${trial.file}: ${JSON.stringify(said)}`);
  return said.verdict;
}

interface Worker {
  /** The answer; undefined if there was none in time, or the process fell over. */
  readonly ask: (ask: Ask, limitMs: number) => Promise<Answer | undefined>;
  readonly end: () => void;
}

function worker(): Worker {
  let child: ChildProcess | undefined;
  const start = (): ChildProcess =>
    fork(join(import.meta.dirname, 'worker.ts'), [], {
      cwd: join(import.meta.dirname, '..', '..'),
      serialization: 'advanced',
      execArgv: ['--max-old-space-size=2000', '--disable-warning=ExperimentalWarning'],
    });
  const ask = (what: Ask, limitMs: number): Promise<Answer | undefined> =>
    new Promise((resolve) => {
      const by = (child ??= start());
      const finish = (said: Answer | undefined): void => {
        clearTimeout(timer);
        by.off('message', finish);
        by.off('exit', lost);
        if (said === undefined) {
          by.kill('SIGKILL');
          child = undefined;
        }
        resolve(said);
      };
      const lost = (): void => finish(undefined);
      const timer = setTimeout(lost, limitMs);
      by.on('message', finish);
      by.on('exit', lost);
      by.send(what);
    });
  const end = (): void => {
    child?.kill('SIGKILL');
    child = undefined;
  };
  return { ask, end };
}
