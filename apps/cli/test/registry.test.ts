/** `dsm registry` against real nodes: a plan is staged and applied, a node is killed meanwhile. */

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { httpNode, installNative } from '@dsm/node';
import { slotAuthor } from '@dsm/ports/conformance';
import { networkId, quorum } from '@dsm/wallet';
import { parseNetwork, writeNetwork } from '../src/network-file.ts';
import { newNetwork } from '../src/network-new.ts';
import { parseCard } from '../src/node-home.ts';
import { place } from './surroundings.ts';
import { readFile } from 'node:fs/promises';

installNative();

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));

interface Running {
  readonly child: ChildProcess;
  readonly card: string;
  readonly address: string;
}

async function started(data: string, listen: string, more: readonly string[]): Promise<Running> {
  const args = [main, 'node', 'run', '--data', data, '--listen', listen, ...more];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const [card] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, card, address: parseCard(card, 'the card').address };
}

async function ended({ child }: Running, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const over = once(child, 'exit');
  child.kill(signal);
  await over;
}

test('a registry is planned and applied between processes, and one of them is killed meanwhile', async () => {
  const { folder, dsm } = place();
  const data = (n: number): string => join(folder, `node-${n}`);
  const file = join(folder, 'network.json');
  const first = await Promise.all([1, 2, 3, 4].map((n) => started(data(n), '127.0.0.1:0', [])));
  await Promise.all(first.map((one) => ended(one, 'SIGTERM')));
  const cards = first.map(({ card }) => parseCard(card, 'the card'));
  await writeNetwork(file, newNetwork('village', cards));
  const known = ['--registry', file, '--admit', 'all'];
  const restarted = (n: number): Promise<Running> =>
    started(data(n), new URL(first[n - 1]!.address).host, known);
  const nodes = await Promise.all([1, 2, 3, 4].map(restarted));
  const fifth = await started(data(5), '127.0.0.1:0', known);
  nodes.push(fifth);
  try {
    const author = slotAuthor(networkId('village'), 1);
    const certified = async (path: string): Promise<string> => {
      const { registry, nodes: urls } = parseNetwork(await readFile(path, 'utf8'), path);
      const reached = urls.map((url) => httpNode(url));
      const { type } = await quorum(registry, reached).writeSlot(author.write(1, 10));
      for (const node of reached) node.close();
      return type;
    };
    assert.equal(await certified(file), 'certified');
    const plan = await dsm(`registry plan next.plan ${fifth.address} --of ${file} --json`);
    assert.equal(plan.exit, 0, plan.stderr);
    const staged = JSON.parse(plan.stdout) as { nodes: { change: string; address: string }[] };
    assert.ok(
      staged.nodes.some(({ change, address }) => change === 'joins' && address === fifth.address),
    );
    await ended(nodes[1]!, 'SIGKILL');
    const next = join(folder, 'next.json');
    const apply = `registry apply next.plan --of ${file} --write ${next} --json`;
    const applied = await dsm(apply);
    assert.equal(applied.exit, 0, applied.stderr);
    const outcome = JSON.parse(applied.stdout) as Record<string, unknown>;
    assert.deepEqual([outcome['outcome'], outcome['version']], ['applied', 2]);
    assert.deepEqual(outcome['silent'], [nodes[1]!.address]);
    nodes[1] = await restarted(2);
    const again = await dsm(apply);
    assert.deepEqual((JSON.parse(again.stdout) as Record<string, unknown>)['silent'], []);
    while ((await certified(next)) !== 'certified') await new Promise((go) => setTimeout(go, 100));
    const shown = await dsm(`registry show --of ${file}`);
    assert.match(shown.stdout, /^version 2: 5 nodes, 1 groups, 4 of 5 sign the next/);
    writeFileSync(join(folder, 'bad.plan'), 'nonsense');
    assert.equal((await dsm(`registry apply bad.plan --of ${file}`)).exit, 7);
  } finally {
    await Promise.all(nodes.map((one) => ended(one, 'SIGKILL')));
  }
});

test('where too few signers answer nothing is planned', async () => {
  const { folder, dsm } = place();
  const file = join(folder, 'network.json');
  const cards = [1, 2, 3, 4].map((n) => ({
    suite: 1 as const,
    id: new Uint8Array(32).fill(n),
    voteKey: new Uint8Array(1_952).fill(n),
    address: 'http://127.0.0.1:9',
    capacityBytes: 1_000,
  }));
  await writeNetwork(file, newNetwork('village', cards));
  const plan = await dsm(`registry plan next.plan --of ${file}`);
  assert.equal(plan.exit, 5);
  assert.match(plan.stderr, /too few signers/);
});
