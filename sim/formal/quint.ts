/**
 * Quint: checks the models themselves, and writes traces of them for the replay.
 *
 * Quint lives in a folder of its own with its own lockfile; it is installed there when it is first
 * asked for. Only its TypeScript simulator is used: it walks at random, so what it finds nothing
 * against is not proved. The other back ends download programs and are not asked for.
 */

import {
  copyFileSync,
  existsSync,
  globSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { traceOf, type Trace } from './itf.ts';
import { edited } from '../edits/edit.ts';
import { modelBugs, type ModelBug } from './model-bugs.ts';
import type { Replayer } from './replay.ts';
import { Missing, run, type Ended } from './tool.ts';

const folder = join(import.meta.dirname, 'quint');
const program = join(folder, 'node_modules', '@informalsystems', 'quint', 'dist', 'src', 'cli.js');

/** A model, what it claims, and what it shows not to hold. */
interface Model {
  readonly name: Replayer['model'];
  readonly claims: string;
  readonly refuted: readonly Refuted[];
}

/** Something that is not claimed: within so many steps it is violated. */
interface Refuted {
  readonly name: string;
  readonly steps: number;
  readonly why: string;
}

export const models: readonly Model[] = [
  {
    name: 'relationship',
    claims: 'safe',
    refuted: [
      { name: 'neverHalf', steps: 1, why: 'both have the same at every moment' },
      { name: 'committedArrived', steps: 3, why: 'who has committed knows that it arrived' },
    ],
  },
  {
    name: 'step',
    claims: 'safe',
    refuted: [
      { name: 'oneRootProtects', steps: 2, why: 'an offline payee is protected by one root' },
    ],
  },
  {
    name: 'slot',
    claims: 'safe',
    refuted: [
      {
        name: 'alwaysDecidable',
        steps: 2,
        why: 'honest nodes alone decide the slot of a writer who forks',
      },
      { name: 'voteMeansKept', steps: 8, why: 'a value with one vote is kept' },
    ],
  },
];

export interface Checked {
  readonly figures: Readonly<Record<string, number | string>>;
  readonly findings: readonly string[];
}

/** Installs what the lockfile names, without its scripts, if it is not there. */
export async function ensureQuint(): Promise<void> {
  if (existsSync(program)) return;
  process.stderr.write('installing Quint, once\n');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const { code } = await run('npm', args, folder);
  if (code !== 0 || !existsSync(program)) {
    throw new Missing('Quint cannot be installed here: npm does not get its packages');
  }
}

function quint(...args: readonly string[]): Promise<Ended> {
  return run(process.execPath, [program, ...args], folder);
}

/** Types, tests and invariants of the models, and that what is not claimed does not hold. */
export async function checkModels(samples: number, seed: number): Promise<Checked> {
  const findings: string[] = [];
  const figures: Record<string, number | string> = {};
  for (const { name, claims, refuted } of models) {
    const file = `${name}.qnt`;
    process.stderr.write(`model ${name}\n`);
    const typed = await quint('typecheck', file);
    if (typed.code !== 0) findings.push(`typecheck: ${name} has wrong types`);
    const tested = await quint('test', '--backend=typescript', '--max-samples=1', file);
    const passing = /(\d+) passing/.exec(tested.output)?.[1] ?? '0';
    figures[`tests of ${name}`] = Number(passing);
    if (tested.code !== 0 || passing === '0') findings.push(`test: ${name} fails a test`);
    const simulated = await simulate(file, claims, samples, 25, seed);
    figures[`random traces of ${name}, 25 steps`] = samples;
    if (simulated.code !== 0) findings.push(`${claims}: ${name} breaks what it claims`);
    for (const { name: what, steps, why } of refuted) {
      const found = await simulate(file, what, 100_000, steps, seed);
      const states = statesIn(found);
      if (states === 0) findings.push(`${what}: no trace shows that it does not hold: ${why}`);
      else figures[`${what} refuted, steps`] = states - 1;
    }
  }
  return { figures, findings };
}

function simulate(
  file: string,
  invariant: string,
  samples: number,
  steps: number,
  seed: number,
): Promise<Ended> {
  return quint(
    'run',
    '--backend=typescript',
    `--invariant=${invariant}`,
    `--max-samples=${samples}`,
    `--max-steps=${steps}`,
    `--seed=${seed}`,
    file,
  );
}

/** Every bug of a model makes its invariant fail, and every invariant has a bug. */
export async function checkModelBugs(seed: number): Promise<Checked> {
  const findings: string[] = [];
  const figures: Record<string, number> = {};
  for (const bug of modelBugs) {
    const states = await withBug(bug, seed);
    const name = `${bug.model}.${bug.invariant}`;
    process.stderr.write(`${name}: ${bug.why}\n`);
    if (states === 0) findings.push(`${name}: survives that ${bug.why}`);
    else figures[`${name} falls, steps`] = states - 1;
  }
  return { figures, findings };
}

/** States of the trace that shows the bug; 0 if none was found. */
async function withBug(
  { model, file, from, to, invariant }: ModelBug,
  seed: number,
): Promise<number> {
  const target = mkdtempSync(join(tmpdir(), 'dsm-quint-'));
  try {
    for (const each of globSync('*.qnt', { cwd: folder })) {
      copyFileSync(join(folder, each), join(target, each));
    }
    const source = readFileSync(join(folder, file), 'utf8');
    writeFileSync(join(target, file), edited(source, { file, from, to }));
    return statesIn(await simulate(join(target, `${model}.qnt`), invariant, 20_000, 15, seed));
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}

/** How many states the trace of a violation has. */
function statesIn({ code, output }: Ended): number {
  if (code === 0 || !output.includes('[violation]')) return 0;
  return [...output.matchAll(/^\[State (\d+)\]/gm)].length;
}

/** Fresh random traces of a model. */
export async function tracesOf(
  replayer: Replayer,
  count: number,
  seed: number,
): Promise<readonly Trace[]> {
  const target = mkdtempSync(join(tmpdir(), 'dsm-itf-'));
  try {
    const { code, output } = await quint(
      'run',
      '--backend=typescript',
      '--mbt',
      `--max-samples=${count}`,
      '--max-steps=25',
      `--n-traces=${count}`,
      `--out-itf=${join(target, 'trace-{seq}.itf.json')}`,
      `--seed=${seed}`,
      '--verbosity=0',
      `${replayer.model}.qnt`,
    );
    if (code !== 0) throw new Error(`quint run ends with ${code}: ${output.slice(0, 400)}`);
    const files = globSync('*.itf.json', { cwd: target }).toSorted();
    return files.map((file) => traceOf(readFileSync(join(target, file), 'utf8'), replayer.ghosts));
  } finally {
    rmSync(target, { recursive: true, force: true });
  }
}
