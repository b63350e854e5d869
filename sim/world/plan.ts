/**
 * Plans: what happens in the run of a seed. Each seed draws which faults it has at all, how often,
 * and what the owners like to do (swarm testing): a run that has everything rarely has anything twice.
 */

import { random, type Random } from './random.ts';
import type { Deed, Step } from './steps.ts';
import type { Scenario } from './scenarios.ts';

export interface Plan {
  readonly scenario: string;
  readonly seed: number;
  readonly steps: readonly Step[];
}

/** A deed, how often owners like to do it, and what it needs. */
const likings: readonly (readonly [deed: Deed, weight: number])[] = [
  ['offline', 14],
  ['online', 8],
  ['edge', 10],
  ['stream', 4],
  ['fund', 3],
  ['exit', 1],
  ['load', 3],
  ['burn', 1],
  ['sync', 9],
  ['put', 3],
  ['get', 3],
  ['act', 4],
  ['route', 2],
  ['meet', 12],
  ['part', 6],
  ['backup', 2],
];

/** A kind of trouble: how it begins, and how it ends some time later. */
interface Trouble {
  readonly deed: Deed;
  readonly ends: Deed | undefined;
  readonly on: 'device' | 'node' | 'both';
  readonly weight: number;
}

const troubles: readonly Trouble[] = [
  { deed: 'break', ends: undefined, on: 'device', weight: 6 },
  { deed: 'partition', ends: 'heal', on: 'device', weight: 3 },
  { deed: 'weather', ends: undefined, on: 'device', weight: 4 },
  { deed: 'slow', ends: undefined, on: 'device', weight: 2 },
  { deed: 'losses', ends: undefined, on: 'device', weight: 1 },
  { deed: 'pause', ends: 'resume', on: 'device', weight: 3 },
  { deed: 'crash', ends: 'start', on: 'device', weight: 12 },
  { deed: 'full', ends: undefined, on: 'device', weight: 2 },
  { deed: 'clone', ends: undefined, on: 'device', weight: 3 },
  { deed: 'restore', ends: undefined, on: 'device', weight: 2 },
  { deed: 'kill-node', ends: 'start-node', on: 'node', weight: 5 },
  { deed: 'power-cut', ends: 'start-node', on: 'node', weight: 5 },
  { deed: 'full-node', ends: undefined, on: 'node', weight: 1 },
  { deed: 'lying-sync', ends: undefined, on: 'node', weight: 2 },
  { deed: 'rot', ends: undefined, on: 'node', weight: 2 },
  { deed: 'lie', ends: undefined, on: 'node', weight: 2 },
  { deed: 'repair', ends: undefined, on: 'node', weight: 2 },
  { deed: 'audit', ends: undefined, on: 'node', weight: 2 },
  { deed: 'commit-bytes', ends: undefined, on: 'node', weight: 3 },
  { deed: 'change', ends: 'follow', on: 'node', weight: 2 },
];

export function planOf(scenario: Scenario, seed: number): Plan {
  const draw = random(seed, `plan of ${scenario.name}`);
  const likes = likings.filter(([deed]) => deed === 'meet' || deed === 'sync' || draw.chance(650));
  const always = scenario.always ?? [];
  const has = troubles.filter(
    ({ deed }) => always.includes(deed) || (scenario.allows(deed) && draw.chance(400)),
  );
  const perThousand = has.length === 0 ? 0 : 60 + draw.below(340);
  const steps: Step[] = [];
  let at = 0;
  for (let i = 0; i < scenario.steps; i++) {
    at += draw.below(2 * scenario.gap);
    const trouble = draw.chance(perThousand)
      ? weighted(
          draw,
          has.map((one) => [one, one.weight] as const),
        )
      : undefined;
    if (trouble === undefined) steps.push(...owners(draw, scenario, at, weighted(draw, likes)));
    else steps.push(...faults(draw, scenario, at, trouble));
  }
  const inOrder = steps.toSorted((a, b) => a.at - b.at);
  return { scenario: scenario.name, seed, steps: inOrder };
}

function owners(draw: Random, scenario: Scenario, at: number, deed: Deed): Step[] {
  const a = draw.below(scenario.shape.citizens + 1);
  const b = other(draw, scenario.shape.citizens + 1, a);
  const step: Step = { at, do: deed, a, b, n: draw.below(1_000_000) };
  const needsLine = deed === 'offline' || deed === 'edge' || deed === 'stream';
  // Whoever wants to pay here and now meets first, most of the time.
  if (!needsLine || draw.chance(200)) return [step];
  return [
    { ...step, do: 'meet' },
    { ...step, at: at + 20 + draw.below(160) },
  ];
}

function faults(draw: Random, scenario: Scenario, at: number, { deed, ends, on }: Trouble): Step[] {
  const { citizens, nodes, more } = scenario.shape;
  const a = on === 'node' ? draw.below(nodes + more) : draw.below(citizens + 1);
  const b = other(draw, citizens + 1, a);
  const step: Step = { at, do: deed, a, b, n: draw.below(1_000_000) };
  if (ends === undefined) return [step];
  return [step, { ...step, at: at + 10 + draw.below(20 * scenario.gap), do: ends }];
}

function other(draw: Random, count: number, than: number): number {
  return (than + 1 + draw.below(count - 1)) % count;
}

function weighted<T>(draw: Random, from: readonly (readonly [T, number])[]): T {
  let left = draw.below(from.reduce((sum, [, weight]) => sum + weight, 0));
  return from.find(([, weight]) => (left -= weight) < 0)![0];
}
