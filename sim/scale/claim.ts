/**
 * A claim of seed 000 that can be executed: its words, and a function that makes it happen at scale
 * and says whether it held, with figures.
 */

import type { Chart } from './plot.ts';

export interface Claim {
  readonly name: string;
  /** Where it stands in seed 000. */
  readonly place: string;
  /** The words of the seed. */
  readonly words: string;
  readonly prove: (scale: Scale) => Outcome;
}

export interface Scale {
  /** Small enough for a gate: a few seconds. */
  readonly quick: boolean;
  /** The most devices or nodes of a population. */
  readonly devices: number;
  readonly seed: number;
  readonly progress: (line: string) => void;
}

export interface Outcome {
  /** In a sentence: what was covered, with its bounds. */
  readonly bound: string;
  readonly figures: Readonly<Record<string, number | string>>;
  /** Each begins with the name of the invariant that does not hold. Empty if the claim held. */
  readonly findings: readonly string[];
  readonly uncovered: readonly string[];
  readonly charts: readonly Chart[];
}

/** Findings as they come up; of one invariant the first few, and how many more there were. */
export interface Findings {
  readonly add: (invariant: string, sentence: string) => void;
  /** Adds only if it does not hold. */
  readonly check: (holds: boolean, invariant: string, sentence: string) => void;
  readonly list: () => readonly string[];
}

const shownMax = 3;

export function findings(): Findings {
  const byInvariant = new Map<string, { readonly shown: string[]; count: number }>();
  const add = (invariant: string, sentence: string): void => {
    const of = byInvariant.get(invariant) ?? { shown: [], count: 0 };
    byInvariant.set(invariant, of);
    of.count += 1;
    if (of.shown.length < shownMax) of.shown.push(`${invariant}: ${sentence}`);
  };
  return {
    add,
    check: (holds, invariant, sentence) => {
      if (!holds) add(invariant, sentence);
    },
    list: () =>
      [...byInvariant].flatMap(([invariant, { shown, count }]) =>
        count > shownMax ? [...shown, `${invariant}: ${count - shownMax} more`] : shown,
      ),
  };
}
