/**
 * The one check: types, lint, format, then the tests of every layer, quickest first.
 *
 *     npm test                       everything that is quick
 *     npm run test:all               and the long runs: *.soak.test.ts, test/all/, DSM_TEST_LONG=1
 *     npm test -- core/primitive     only the test files under these paths
 *
 * Two processes run at a time, several for a large package. Nothing stops at the first failure, and
 * a run that finds nothing fails. The last line is the sum: `N passed, N failed, N skipped`, where
 * each of the checks before the tests counts as one.
 */

import { spawn } from 'node:child_process';
import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { availableParallelism } from 'node:os';
import { createInterface } from 'node:readline';
import { countsMark, type Counts } from './counts.ts';

interface Check {
  readonly name: string;
  readonly args: readonly string[];
}

interface Group {
  readonly name: string;
  readonly glob: string;
  /** A required group that finds no file is a failure, not a success. */
  readonly required: boolean;
  readonly options: readonly string[];
}

const checks: readonly Check[] = [
  { name: 'types of core', args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.core.json'] },
  { name: 'types', args: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.node.json'] },
  { name: 'lint', args: ['node_modules/oxlint/bin/oxlint', '--deny-warnings', '.'] },
  { name: 'format', args: ['node_modules/oxfmt/bin/oxfmt', '--check', '.'] },
];

/** The core has no world: no clock, no dice, nothing but reading below the root. */
const pure = ['--permission', '--allow-fs-read=./', '--import', './test/clockless.ts'];
const seeded = ['--import', './test/seeded.ts'];

const groups: readonly Group[] = [
  { name: 'core', glob: 'core/*/test/**/*.test.ts', required: true, options: pure },
  { name: 'host', glob: 'host/*/test/**/*.test.ts', required: true, options: seeded },
  { name: 'apps', glob: 'apps/*/test/**/*.test.ts', required: false, options: seeded },
  { name: 'sim', glob: 'sim/**/test/**/*.test.ts', required: true, options: seeded },
  { name: 'across', glob: 'test/**/*.test.ts', required: true, options: seeded },
];

const minuteMs = 60_000;
const filesOfRunMax = 16;
const nothing: Counts = { passed: 0, failed: 0, skipped: 0 };
const failure: Counts = { passed: 0, failed: 1, skipped: 0 };

process.chdir(dirname(import.meta.dirname));
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const all = args.includes('--all');
  if (all) process.env['DSM_TEST_LONG'] = '1';
  const paths = args.filter((arg) => arg !== '--all');
  const results: Counts[] = [];
  for (const check of paths.length === 0 ? checks : []) results.push(await runCheck(check));
  let executed = 0;
  for (const group of groups) {
    const counts = await runGroup(group, all, paths);
    executed += counts.passed + counts.failed;
    results.push(counts);
  }
  if (executed === 0) {
    process.stderr.write('No test was executed.\n');
    results.push(failure);
  }
  const { passed, failed, skipped } = results.reduce(sum);
  process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
  return failed === 0 ? 0 : 1;
}

async function runCheck({ name, args }: Check): Promise<Counts> {
  title(name);
  const { succeeded } = await runNode(args, 2 * minuteMs);
  return succeeded ? { ...nothing, passed: 1 } : complain(name, 'failed');
}

async function runGroup(group: Group, all: boolean, paths: readonly string[]): Promise<Counts> {
  const files = globSync(group.glob)
    .filter((file) => all || !isLong(file))
    .filter((file) => paths.length === 0 || paths.some((path) => file.startsWith(path)))
    .toSorted();
  if (files.length === 0) {
    const missing = group.required && paths.length === 0;
    return missing ? complain(group.name, `finds no file: ${group.glob}`) : nothing;
  }
  const runs = [...Map.groupBy(files, packageOf)].flatMap(([folder, some]) =>
    shards(some).map((shard) => ({ folder, shard })),
  );
  const limitMs = (all ? 60 : 8) * minuteMs;
  const waiting = runs.map(
    ({ folder, shard }) =>
      () =>
        runFiles(folder, shard, group.options, limitMs),
  );
  return (await atOnce(waiting, Math.min(2, availableParallelism()))).reduce(sum);
}

/** A large package in several processes, dealt out so that neighbours in name part. */
function shards(files: readonly string[]): readonly (readonly string[])[] {
  const count = Math.ceil(files.length / filesOfRunMax);
  return Array.from({ length: count }, (_, n) => files.filter((_file, i) => i % count === n));
}

/** Run all, `width` at a time, in order of waiting. */
async function atOnce<T>(
  waiting: readonly (() => Promise<T>)[],
  width: number,
): Promise<readonly T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let n = next++; n < waiting.length; n = next++) results[n] = await waiting[n]!();
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** Processes of their own for each package: what its tests install (a hash, signatures) is its own. */
function packageOf(file: string): string {
  return file.split(/[\\/]/, 2).join('/');
}

