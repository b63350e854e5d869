/** The runs that were asked for, what is told of them, and the result. */

import { lineOf, type Result } from '../result.ts';
import { corpusOf, keepCorpus } from './corpus.ts';
import { execute, type Finding } from './execute.ts';
import { minimised, search, type Searched } from './fuzzer.ts';
import type { Options } from './options.ts';
import { vectorBytes } from './samples.ts';
import type { Target } from './target.ts';
import { allTargets } from './targets.ts';

/** The exit code. */
export async function fuzz(options: Options, command: string): Promise<number> {
  const { targets: wanted, part } = options;
  const all = await allTargets();
  const named = all.filter(
    ({ name }) => wanted.length === 0 || wanted.some((w) => name.startsWith(w)),
  );
  const missing = wanted.find((one) => !all.some(({ name }) => name.startsWith(one)));
  if (missing !== undefined) {
    process.stderr.write(`there is no target "${missing}": see --list\n`);
    return 2;
  }
  const targets = named.filter((_, i) => i % part.of === part.index);
  if (options.list) {
    process.stdout.write(targets.map(({ name }) => `${name}\n`).join(''));
    return 0;
  }
  if (options.input !== undefined) return once(targets, options.input);
  return searched(targets, options, command);
}

async function once(targets: readonly Target[], input: Uint8Array): Promise<number> {
  let code = 0;
  for (const target of targets) {
    const outcome = await execute(target, input.slice());
    const said = typeof outcome === 'string' ? outcome : sentenceOf(outcome);
    process.stdout.write(`${target.name}: ${said}\n`);
    if (typeof outcome === 'object') code = 1;
  }
  return code;
}

function sentenceOf({ target, property, sentence, input }: Finding): string {
  const bytes = Buffer.from(input).toString('base64url');
  return `${property}: ${sentence}; again: npm run fuzz -- ${target} --input ${bytes || '""'}`;
}

async function searched(
  targets: readonly Target[],
  options: Options,
  command: string,
): Promise<number> {
  const begun = performance.now();
  const all: Searched[] = [];
  const findings: string[] = [];
  for (const [i, target] of targets.entries()) {
    const left = options.seconds - (performance.now() - begun) / 1_000;
    const one = await searchOne(target, options, left / (targets.length - i));
    all.push(one);
    process.stderr.write(`${lineFor(target, one)}\n`);
    for (const finding of one.findings) {
      findings.push(`${target.name}: ${sentenceOf(finding)}`);
      process.stdout.write(`FOUND ${findings.at(-1)}\n`);
    }
  }
  const seconds = (performance.now() - begun) / 1_000;
  const result = resultOf(targets, all, { options, command, seconds, findings });
  process.stdout.write(`${result.bound} ${Math.round(seconds)} s.\n`);
  if (options.json) process.stdout.write(`${lineOf(result)}\n`);
  return result.ok ? 0 : 1;
}

async function searchOne(target: Target, options: Options, seconds: number): Promise<Searched> {
  const until = performance.now() + seconds * 1_000;
  const kept = corpusOf(target.name);
  const isFirst = options.keep || kept.length === 0;
  const start = isFirst ? [...kept, ...vectorBytes()] : kept;
  const one = await search(target, {
    seed: options.seed,
    runs: Math.ceil(options.runs / target.cost),
    isOver: () => performance.now() > until,
    isCounting: !options.plain,
    start,
  });
  if (options.keep && one.findings.length === 0) {
    keepCorpus(target.name, await minimised(target, one.known));
  }
  return one;
}

function lineFor({ name }: Target, { runs, taken, features, seconds }: Searched): string {
  const rate = Math.round(runs / Math.max(seconds, 1e-6) / 1_000);
  return `${name.padEnd(52)} ${runs} runs, ${taken} taken, ${features} features, ${rate} k/s`;
}

/** All that this process has worked, loading included: others may have had the machine meanwhile. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return Math.max(user + system, 1) / 1_000_000;
}

interface Told {
  readonly options: Options;
  readonly command: string;
  readonly seconds: number;
  readonly findings: readonly string[];
}

function resultOf(
  targets: readonly Target[],
  all: readonly Searched[],
  { options, command, seconds, findings }: Told,
): Result {
  const runs = all.reduce((sum, one) => sum + one.runs, 0);
  const untaken = targets.filter((_, i) => all[i]!.taken === 0).map(({ name }) => name);
  const { plain, part, seed } = options;
  const fewest = Math.min(...all.map((one) => one.runs));
  const how = plain ? 'mutations of the corpus' : 'mutations led by branch counters';
  return {
    tool: 'fuzz',
    part: `${plain ? 'volume' : 'search'} ${part.index + 1} of ${part.of}`,
    command,
    ok: findings.length === 0 && untaken.length === 0,
    bound: `${runs} executions of ${targets.length} targets, seed ${seed}, ${how}.`,
    seconds,
    figures: {
      executions: runs,
      targets: targets.length,
      'fewest of one target': fewest,
      taken: all.reduce((sum, one) => sum + one.taken, 0),
      ...(plain ? {} : { features: all.reduce((sum, one) => sum + one.features, 0) }),
      'executions a second': Math.round(runs / Math.max(seconds, 1e-6)),
      'executions a processor second': Math.round(runs / processorSeconds()),
    },
    findings: [...findings, ...untaken.map((name) => `${name}: no input was ever taken`)],
    uncovered: [
      'Inputs are at most 64 KiB; limits beyond that are tried by their length fields only.',
      ...(plain ? ['Endless work and room are bounded by count only in runs with counters.'] : []),
    ],
  };
}
