/**
 * The storage plane while it is killed: real processes, disks kept, and one partition that heals.
 *
 * Eight nodes take objects and slots without a pause. A fifth of them is killed with SIGKILL and
 * started again, over and over; two are cut off for a while. Nothing that was acknowledged may be
 * lost, no slot may have two certified values, and repair brings every object back to r copies.
 */

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { placement } from '@dsm/availability';
import { httpNode, installNative, type HttpNode } from '@dsm/node';
import { NodeError, type NodeApi } from '@dsm/ports';
import { slotAuthor } from '@dsm/ports/conformance';
import {
  address as addressOf,
  equal,
  keyOf,
  nodeIndex,
  registriesOf,
  registry as registryObject,
  type Registry,
  type SlotWrite,
} from '@dsm/primitive';
import { quorum, repair, type Quorum, type RepairReport } from '@dsm/wallet';
import { seededEntropy } from '@dsm/memory';

installNative();

const main = resolve('apps/cli/src/main.ts');
const nodeCount = 8;
const loadMs = 20_000;
const random = seededEntropy('storage chaos');

interface Running {
  child: ChildProcess | undefined;
  readonly data: string;
  readonly port: number;
  readonly node: HttpNode;
}

test('a fifth of the nodes dies again and again, two are cut off: nothing acknowledged is lost', async (t) => {
  const home = mkdtempSync(join(tmpdir(), 'dsm-chaos-'));
  const all = await cluster(home);
  t.after(async () => {
    for (const one of all) one.child?.kill('SIGKILL');
    for (const one of all) one.node.close();
    await sleep(100);
    rmSync(home, { recursive: true, force: true });
  });
  const registry = await network(home, all);
  await Promise.all(all.map((one) => start(home, one)));
  const cut = new Set<number>();
  const plane = quorum(
    registry,
    all.map((one, i) => cuttable(one.node, () => cut.has(i))),
  );

  const load = loadOn(plane, registry.network);
  const chaos = misfortune(home, all, cut);
  await sleep(loadMs);
  await load.stop();
  await chaos.stop();
  t.diagnostic(
    `${load.objects.length} objects and ${load.slots.size} slots acknowledged, ${chaos.kills()} kills`,
  );
  assert.ok(load.objects.length > 200 && load.slots.size > 20 && chaos.kills() > 5);

  for (const address of load.objects) {
    const bytes = await plane.fetch(address);
    assert.ok(bytes !== undefined && equal(addressOf(bytes), address));
  }
  for (const write of load.slots.values()) {
    const reading = await plane.readSlot(write.place);
    assert.ok(reading.type === 'voted' && equal(reading.values[0]!.value, write.value));
    const outcome = await plane.writeSlot(write);
    assert.ok(outcome.type === 'certified' && equal(outcome.certificate.value, write.value));
  }

  // A node that has just started may put a comparison off: repair is begun again until all are made.
  let report = await repaired(registry, all);
  const { before, copied } = report;
  for (let again = 0; report.uncompared > 0 && again < 10; again++) {
    report = await repaired(registry, all);
  }
  t.diagnostic(`${copied} copies made by repair, below r before: ${before.belowR}`);
  assert.equal(report.uncompared, 0);
  assert.deepEqual(report.after, { belowQ: 0, belowR: 0 });
  for (const address of load.objects) {
    const { replicas } = placement(registry, address);
    const sizes = await Promise.all(
      replicas.map((index) => all[index]!.node.ask([{ type: 'has', address }])),
    );
    assert.ok(sizes.every(([answer]) => answer?.type === 'ok'));
  }
});

function repaired(registry: Registry, all: readonly Running[]): Promise<RepairReport> {
  const registries = registriesOf(registry);
  return repair({
    registries: () => registries,
    reach: ({ id }) => all[nodeIndex(registry, id)]?.node,
    entropy: random,
  });
}

