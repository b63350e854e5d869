/** Guards and mutants: what is found in a text, and that a change is judged by what the tests say. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { runInThisContext } from 'node:vm';
import { edited } from '../edits/edit.ts';
import { choose } from '../mutants/choose.ts';
import { equivalents } from '../mutants/equivalents.ts';
import { editOf, guardsIn, guardsOf, without } from '../mutants/guard-finder.ts';
import { guarded } from '../mutants/guards.ts';
import { openPool, type Survey, type Trial, type Verdict } from '../mutants/pool.ts';
import { factoryOf, shift } from '../mutants/source.ts';

const fixture = `
export function rule(a: number, b: number | undefined): string | undefined {
  if (a < 0) return 'negative';
  if (b !== undefined && b > a) {
    throw new RangeError('too much');
  }
  if (a > 9) a = 9;
  return first(a) ?? second(b) ?? (a === 7 || a === b ? undefined : 'other');
}
const found = (a: number): object | undefined => (a > 3 ? { a } : undefined);
const usual = found(2) ?? {};
`;

const pool = openPool(1);
after(() => pool.close());

test('the finder names each condition, operand, check and choice, and nothing else', () => {
  assert.deepEqual(
    guardsIn(fixture).map(({ line, inside, kind, text, to }) => [line, inside, kind, text, to]),
    [
      [3, 'rule', 'if', 'a < 0', 'false'],
      [4, 'rule', 'if', 'b !== undefined && b > a', 'false'],
      [4, 'rule', 'and', 'b !== undefined', 'true'],
      [4, 'rule', 'and', 'b > a', 'true'],
      [8, 'rule', 'else', 'first(a)', 'undefined'],
      [8, 'rule', 'else', 'second(b)', 'undefined'],
      [8, 'rule', 'else', "(a === 7 || a === b ? undefined : 'other')", 'undefined'],
      [8, 'rule', 'choice', 'a === 7 || a === b', 'true'],
      [8, 'rule', 'or', 'a === 7', 'false'],
      [8, 'rule', 'or', 'a === b', 'false'],
      [10, '', 'choice', 'a > 3', 'true'],
    ],
  );
});

test('a guard that is taken away leaves the rest, and its edit says the same', () => {
  for (const guard of guardsIn(fixture)) {
    const left = without(fixture, guard);
    assert.equal(left.length, fixture.length - (guard.end - guard.start) + guard.to.length);
    assert.equal(edited(fixture, editOf(fixture, guard)), left);
  }
});

test('every guard that is excused is still there, with a reason', () => {
  const held = guardsOf(guarded).flatMap(([, guards]) => guards);
  assert.ok(held.length > 500);
  for (const { file, inside, kind, text, why } of equivalents) {
    const same = held.filter(
      (guard) =>
        guard.file === file &&
        guard.inside === inside &&
        guard.kind === kind &&
        guard.text === text,
    );
    assert.equal(same.length, 1, `${file} ${inside}: ${text}`);
    assert.match(why, /^[A-Z].*\.$/);
  }
});

const file = 'core/protocols/src/purse.ts';
const testFile = 'core/protocols/test/purse.test.ts';
const source = readFileSync(file, 'utf8');

async function verdictOf(text: string, tests: readonly Survey[]): Promise<Verdict> {
  const verdicts: Verdict[] = [];
  const trial: Trial = { file, source: text, passesMax: 0, tests };
  await pool.judge([trial], (at, verdict) => {
    verdicts[at] = verdict;
  });
  return verdicts[0]!;
}

test('a change that breaks something is noticed by a test that passes it, another survives', async () => {
  const guard = guardsOf([file])[0]![1].find(({ kind }) => kind === 'if')!;
  const points = new Map([[file, [guard.start]]]);
  const surveys = await pool.survey([testFile], points);
  const { tests, passes } = choose(surveys, points, { file, offset: guard.start }, 1_000);
  assert.ok(passes > 0 && tests.length > 0);
  assert.deepEqual(choose(surveys, points, { file, offset: guard.start }, 0).tests, []);
  assert.equal((await verdictOf(without(source, guard), tests)).type, 'killed');
  assert.equal((await verdictOf(`${source}\n// A remark.\n`, tests)).type, 'survived');
  assert.equal((await verdictOf(source, [])).type, 'survived');
  assert.equal((await verdictOf(`${source}\nthis is no code`, tests)).type, 'invalid');
});

test('a module as a function keeps every offset and gives what the module gives', () => {
  const text = [
    "import { one, two as second } from './x.ts';",
    'export const { a, b: c } = one;',
    'export function f(n: number): number {',
    '  return second(n);',
    '}',
    "export { three as tres } from './y.ts';",
  ].join('\n');
  const { text: made, requests } = factoryOf(text);
  assert.deepEqual(requests, ['./x.ts', './y.ts']);
  assert.equal(made.indexOf('return second'), shift + text.indexOf('return second'));
  const make = runInThisContext(made) as (
    request: (index: number) => object,
    exported: object,
  ) => void;
  const exported: Record<string, unknown> = {};
  make((i) => [{ one: { a: 1, b: 2 }, two: (n: number) => n + 1 }, { three: 3 }][i]!, exported);
  const { f, ...rest } = exported;
  assert.deepEqual(rest, { a: 1, c: 2, tres: 3 });
  assert.equal((f as (n: number) => number)(4), 5);
});
