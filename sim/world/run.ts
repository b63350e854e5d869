/**
 * A run: the plan of a seed, carried out step by step among everything that follows from it; then all
 * faults heal, everything gets its chance, and the checkers have the last word.
 */

import { checkers } from './checkers/all.ts';
import { healed } from './heal.ts';
import { begun, type Prepared } from './prepared.ts';
import { startAll, endAll, type World } from './world.ts';
import { take } from './steps.ts';
import type { Plan } from './plan.ts';
import type { Finding } from './watch.ts';

export interface Outcome {
  readonly events: number;
  readonly digest: string;
  readonly finding: Finding | undefined;
  readonly sometimes: ReadonlyMap<string, number>;
  readonly byKind: ReadonlyMap<string, number>;
  readonly seconds: number;
  readonly trace: readonly string[];
}

export interface RunOptions {
  readonly prepared: Prepared;
  readonly real?: World['real'];
  /** Keep what happened, for people. */
  readonly trace?: boolean;
}

/** Must be called from the event loop: see drain.ts. */
export function run(plan: Plan, { prepared, real, trace = false }: RunOptions): Outcome {
  const begunAt = performance.now();
  const world = begun(prepared, plan.seed, real);
  const said: string[] = [];
  try {
    world.watches.push(...checkers(world));
    startAll(world);
    carryOut(world, plan, trace ? (line) => said.push(line) : undefined);
    if (world.findings.length === 0) healed(world);
    if (world.findings.length === 0) for (const { end } of world.watches) end?.(world);
  } finally {
    endAll(world);
    world.leave();
  }
  const { schedule, findings, sometimes } = world;
  return {
    events: schedule.events(),
    digest: schedule.digest(),
    finding: findings[0],
    sometimes,
    byKind: schedule.byKind,
    seconds: (performance.now() - begunAt) / 1_000,
    trace: said,
  };
}

/** A plan that leads to endless business is a finding. */
const eventsMax = 400_000;

function carryOut(world: World, { steps }: Plan, say: ((line: string) => void) | undefined): void {
  const { schedule, findings } = world;
  const from = schedule.events();
  let next = 0;
  while (findings.length === 0 && schedule.events() - from < eventsMax) {
    const step = steps[next];
    const isDue = step !== undefined && schedule.events() - from >= step.at;
    if (!isDue && schedule.pick()) continue;
    // Nothing is under way: at times whoever waits learns first that nobody comes.
    if (!isDue && world.random.chance(500) && schedule.leap()) continue;
    if (step === undefined) return;
    say?.(`${schedule.events()}: ${step.do} ${step.a} ${step.b} ${step.n}`);
    next += 1;
    take(world, step);
  }
}
