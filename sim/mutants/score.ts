/** What verdicts come to: the share of the mutants that were noticed, in all and file by file. */

import type { Verdict } from './pool.ts';
import type { Mutant } from './stryker.ts';

export interface Judged {
  readonly mutant: Mutant;
  readonly verdict: Verdict;
  /** False if no test passes it within the budget. */
  readonly passed: boolean;
}

export interface Score {
  readonly name: string;
  readonly killed: number;
  readonly endless: number;
  readonly survived: number;
  /** Those that survived because no test passes them. */
  readonly unpassed: number;
  /** Percent of those that could be judged; 100 if there were none. */
  readonly share: number;
}

export function scores(judged: readonly Judged[]): {
  readonly whole: Score;
  readonly byFile: readonly Score[];
} {
  const byFile = [...Map.groupBy(judged, ({ mutant }) => mutant.file)].map(([file, some]) =>
    scoreOf(file, some),
  );
  return { whole: scoreOf('all', judged), byFile };
}

function scoreOf(name: string, judged: readonly Judged[]): Score {
  const count = (type: Verdict['type']): number =>
    judged.filter(({ verdict }) => verdict.type === type).length;
  const [killed, endless, survived] = [count('killed'), count('endless'), count('survived')];
  const valid = killed + endless + survived;
  const unpassed = judged.filter(
    ({ verdict, passed }) => verdict.type === 'survived' && !passed,
  ).length;
  const share = valid === 0 ? 100 : (100 * (killed + endless)) / valid;
  return { name, killed, endless, survived, unpassed, share };
}

/** At most `count` of them, spread as by lot, the same ones each time, in their order. */
export function drawn<T>(all: readonly T[], count: number): readonly T[] {
  if (all.length <= count) return all;
  const lots = all.map((item, at) => ({ item, at, lot: lotOf(at) }));
  const chosen = lots.toSorted((a, b) => a.lot - b.lot || a.at - b.at).slice(0, count);
  return chosen.toSorted((a, b) => a.at - b.at).map(({ item }) => item);
}

/** A number that looks drawn, of a place in the list. */
function lotOf(at: number): number {
  let mixed = Math.imul(at + 1, 0x9e3779b1);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}
