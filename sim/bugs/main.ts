/**
 * Makes every seeded bug, one process each, and asks whether the check that must find it does.
 *
 *     npm run bugs                           all of them, two at a time
 *     npm run bugs -- --only explore         those of one area
 *     npm run bugs -- --only explore/no-tip  one of them
 *     npm run bugs -- --json                 the last line is the result
 *
 * Found means: the program ended with 1 and its output holds the name of the invariant. Another
 * exit code is no finding: a program that falls over under a bug has not judged it.
 */

import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { lineOf, type Result } from '../result.ts';
import type { SeededBug } from './bug.ts';

export interface NamedBug extends SeededBug {
  /** The file of the bug, without its ending. */
  readonly area: string;
}

export interface Outcome {
  readonly bug: NamedBug;
  readonly found: boolean;
  /** Why it counts as missed; empty if it was found. */
  readonly why: string;
  readonly seconds: number;
}

const limitMs = 5 * 60_000;
const atOnce = 2;
const notBugs: ReadonlySet<string> = new Set(['bug', 'main']);
const usage = `npm run bugs -- [--only AREA[/NAME]] [--json] [--help]
Makes every seeded bug of sim/bugs and runs the check that must find it.
`;

/** Every seeded bug of this folder, with its area. */
export async function allBugs(): Promise<readonly NamedBug[]> {
  const files = globSync('*.ts', { cwd: import.meta.dirname }).toSorted();
  const areas = files.map((file) => basename(file, '.ts')).filter((area) => !notBugs.has(area));
  const bugs = areas.map(async (area): Promise<readonly NamedBug[]> => {
    const held = (await import(`./${area}.ts`)) as { readonly bugs: readonly SeededBug[] };
    return held.bugs.map((bug) => ({ ...bug, area }));
  });
  return (await Promise.all(bugs)).flat();
}

/** What a run says of its bug: found, or why not. */
export function missedBecause(
  bug: Pick<SeededBug, 'finding'>,
  code: number | null,
  output: string,
): string {
  if (code === null) return `it did not end within ${limitMs / 60_000} minutes`;
  if (code === 0) return 'the check found nothing';
  if (code !== 1) return `the check ended with ${code}, which is no finding`;
  return output.includes(bug.finding) ? '' : `the output does not hold: ${bug.finding}`;
}

function runBug(bug: NamedBug): Promise<Outcome> {
  const start = performance.now();
  const args = ['--import', './sim/edits/load.ts', '--import', './test/seeded.ts', ...bug.by];
  const env = { ...process.env, DSM_EDITS: JSON.stringify(bug.edits) };
  return new Promise((resolve, reject) => {
    const cwd = join(import.meta.dirname, '..', '..');
    const child = spawn(process.execPath, args, { cwd, env, timeout: limitMs, stdio: 'pipe' });
    const said: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => said.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => said.push(bytes));
    child.on('error', reject);
    child.on('close', (code) => {
      const why = missedBecause(bug, code, Buffer.concat(said).toString());
      const seconds = (performance.now() - start) / 1_000;
      resolve({ bug, found: why === '', why, seconds });
    });
  });
}

async function runAll(bugs: readonly NamedBug[]): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let bug = bugs[next++]; bug !== undefined; bug = bugs[next++]) {
      const outcome = await runBug(bug);
      outcomes.push(outcome);
      process.stderr.write(`${outcomes.length}/${bugs.length} ${lineOfOutcome(outcome)}\n`);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return outcomes;
}

function nameOf({ area, name }: NamedBug): string {
  return `${area}/${name}`;
}

function lineOfOutcome({ bug, found, why, seconds }: Outcome): string {
  const what = found ? `found as ${bug.finding}` : `MISSED: ${why}`;
  return `${nameOf(bug)}: ${what} (${seconds.toFixed(1)} s)`;
}

function resultOf(outcomes: readonly Outcome[], only: string | undefined, start: number): Result {
  const missed = outcomes.filter(({ found }) => !found);
  const areas = Map.groupBy(outcomes, ({ bug }) => bug.area);
  const command = only === undefined ? 'npm run bugs' : `npm run bugs -- --only ${only}`;
  return {
    tool: 'bugs',
    part: only ?? 'all',
    command,
    ok: outcomes.length > 0 && missed.length === 0,
    bound: `${outcomes.length} seeded bugs of ${areas.size} areas, each made alone`,
    seconds: Math.round(performance.now() - start) / 1_000,
    figures: {
      bugs: outcomes.length,
      found: outcomes.length - missed.length,
      ...Object.fromEntries(
        [...areas].map(([area, some]) => [
          area,
          `${some.filter(({ found }) => found).length} of ${some.length}`,
        ]),
      ),
    },
    findings:
      outcomes.length === 0
        ? ['There is no such seeded bug.']
        : missed.map(({ bug, why }) => `${nameOf(bug)} is missed by ${bug.by.join(' ')}: ${why}.`),
    uncovered: ['Bugs that nobody thought of: npm run mutants makes those of one token.'],
  };
}

async function main(args: readonly string[]): Promise<number> {
  const start = performance.now();
  const options = {
    only: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  let only: string | undefined;
  let json = false;
  try {
    const { values } = parseArgs({ args: [...args], options });
    if (values.help === true) {
      process.stdout.write(usage);
      return 0;
    }
    only = values.only;
    json = values.json === true;
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  const bugs = (await allBugs()).filter(
    (bug) => only === undefined || bug.area === only || nameOf(bug) === only,
  );
  const outcomes = await runAll(bugs);
  const result = resultOf(outcomes, only, start);
  for (const outcome of outcomes) process.stdout.write(`${lineOfOutcome(outcome)}\n`);
  process.stdout.write(`${result.figures['found']} of ${result.figures['bugs']} found\n`);
  for (const finding of json ? [] : result.findings) process.stderr.write(`${finding}\n`);
  if (json) process.stdout.write(`${lineOf(result)}\n`);
  return result.ok ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
