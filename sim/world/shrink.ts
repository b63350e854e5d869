/**
 * Shrinking: of a run that found something, the fewest steps that still find it. Steps are left out,
 * in halves, then quarters, then one by one (delta debugging); a run that finds another thing does not
 * count.
 */

import type { Plan } from './plan.ts';
import type { Outcome } from './run.ts';
import type { Step } from './steps.ts';

export interface Shrunk {
  readonly plan: Plan;
  readonly outcome: Outcome;
  readonly runs: number;
}

export function shrunk(
  plan: Plan,
  found: Outcome,
  again: (plan: Plan) => Outcome,
  runsMax: number,
): Shrunk {
  const checker = found.finding!.checker;
  let best: Shrunk = { plan, outcome: found, runs: 0 };
  let runs = 0;
  const attempt = (steps: readonly Step[]): boolean => {
    runs += 1;
    const smaller = { ...plan, steps };
    const outcome = again(smaller);
    if (outcome.finding?.checker !== checker) return false;
    best = { plan: smaller, outcome, runs };
    return true;
  };
  // What comes after the finding had no part in it, unless it was found at the end.
  if (runsMax > 0) attempt(plan.steps.filter(({ at }) => at <= found.events));
  for (let size = Math.ceil(best.plan.steps.length / 2); runs < runsMax;) {
    let isSmaller = false;
    for (let from = 0; from < best.plan.steps.length && runs < runsMax;) {
      const { steps } = best.plan;
      const rest = steps.toSpliced(from, size);
      if (rest.length < steps.length && attempt(rest)) isSmaller = true;
      else from += size;
    }
    if (size === 1 && !isSmaller) break;
    if (!isSmaller || size > best.plan.steps.length) size = Math.max(1, Math.floor(size / 2));
  }
  return { ...best, runs };
}
