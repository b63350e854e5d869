/** Wallets of the command line that are sealed to a chip, and what a copy of their folder is worth. */

import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { installNative } from '@dsm/node';
import { startSwtpm, withoutSwtpm, type Swtpm } from '@dsm/tpm/swtpm';
import { cluster, type Cluster } from '../src/dev/cluster.ts';
import { place, type Said } from './surroundings.ts';

installNative();

const { folder, dsm, begin } = place();
const options = { skip: withoutSwtpm };
let nodes: Cluster;
let chip: Swtpm;
let other: Swtpm;

before(async () => {
  if (withoutSwtpm !== false) return;
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  [chip, other] = [await startSwtpm(), await startSwtpm()];
});

after(async () => {
  if (withoutSwtpm !== false) return;
  await Promise.all([nodes.end(), chip.scrap(), other.scrap()]);
});

const secret = { DSM_PASSPHRASE: 'correct horse' };

function said(line: string, name: string, at = chip, env: object = secret): Promise<Said> {
  const all = { ...env, TPM2TOOLS_TCTI: at.tcti };
  return dsm(`${line} --json --home ${join(folder, name)} --network ${nodes.networkPath}`, all);
}

async function good(line: string, name: string, at = chip): Promise<Record<string, unknown>> {
  const { exit, stdout, stderr } = await said(line, name, at);
  assert.equal(exit, 0, stderr);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test(
  'a wallet is sealed to the chip, and a copy of its folder opens at no other',
  options,
  async () => {
    await good('init --name Maya --binding tpm', 'Maya');
    const { level, clonable, attests, isTold } = await good('device binding', 'Maya');
    assert.deepEqual([level, clonable, attests, isTold], ['tpm', false, true, true]);
    cpSync(join(folder, 'Maya'), join(folder, 'Copy'), { recursive: true });
    const there = await said('id', 'Copy', other);
    assert.equal(there.exit, 9, there.stderr);
    assert.equal((JSON.parse(there.stderr) as { error: { code: string } }).error.code, 'elsewhere');
    const guessed = await said('id', 'Maya', chip, { DSM_PASSPHRASE: 'wrong' });
    assert.equal(guessed.exit, 9, guessed.stderr);
  },
);

test('who meets it sees the chip, and later that it is gone', options, async () => {
  assert.equal((await said('init --name Cafe --yes', 'Cafe', chip, {})).exit, 0);
  const met = async (): Promise<unknown> => {
    const host = begin(
      `meet --listen 127.0.0.1:0 --once --home ${join(folder, 'Cafe')} --network ${nodes.networkPath}`,
    );
    const { address } = await host.event('listening');
    await good(`meet --to ${String(address)}`, 'Maya');
    await host.ended;
    const { contact } = await good('contact show Maya', 'Cafe');
    const { level, state } = (contact as { binding: { level: string; state: string } }).binding;
    return [level, state];
  };
  assert.deepEqual(await met(), ['tpm', 'shown']);
  const own = await good('device binding --change software', 'Maya');
  assert.deepEqual([own['level'], own['told'], own['isTold']], ['software', 'tpm', false]);
  assert.deepEqual(await met(), ['tpm', 'changed']);
  assert.equal((await said('contact bind Maya', 'Cafe')).exit, 3, 'it has shown no other');
});

test('a backup of what is sealed to a chip opens without the chip', options, async () => {
  await good('device binding --change tpm', 'Maya');
  const file = join(folder, 'maya.backup');
  await good(`backup ${file}`, 'Maya');
  await good(`restore ${file}`, 'Again', other);
  assert.equal((await good('device binding', 'Again', other))['level'], 'software');
});

test('what there is to seal to is told, and what is not is an error of use', options, async () => {
  const { stdout } = await said('doctor', 'Maya');
  const findings = JSON.parse(stdout) as readonly { check: string; found: string }[];
  const { found } = findings.find(({ check }) => check === 'things')!;
  assert.match(found, /sealed to: software, .*\btpm$/);
  for (const level of ['passkey', 'puf']) {
    assert.equal((await said(`init --name X --binding ${level}`, 'X')).exit, 2);
  }
});
