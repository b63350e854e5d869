/** The manual is what the commands say: made again, nothing differs. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import type { CommandSpec } from '../src/command.ts';
import { commands } from '../src/commands/index.ts';
import { manual } from '../src/manual.ts';
import { place } from './surroundings.ts';

const pages = manual(commands);

for (const [path, text] of pages) {
  test(`${path} is up to date (node tools/run.mjs tools/cli-docs.ts)`, () => {
    assert.equal(readFileSync(path, 'utf8').replaceAll('\r\n', '\n'), text);
  });
}

test('there is no page without a command', () => {
  const found = globSync('docs/cli/*.md').map((path) => path.replaceAll('\\', '/'));
  assert.deepEqual(
    found.filter((path) => !pages.has(path)),
    [],
  );
});

test('every command that does something has an example and describes its JSON', () => {
  const lacking = (specs: readonly CommandSpec[]): readonly string[] =>
    specs
      .filter(({ hidden }) => hidden !== true)
      .flatMap((spec) => [
        ...(spec.run === undefined || spec.example !== undefined ? [] : [`${spec.name}: example`]),
        ...(spec.run === undefined || spec.output !== undefined ? [] : [`${spec.name}: output`]),
        ...lacking(spec.commands ?? []),
      ]);
  assert.deepEqual(lacking(commands), []);
});

const skip = spawnSync('bash', ['-c', 'true']).status !== 0 && 'there is no bash here';

test('the completion script of bash runs, and completes', { skip }, async () => {
  const { stdout } = await place().dsm('completion bash');
  const complete = (...typed: readonly string[]): readonly string[] => {
    const words = ['dsm', ...typed].map((word) => `'${word}'`).join(' ');
    const script =
      `${stdout}\ndsm() { echo Maya; }\nCOMP_WORDS=(${words}); COMP_CWORD=${typed.length}\n` +
      '_dsm; printf "%s\\n" "${COMPREPLY[@]}"';
    const { stdout: out, status, stderr } = spawnSync('bash', ['-c', script], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    return out.split('\n').filter((word) => word !== '');
  };
  assert.deepEqual(complete('in'), ['init', 'inbox']);
  assert.deepEqual(complete('token', 'm'), ['mint']);
  assert.deepEqual(complete('--json', 'token', 'm'), ['mint']);
  assert.deepEqual(complete('pay', 'M'), ['Maya']);
  assert.deepEqual(complete('pay', '--ov'), ['--over']);
  assert.deepEqual(complete('__'), []);
});
