/**
 * The device spaces: their size is known to the state, both stores agree, and a seeded bug comes with a
 * shortest trace that runs as a test.
 */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { bugs } from '../bugs/explore.ts';
import type { SeededBug } from '../bugs/bug.ts';
import { bounds } from '../explore/bounds.ts';
import { search, type Exploration } from '../explore/engine.ts';

const small = bounds['small']!;
const spaces = [small.open, ...(small.further ?? [])];

/** Whoever changes a rule, an event or an effect sees it here; then these are to be measured again. */
const golden: readonly (readonly number[])[] = [
  [7_744, 7_744, 49_216, 12, 3_396_549_427],
  [30_720, 30_528, 203_776, 18, 1_913_409_230],
  [275_514, 105_005, 1_657_031, 30, 2_818_933_791],
  [8_400, 5_032, 44_240, 17, 143_802_180],
  [476, 368, 1_560, 16, 4_174_794_374],
  [1_369, 849, 4_578, 21, 3_883_639_164],
  [212, 212, 576, 7, 2_482_508_724],
];

const figures = (found: Exploration): readonly number[] => [
  found.distinct,
  found.bare,
  found.transitions,
  found.depth,
  found.digest,
];

for (const [i, open] of spaces.entries()) {
  test(`small space ${i} is what it was, to the state, and nothing is wrong in it`, () => {
    const found = search(open(), { store: 'exact' });
    assert.equal(found.violation, undefined);
    assert.equal(found.exhausted, true);
    assert.deepEqual(figures(found), golden[i]);
  });
}

test('fingerprints find as many as the exact store, under another seed too', () => {
  for (const seed of [1, 2]) {
    const [distinct, bare, transitions, depth] = figures(
      search(spaces[0]!(), { store: 'fingerprint', seed }),
    );
    assert.deepEqual([distinct, bare, transitions, depth], golden[0]!.slice(0, 4));
  }
});

function run(bug: SeededBug | undefined, args: readonly string[]): ReturnType<typeof spawnSync> {
  return spawnSync(process.execPath, ['--import', './sim/edits/load.ts', ...args], {
    env: {
      ...process.env,
      DSM_EDITS: JSON.stringify(bug?.edits ?? []),
      NODE_TEST_CONTEXT: undefined,
    },
    encoding: 'utf8',
  });
}

test('a seeded bug is found with a shortest trace, whose file fails while the bug is there', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-explore-'));
  t.after(() => {
    rmSync(folder, { recursive: true });
  });
  const file = join(folder, 'trace.test.ts');
  const bug = bugs.find(({ name }) => name === 'no-side')!;
  const found = run(bug, ['sim/explore/main.ts', '--bound', 'small', '--trace', file]);
  assert.equal(found.status, 1);
  assert.match(String(found.stdout), /FINDING acceptance safety: .*\(side\) \(after 1 steps\)/);
  assert.match(String(found.stdout), / 1\. \w+ hears commit from mal: .*forged: side/);
  assert.match(readFileSync(file, 'utf8'), /"bound": "small"/);
  assert.equal(run(bug, ['--test', file]).status, 1);
  assert.equal(run(undefined, ['--test', file]).status, 0);
});
