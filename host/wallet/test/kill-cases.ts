/**
 * Real processes and kill -9: payer and payee each own a directory, talk TCP to each other and HTTP
 * to the storage nodes, and one of them kills itself at a given effect.
 */

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { fileStore } from '@dsm/node';
import type { MemoryEnginePlace } from '@dsm/memory';
import { registry as registryObject } from '@dsm/primitive';
import { serveNode } from '@dsm/storage-node/http';
import { preparedWorld, settleAndJudge } from './cut-flows.ts';
import type { Order } from './fixtures/device.ts';
import { noted, statements, type Statements } from './statements.ts';
import { copyOfNode, networkIn, walletOver } from './world.ts';

const fixture = fileURLToPath(new URL('./fixtures/device.ts', import.meta.url));

export interface Prepared {
  readonly directory: string;
  readonly nodes: readonly MemoryEnginePlace[];
}

/** The prepared world of the cuts in memory, its devices in directories. */
export async function preparedDirectories(): Promise<Prepared> {
  const world = await preparedWorld();
  const directory = mkdtempSync(join(tmpdir(), 'dsm-wallet-'));
  for (const [name, { rows }] of world.devices) {
    const store = await fileStore(join(directory, name));
    await store.commit([...rows.values()].map(([key, value]) => ({ key, value })));
    await store.close();
  }
  return { directory, nodes: world.nodes };
}

export interface Kill {
  readonly flow: 'offline' | 'online';
  readonly victim: 'maya' | 'cafe';
  readonly at: number;
  readonly after: boolean;
}

interface Case {
  readonly directory: string;
  /** Compiled sources, for the many processes that start with the same ones. */
  readonly cache: string;
  readonly kill: Kill;
  readonly registry: string;
  readonly addresses: readonly string[];
}

/** Run one case. Answers whether the process lived to reach the effect at which it dies. */
export async function runKill(prepared: Prepared, kill: Kill): Promise<boolean> {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-wallet-'));
  try {
    for (const name of ['maya', 'cafe']) {
      cpSync(join(prepared.directory, name), join(directory, name), { recursive: true });
    }
    const places = prepared.nodes.map(copyOfNode);
    const network = await networkIn({ nodes: places });
    const served = await Promise.all(
      network.storageNodes.map((node) => serveNode(node, { host: '127.0.0.1', port: 0 })),
    );
    const registry = Buffer.from(registryObject.encode(network.registry)).toString('base64');
    const cache = join(prepared.directory, 'cache');
    const addresses = served.map(({ address }) => address);
    const killed = await runFlow({ directory, cache, kill, registry, addresses });
    await Promise.all(served.map((each) => each.close()));
    const said = statements();
    for (const name of ['maya', 'cafe']) replay(said, join(directory, `${name}.log`));
    const open = async (name: string): ReturnType<typeof walletOver> =>
      walletOver(network, await fileStore(join(directory, name)), said);
    await settleAndJudge(await open('maya'), await open('cafe'), {}, said);
    return killed;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function replay(said: Statements, log: string): void {
  if (!existsSync(log)) return;
  for (const line of readFileSync(log, 'utf8').split('\n')) {
    const [kind, text = ''] = line.split(' ');
    const bytes = new Uint8Array(Buffer.from(text, 'base64'));
    if (kind === 'slot') said.slot(bytes);
    if (kind === 'message') noted(said, bytes);
  }
}

/** True if the victim was killed, false if both came to the end, which is then a good one. */
async function runFlow(of: Case): Promise<boolean> {
  const ends = of.kill.flow === 'online' ? await runOnline(of) : await runOffline(of);
  const [maya, cafe] = ends;
  if (!maya.killed && !cafe.killed) {
    assert.doesNotMatch(maya.said + cafe.said, /failed/);
  }
  return of.kill.victim === 'maya' ? maya.killed : cafe.killed;
}

async function runOnline(of: Case): Promise<readonly [End, End]> {
  const maya = await ended(started(of, 'maya', 'pay-online'));
  return [maya, await ended(started(of, 'cafe', 'sync'))];
}

async function runOffline(of: Case): Promise<readonly [End, End]> {
  const child = started(of, 'cafe', 'answer');
  const cafe = ended(child);
  const [address] = (await once(createInterface(child.stdout!), 'line')) as [string];
  const maya = await ended(started(of, 'maya', 'pay-offline', address));
  return [maya, await cafe];
}

function started(
  { directory, cache, kill, registry, addresses }: Case,
  name: Kill['victim'],
  act: Order['act'],
  address?: string,
): ChildProcess {
  const order: Order = {
    directory: join(directory, name),
    log: join(directory, `${name}.log`),
    registry,
    nodes: addresses,
    act,
    ...(address === undefined ? {} : { address }),
    at: kill.victim === name ? kill.at : 0,
    after: kill.after,
  };
  const file = join(directory, `${name}.json`);
  writeFileSync(file, JSON.stringify(order));
  const options = process.execArgv.filter((arg) => !arg.startsWith('--test'));
  return spawn(process.execPath, [...options, fixture, file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
}

interface End {
  readonly killed: boolean;
  readonly said: string;
}

/** A process ends by its order or by its own hand. */
async function ended(child: ChildProcess): Promise<End> {
  let said = '';
  child.stdout!.on('data', (bytes: Uint8Array) => {
    said += Buffer.from(bytes).toString();
  });
  const [code, signal] = (await once(child, 'close')) as [number | null, string | null];
  assert.ok(signal === 'SIGKILL' || code === 0, `the device ended with ${signal ?? code}`);
  return { killed: signal === 'SIGKILL', said };
}
