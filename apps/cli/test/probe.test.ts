/** `dsm doctor --probe`: kept, compared, and refused where the file is none. */

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { enrolmentIn } from '../src/probing.ts';
import { place } from './surroundings.ts';

installNative();

const { folder, dsm } = place();

interface Found {
  readonly check: string;
  readonly found: string;
}

test('what was measured is kept, and compared with what is measured later', async () => {
  const first = await dsm('doctor --probe --save here.json --json');
  const said = (JSON.parse(first.stdout) as Found[]).filter(({ check }) => check === 'probe');
  assert.equal(said.length, 4, 'the source, this machine again, drawn bytes, and what it is worth');
  const second = await dsm('doctor --probe --compare here.json,here.json --json');
  const compared = (JSON.parse(second.stdout) as Found[]).filter(({ found }) =>
    found.includes(`${join(folder, 'here.json')}: distance`),
  );
  assert.equal(compared.length, 2);
  // It gates nothing: the exit code is that of the other checks.
  assert.equal(first.exit, (await dsm('doctor --json')).exit);
});

test('a file that is no probe is refused', async () => {
  const text = readFileSync(join(folder, 'here.json'), 'utf8');
  const good = JSON.parse(text) as Record<string, unknown>;
  const mean = good['mean'] as number[];
  const bad: readonly unknown[] = [
    'text',
    null,
    { ...good, probe: 2 },
    { ...good, mean: mean.slice(1) },
    { ...good, mean: mean.map((share) => 2 * share) },
    { ...good, mean: mean.map((share, i) => (i < 2 ? share + (i === 0 ? 1 : -1) : share)) },
    { ...good, law: undefined },
    { ...good, orbits: [] },
    { ...good, orbits: [mean, mean.slice(1)] },
    { ...good, spread: 'far' },
  ];
  assert.ok(enrolmentIn(text) !== undefined);
  assert.equal(enrolmentIn('{'), undefined);
  for (const one of bad) assert.equal(enrolmentIn(JSON.stringify(one)), undefined);
  writeFileSync(join(folder, 'bad.json'), '{"probe":1}');
  assert.equal((await dsm('doctor --probe --compare bad.json --json')).exit, 7);
  assert.equal((await dsm('doctor --probe --compare none.json --json')).exit, 3);
  assert.equal((await dsm('doctor --save here.json --json')).exit, 2);
});
