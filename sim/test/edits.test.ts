/** Edits are met exactly once, change what runs and nothing else, and are missed loudly. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { edited, type Edit } from '../edits/edit.ts';

const edit: Edit = {
  file: 'core/primitive/src/bytes.ts',
  from: 'export function isZero(',
  to: 'export const isEdited = true;\nexport function isZero(',
};

test('an edit that fits nowhere, or twice, is a fault', () => {
  assert.equal(edited('a b c', { file: 'x', from: 'b', to: 'd' }), 'a d c');
  assert.throws(() => edited('a b c', { file: 'x', from: 'd', to: '' }), /does not hold/);
  assert.throws(() => edited('a b b', { file: 'x', from: 'b', to: '' }), /holds twice/);
});

function run(edits: readonly Edit[], program: string): ReturnType<typeof spawnSync> {
  return spawnSync(
    process.execPath,
    ['--import', './sim/edits/load.ts', '--input-type=module', '-e', program],
    { env: { ...process.env, DSM_EDITS: JSON.stringify(edits) }, encoding: 'utf8' },
  );
}

const look = `import * as bytes from './core/primitive/src/bytes.ts';
process.stdout.write(String(bytes.isEdited === true));`;

test('an edit changes what runs, and only where it is asked for', () => {
  assert.equal(run([edit], look).stdout, 'true');
  assert.equal(run([], look).stdout, 'false');
});

test('a process that never loads an edited file ends with 86', () => {
  assert.equal(run([edit], '').status, 86);
  assert.equal(run([edit], look).status, 0);
});
