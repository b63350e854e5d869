/**
 * `npm run verify` and `npm run verify:long`: every check of this folder, and the page about them.
 *
 *     npm run verify                    at most ten minutes
 *     npm run verify:long               hours: the large bounds, the long runs, all mutants
 *     npm run verify -- --only NAME     some of them, by name; may be repeated
 *     npm run verify -- --page          only write the page anew
 *
 * Results go into docs/verification.json, and docs/verification.md is written from that alone. The
 * exit code is 0 if nothing was found, 1 if something was, 2 for wrong usage.
 */

import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { lineOf, type Result } from '../result.ts';
import { page } from './page.ts';
import {
  machineName,
  readRecord,
  revision,
  updated,
  writeRecord,
  type Recorded,
} from './record.ts';
import { longRuns, quickRuns, type Run } from './runs.ts';

const usage = `usage: npm run verify [-- [--long] [--only NAME]… [--page] [--json]]
`;
const cores = 2;

process.chdir(dirname(dirname(import.meta.dirname)));
process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const options = optionsOf(args);
  if (options === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  if (options.help) {
    process.stdout.write(usage);
    return 0;
  }
  const all = options.long ? longRuns : quickRuns;
  const runs = all.filter(({ name }) => options.only.length === 0 || options.only.includes(name));
  const unknown = options.only.filter((name) => !all.some((run) => run.name === name));
  if (unknown.length > 0) {
    const names = all.map(({ name }) => name).join(', ');
    process.stderr.write(`no run called ${unknown.join(', ')}; there are ${names}\n`);
    return 2;
  }
  const results = options.page ? [] : await allOf(runs, options.json);
  const record = updated(readRecord(), results);
  writeRecord(record);
  writeFileSync('docs/verification.md', page(record));
  const findings = results.filter(({ ok }) => !ok);
  process.stderr.write(`${results.length} runs, ${findings.length} with findings\n`);
  return findings.length === 0 ? 0 : 1;
}

interface Options {
  readonly long: boolean;
  readonly page: boolean;
  readonly json: boolean;
  readonly help: boolean;
  readonly only: readonly string[];
}

function optionsOf(args: readonly string[]): Options | undefined {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        long: { type: 'boolean', default: false },
        page: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
      },
    });
    return values;
  } catch {
    return undefined;
  }
}

/** First those that share the machine, then those that need all of it. */
async function allOf(runs: readonly Run[], json: boolean): Promise<readonly Recorded[]> {
  const about = { revision: revision(), machine: machineName() };
  const done: Recorded[] = [];
  const perform = async (run: Run): Promise<void> => {
    for (const result of await resultsOf(run)) {
      const { tool, part, ok, seconds, findings } = result;
      const said = ok ? 'no finding' : `FOUND: ${findings.join('; ')}`;
      process.stderr.write(`${tool} ${part}: ${said} (${seconds.toFixed(1)} s)\n`);
      if (json) process.stdout.write(`${lineOf(result)}\n`);
      done.push({ ...result, ...about });
    }
  };
  const waiting = runs.filter((run) => run.cores === 1);
  const worker = async (): Promise<void> => {
    for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) await perform(run);
  };
  await Promise.all(Array.from({ length: cores }, worker));
  for (const run of runs.filter((one) => one.cores === cores)) await perform(run);
  return done;
}

/** The results that the program prints, a line of JSON each; without any, that is the finding. */
async function resultsOf({ name, program }: Run): Promise<readonly Result[]> {
  const [path, ...args] = program;
  const start = performance.now();
  const { output, code } = await outputOf([`sim/${path!}`, ...args, '--json']);
  const results = output
    .split('\n')
    .filter((line) => line.startsWith('{"tool":'))
    .map((line) => JSON.parse(line) as Result);
  if (results.length > 0 && (code === 0 || results.some(({ ok }) => !ok))) return results;
  const failure: Result = {
    tool: path!.split('/')[0]!,
    part: name,
    command: `node sim/${program.join(' ')}`,
    ok: false,
    bound: 'nothing: the program failed',
    seconds: (performance.now() - start) / 1_000,
    figures: {},
    findings: [`the program ended with ${code ?? 'a signal'} and ${results.length} results`],
    uncovered: [],
  };
  return [...results.filter(({ ok }) => !ok), failure];
}

function outputOf(
  args: readonly string[],
): Promise<{ readonly output: string; readonly code: number | null }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const said: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => said.push(bytes));
    child.on('error', reject);
    child.on('close', (code) => {
      resolve({ output: Buffer.concat(said).toString(), code });
    });
  });
}
