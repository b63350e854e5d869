/**
 * Measuring on a noisy machine: the candidates take turns within every round, so that a slow
 * moment hits all of them, and the median over the rounds counts.
 */

import { spread } from './report.ts';

export interface Candidate {
  readonly name: string;
  /** Does the work `count` times. */
  readonly work: (count: number) => void;
}

export interface Figure {
  readonly name: string;
  readonly medianNs: number;
  /** Of the rounds, by the clock on the wall: how far the median can be trusted. */
  readonly p10Ns: number;
  readonly p90Ns: number;
  /** How many times as long as the fastest candidate. */
  readonly ratio: number;
}

/** Nanoseconds for one piece of work by each candidate; `count` pieces in each of `rounds` turns. */
export function interleaved(
  candidates: readonly Candidate[],
  rounds: number,
  count: number,
): readonly Figure[] {
  const times = candidates.map((): number[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, { work }] of candidates.entries()) {
      const start = process.hrtime.bigint();
      work(count);
      times[i]!.push(Number(process.hrtime.bigint() - start) / count);
    }
  }
  const spreads = times.map(spread);
  const fastest = Math.min(...spreads.map(({ median }) => median));
  return candidates.map(({ name }, i) => {
    const { median, p10, p90 } = spreads[i]!;
    return {
      name,
      medianNs: Math.round(median),
      p10Ns: Math.round(p10),
      p90Ns: Math.round(p90),
      ratio: Math.round((median / fastest) * 100) / 100,
    };
  });
}