/** Objects and slots, sixteen at a time, until it is stopped; what was acknowledged is written down. */
function loadOn(plane: Quorum, of: Uint8Array) {
  const objects: Uint8Array[] = [];
  const author = slotAuthor(of, 1);
  const slots = new Map<string, SlotWrite>();
  let isOver = false;
  let position = 0;
  const putting = async (): Promise<void> => {
    while (!isOver) {
      const bytes = random.bytes(1_024);
      const { available } = await plane.publish(bytes);
      if (available) objects.push(addressOf(bytes));
    }
  };
  const writing = async (): Promise<void> => {
    while (!isOver) {
      position = (position + 1) % 250;
      const write = author.write(position, (position * 7) % 250);
      const outcome = await plane.writeSlot(write);
      if (outcome.type !== 'certified') continue;
      const known = slots.get(keyOf(write.place.position));
      assert.ok(known === undefined || equal(known.value, outcome.certificate.value));
      slots.set(keyOf(write.place.position), write);
    }
  };
  const work = Promise.all([...Array.from({ length: 14 }, putting), writing(), writing()]);
  return {
    objects,
    slots,
    stop: async (): Promise<void> => {
      isOver = true;
      await work;
    },
  };
}

/** Kills one of five at a time and starts it again; in the middle cuts two others off. */
function misfortune(home: string, all: readonly Running[], cut: Set<number>) {
  let isOver = false;
  let kills = 0;
  const draw = (below: number): number => random.bytes(1)[0]! % below;
  const killing = async (): Promise<void> => {
    while (!isOver) {
      const one = all[draw(nodeCount)]!;
      const over = once(one.child!, 'exit');
      one.child!.kill('SIGKILL');
      await over;
      kills += 1;
      await sleep(200 + 3 * draw(100));
      await start(home, one);
    }
  };
  const cutting = async (): Promise<void> => {
    await sleep(loadMs / 3);
    for (const index of [0, 4]) cut.add(index);
    await sleep(loadMs / 5);
    cut.clear();
  };
  const work = Promise.all([killing(), cutting()]);
  return {
    kills: () => kills,
    stop: async (): Promise<void> => {
      isOver = true;
      await work;
    },
  };
}

/** The node while it is not cut off. */
function cuttable(node: HttpNode, isCut: () => boolean): NodeApi {
  const guarded =
    <A extends unknown[], T>(call: (...given: A) => Promise<T>) =>
    (...given: A): Promise<T> =>
      isCut() ? Promise.reject(new NodeError('unreachable', 'cut off')) : call(...given);
  return {
    address: node.address,
    putObject: guarded(node.putObject),
    getObject: guarded(node.getObject),
    writeSlot: guarded(node.writeSlot),
    readSlot: guarded(node.readSlot),
    ask: guarded(node.ask),
    health: guarded(node.health),
  };
}

async function cluster(home: string): Promise<readonly Running[]> {
  const ports = await freePorts(nodeCount);
  return ports.map((port, i) => ({
    child: undefined,
    data: join(home, `node-${i}`),
    port,
    node: httpNode(`http://127.0.0.1:${port}`, { answerMs: 10_000 }),
  }));
}

/** A network file out of the cards of all nodes, by the command itself. */
async function network(home: string, all: readonly Running[]): Promise<Registry> {
  const cards = await Promise.all(
    all.map(async ({ data, port }, i) => {
      const path = join(home, `${i}.card`);
      const where = ['--data', data, '--public', `http://127.0.0.1:${port}`];
      writeFileSync(path, await dsm(['node', 'card', ...where, '--capacity', '1GB']));
      return path;
    }),
  );
  const file = join(home, 'network.json');
  await dsm(['network', 'create', 'chaos', file, ...cards]);
  const { registry } = JSON.parse(readFileSync(file, 'utf8')) as { registry: string };
  const decoded = registryObject.decode(Uint8Array.from(Buffer.from(registry, 'base64url')));
  assert.ok(decoded.ok);
  return decoded.value;
}

async function start(home: string, one: Running): Promise<void> {
  const { data, port } = one;
  const where = ['--data', data, '--listen', `127.0.0.1:${port}`, '--capacity', '1GB'];
  const rest = ['--registry', join(home, 'network.json'), '--with-parent'];
  const child = spawn(process.execPath, [main, 'node', 'run', ...where, ...rest], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  one.child = child;
  const ended = once(child, 'exit').then(() => 'ended');
  const said = once(child.stdout, 'data').then(() => 'said');
  assert.equal(await Promise.race([said, ended]), 'said');
}

async function dsm(args: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.on('data', (part) => (out += String(part)));
  const [code] = (await once(child, 'close')) as [number];
  assert.equal(code, 0, `dsm ${args.join(' ')}`);
  return out;
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(
    servers.map((server) => {
      server.listen(0, '127.0.0.1');
      return once(server, 'listening');
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}
