/**
 * The simulator of the whole system: `npm run sim`. See docs/simulation.md.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { nativeKem, installNative } from '@dsm/node';
import { installIdeal } from '../ideal.ts';
import { lineOf, type Result } from '../result.ts';
import { fromTheLoop } from './drain.ts';
import { readOptions, usage, type Options } from './options.ts';
import { planOf, type Plan } from './plan.ts';
import { prepared, type Prepared } from './prepared.ts';
import { run, type Outcome } from './run.ts';
import { scenarioOf, scenarios, type Scenario } from './scenarios.ts';
import { shrunk } from './shrink.ts';
import { mustHappen } from './sometimes.ts';

/** What all runs together came to. */
interface Tally {
  runs: number;
  events: number;
  seconds: number;
  readonly sometimes: Map<string, number>;
  readonly byKind: Map<string, number>;
  readonly digests: string[];
  readonly findings: string[];
}

async function main(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (options === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const chosen = options.scenario === undefined ? undefined : scenarioOf(options.scenario);
  if (options.scenario !== undefined && chosen === undefined) {
    process.stderr.write(`no scenario is called ${options.scenario}\n`);
    return 2;
  }
  const tally: Tally = {
    runs: 0,
    events: 0,
    seconds: 0,
    sometimes: new Map(),
    byKind: new Map(),
    digests: [],
    findings: [],
  };
  const stray = strayErrors(tally);
  const begun = performance.now();
  if (options.replay !== undefined) await replayed(options, options.replay, tally);
  else await simulated(options, chosen === undefined ? standard : [chosen], tally);
  process.off('unhandledRejection', stray);
  const missed = isStandard(options) ? mustHappen.filter((what) => !tally.sometimes.has(what)) : [];
  for (const what of missed) tally.findings.push(`it never happened: ${what}`);
  report(tally, options, (performance.now() - begun) / 1_000);
  return tally.findings.length > 0 ? 1 : 0;
}

const standard = scenarios.filter(({ real }) => real !== true);

/** The set whose counters must all be hit. */
function isStandard({ scenario, replay, seeds }: Options): boolean {
  return scenario === undefined && replay === undefined && seeds >= 12;
}

/** A promise that nobody looks after is a fault of the host's code. */
function strayErrors({ findings }: Tally): (reason: unknown) => void {
  const stray = (reason: unknown): void => {
    findings.push(`errors: nobody heard of ${(reason as Error)?.stack ?? String(reason)}`);
  };
  process.on('unhandledRejection', stray);
  return stray;
}

/** Signatures and hashes are chosen for the whole process, before anything is made. */
function beginning(scenario: Scenario): Promise<Prepared> {
  if (scenario.real === true) installNative();
  else installIdeal();
  return fromTheLoop(() => prepared(scenario.shape, realOf(scenario)));
}

function realOf({ real }: Scenario): { readonly kem: typeof nativeKem } | undefined {
  return real === true ? { kem: nativeKem } : undefined;
}

async function simulated(
  options: Options,
  chosen: readonly Scenario[],
  tally: Tally,
): Promise<void> {
  const begun = new Map<Scenario, Prepared>();
  for (const scenario of chosen) begun.set(scenario, await beginning(scenario));
  for (let n = 0; n < options.seeds || tally.events < options.events; n++) {
    for (const scenario of chosen) {
      const plan = planOf(scenario, options.seed + n);
      await one(options, scenario, begun.get(scenario)!, plan, tally);
      if (tally.findings.length > 0) return;
    }
    if (n % 10 === 9) process.stderr.write(`${tally.runs} runs, ${tally.events} events\n`);
  }
}

async function replayed(options: Options, file: string, tally: Tally): Promise<void> {
  const { plan } = JSON.parse(readFileSync(file, 'utf8')) as { readonly plan: Plan };
  const scenario = scenarioOf(plan.scenario);
  if (scenario === undefined) throw new RangeError(`${file} names an unknown scenario`);
  await one(options, scenario, await beginning(scenario), plan, tally);
}

async function one(
  options: Options,
  scenario: Scenario,
  ready: Prepared,
  plan: Plan,
  tally: Tally,
): Promise<void> {
  const real = realOf(scenario);
  const again = (other: Plan, trace = false): Promise<Outcome> =>
    fromTheLoop(() => run(other, { prepared: ready, real, trace }));
  const outcome = await again(plan, options.trace);
  count(tally, outcome);
  for (const said of outcome.trace) process.stdout.write(`${said}\n`);
  if (outcome.finding === undefined) return;
  const { checker, sentence } = outcome.finding;
  process.stderr.write(`${checker}: ${sentence}\nshrinking …\n`);
  const small = await fromTheLoop(() =>
    shrunk(plan, outcome, (other) => run(other, { prepared: ready, real }), options.shrink),
  );
  const told = await again(small.plan, true);
  process.stdout.write(`${small.plan.steps.length} of ${plan.steps.length} steps remain:\n`);
  for (const said of told.trace) process.stdout.write(`  ${said}\n`);
  process.stdout.write(`${JSON.stringify({ plan: small.plan, digest: told.digest })}\n`);
  tally.findings.push(
    `${checker}: ${told.finding?.sentence ?? sentence} (scenario ${scenario.name}, seed ${plan.seed})`,
  );
  if (options.keep === undefined) return;
  mkdirSync(options.keep, { recursive: true });
  const file = join(options.keep, `${checker}-${scenario.name}-${plan.seed}.json`);
  writeFileSync(file, `${JSON.stringify({ plan: small.plan, digest: told.digest, checker })}\n`);
}

function count(tally: Tally, { events, seconds, digest, sometimes, byKind }: Outcome): void {
  tally.runs += 1;
  tally.events += events;
  tally.seconds += seconds;
  tally.digests.push(digest);
  for (const [what, times] of sometimes) {
    tally.sometimes.set(what, (tally.sometimes.get(what) ?? 0) + times);
  }
  for (const [kind, times] of byKind) {
    tally.byKind.set(kind, (tally.byKind.get(kind) ?? 0) + times);
  }
}

function report(tally: Tally, options: Options, seconds: number): void {
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  for (const [what, times] of [...tally.sometimes].toSorted(([a], [b]) => (a < b ? -1 : 1)))
    say(`${what}: ${times}`);
  for (const [kind, times] of tally.byKind) say(`events, ${kind}: ${times}`);
  const rate = Math.round(tally.events / Math.max(tally.seconds, 1e-9));
  say(`${tally.runs} runs, ${tally.events} events, ${rate} events a second`);
  say(
    `digest of all runs: ${tally.digests.length === 1 ? tally.digests[0] : digestOf(tally.digests)}`,
  );
  for (const finding of tally.findings) say(`FINDING ${finding}`);
  if (options.json) say(lineOf(resultOf(tally, options, seconds, rate)));
}

function digestOf(digests: readonly string[]): string {
  let sum = 0;
  for (const text of digests)
    for (const char of text) sum = (Math.imul(sum, 31) + char.charCodeAt(0)) | 0;
  return (sum >>> 0).toString(36);
}

function resultOf(tally: Tally, options: Options, seconds: number, rate: number): Result {
  const { scenario, seed, seeds, events } = options;
  const named = scenario === undefined ? '' : ` --scenario ${scenario}`;
  const budget = events === 0 ? '' : ` --events ${events}`;
  const times = (what: string): number => tally.sometimes.get(what) ?? 0;
  return {
    tool: 'world',
    part: options.replay ?? scenario ?? 'standard',
    command: `npm run sim -- --seed ${seed} --seeds ${seeds}${named}${budget}`,
    ok: tally.findings.length === 0,
    bound: `${tally.runs} seeded runs of whole worlds (up to 6 devices, their clones, up to 6 nodes), each healed at its end`,
    seconds: Math.round(seconds * 10) / 10,
    figures: {
      runs: tally.runs,
      events: tally.events,
      'events per second': rate,
      crashes: times('crash') + times('kill-node') + times('power-cut'),
      'kinds of things that happened': tally.sometimes.size,
      digest: digestOf(tally.digests),
    },
    findings: tally.findings,
    uncovered: [
      'signatures, sealing and key agreement are ideal, except in the scenario real',
      'the two copies of a wallet’s store are modelled at the store port',
    ],
  };
}

process.exitCode = await main(process.argv.slice(2));
