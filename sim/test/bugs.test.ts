/** Seeded bugs: every edit still fits the sources, names are told apart, and only a finding counts. */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { allBugs, missedBecause } from '../bugs/main.ts';
import { edited } from '../edits/edit.ts';

const bugs = await allBugs();

test('every edit of every seeded bug fits the source exactly once and changes it', () => {
  for (const { area, name, edits } of bugs) {
    assert.ok(edits.length > 0, `${area}/${name} edits nothing`);
    const sources = new Map<string, string>();
    for (const edit of edits) {
      const before = sources.get(edit.file) ?? readFileSync(edit.file, 'utf8');
      const after = edited(before, edit);
      assert.notEqual(after, before, `${area}/${name}`);
      sources.set(edit.file, after);
    }
  }
});

test('every seeded bug has a name of its own, a reason, a program and a finding', () => {
  const names = bugs.map(({ area, name }) => `${area}/${name}`);
  assert.equal(new Set(names).size, names.length);
  for (const { area, name, why, by, finding } of bugs) {
    assert.match(name, /^[^/]+$/, `${area}/${name}`);
    assert.ok(why.length > 0 && finding.length > 0, `${area}/${name}`);
    // A program of this folder, or options of Node and then a test file of a package.
    const program = by[0]?.startsWith('--') === true ? by.at(-1) : by[0];
    assert.ok(existsSync(program ?? 'no program'), `${area}/${name}: ${by.join(' ')}`);
  }
});

test('only exit 1 with the name of the invariant is a finding', () => {
  const bug = { finding: 'conservation' };
  assert.equal(missedBecause(bug, 1, 'broken: conservation'), '');
  assert.match(missedBecause(bug, 1, 'something else'), /does not hold: conservation/);
  assert.match(missedBecause(bug, 0, 'conservation'), /found nothing/);
  assert.match(missedBecause(bug, 86, 'conservation'), /86, which is no finding/);
  assert.match(missedBecause(bug, null, 'conservation'), /did not end/);
});
