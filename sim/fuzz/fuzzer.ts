/** The search: mutate what is known, keep what reaches something new. */

import { newSeen, type Seen } from './coverage.ts';
import { fitsIn } from './corpus.ts';
import { execute, shortened, type Finding, type Outcome } from './execute.ts';
import { fieldsOf, madeUp } from './fields.ts';
import { inputBytesMax, mutatorOf, type Known } from './mutate.ts';
import { numberOf, randomOf, type Random } from './random.ts';
import type { Property, Target } from './target.ts';

export interface Search {
  readonly seed: number;
  /** Ends after so many executions, or when `isOver` says so. */
  readonly runs: number;
  readonly isOver: () => boolean;
  /** Whether there are counters: without them nothing new is kept. */
  readonly isCounting: boolean;
  readonly start: readonly Uint8Array[];
}

export interface Searched {
  readonly runs: number;
  readonly taken: number;
  readonly features: number;
  readonly seconds: number;
  readonly findings: readonly Finding[];
  readonly known: readonly Uint8Array[];
}

/** At most so many inputs are mutated further. */
const knownMax = 2_000;
const madeUpMax = 24;
/** A look at the clock costs more than an execution. */
const between = 256;

export async function search(target: Target, options: Search): Promise<Searched> {
  const random = randomOf(options.seed ^ numberOf(target.name));
  const begun = performance.now();
  const seen = newSeen();
  const known: Known[] = [];
  const findings = new Map<Property, Finding>();
  let [runs, taken] = [0, 0];
  const look = (bytes: Uint8Array, outcome: Outcome, always: boolean): void => {
    runs += 1;
    if (outcome === 'taken') taken += 1;
    if (typeof outcome === 'object' && !findings.has(outcome.property)) {
      findings.set(outcome.property, outcome);
    }
    const isNew = options.isCounting && seen.add() > 0;
    if ((isNew || always) && known.length < knownMax) known.push(knownOf(target, bytes));
  };
  for (const bytes of starting(target, options.start, random)) {
    look(bytes, await execute(target, bytes), !options.isCounting);
  }
  if (known.length === 0) known.push(knownOf(target, new Uint8Array(0)));
  const { mutated } = mutatorOf(random, target.words);
  while (runs < options.runs && findings.size === 0) {
    if (runs % between < 1 + target.cost && options.isOver()) break;
    const from = known[chosen(random, known.length)]!;
    const bytes = mutated(from, known[random.below(known.length)]!);
    const outcome = execute(target, bytes);
    // Waiting costs more than an execution, so nothing is waited for that is there.
    look(bytes, outcome instanceof Promise ? await outcome : outcome, false);
  }
  const short: Finding[] = [];
  for (const finding of findings.values()) short.push(await shortened(target, finding));
  const seconds = (performance.now() - begun) / 1_000;
  const inputs = known.map(({ bytes }) => bytes);
  return { runs, taken, features: seen.count(), seconds, findings: short, known: inputs };
}

function* starting(
  { samples, layout }: Target,
  start: readonly Uint8Array[],
  random: Random,
): Generator<Uint8Array> {
  yield new Uint8Array(0);
  yield* start;
  yield* samples;
  if (layout === undefined) return;
  for (let i = 0; i < madeUpMax; i++) {
    const bytes = madeUp(layout, random, 4_096);
    if (bytes !== undefined) yield bytes;
  }
}

function knownOf({ layout }: Target, bytes: Uint8Array): Known {
  const own = bytes.slice(0, inputBytesMax);
  return { bytes: own, fields: layout === undefined ? [] : fieldsOf(layout, own) };
}

/** What was found last is tried more often. */
function chosen(random: Random, count: number): number {
  const at = random.below(count);
  return random.below(3) > 0 ? at : Math.max(at, random.below(count));
}

/** The fewest and shortest of the inputs that reach all that they reach, within a corpus's bounds. */
export async function minimised(
  target: Target,
  inputs: readonly Uint8Array[],
): Promise<readonly Uint8Array[]> {
  const seen: Seen = newSeen();
  const kept: Uint8Array[] = [];
  let bytes = 0;
  const byLength = inputs.toSorted((a, b) => a.length - b.length);
  // Good inputs first: they are what mutations are best made from.
  for (const wanted of ['taken', 'refused']) {
    for (const input of byLength) {
      const isWanted = (await execute(target, input.slice())) === wanted;
      if (!isWanted || seen.add() === 0 || !fitsIn(kept.length, bytes, input.length)) continue;
      kept.push(input);
      bytes += input.length;
    }
  }
  return kept;
}
