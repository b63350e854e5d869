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
import { checkModelBugs, checkModels, ensureQuint, tracesOf } from './quint.ts';
import { relationshipReplayer } from './replay-relationship.ts';
import { slotReplayer } from './replay-slot.ts';
import { stepReplayer } from './replay-step.ts';
import { replay, sentenceOf, type Replayed, type Replayer } from './replay.ts';
import { compareCounts } from './spin.ts';
import { Missing } from './tool.ts';

const usage = `usage: npm run formal -- [quint|guards|spin|replay|keep|all] [--traces N] [--samples N] [--seed N] [--json]

  quint    types, tests and invariants of the models; what is not claimed is violated
  guards   every invariant of the models falls to a bug that is put into them
  spin     two models in Promela have as many states as the core on the same bounds
  replay   traces of the models, action by action on the core
  keep     make the kept traces anew (400 of each model)
  all      replay, spin, quint and guards (the default)

  --traces N    replay N fresh random traces of each model instead of the kept ones (needs Quint)
  --samples N   random traces under the invariants (200)
  --seed N      where randomness starts (1)
  --json        each result as a line of JSON
`;

const keptCount = 400;
const freshAtOnce = 500;
const works = ['replay', 'spin', 'quint', 'guards', 'keep', 'all'] as const;
const parts = ['replay', 'spin', 'quint', 'guards'] as const;
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
  const options = { ...amount, guards: '', quint: ` --samples ${asked.samples}` }[part];
  const seed = fresh || part === 'quint' || part === 'guards' ? ` --seed ${asked.seed}` : '';
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
  if (part === 'guards') return guardsDeleted(asked);
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

async function guardsDeleted({ seed }: Asked): Promise<Outcome> {
  await ensureQuint();
  return {
    ...(await checkModelBugs(seed)),
    bound: 'every invariant of the Quint models, each under a bug of the model that breaks it',
    uncovered: [],
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
    const done = await replayedModel(replayer, traces, seed);
    figures[`traces of ${model}`] = done.traces;
    figures[`actions of ${model}`] = done.acts;
    for (const [name, times] of Object.entries(done.met)) figures[`  ${model}: ${name}`] = times;
    findings.push(...done.differences.map((found) => sentenceOf(model, found)));
    if (done.differences.length > 0 || done.traces < keptCount) continue;
    const missed = replayer.must.filter((name) => done.met[name] === undefined);
    findings.push(...missed.map((name) => `${model}: no trace meets ${name}`));
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

/** All traces of a model, fresh ones in portions; up to the portion in which something differs. */
async function replayedModel(
  replayer: Replayer,
  traces: number | undefined,
  seed: number,
): Promise<Replayed> {
  if (traces === undefined) {
    return replay(replayer, unpacked(readFileSync(keptFile(replayer.model))));
  }
  let all: Replayed = { traces: 0, acts: 0, met: {}, differences: [] };
  while (all.traces < traces && all.differences.length === 0) {
    const count = Math.min(freshAtOnce, traces - all.traces);
    const fresh = await tracesOf(replayer, count, seed * 1_000_003 + all.traces);
    if (fresh.length === 0) throw new Error(`Quint writes no traces of ${replayer.model}`);
    all = joined(all, replay(replayer, fresh));
    process.stderr.write(`${replayer.model}: ${all.traces} traces\n`);
  }
  return all;
}

function joined(x: Replayed, y: Replayed): Replayed {
  const met: Record<string, number> = { ...x.met };
  for (const [name, times] of Object.entries(y.met)) met[name] = (met[name] ?? 0) + times;
  const differences = [
    ...x.differences,
    ...y.differences.map((found) => ({ ...found, trace: found.trace + x.traces })),
  ];
  return { traces: x.traces + y.traces, acts: x.acts + y.acts, met, differences };
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
