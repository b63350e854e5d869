/**
 * `npm run explore -- --bound NAME`: explores a bound and says what came of it.
 *
 * Exit code 0: exhausted, nothing found, everything reached. 1: a finding. 2: the command is wrong.
 */

import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { lineOf, type Result } from '../result.ts';
import { bounds } from './bounds.ts';
import { search, type Exploration } from './engine.ts';
import type { Bound, Space } from './space.ts';
import { tellTrace, traceOf } from './trace.ts';

const usage = `usage: npm run explore -- --bound NAME [--json] [--states N] [--seed N] [--store exact|fingerprint] [--trace FILE]

  --bound NAME   what is explored:
${Object.entries(bounds)
  .map(([name, { about }]) => `                   ${name.padEnd(10)} ${about}`)
  .join('\n')}
  --states N     give up after N states (the answer says so, and is a finding)
  --seed N       choose the fingerprints (1)
  --store KIND   keep every state, or 64 bits of each
  --trace FILE   write a counterexample as a test that runs
  --json         the result as the last line
`;

interface Asked {
  readonly name: string;
  readonly bound: Bound;
  readonly store: Bound['store'];
  readonly seed: number;
  readonly states: number | undefined;
  readonly trace: string | undefined;
  readonly json: boolean;
}

function main(): number {
  const asked = askedFor(process.argv.slice(2));
  if (typeof asked === 'number') return asked;
  const started = performance.now();
  const space = asked.bound.open();
  const found = search(space, {
    store: asked.store,
    seed: asked.seed,
    ...(asked.states === undefined ? {} : { statesMax: asked.states }),
    progress: ({ depth, distinct, frontier }) => {
      process.stderr.write(`depth ${depth}: ${distinct} states, ${frontier} to walk\n`);
    },
  });
  const seconds = (performance.now() - started) / 1_000;
  const findings = findingsOf(asked, space, found);
  const result = resultOf(asked, found, seconds, findings);
  for (const [name, value] of Object.entries(result.figures)) {
    process.stdout.write(`${name.padEnd(28)} ${value}\n`);
  }
  for (const [name, times] of [...space.reached()].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    process.stdout.write(`reached ${name.padEnd(40)} ${times}\n`);
  }
  for (const finding of findings) process.stdout.write(`FINDING ${finding}\n`);
  if (asked.json) process.stdout.write(`${lineOf(result)}\n`);
  return result.ok ? 0 : 1;
}

function askedFor(args: readonly string[]): Asked | number {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        bound: { type: 'string' },
        json: { type: 'boolean', default: false },
        states: { type: 'string' },
        seed: { type: 'string', default: '1' },
        store: { type: 'string' },
        trace: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) {
      process.stdout.write(usage);
      return 0;
    }
    const name = values.bound ?? '';
    const bound = Object.hasOwn(bounds, name) ? bounds[name] : undefined;
    if (bound === undefined) throw new RangeError(`no bound is called "${name}"`);
    return {
      name,
      bound,
      store: storeNamed(values.store) ?? bound.store,
      seed: wholeNumber(values.seed),
      states: values.states === undefined ? undefined : wholeNumber(values.states),
      trace: values.trace,
      json: values.json,
    };
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return 2;
  }
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,11}$/.test(text)) throw new RangeError(`"${text}" is not a whole number`);
  return Number(text);
}

function storeNamed(text: string | undefined): Bound['store'] | undefined {
  if (text === undefined || text === 'exact' || text === 'fingerprint') return text;
  throw new RangeError(`"${text}" is no store`);
}

function findingsOf(asked: Asked, space: Space, found: Exploration): readonly string[] {
  const findings: string[] = [];
  if (found.violation !== undefined) findings.push(violationOf(asked, space, found.violation));
  else if (!found.exhausted) findings.push(`not exhausted: gave up after ${found.distinct} states`);
  else {
    const reached = space.reached();
    for (const name of asked.bound.must) {
      if (!reached.has(name)) findings.push(`never reached: ${name}`);
    }
    const more = asked.bound.also?.();
    if (more !== undefined) findings.push(more);
  }
  return findings;
}

/** Says what does not hold, and how it came to be. */
function violationOf(
  asked: Asked,
  walked: Space,
  { what, depth, path }: NonNullable<Exploration['violation']>,
): string {
  let space = walked;
  let states = path;
  if (states === undefined) {
    space = asked.bound.open();
    states = search(space, { store: 'exact', depthMax: depth }).violation?.path;
  }
  if (states === undefined) return `${what} (after ${depth} steps; not found again)`;
  const trace = traceOf(space, states);
  for (const line of tellTrace(space, trace)) process.stdout.write(`${line}\n`);
  if (asked.trace !== undefined && asked.bound.replay !== undefined) {
    writeFileSync(asked.trace, asked.bound.replay(asked.name, what, trace, asked.trace));
  }
  return `${what} (after ${depth} steps)`;
}

function resultOf(
  asked: Asked,
  found: Exploration,
  seconds: number,
  findings: readonly string[],
): Result {
  const { name, bound, store, seed } = asked;
  const omission = (found.distinct / 2 ** 32) ** 2 / 2;
  return {
    tool: 'explore',
    part: name,
    command: `npm run explore -- --bound ${name} --store ${store} --seed ${seed}`,
    ok: findings.length === 0,
    bound: bound.about,
    seconds,
    figures: {
      'distinct without ghosts': found.bare,
      'distinct states': found.distinct,
      transitions: found.transitions,
      depth: found.depth,
      digest: found.digest,
      exhausted: found.exhausted ? 'yes' : 'no',
      'local states': found.locals.join(' + '),
      'moves executed': found.executed,
      'moves executed again': found.again,
      'states per second': Math.round(found.distinct / seconds),
      'memory MB': Math.round(process.memoryUsage.rss() / 1e6),
      'tables MB': Math.round(found.bytes / 1e6),
      'probability of an omission': store === 'exact' ? 0 : omission.toExponential(1),
    },
    findings,
    uncovered: bound.uncovered,
  };
}

process.exitCode = main();
