/** `dsm doctor --probe`: the literature’s device probe as a diagnostic. It gates nothing. */

import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import {
  compareWith,
  drawnBytes,
  enrol,
  probeDefaults,
  type Comparison,
  type Enrolment,
} from '@dsm/node';
import { DsmError } from '@dsm/wallet';
import type { Finding } from './examination.ts';

export interface ProbeOptions {
  /** Where to write what was enrolled. */
  readonly save: string | undefined;
  /** What was enrolled elsewhere, or earlier. */
  readonly compare: readonly string[];
}

export async function probe({ save, compare }: ProbeOptions): Promise<readonly Finding[]> {
  const others = await Promise.all(compare.map(async (path) => [path, await kept(path)] as const));
  const own = enrol();
  const comparisons: readonly (readonly [string, Comparison])[] = [
    ['this machine again', compareWith(own, enrol())],
    ['bytes that were drawn', compareWith(own, enrol(drawnBytes))],
    ...others.map(([path, other]) => [path, compareWith(own, other)] as const),
  ];
  if (save !== undefined) await writeFile(save, fileOf(own), { mode: 0o600 });
  return [
    sourceFinding(own),
    ...comparisons.map(([what, found]) => comparisonFinding(own, what, found)),
    {
      check: 'probe',
      state: 'ok',
      found:
        'a source of bytes that is not stuck is all that this shows: whoever draws bytes is taken for this ' +
        'machine as often as this machine is, and nothing here depends on it',
    },
  ];
}

function sourceFinding({ health, spread }: Enrolment): Finding {
  const { entropy, correlation, compression, passes } = health;
  const figures = [
    `${entropy.toFixed(2)} bits of entropy a byte`,
    `correlation ${correlation.toFixed(3)}`,
    `compression ${compression.toFixed(2)}`,
    `orbits within ${spread.toFixed(4)}`,
  ];
  return { check: 'probe', state: passes ? 'ok' : 'warn', found: figures.join(', ') };
}

function comparisonFinding(
  { spread }: Enrolment,
  what: string,
  { distances, accepted, lawDistance }: Comparison,
): Finding {
  const [least = 0, most = 0] = [distances[0], distances.at(-1)];
  const middle = distances[Math.floor(distances.length / 2)] ?? 0;
  const range = `${middle.toFixed(4)} (${least.toFixed(4)} to ${most.toFixed(4)})`;
  const found =
    `${what}: distance ${range} where ${(spread * 1.1).toFixed(4)} is allowed, ` +
    `${Math.round(100 * accepted)} % accepted; the bytes themselves differ by ${lawDistance.toFixed(2)}`;
  return { check: 'probe', state: 'ok', found };
}

/** What is written: figures, the version of Node and the processor, nothing that is secret. */
function fileOf({ parameters, mean, orbits, spread, law, health }: Enrolment): string {
  return `${JSON.stringify({
    probe: 1,
    node: process.version,
    processor: cpus()[0]?.model ?? '',
    parameters,
    spread,
    health,
    mean: [...mean],
    law: [...law],
    orbits: orbits.map((orbit) => [...orbit]),
  })}\n`;
}

async function kept(path: string): Promise<Enrolment> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    throw new DsmError('not-found', `${path} cannot be read`, { cause });
  });
  const found = enrolmentIn(text);
  if (found === undefined) throw new DsmError('integrity', `${path} is no probe of this version`);
  return found;
}

/** Undefined unless the text is what a probe of this version and of its parameters has written. */
export function enrolmentIn(text: string): Enrolment | undefined {
  const value = jsonIn(text);
  if (value?.['probe'] !== 1) return undefined;
  const [mean, law] = [sharesIn(value['mean'], probeDefaults.bins), sharesIn(value['law'], 256)];
  const orbits = Array.isArray(value['orbits'])
    ? value['orbits'].map((orbit) => sharesIn(orbit, probeDefaults.bins))
    : [];
  const { spread } = value;
  if (mean === undefined || law === undefined || typeof spread !== 'number') return undefined;
  if (orbits.length === 0 || orbits.length > 1_024) return undefined;
  const whole = orbits.filter((orbit) => orbit !== undefined);
  if (whole.length !== orbits.length) return undefined;
  const health = { entropy: 0, correlation: 0, compression: 0, passes: false };
  return { parameters: probeDefaults, mean, orbits: whole, spread, law, health };
}

function jsonIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // no JSON
  }
}

/** Shares of a histogram with so many bins: not negative, and together one. */
function sharesIn(value: unknown, bins: number): Float64Array | undefined {
  if (!Array.isArray(value) || value.length !== bins) return undefined;
  const shares = value.map((share) =>
    typeof share === 'number' && share >= 0 ? share : Number.NaN,
  );
  const sum = shares.reduce((a, b) => a + b, 0);
  return Math.abs(sum - 1) < 1e-6 ? Float64Array.from(shares) : undefined;
}
