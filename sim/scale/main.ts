/**
 * The claims of seed 000 at scale, over the core that ships:
 *
 *     npm run scale -- matching --devices 1000000
 *     npm run scale -- --all --json --plot
 *     npm run scale -- --draw                  the charts again, from the data beside them
 *
 * Every claim answers with figures and with findings; a finding ends the program with 1. Progress
 * goes to standard error; with --json a line for each claim goes to standard output.
 */

import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installIdeal } from '../ideal.ts';
import { lineOf, type Result } from '../result.ts';
import type { Claim, Scale } from './claim.ts';
import { claims } from './claims.ts';
import { countHashes, rounded } from './measure.ts';
import { dataOf, svgOf, type Chart } from './plot.ts';

const usage = `npm run scale -- [NAME…] [--all] [--quick] [--devices N] [--seed N] [--json] [--plot]

NAME       a claim: ${claims.map(({ name }) => name).join(', ')}
--all      every claim
--quick    a few seconds for each, up to 10,000 devices
--devices  the most devices of a population (1,000,000)
--seed     of the dice (1)
--json     a result as JSON for each claim
--plot     write the charts and their data to docs/plots
--draw     draw the charts of docs/plots again from their data, and do nothing else
`;

const plots = join(import.meta.dirname, '..', '..', 'docs', 'plots');

interface Asked {
  readonly claims: readonly Claim[];
  readonly scale: Scale;
  readonly json: boolean;
  readonly plot: boolean;
}

/** What is asked for; undefined if it makes no sense. */
function asked(args: readonly string[]): Asked | 'help' | 'draw' | undefined {
  const options = {
    all: { type: 'boolean' },
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    plot: { type: 'boolean' },
    draw: { type: 'boolean' },
    help: { type: 'boolean' },
    devices: { type: 'string' },
    seed: { type: 'string' },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch {
    return undefined;
  }
  const { values, positionals } = parsed;
  if (values.help === true) return 'help';
  if (values.draw === true) return 'draw';
  const isAll = values.all === true;
  const wanted = claims.filter(({ name }) => isAll || positionals.includes(name));
  const isKnown = positionals.every((name) => claims.some((claim) => claim.name === name));
  const quick = values.quick === true;
  const devices = Number(values.devices ?? (quick ? 10_000 : 1_000_000));
  const seed = Number(values.seed ?? 1);
  const isSane = Number.isSafeInteger(devices) && devices >= 100 && Number.isSafeInteger(seed);
  if (wanted.length === 0 || !isKnown || !isSane) return undefined;
  const progress = (line: string): void => console.error(line);
  return {
    claims: wanted,
    scale: { quick, devices, seed, progress },
    json: values.json === true,
    plot: values.plot === true,
  };
}

function resultOf(
  claim: Claim,
  scale: Scale,
  keepCharts: (charts: readonly Chart[]) => void,
): Result {
  const started = performance.now();
  const { name } = claim;
  const flags = `${scale.quick ? ' --quick' : ''} --devices ${scale.devices} --seed ${scale.seed}`;
  // A quick run must not stand in the record in the place of a whole one.
  const part = scale.quick ? `${name}, quick` : name;
  const common = { tool: 'scale', part, command: `npm run scale -- ${name}${flags}` };
  scale.progress(`${name}: ${claim.place}`);
  try {
    const outcome = claim.prove(scale);
    keepCharts(outcome.charts);
    const { bound, figures, findings, uncovered } = outcome;
    return {
      ...common,
      ok: findings.length === 0,
      bound,
      seconds: secondsSince(started),
      figures,
      findings,
      uncovered,
    };
  } catch (fault) {
    const findings = [
      `total: ${fault instanceof Error ? (fault.stack ?? fault.message) : String(fault)}`,
    ];
    return {
      ...common,
      ok: false,
      bound: 'it ended early',
      seconds: secondsSince(started),
      figures: {},
      findings,
      uncovered: [],
    };
  }
}

function secondsSince(started: number): number {
  return rounded((performance.now() - started) / 1_000);
}

function shown({ part, ok, bound, seconds, figures, findings, uncovered }: Result): string {
  const lines = Object.entries(figures).map(([name, figure]) => `  ${name}: ${figure}`);
  return [
    `${part}: ${ok ? 'holds' : 'DOES NOT HOLD'} (${seconds} s)`,
    `  ${bound}`,
    ...lines,
    ...findings.map((finding) => `  found ${finding}`),
    ...uncovered.map((sentence) => `  not covered: ${sentence}`),
  ].join('\n');
}

function written(charts: readonly Chart[], command: string): void {
  mkdirSync(plots, { recursive: true });
  for (const chart of charts) {
    writeFileSync(join(plots, `${chart.name}.svg`), svgOf(chart));
    writeFileSync(join(plots, `${chart.name}.json`), dataOf(chart, command));
  }
}

function drawn(): void {
  for (const file of globSync('*.json', { cwd: plots })) {
    const chart = JSON.parse(readFileSync(join(plots, file), 'utf8')) as Chart;
    writeFileSync(join(plots, `${chart.name}.svg`), svgOf(chart));
  }
}

function main(): number {
  const order = asked(process.argv.slice(2));
  if (order === 'draw') {
    drawn();
    return 0;
  }
  if (order === undefined || order === 'help') {
    (order === 'help' ? console.log : console.error)(usage);
    return order === 'help' ? 0 : 2;
  }
  installIdeal();
  countHashes();
  const results = order.claims.map((claim) => {
    let charts: readonly Chart[] = [];
    const result = resultOf(claim, order.scale, (made) => {
      charts = made;
    });
    if (order.plot) written(charts, result.command);
    console.log(order.json ? lineOf(result) : shown(result));
    return result;
  });
  return results.every(({ ok }) => ok) ? 0 : 1;
}

process.exitCode = main();
