/** The simulator: the same seed is the same run, findings shrink, and what is found is kept. */

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { installIdeal } from '../ideal.ts';
import { fromTheLoop } from '../world/drain.ts';
import { readOptions } from '../world/options.ts';
import { planOf, type Plan } from '../world/plan.ts';
import { prepared, type Prepared } from '../world/prepared.ts';
import { run, type Outcome } from '../world/run.ts';
import { scenarioOf } from '../world/scenarios.ts';
import { shrunk } from '../world/shrink.ts';

const scenario = scenarioOf('all')!;
let begun: Prepared;

before(async () => {
  installIdeal();
  begun = await fromTheLoop(() => prepared(scenario.shape, undefined));
});

/** The first steps of a seed. */
function short(seed: number, steps: number): Plan {
  const plan = planOf(scenario, seed);
  return { ...plan, steps: plan.steps.slice(0, steps) };
}

function ran(plan: Plan): Promise<Outcome> {
  return fromTheLoop(() => run(plan, { prepared: begun }));
}

test('the same seed is the same run, and another seed is another', async () => {
  const first = await ran(short(1, 25));
  const again = await ran(short(1, 25));
  const other = await ran(short(2, 25));
  assert.equal(first.finding, undefined);
  assert.ok(first.events > 1_000);
  assert.deepEqual([again.digest, again.events], [first.digest, first.events]);
  assert.notEqual(other.digest, first.digest);
});

test('a finding shrinks to the steps that it needs', async () => {
  const plan = short(3, 12);
  const [needed] = plan.steps.slice(7);
  const pretended = (smaller: Plan): Outcome => ({
    events: Infinity,
    digest: '',
    finding: smaller.steps.includes(needed!) ? { checker: 'test', sentence: '' } : undefined,
    sometimes: new Map(),
    byKind: new Map(),
    seconds: 0,
    trace: [],
  });
  const small = shrunk(plan, pretended(plan), pretended, 100);
  assert.deepEqual(small.plan.steps, [needed]);
});

test('what was found once stays mended', async () => {
  const folder = join(import.meta.dirname, '..', 'world', 'regressions');
  const files = globSync('*.json', { cwd: folder });
  assert.ok(files.length > 0);
  const beginnings = new Map([[scenario, begun]]);
  for (const file of files) {
    const { plan } = JSON.parse(readFileSync(join(folder, file), 'utf8')) as { plan: Plan };
    const of = scenarioOf(plan.scenario)!;
    const outcome = await fromTheLoop(() => {
      const ready = beginnings.get(of) ?? prepared(of.shape, undefined);
      beginnings.set(of, ready);
      return run(plan, { prepared: ready });
    });
    assert.equal(outcome.finding, undefined, `${file}: ${outcome.finding?.sentence}`);
  }
});

test('options are read strictly', () => {
  assert.equal(readOptions(['--seeds', '3', '--json'])?.seeds, 3);
  for (const bad of [['--sedes', '3'], ['--seeds'], ['--seeds', 'x'], ['seeds', '3']]) {
    assert.equal(readOptions(bad), undefined);
  }
});
