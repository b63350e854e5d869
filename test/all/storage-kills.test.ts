/**
 * Ten storage nodes as processes under load: a fifth of them killed at random again and again, one
 * cut off for a while, one full, then two disks lost. Nothing acknowledged is lost, and `dsm node
 * repair` tells when every object has its copies again.
 */

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { httpNode, installNative, type HttpNode } from '@dsm/node';
import { address, registry as registryObject, type Registry } from '@dsm/primitive';
import { quorum } from '@dsm/wallet';

installNative();

const main = resolve('apps/cli/src/main.ts');
const seed = Number(process.env['SEED'] ?? 1);
const nodeCount = 10;
const objectCount = 600;
const full = 9;
const answerMs = 2_000;

test('processes that are killed, cut off, full and lost: nothing acknowledged is lost', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'dsm-kills-'));
  const nodes = await begun(home);
  const clients = nodes.urls.map((url) => httpNode(url, { answerMs }));
  t.after(async () => {
    for (const one of clients) one.close();
    await nodes.killAll();
    rmSync(home, { recursive: true, force: true });
  });
  const acknowledged = await loaded(nodes, clients);
  assert.ok(acknowledged.length > objectCount / 2, `${acknowledged.length}`);
  const first = await repaired(home, []);
  assert.deepEqual(first.after, { belowQ: 0, belowR: 0 });
  await assertFetched(nodes.registry, clients, acknowledged);
  // Two disks are gone for good: a node that lost its votes does not come back under its id.
  for (const index of [1, 6]) await nodes.lose(index);
  await assertFetched(nodes.registry, clients, acknowledged);
  const second = await repaired(home, ['--replace']);
  assert.deepEqual(second.after, { belowQ: 0, belowR: 0 });
  const third = await repaired(home, ['--replace']);
  assert.equal(third.copied, 0);
  const few = third.copies.filter(({ copies }) => copies < nodes.registry.r);
  assert.deepEqual(few, []);
  await assertFetched(nodes.registry, clients, acknowledged);
});

/** Publishes while nodes are killed and come back; answers with what q nodes have acknowledged. */
async function loaded(nodes: Nodes, clients: readonly HttpNode[]): Promise<readonly Uint8Array[]> {
  const storage = quorum(nodes.registry, clients);
  const acknowledged: Uint8Array[] = [];
  const gone = new Set<number>();
  for (let from = 0; from < objectCount; from += 60) {
    for (const index of gone) await nodes.start(index);
    gone.clear();
    for (let i = 0; gone.size < nodeCount / 5; i++) gone.add(below(1_000 * from + i, nodeCount));
    const cutOff = below(from + 77, nodeCount);
    const work = Array.from({ length: 60 }, async (_, i) => {
      const bytes = objectOf(from + i);
      const { available } = await storage.publish(bytes);
      if (available) acknowledged.push(address(bytes));
    });
    await Promise.all(work.slice(0, 20));
    for (const index of gone) await nodes.kill(index);
    // One node stands still for a while, as if a line to it were cut.
    if (from === 120 && !gone.has(cutOff)) {
      nodes.signal(cutOff, 'SIGSTOP');
      setTimeout(() => nodes.signal(cutOff, 'SIGCONT'), 3_000);
    }
    await Promise.all(work);
  }
  for (const index of gone) await nodes.start(index);
  return acknowledged;
}

async function assertFetched(
  registry: Registry,
  clients: readonly HttpNode[],
  addresses: readonly Uint8Array[],
): Promise<void> {
  const storage = quorum(registry, clients);
  const found = await Promise.all(addresses.map((at) => storage.fetch(at)));
  assert.equal(found.filter((bytes) => bytes === undefined).length, 0);
}

interface Repaired {
  readonly copied: number;
  readonly after: object;
  readonly copies: readonly { readonly copies: number; readonly objects: number }[];
}

async function repaired(home: string, more: readonly string[]): Promise<Repaired> {
  const line = ['node', 'repair', '--registry', join(home, 'network.json'), '--count', '--json'];
  const { stdout, stderr } = await dsm(home, [...line, ...more]);
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout) as Repaired;
}

interface Nodes {
  readonly registry: Registry;
  readonly urls: readonly string[];
  readonly start: (index: number) => Promise<void>;
  readonly kill: (index: number) => Promise<void>;
  readonly signal: (index: number, name: NodeJS.Signals) => void;
  /** Ends the node and deletes its folder. */
  readonly lose: (index: number) => Promise<void>;
  readonly killAll: () => Promise<void>;
}

async function begun(home: string): Promise<Nodes> {
  const ports = await freePorts(nodeCount);
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const capacityOf = (index: number): string => (index === full ? '100kB' : '100MB');
  const folderOf = (index: number): string => join(home, `node-${index}`);
  await Promise.all(
    urls.map((url, i) =>
      dsm(home, [
        'node',
        'card',
        '--data',
        folderOf(i),
        '--public',
        url,
        '--capacity',
        capacityOf(i),
      ]),
    ),
  );
  const cards = urls.map((_, i) => join(folderOf(i), 'card.json'));
  const path = join(home, 'network.json');
  await dsm(home, ['network', 'create', 'storm', path, ...cards]);
  const file = JSON.parse(await readFile(path, 'utf8')) as { registry: string };
  const decoded = registryObject.decode(Uint8Array.from(Buffer.from(file.registry, 'base64url')));
  assert.ok(decoded.ok);
  const children = new Map<number, ChildProcess>();
  const start = async (index: number): Promise<void> => {
    const child = spawn(
      process.execPath,
      `node run --json --no-repair --listen 127.0.0.1:${ports[index]} --capacity ${capacityOf(index)}`
        .split(' ')
        .concat('--data', folderOf(index), '--registry', path, '--public', urls[index]!)
        .toSpliced(0, 0, main),
      { cwd: home, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    children.set(index, child);
    await once(createInterface({ input: child.stdout! }), 'line');
  };
  const kill = async (index: number): Promise<void> => {
    const child = children.get(index);
    children.delete(index);
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  await Promise.all(urls.map((_, index) => start(index)));
  return {
    registry: decoded.value,
    urls,
    start,
    kill,
    signal: (index, name) => void children.get(index)?.kill(name),
    lose: async (index) => {
      await kill(index);
      rmSync(folderOf(index), { recursive: true });
    },
    killAll: async () => {
      await Promise.all(Array.from(children.keys(), kill));
    },
  };
}

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

function dsm(cwd: string, args: readonly string[]): Promise<Said> {
  return new Promise((done, reject) => {
    const child = spawn(process.execPath, [main, ...args], {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.once('error', reject).once('close', () => done({ stdout, stderr }));
  });
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(
    servers.map(async (server) => {
      const closed = once(server, 'close');
      server.close();
      await closed;
    }),
  );
  return ports;
}

function below(number: number, end: number): number {
  const about = new Uint8Array(8);
  const view = new DataView(about.buffer);
  view.setUint32(0, seed);
  view.setUint32(4, number);
  return new DataView(address(about).buffer).getUint32(0) % end;
}

function objectOf(number: number): Uint8Array {
  const bytes = new Uint8Array(200 + (number % 800));
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}
