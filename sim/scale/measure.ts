/**
 * What a piece of work costs: the hashes of the core, counted exactly, and time of this thread on
 * the processor, batch by batch, so that others who use the machine do not count.
 */

import { nativeHash } from '@dsm/node';
import { installHash } from '@dsm/primitive';

/** Hashes and hashed bytes since the process began. Ideal signatures are not in them. */
export const hashed: { count: number; bytes: number } = { count: 0, bytes: 0 };

/** From now on the hashes of the core are counted. */
export function countHashes(): void {
  installHash({
    name: `${nativeHash.name}, counted`,
    blake3: (input) => {
      hashed.count += 1;
      hashed.bytes += input.length;
      return nativeHash.blake3(input);
    },
    blake3Into: (input, output, offset) => {
      hashed.count += 1;
      hashed.bytes += input.length;
      nativeHash.blake3Into(input, output, offset);
    },
  });
}

/** Microseconds of this thread on the processor. */
export function threadMicros(): number {
  const { user, system } = process.threadCpuUsage();
  return user + system;
}

export interface Spread {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
}

export function spread(figures: readonly number[]): Spread {
  const sorted = figures.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
  return { median: at(0.5), p10: at(0.1), p90: at(0.9) };
}

/** The same to `digits` digits behind the point. */
export function rounded(figure: number, digits = 1): number {
  return Number(figure.toFixed(digits));
}
