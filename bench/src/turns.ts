/**
 * Rates on a noisy machine: contenders take turns within every round, so that a slow moment hits
 * all of them, and the median of the rounds counts.
 *
 * The time is that of this thread on the processor, so others who use the machine do not count;
 * the rate by the clock on the wall stands beside it. The first round warms up.
 */

import { spread, type Spread } from './report.ts';

export interface Contender {
  readonly name: string;
  /** Pieces of work in a round: enough for the clock, which ticks every 4 ms on some machines. */
  readonly count: number;
  /** Before each turn, while no clock runs. */
  readonly prepare?: () => Promise<void>;
  readonly work: (round: number) => void | Promise<void>;
}

/** Pieces of work per second. */
export interface Rate extends Spread {
  readonly wall: number;
}

export async function takeTurns(
  contenders: readonly Contender[],
  rounds: number,
): Promise<readonly Rate[]> {
  const taken = contenders.map(() => ({ thread: [] as number[], wall: [] as number[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { count, prepare, work }] of contenders.entries()) {
      await prepare?.();
      const wall = performance.now();
      const start = threadMs();
      await work(round);
      const spent = threadMs() - start;
      if (round === 0) continue;
      taken[i]!.thread.push(rate(count, spent));
      taken[i]!.wall.push(rate(count, performance.now() - wall));
    }
  }
  return taken.map(({ thread, wall }) => ({ ...spread(thread), wall: spread(wall).median }));
}

/** The columns in which a rate is reported. */
export function rateColumns({ median, p10, p90, wall }: Rate): {
  readonly perSecond: number;
  readonly p10: number;
  readonly p90: number;
  readonly wallPerSecond: number;
} {
  return { perSecond: median, p10, p90, wallPerSecond: wall };
}

export function threadMs(): number {
  const { user, system } = process.threadCpuUsage();
  return (user + system) / 1_000;
}

export function rate(count: number, ms: number): number {
  return Math.round(count / (Math.max(ms, 0.001) / 1_000));
}
