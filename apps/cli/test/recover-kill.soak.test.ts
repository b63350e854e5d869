/** Real processes: `dsm recover` is killed (SIGKILL) in each of its stages, and begun again. */

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { installNative } from '@dsm/node';
import { cluster, type Cluster } from '../src/dev/cluster.ts';
import { place } from './surroundings.ts';

installNative();

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const { folder, dsm } = place();
let nodes: Cluster;
let words = '';

before(async () => {
  nodes = await cluster(join(folder, 'nodes'));
  await nodes.start();
  const made = await said('init --name Maya --yes', 'Maya');
  ({ words } = JSON.parse(made.stdout) as { words: string });
  for (const line of ['token issue ERA --cap 1000', 'token mint ERA 100', 'sync']) {
    const { exit, stderr } = await said(line, 'Maya');
    assert.equal(exit, 0, stderr);
  }
});

after(() => nodes.end());

function said(line: string, name: string): ReturnType<typeof dsm> {
  const flags = `--json --home ${join(folder, name)} --network ${nodes.networkPath}`;
  return dsm(`${line} ${flags}`, { DSM_CAPSULES: 'nodes', DSM_WORDS: words });
}

/** Starts a recovery and kills it once it has said `line` and some time more has passed. */
async function killed(name: string, line: RegExp, laterMs: number): Promise<NodeJS.Signals | null> {
  const args = ['recover', '--yes', '--home', join(folder, name), '--network', nodes.networkPath];
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, HOME: folder, DSM_WORDS: words },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let heard = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
    if (line.test(heard)) setTimeout(() => child.kill('SIGKILL'), laterMs);
  });
  const [, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return signal;
}

const stages = [
  { line: /Following the words/, laterMs: 0 },
  { line: /Capsule/, laterMs: 0 },
  { line: /Capsule/, laterMs: 10 },
  { line: /Asking the nodes/, laterMs: 0 },
  { line: /Certifying/, laterMs: 0 },
  { line: /Certifying/, laterMs: 60 },
  { line: /Certifying/, laterMs: 200 },
  { line: /Certifying/, laterMs: 400 },
];

for (const [i, { line, laterMs }] of stages.entries()) {
  test(`killed ${laterMs} ms after ${String(line)}, it goes on to the same result`, async (t) => {
    const name = `Again ${i}`.replace(' ', '');
    t.diagnostic(String(await killed(name, line, laterMs)));
    const { exit, stderr } = await said('recover --yes', name);
    assert.equal(exit, 0, stderr);
    const { stdout } = await said('balance', name);
    const [balance] = JSON.parse(stdout) as readonly { readonly total: string }[];
    assert.equal(balance!.total, '10000');
    assert.equal((await said('chain verify', name)).exit, 0);
  });
}
