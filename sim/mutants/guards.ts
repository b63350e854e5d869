/**
 * Takes away each guard of the rules, one at a time, and asks what turns red: the tests of the core
 * that pass the guard, quick ones first; then the types; then the explorer at its small bound; then
 * the tests that were too slow at first. A guard whose deletion nothing notices is a guard that nothing checks.
 *
 *     npm run guards                                 every file of the list below
 *     npm run guards -- --files accept.ts,trade.ts   these, or any others of the core
 *     npm run guards -- --changed main               those that differ from a revision
 *     npm run guards -- --quick                      the quick tests alone
 *     npm run guards -- --json                       the last line is the result
 */

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lineOf, type Result } from '../result.ts';
import { choose } from './choose.ts';
import { equivalentOf, equivalents } from './equivalents.ts';
import { editOf, guardsOf, without, type Guard } from './guard-finder.ts';
import { openPool, type Pool, type Survey } from './pool.ts';
import { changedSince, coreSources, coreTests, root } from './tests.ts';
import { typeJudge } from './types.ts';

/** Where the rules are. */
export const guarded: readonly string[] = [
  ['primitive', 'accept card certificate committee countersignature evidence proof receipt'],
  ['primitive', 'entry registry slot slot-list step suite total verdict view'],
  ['bilateral', 'contact device offer passage relationship run trade'],
  ['protocols', 'allow-list escrow exit-part finality issue issue-part lineage movement note'],
  ['protocols', 'opening origin policy purse rules spend-part'],
  ['protocols', 'app operation route shared stream tick'],
  ['availability', 'handover next register registry-link seating signal succession'],
  ['availability', 'advertisement bucket-proof byte-commit capacity genesis history manifest'],
  ['availability', 'name placement sharing subscription sum-proof terms'],
  ['identity', 'attestation attributes capsule capsule-body capsule-reading capsule-state'],
  ['identity', 'challenge contributions credential device-tree directory frames genesis'],
  ['identity', 'introduction invitation login membership ndef pin presentation'],
  ['identity', 'tree-chain tree-update'],
].flatMap(([folder, names]) => names!.split(' ').map((name) => `core/${folder}/src/${name}.ts`));

interface Deletion {
  readonly guard: Guard;
  readonly source: string;
  /** What turned red; undefined as long as nothing did. */
  by: string | undefined;
  readonly passes: number;
}

const budgetMs = 15_000;
const patientMs = 90_000;
const exploreMs = 2 * 60_000;
const explorer = 'sim/explore/main.ts';
const usage = `npm run guards -- [--files NAMES] [--changed REVISION] [--quick] [--json] [--help]
Takes away each guard of the rules of the core and asks what turns red.
`;

async function run(files: readonly string[], patient: boolean, command: string): Promise<Result> {
  const start = performance.now();
  const deletions: Deletion[] = [];
  const pool = openPool(Math.min(2, availableParallelism()));
  try {
    const found = guardsOf(files);
    const points = new Map(found.map(([, guards], i) => [files[i]!, offsetsOf(guards)]));
    say(`${found.reduce((sum, [, { length }]) => sum + length, 0)} guards; measuring the tests`);
    const surveys = await pool.survey(coreTests(), points);
    const all = found.flatMap(([source, guards]) => guards.map((guard) => ({ guard, source })));
    const due = all.filter(({ guard }) => equivalentOf(guard) === undefined);
    for (const { guard, source } of due) {
      const { passes } = choose(surveys, points, pointOf(guard), 0);
      deletions.push({ guard, source, by: undefined, passes });
    }
    await judge(pool, deletions, surveys, points, budgetMs);
    const typed = judgeTypes(deletions);
    const explored = patient && existsSync(join(root, explorer)) ? await explore(deletions) : 0;
    if (patient) await judge(pool, deletions, surveys, points, patientMs);
    return resultOf(deletions, all.length - due.length, { explored, typed }, command, start);
  } finally {
    pool.close();
  }
}

function offsetsOf(guards: readonly Guard[]): readonly number[] {
  return [...new Set(guards.map(({ start }) => start))].toSorted((a, b) => a - b);
}

function pointOf({ file, start }: Guard): { readonly file: string; readonly offset: number } {
  return { file, offset: start };
}

async function judge(
  pool: Pool,
  deletions: readonly Deletion[],
  surveys: readonly Survey[],
  points: ReadonlyMap<string, readonly number[]>,
  budget: number,
): Promise<void> {
  const open = deletions.filter(({ by }) => by === undefined);
  const trials = open.map(({ guard, source }) => ({
    file: guard.file,
    source: without(source, guard),
    passesMax: 0,
    tests: [
      ...choose(surveys, points, pointOf(guard), budget).tests,
      ...(budget === patientMs ? surveys.filter(({ ms }) => ms === Infinity) : []),
    ],
  }));
  let done = 0;
  await pool.judge(trials, (at, verdict) => {
    const deletion = open[at]!;
    if (verdict.type === 'invalid') throw new Error(`${nameOf(deletion.guard)}: ${verdict.why}`);
    if (verdict.type === 'killed') deletion.by = verdict.by;
    if (verdict.type === 'endless') deletion.by = 'a run that does not end';
    done += 1;
    if (done % 50 === 0) say(`${done} of ${open.length} judged by tests`);
    if (verdict.type === 'survived') say(`open: ${nameOf(deletion.guard)}`);
  });
}