async function runFiles(
  name: string,
  files: readonly string[],
  options: readonly string[],
  timeoutMs: number,
): Promise<Counts> {
  const heading = `${name}: ${files.length} ${files.length === 1 ? 'file' : 'files'}`;
  const args = [
    ...options,
    '--test',
    '--test-isolation=none',
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    '--test-reporter=./tools/counts.ts',
    '--test-reporter-destination=stderr',
    ...files,
  ];
  return judge(name, await runNode(args, timeoutMs, heading));
}

/** The counts of a run, and one failure more if the run ended badly and no test says so. */
function judge(name: string, { succeeded, counts }: Run): Counts {
  if (counts === undefined) return complain(name, 'ended before its summary');
  if (counts.passed + counts.failed + counts.skipped === 0) return complain(name, 'has no test');
  if (succeeded || counts.failed > 0) return counts;
  return sum(counts, complain(name, 'failed outside its tests'));
}

/** Only the long runs need `--all`. */
function isLong(file: string): boolean {
  return file.endsWith('.soak.test.ts') || /[\\/]test[\\/]all[\\/]|^test[\\/]all[\\/]/.test(file);
}

interface Run {
  readonly succeeded: boolean;
  /** Undefined if it was no run of tests, or ended before its summary. */
  readonly counts: Counts | undefined;
}

/**
 * A run that hangs is ended, and so has failed. What it says is passed on as it comes, or, under a
 * heading, all at once when it ends: two runs do not talk into each other.
 */
function runNode(args: readonly string[], timeoutMs: number, heading?: string): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', heading === undefined ? 'inherit' : 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    let counts: Counts | undefined;
    const said: Buffer[] = [];
    child.stdout?.on('data', (bytes: Buffer) => said.push(bytes));
    createInterface({ input: child.stderr! }).on('line', (line) => {
      if (!line.startsWith(countsMark)) process.stderr.write(`${line}\n`);
      else counts = JSON.parse(line.slice(countsMark.length)) as Counts;
    });
    let stopped = false;
    const stop = (): void => {
      stopped = true;
      child.kill('SIGTERM');
      setTimeout(() => child.kill('SIGKILL'), 1_000); // A test that never yields hears no signal.
    };
    process.once('SIGTERM', stop);
    child.on('error', reject);
    child.on('close', (code) => {
      if (stopped) process.exit(143);
      process.off('SIGTERM', stop);
      if (heading !== undefined) {
        title(heading);
        process.stdout.write(Buffer.concat(said));
      }
      resolve({ succeeded: code === 0, counts });
    });
  });
}

function sum(a: Counts, b: Counts): Counts {
  return {
    passed: a.passed + b.passed,
    failed: a.failed + b.failed,
    skipped: a.skipped + b.skipped,
  };
}

function title(text: string): void {
  process.stdout.write(`\n${text}\n`);
}

function complain(name: string, what: string): Counts {
  process.stderr.write(`${name}: ${what}\n`);
  return failure;
}
