/**
 * Mutants of the core, made by StrykerJS one token at a time, judged by the tests of the core.
 *
 *     npm run mutants                                every file: long
 *     npm run mutants -- --files accept.ts,run.ts    some of them
 *     npm run mutants -- --changed main              those that differ from a revision
 *     npm run mutants -- --sample 300                so many, drawn from all that would be judged
 *     npm run mutants -- --budget 10                 seconds of tests for one mutant (10)
 *     npm run mutants -- --json                      the last line is the result
 *
 * A mutant is noticed if a test fails or does not end. It is asked of those tests alone that pass it,
 * quick ones first, up to the budget, so the score is what these tests notice, or less.
 */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lineOf, type Result } from '../result.ts';
import { choose } from './choose.ts';
import { openPool, type Pool, type Trial } from './pool.ts';
import { drawn, scores, type Judged } from './score.ts';
import { instrument, type Mutant } from './stryker.ts';
import { changedSince, coreSources, coreTests } from './tests.ts';

const floor = 85;
const usage = `npm run mutants -- [--files NAMES] [--changed REVISION] [--sample N] [--budget SECONDS]
                   [--json] [--help]
Makes mutants of the core and asks which of them the tests of the core notice.
`;

interface Options {
  readonly files: readonly string[];
  readonly sample: number;
  readonly budgetMs: number;
  readonly command: string;
}

async function run(options: Options): Promise<Result> {
  const { files, sample, budgetMs } = options;
  const start = performance.now();
  const pool = openPool(Math.min(2, availableParallelism()));
  const folder = mkdtempSync(join(tmpdir(), 'dsm-mutants-'));
  try {
    const made = await instrument(files);
    const paths = new Map<string, string>();
    for (const [i, { file, text }] of made.entries()) {
      paths.set(file, join(folder, `${i}.ts`));
      writeFileSync(paths.get(file)!, text);
    }
    const all = made.flatMap(({ mutants }) => mutants);
    const mutants = drawn(all.filter(isForMachines), sample);
    const judged = await judge(pool, mutants, paths, budgetMs);
    for (const one of judged.filter(({ verdict }) => verdict.type === 'survived')) {
      process.stdout.write(`${lineOfSurvivor(one)}\n`);
    }
    const result = resultOf(judged, all.length, options, start);
    report(result, judged);
    return result;
  } finally {
    pool.close();
    rmSync(folder, { recursive: true });
  }
}

/** Sentences are for people: that one says something else changes no decision. */
function isForMachines({ mutator, from }: Mutant): boolean {
  return mutator !== 'StringLiteral' || !from.includes(' ');
}

async function judge(
  pool: Pool,
  mutants: readonly Mutant[],
  paths: ReadonlyMap<string, string>,
  budgetMs: number,
): Promise<readonly Judged[]> {
  const points = new Map(
    [...Map.groupBy(mutants, ({ file }) => file)].map(([file, some]) => [
      file,
      [...new Set(some.map(({ offset }) => offset))].toSorted((a, b) => a - b),
    ]),
  );
  if (mutants.length > 0) say(`${mutants.length} mutants; measuring the tests`);
  const surveys = mutants.length === 0 ? [] : await pool.survey(coreTests(), points);
  const trials = mutants.map((mutant): Trial => {
    const { tests, passes } = choose(surveys, points, mutant, budgetMs);
    const instrumented = paths.get(mutant.file)!;
    return {
      file: mutant.file,
      instrumented,
      mutant: mutant.id,
      passesMax: 10_000 + 20 * passes,
      tests: tests.map(({ testFile, index, name, ms }) => ({ testFile, index, name, ms })),
    };
  });
  const judged: Judged[] = [];
  await pool.judge(trials, (at, verdict) => {
    const mutant = mutants[at]!;
    const passed = trials[at]!.tests.length > 0;
    judged.push({ mutant, verdict, passed });
    if (judged.length % 100 === 0) say(`${judged.length} of ${mutants.length}`);
  });
  return judged;
}

function resultOf(
  judged: readonly Judged[],
  made: number,
  { files, sample, budgetMs, command }: Options,
  start: number,
): Result {
  const { whole, byFile } = scores(judged);
  const worst = byFile.toSorted((a, b) => a.share - b.share).slice(0, 8);
  const enough = judged.length === 0 || whole.share >= floor;
  const drawnOf = sample < made ? ', a sample of them' : '';
  return {
    tool: 'mutants',
    part: 'core',
    command,
    ok: enough,
    bound: `${judged.length} mutants of ${files.length} files of the core${drawnOf}, ${budgetMs / 1_000} s of tests each`,
    seconds: Math.round(performance.now() - start) / 1_000,
    figures: {
      'mutants made': made,
      judged: judged.length,
      score: `${whole.share.toFixed(1)} %`,
      failed: whole.killed,
      endless: whole.endless,
      survived: whole.survived,
      'passed by no test': whole.unpassed,
      ...Object.fromEntries(worst.map(({ name, share }) => [name, `${share.toFixed(1)} %`])),
    },
    findings: enough ? [] : [`The score is ${whole.share.toFixed(1)} %, below ${floor} %.`],
    uncovered: [
      'Mutants of sentences for people: a string literal with a blank in it is left as it is.',
      'Tests beyond the budget of a mutant, and the tests of host and sim.',
    ],
  };
}

function report({ figures, findings }: Result, judged: readonly Judged[]): void {
  for (const { name, share, survived } of scores(judged).byFile) {
    process.stdout.write(`${name}: ${share.toFixed(1)} %, ${survived} survived\n`);
  }
  for (const [name, value] of Object.entries(figures)) process.stdout.write(`${name}: ${value}\n`);
  for (const finding of findings) process.stdout.write(`${finding}\n`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function lineOfSurvivor({ mutant, passed }: Judged): string {
  const { file, line, mutator, from, to } = mutant;
  const brief = (text: string): string => text.replaceAll(/\s+/g, ' ').slice(0, 70);
  const unpassed = passed ? '' : ' (passed by no test)';
  return `${file}:${line} ${mutator}: ${brief(from)} -> ${brief(to)}${unpassed}`;
}

interface Values {
  readonly files?: string | undefined;
  readonly changed?: string | undefined;
  readonly sample?: string | undefined;
  readonly budget?: string | undefined;
  readonly json?: boolean | undefined;
  readonly help?: boolean | undefined;
}

function valuesOf(args: readonly string[]): Values {
  const options = {
    files: { type: 'string' },
    changed: { type: 'string' },
    sample: { type: 'string' },
    budget: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  const { values } = parseArgs({ args: [...args], options });
  for (const number of [values.sample, values.budget]) {
    if (number !== undefined && !(Number(number) > 0)) throw new Error(`not a number: ${number}`);
  }
  return values;
}

function chosenFiles({ files, changed }: Values): readonly string[] {
  const names = files?.split(',');
  const differ = changed === undefined ? undefined : changedSince(changed);
  return coreSources().filter(
    (file) =>
      (names === undefined || names.some((name) => `/${file}`.endsWith(`/${name}`))) &&
      (differ === undefined || differ.has(file)),
  );
}

async function main(args: readonly string[]): Promise<number> {
  let values: Values;
  try {
    values = valuesOf(args);
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const result = await run({
    files: chosenFiles(values),
    sample: Number(values.sample ?? Infinity),
    budgetMs: 1_000 * Number(values.budget ?? 10),
    command: ['npm run mutants', ...(args.length === 0 ? [] : ['--', ...args])].join(' '),
  });
  if (values.json === true) process.stdout.write(`${lineOf(result)}\n`);
  return result.ok ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
