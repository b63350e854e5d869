/**
 * `npm run formal`: the second models. See docs/formal.md.
 *
 * Exit code 0: nothing found. 1: a finding. 2: the command is wrong. 3: something that was asked for
 * is not on this machine and cannot be installed, and nothing else was found.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { installIdeal } from '../ideal.ts';
import { lineOf, type Result } from '../result.ts';
import { packed, unpacked } from './itf.ts';
import { checkModels, ensureQuint, tracesOf } from './quint.ts';
import { relationshipReplayer } from './replay-relationship.ts';
import { slotReplayer } from './replay-slot.ts';
import { stepReplayer } from './replay-step.ts';
import { replay, sentenceOf, type Replayer } from './replay.ts';
import { compareCounts } from './spin.ts';
import { Missing } from './tool.ts';

const usage = `usage: npm run formal -- [quint|spin|replay|keep|all] [--traces N] [--samples N] [--seed N] [--json]

  quint    types, tests and invariants of the models; what is not claimed is violated
  spin     two models in Promela have as many states as the core on the same bounds
  replay   traces of the models, action by action on the core
  keep     make the kept traces anew (400 of each model)
  all      replay, spin and quint (the default)

  --traces N    replay N fresh random traces of each model instead of the kept ones (needs Quint)
  --samples N   random traces under the invariants (200)
  --seed N      where randomness starts (1)
  --json        each result as a line of JSON
`;

const keptCount = 400;
const freshAtOnce = 500;
const works = ['replay', 'spin', 'quint', 'keep', 'all'] as const;
const parts = ['replay', 'spin', 'quint'] as const;
type Part = (typeof parts)[number];

interface Asked {
  readonly work: (typeof works)[number];
  readonly traces: number | undefined;
  readonly samples: number;
  readonly seed: number;
  readonly json: boolean;
}

type Outcome = Pick<Result, 'bound' | 'figures' | 'findings' | 'uncovered'>;

process.exitCode = await main(process.argv.slice(2));

async function main(args: readonly string[]): Promise<number> {
  const asked = askedFor(args);
  if (typeof asked === 'number') return asked;
  installIdeal();
  if (asked.work === 'keep') return kept(asked.seed);
  const { work } = asked;
  let code = 0;
  for (const part of parts.filter((one) => work === 'all' || work === one)) {
    try {
      code = Math.max(await told(part, asked), code === 3 ? 0 : code);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      process.stderr.write(`${part} is not run: ${error.message}\n`);
      if (code === 0) code = 3;
    }
  }
  return code;
}

function askedFor(args: readonly string[]): Asked | number {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        traces: { type: 'string' },
        samples: { type: 'string', default: '200' },
        seed: { type: 'string', default: '1' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    const work = works.find((name) => name === (positionals[0] ?? 'all'));
    if (work === undefined || positionals.length > 1) {
      throw new RangeError(`there is no "${positionals.join(' ')}"`);
    }
    const traces = values.traces === undefined ? undefined : whole(values.traces);
    const { json } = values;
    return { work, traces, samples: whole(values.samples), seed: whole(values.seed), json };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
}

function whole(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new RangeError(`"${text}" is not a whole number`);
  return Number(text);
}

/** Does the work, prints what came of it, and answers with the exit code. */
async function told(part: Part, asked: Asked): Promise<number> {
  const start = performance.now();
  const outcome = await outcomeOf(part, asked);
  const fresh = part === 'replay' && asked.traces !== undefined;
  const amount = { replay: fresh ? ` --traces ${asked.traces}` : '', spin: '' };
  const options = { ...amount, quint: ` --samples ${asked.samples}` }[part];
  const seed = fresh || part === 'quint' ? ` --seed ${asked.seed}` : '';
  const result: Result = {
    tool: 'formal',
    part: fresh ? 'replay of fresh traces' : part,
    command: `npm run formal -- ${part}${options}${seed}`,
    ok: outcome.findings.length === 0,
    seconds: (performance.now() - start) / 1_000,
    ...outcome,
  };
  for (const [name, value] of Object.entries(result.figures)) {
    process.stdout.write(`${name.padEnd(48)} ${value}\n`);
  }
  for (const finding of result.findings) process.stdout.write(`FINDING ${finding}\n`);
  if (asked.json) process.stdout.write(`${lineOf(result)}\n`);
  return result.ok ? 0 : 1;
}

function outcomeOf(part: Part, asked: Asked): Promise<Outcome> {
  if (part === 'quint') return modelsChecked(asked);
  return part === 'spin' ? counted() : replayed(asked);
}

async function counted(): Promise<Outcome> {
  return {
    ...(await compareCounts()),
    bound:
      'one trade each way between two honest devices that crash at will, and a slot in a group of four with a liar: counted by Spin in Promela and by the explorer over the core',
    uncovered: ['Equal numbers of states are no proof that the states are the same.'],
  };
}

async function modelsChecked({ samples, seed }: Asked): Promise<Outcome> {
  await ensureQuint();
  return {
    ...(await checkModels(samples, seed)),
    bound: `three Quint models, each ${samples} random traces of 25 actions under its invariants`,
    uncovered: ['Quint walks at random: what it does not find is not proved. The explorer is.'],
  };
}

export function replayers(): readonly Replayer[] {
  return [relationshipReplayer(), stepReplayer(), slotReplayer()];
}

async function replayed({ traces, seed }: Asked): Promise<Outcome> {
  if (traces !== undefined) await ensureQuint();
  const findings: string[] = [];
  const figures: Record<string, number> = {};
  for (const replayer of replayers()) {
    const { model } = replayer;
    let [count, acts] = [0, 0];
    const names = new Map<string, number>();
    for (let done = 0; done < (traces ?? 1); done += freshAtOnce) {
      const batch = Math.min(freshAtOnce, (traces ?? 0) - done);
      const all =
        traces === undefined
          ? unpacked(readFileSync(keptFile(model)))
          : await tracesOf(replayer, batch, seed * 1_000_003 + done);
      const result = replay(replayer, all);
      count += all.length;
      acts += result.acts;
      for (const [name, times] of Object.entries(result.met)) {
        names.set(name, (names.get(name) ?? 0) + times);
      }
      findings.push(...result.differences.map((found) => sentenceOf(model, found)));
      if (findings.length > 0) break;
      process.stderr.write(`${model}: ${count} traces\n`);
    }
    figures[`traces of ${model}`] = count;
    figures[`actions of ${model}`] = acts;
    for (const [name, times] of names) figures[`  ${model}.${name}`] = times;
  }
  return {
    figures,
    findings,
    bound: `${traces ?? keptCount} random traces of 25 actions of each Quint model, replayed on the core; after each action both have the same state`,
    uncovered: [
      'The models have no value, no incarnations and no escrows; entries are single memos.',
      'Signatures are ideal ones.',
    ],
  };
}

function keptFile(model: Replayer['model']): string {
  return join(import.meta.dirname, 'traces', `${model}.jsonl.gz`);
}

async function kept(seed: number): Promise<number> {
  await ensureQuint();
  for (const replayer of replayers()) {
    const traces = await tracesOf(replayer, keptCount, seed);
    writeFileSync(keptFile(replayer.model), packed(traces));
    process.stderr.write(`${replayer.model}: ${traces.length} traces kept\n`);
  }
  return 0;
}
