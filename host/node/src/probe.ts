/**
 * The literature’s device probe (C-DBRW), whole: enrol by some orbits, compare orbits with what was
 * enrolled. It is a diagnostic and gates nothing: see docs/spec/binding.md for what it does not prove.
 */

import { nodeEntropy } from './entropy.ts';
import { probeHealth, type ProbeHealth } from './probe-health.ts';
import {
  byteHistogram,
  meanHistogram,
  orbitHistogram,
  probeDefaults,
  totalVariation,
  wasserstein,
  type ProbeParameters,
} from './probe-map.ts';
import { timingBytes } from './probe-timing.ts';

export * from './probe-map.ts';
export { probeHealth, probeHealthBounds, type ProbeHealth } from './probe-health.ts';
export { timingBytes } from './probe-timing.ts';

/** Gives so many bytes of a source. */
export type ByteSource = (count: number) => Uint8Array;

/** What K orbits of a source came to. */
export interface Enrolment {
  readonly parameters: ProbeParameters;
  /** The mean histogram of the orbits, and those of each. */
  readonly mean: Float64Array;
  readonly orbits: readonly Float64Array[];
  /** ε of the texts: the farthest that an orbit lies from the mean. */
  readonly spread: number;
  /** The shares of the bytes before the map. */
  readonly law: Float64Array;
  readonly health: ProbeHealth;
}

/** K of the texts. */
export const orbitsDefault = 16;

/** Every orbit starts somewhere else, as a challenge would have it. */
export function enrol(
  source: ByteSource = timingBytes,
  count: number = orbitsDefault,
  parameters: ProbeParameters = probeDefaults,
): Enrolment {
  const taken = Array.from({ length: count }, () => source(parameters.points - 1));
  const orbits = taken.map((bytes) => orbitHistogram(bytes, startAt(), parameters));
  const mean = meanHistogram(orbits);
  return {
    parameters,
    mean,
    orbits,
    spread: Math.max(...orbits.map((orbit) => wasserstein(orbit, mean))),
    law: byteHistogram(Uint8Array.from(taken.flatMap((bytes) => [...bytes]))),
    health: probeHealth(taken[0]!),
  };
}

function startAt(): number {
  return new DataView(nodeEntropy.bytes(4).buffer).getUint32(0);
}

export interface Comparison {
  /** Wasserstein distances of the other’s orbits to the enrolled mean, ascending. */
  readonly distances: readonly number[];
  /** Share of them that the rule of the texts accepts: no farther than the enrolled spread and a tenth. */
  readonly accepted: number;
  /** How far the two byte laws are apart, before the map and after it. */
  readonly lawDistance: number;
  readonly meanDistance: number;
}

/** δ of the texts, as a share of ε. */
const margin = 0.1;

export function compareWith(enrolled: Enrolment, other: Enrolment): Comparison {
  const distances = other.orbits
    .map((orbit) => wasserstein(orbit, enrolled.mean))
    .toSorted((a, b) => a - b);
  const within = distances.filter((distance) => distance <= enrolled.spread * (1 + margin));
  return {
    distances,
    accepted: within.length / distances.length,
    lawDistance: totalVariation(enrolled.law, other.law),
    meanDistance: wasserstein(enrolled.mean, other.mean),
  };
}

/** Somebody without the device, who draws bytes: the emulator that the probe would have to refuse. */
export const drawnBytes: ByteSource = (count) => nodeEntropy.bytes(count);
