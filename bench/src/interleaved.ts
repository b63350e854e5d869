/**
 * Measuring on a noisy machine: the candidates take turns within every round, so that a slow
 * moment hits all of them, and the median over the rounds counts.
 */

export interface Candidate {
  readonly name: string;
  /** Does the work `count` times. */
  readonly work: (count: number) => void;
}

export interface Figure {
  readonly name: string;
  readonly medianNs: number;
  /** Quartiles of the rounds: how far the median can be trusted. */
  readonly lowerNs: number;
  readonly upperNs: number;
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
  const sorted = times.map((of) => of.toSorted((a, b) => a - b));
  const at = (of: readonly number[], part: number): number =>
    Math.round(of[Math.floor((of.length - 1) * part)]!);
  const fastest = Math.min(...sorted.map((of) => at(of, 0.5)));
  return candidates.map(({ name }, i) => ({
    name,
    medianNs: at(sorted[i]!, 0.5),
    lowerNs: at(sorted[i]!, 0.25),
    upperNs: at(sorted[i]!, 0.75),
    ratio: Math.round((at(sorted[i]!, 0.5) / fastest) * 100) / 100,
  }));
}
