/** The report: its page is what its record says, its cases are shown by tests that exist. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cases } from '../verify/cases.ts';
import { page } from '../verify/page.ts';
import { readRecord, updated, type Recorded } from '../verify/record.ts';
import { longRuns, quickRuns } from '../verify/runs.ts';

test('the page is written from the record, and from nothing else', () => {
  assert.equal(readFileSync('docs/verification.md', 'utf8'), page(readRecord()));
});

test('forty cases, each shown by tests that exist', () => {
  assert.deepEqual(
    cases.map(({ number }) => number),
    Array.from({ length: 40 }, (_, i) => i + 1),
  );
  const missing = cases.flatMap(({ number, evidence }) =>
    evidence.filter((path) => !existsSync(path)).map((path) => `${number}: ${path}`),
  );
  assert.deepEqual(missing, []);
  assert.ok(cases.every(({ evidence }) => evidence.length > 0));
});

test('every run names a program that exists, once', () => {
  for (const runs of [quickRuns, longRuns]) {
    assert.deepEqual(
      runs.filter(({ program }) => !existsSync(`sim/${program[0]!}`)),
      [],
    );
    assert.equal(new Set(runs.map(({ name }) => name)).size, runs.length);
  }
});

test('a result takes the place of the one of its tool and part', () => {
  const one = (part: string, seconds: number): Recorded => ({
    tool: 'explore',
    part,
    command: 'npm run explore',
    ok: true,
    bound: 'a bound',
    seconds,
    figures: { states: 1_000 },
    findings: [],
    uncovered: ['the rest'],
    revision: 'abc',
    machine: 'a machine',
  });
  const record = updated([one('b', 1), one('a', 2)], [one('b', 3)]);
  assert.deepEqual(
    record.map(({ part, seconds }) => [part, seconds]),
    [
      ['a', 2],
      ['b', 3],
    ],
  );
  const text = page(record);
  assert.ok(text.includes('- the rest (explore)') && text.includes('states 1,000'));
  const failed = page([{ ...one('a', 1), ok: false, findings: ['a fork'] }]);
  assert.ok(failed.includes('**1 of 1 checks have findings**') && failed.includes('a fork'));
});
