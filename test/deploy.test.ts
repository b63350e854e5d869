/** What operators copy: the unit of systemd and the compose file say what the command understands. */

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'node:test';

const unit = readFileSync('deploy/dsm-node.service', 'utf8');
const compose = readFileSync('deploy/compose.yaml', 'utf8');
const containerfile = readFileSync('deploy/Containerfile', 'utf8');

const analyze = spawnSync('systemd-analyze', ['--version']).status === 0;
const skip = analyze ? false : 'systemd-analyze is not installed here';

test('systemd takes the unit without a word', { skip }, () => {
  const { status, stderr, stdout } = spawnSync(
    'systemd-analyze',
    ['verify', resolve('deploy/dsm-node.service')],
    { encoding: 'utf8' },
  );
  // The folder that the unit names is made by whoever installs it.
  const said = `${stdout}${stderr}`.split('\n').filter((line) => !line.includes('/opt/dsm'));
  assert.deepEqual(
    said.filter((line) => line.includes('dsm-node')),
    [],
  );
  assert.ok(status === 0 || said.join('').trim() === '');
});

test('the options in the unit, the compose file and the image are options of dsm node run', () => {
  const help = spawnSync(process.execPath, ['apps/cli/src/main.ts', 'node', 'run', '--help'], {
    encoding: 'utf8',
  }).stdout;
  const known = new Set([...help.matchAll(/--[a-z-]+/g)].map(([option]) => option));
  const start = /ExecStart=.*/.exec(unit)?.[0] ?? '';
  const commands = [start, compose.replaceAll(/^ *#.*$/gm, ''), containerfile];
  const used = commands.flatMap((text) => [...text.matchAll(/--[a-z-]+/g)].map(([one]) => one));
  assert.ok(used.length >= 6);
  assert.deepEqual(
    used.filter((option) => !known.has(option)),
    [],
  );
});