/** Asks the compiler about what the quick tests left open; the number that it noticed. */
function judgeTypes(deletions: readonly Deletion[]): number {
  const types = typeJudge();
  let noticed = 0;
  for (const deletion of deletions.filter(({ by }) => by === undefined)) {
    const { guard, source } = deletion;
    const wrong = types.wrongWith(guard.file, without(source, guard));
    if (wrong === undefined) continue;
    deletion.by = `the types: ${wrong}`;
    noticed += 1;
  }
  types.close();
  return noticed;
}

/** Asks the explorer about what the tests left open; the number that it noticed. */
async function explore(deletions: readonly Deletion[]): Promise<number> {
  let noticed = 0;
  for (const deletion of deletions.filter(({ by }) => by === undefined)) {
    const edits = [editOf(deletion.source, deletion.guard)];
    if ((await explorerEnds(JSON.stringify(edits))) !== 1) continue;
    deletion.by = `${explorer} --bound small`;
    noticed += 1;
    say(`explorer: ${nameOf(deletion.guard)}`);
  }
  return noticed;
}

function explorerEnds(edits: string): Promise<number | null> {
  const args = ['--import', './sim/edits/load.ts', explorer, '--bound', 'small'];
  const env = { ...process.env, DSM_EDITS: edits };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: root,
      env,
      stdio: 'ignore',
      timeout: exploreMs,
      killSignal: 'SIGKILL',
    });
    child.on('error', reject);
    child.on('close', resolve);
  });
}

function nameOf({ file, line, inside, kind, text }: Guard): string {
  return `${file}:${line} ${inside}, ${kind}: ${text}`;
}

function resultOf(
  deletions: readonly Deletion[],
  excused: number,
  { explored, typed }: { readonly explored: number; readonly typed: number },
  command: string,
  start: number,
): Result {
  const left = deletions.filter(({ by }) => by === undefined);
  const files = new Set(deletions.map(({ guard }) => guard.file));
  const red = deletions.length - left.length;
  return {
    tool: 'guards',
    part: 'core',
    command,
    ok: deletions.length > 0 && left.length === 0,
    bound: `each condition, operand and check of ${files.size} files of rules, taken away alone`,
    seconds: Math.round(performance.now() - start) / 1_000,
    figures: {
      deletions: deletions.length,
      red,
      'red by tests of the core': red - explored - typed,
      'red by the types alone': typed,
      'red by the explorer alone': explored,
      share: `${deletions.length === 0 ? 0 : ((100 * red) / deletions.length).toFixed(1)} %`,
      'without any difference, with reasons': excused,
    },
    findings: left.map(
      ({ guard, passes }) =>
        `${nameOf(guard)}: nothing notices its deletion${passes === 0 ? '; no test passes it' : ''}.`,
    ),
    uncovered: [
      'Two guards taken away at once.',
      ...(equivalents.length === 0
        ? []
        : [`${equivalents.length} guards that make no difference: sim/mutants/equivalents.ts.`]),
    ],
  };
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(args: readonly string[]): Promise<number> {
  const options = {
    files: { type: 'string' },
    changed: { type: 'string' },
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  } as const;
  let values: { files?: string; changed?: string; quick?: boolean; json?: boolean; help?: boolean };
  try {
    ({ values } = parseArgs({ args: [...args], options }));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n${usage}`);
    return 2;
  }
  if (values.help === true) {
    process.stdout.write(usage);
    return 0;
  }
  const names = values.files?.split(',');
  const changed = values.changed === undefined ? undefined : changedSince(values.changed);
  const files = (names === undefined ? guarded : coreSources()).filter(
    (file) =>
      (names === undefined || names.some((name) => file.endsWith(`/${name}`))) &&
      (changed === undefined || changed.has(file)),
  );
  const command = ['npm run guards', ...(args.length === 0 ? [] : ['--', ...args])].join(' ');
  const result = await run(files, values.quick !== true, command);
  for (const finding of result.findings) process.stdout.write(`${finding}\n`);
  const { red, deletions } = result.figures;
  process.stdout.write(`${red} of ${deletions} deletions are noticed\n`);
  if (values.json === true) process.stdout.write(`${lineOf(result)}\n`);
  return result.ok || (changed !== undefined && deletions === 0) ? 0 : 1;
}

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));
