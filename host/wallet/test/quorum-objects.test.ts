/** Objects on many nodes: placed, spilled, fetched, with nodes that are dead or lie. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placement } from '@dsm/availability';
import type { NodeApi } from '@dsm/ports';
import { address as addressOf } from '@dsm/primitive';
import { installNative } from '@dsm/node';
import { quorum, type NodeFault } from '../src/quorum.ts';
import { cluster, dead, hung } from './quorum-cluster.ts';

installNative();

const object = new Uint8Array(2_000).fill(5);
const address = addressOf(object);

test('an object goes to the r placed nodes and comes back', async () => {
  const { registry, nodes } = await cluster(10);
  const plane = quorum(registry, nodes);
  assert.equal(await plane.fetch(address), undefined);
  assert.equal(await plane.available(address), false);
  const { stored, available } = await plane.publish(object);
  assert.ok(available && stored >= registry.q && stored <= registry.r);
  assert.deepEqual(await plane.fetch(address), object);
  assert.equal(await plane.available(address), true);
  await Promise.all(nodes.map((node) => node.getObject(address)));
  const keeping = nodes.flatMap((node, i) => (node.metrics().objects > 0 ? [i] : []));
  assert.deepEqual(new Set(keeping), new Set(placement(registry, address).replicas));
});

test('where a replica is full or gone, the next nodes stand in, and readers find them', async () => {
  const { registry, nodes } = await cluster(10);
  const { nodes: full } = await cluster(10, 100);
  const { replicas, spill } = placement(registry, address);
  const broken = nodes.map((node, i): NodeApi => {
    if (i === replicas[0]) return full[i]!;
    return i === replicas[2] ? dead : node;
  });
  const plane = quorum(registry, broken);
  assert.equal((await plane.publish(object)).available, true);
  await Promise.all(nodes.map((node) => node.getObject(address)));
  for (const i of spill) assert.equal(nodes[i]!.metrics().objects, 1);
  assert.equal(await plane.available(address), true);
  const others = broken.map((node, i) => (replicas.includes(i) ? dead : node));
  assert.deepEqual(await quorum(registry, others).fetch(address), object);
});

test('fewer than q copies are not available, and say how many there are', async () => {
  const { registry, nodes } = await cluster();
  for (let alive = 0; alive <= 4; alive++) {
    const some = nodes.map((node, i): NodeApi => (i < alive ? node : dead));
    const plane = quorum(registry, some);
    const { stored, available } = await plane.publish(object);
    assert.equal(available, alive >= registry.q);
    assert.equal(stored, Math.min(alive, registry.q));
    assert.equal(await plane.available(address), alive >= registry.q);
  }
});

test('bytes that do not fit the address are nobody’s copy', async () => {
  const { registry, nodes } = await cluster();
  const faults: NodeFault[] = [];
  const lying = nodes.map((node, i): NodeApi => {
    const getObject = async (): Promise<Uint8Array> => object.with(i, 1);
    return i < 2 ? { ...node, getObject } : node;
  });
  const plane = quorum(registry, lying, { onFault: (fault) => faults.push(fault) });
  await plane.publish(object);
  assert.deepEqual(await plane.fetch(address), object);
  assert.equal(await plane.copies(address), false);
  assert.ok(faults.length > 0);
  assert.ok(faults.every(({ node, fault }) => node < 2 && fault === 'address'));
});

test('only who has the bytes can answer under a fresh nonce', async () => {
  const { registry, nodes } = await cluster();
  const faults: NodeFault[] = [];
  const heard: Uint8Array[] = [];
  await quorum(registry, nodes).publish(object);
  // Two nodes have dropped the object and repeat what another one said to an earlier challenge.
  const lying = nodes.map((node, i): NodeApi => {
    const ask: NodeApi['ask'] = async (requests) => {
      const answers = await node.ask(requests);
      const [answer] = answers;
      if (answer?.type === 'ok') heard.push(answer.body);
      return i < 2 && heard.length > 2 ? [{ type: 'ok', body: heard[0]! }] : answers;
    };
    return { ...node, ask };
  });
  const plane = quorum(registry, lying, { onFault: (fault) => faults.push(fault) });
  assert.equal(await plane.possessed(object), true);
  assert.equal(await plane.possessed(object), false);
  assert.deepEqual(new Set(faults.map(({ fault }) => fault)), new Set(['possession']));
  assert.equal(await plane.copies(address), true);
});

test('an object is available by one copy and digests of the others, at the cost of one', async () => {
  const { registry, nodes } = await cluster(10);
  let bytes = 0;
  const counted = nodes.map((node): NodeApi => {
    const getObject: NodeApi['getObject'] = async (at) => {
      const found = await node.getObject(at);
      bytes += found?.length ?? 0;
      return found;
    };
    return { ...node, getObject };
  });
  const plane = quorum(registry, counted);
  await plane.publish(object);
  await Promise.all(nodes.map((node) => node.getObject(address)));
  assert.equal(await plane.available(address), true);
  assert.ok(bytes <= (registry.f + 1) * object.length);
  bytes = 0;
  assert.equal(await plane.copies(address), true);
  assert.ok(bytes >= registry.q * object.length);
});

test('a node that never answers holds nobody up; a signal ends any wait', async () => {
  const { registry, nodes } = await cluster();
  for (let at = 0; at < 4; at++) {
    const plane = quorum(registry, nodes.with(at, hung as (typeof nodes)[number]));
    assert.equal((await plane.publish(object)).available, true);
    assert.deepEqual(await plane.fetch(address), object);
    assert.equal(await plane.available(address), true);
  }
  const plane = quorum(registry, [hung, hung, nodes[2], nodes[3]]);
  const abort = new AbortController();
  const published = plane.publish(object, abort.signal);
  const absent = plane.fetch(addressOf(new Uint8Array(1)), abort.signal);
  await nodes[3]!.putObject(object);
  abort.abort();
  assert.deepEqual(await published, { stored: 2, available: false });
  assert.equal(await absent, undefined);
  assert.deepEqual(await plane.publish(object, abort.signal), { stored: 0, available: false });
});

test('an object above the limit is a fault of the caller, and so is a failing program', async () => {
  const { registry, nodes } = await cluster();
  const plane = quorum(registry, nodes);
  await assert.rejects(plane.publish(new Uint8Array(1_048_577)), RangeError);
  const getObject = (): never => {
    throw new TypeError('a bug');
  };
  const buggy = quorum(registry, [{ ...dead, getObject }, dead, dead, dead]);
  await assert.rejects(buggy.fetch(address), TypeError);
});

test('gaps in the list of nodes are silent nodes', async () => {
  const { registry, nodes } = await cluster();
  assert.equal((await quorum(registry, nodes.slice(0, 3)).publish(object)).available, true);
  assert.equal((await quorum(registry, []).publish(object)).stored, 0);
});
