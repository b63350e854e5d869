/**
 * The map of the literature’s device probe (C-DBRW), as a diagnostic: what it does to bytes.
 *
 *     x' = ( x + ROL32( x, r ) ) ⊕ µ   mod 2^32        µ: one byte of a timing source each step
 *     orbit: N − 1 steps from a start; histogram: share of the orbit in each of B equal bins
 *
 * The texts leave open what binds first; `rotation-first` is the other reading, x + ( ROL ⊕ µ ).
 */

export interface ProbeParameters {
  /** N, points of an orbit. */
  readonly points: number;
  /** B, bins of a histogram. */
  readonly bins: number;
  /** r, bits of rotation. */
  readonly rotation: number;
  readonly order: 'sum-first' | 'rotation-first';
}

/** The defaults of the literature. */
export const probeDefaults: ProbeParameters = {
  points: 4_096,
  bins: 256,
  rotation: 7,
  order: 'sum-first',
};

/** The histogram of one orbit: shares that sum to one. `bytes` has N − 1 of them. */
export function orbitHistogram(
  bytes: Uint8Array,
  start: number,
  { bins, rotation, order }: ProbeParameters,
): Float64Array {
  const histogram = new Float64Array(bins);
  let x = start >>> 0;
  for (let i = 0; i < bytes.length; i++) {
    const rotated = ((x << rotation) | (x >>> (32 - rotation))) >>> 0;
    x =
      order === 'sum-first'
        ? (((x + rotated) >>> 0) ^ bytes[i]!) >>> 0
        : (x + ((rotated ^ bytes[i]!) >>> 0)) >>> 0;
    histogram[Math.floor((x / 2 ** 32) * bins)]! += 1;
  }
  return histogram.map((count) => count / bytes.length);
}

/** Shares of the byte values themselves: what the source does before any map. */
export function byteHistogram(bytes: Uint8Array): Float64Array {
  const histogram = new Float64Array(256);
  for (const byte of bytes) histogram[byte]! += 1;
  return histogram.map((count) => count / bytes.length);
}

export function meanHistogram(all: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(all[0]?.length ?? 0);
  for (const one of all) for (const [i, share] of one.entries()) mean[i]! += share / all.length;
  return mean;
}

/** Wasserstein distance of order 1 over [0, 1): the area between the two sums. */
export function wasserstein(a: Float64Array, b: Float64Array): number {
  let [between, area] = [0, 0];
  for (const [i, share] of a.entries()) {
    between += share - b[i]!;
    area += Math.abs(between);
  }
  return area / a.length;
}

/** Total variation distance: 0 for one law, 1 for two that share nothing. */
export function totalVariation(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (const [i, share] of a.entries()) sum += Math.abs(share - b[i]!);
  return sum / 2;
}
