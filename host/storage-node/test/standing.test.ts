/** A node votes only where the registry has put it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryEngine, memoryEnginePlace, type MemoryEnginePlace } from '@dsm/memory';
import { NodeError } from '@dsm/ports';
import { groupOf, keyOf, slotKey, type Registry } from '@dsm/primitive';
import {
  secretsInMemory,
  slotRefusals,
  storageNode,
  type NodeCard,
  type SlotRefusal,
  type StorageNode,
} from '../src/index.ts';
import { installNative } from '@dsm/node';
import { filled, registryOf, slotAuthor } from '@dsm/ports/conformance';
import { network } from './one-node.ts';

installNative();

const author = slotAuthor(network, 1);

async function nodeIn(
  registry: () => Registry | undefined,
  place: MemoryEnginePlace = memoryEnginePlace(),
  seed = 11,
): Promise<StorageNode> {
  const engine = memoryEngine({ place });
  const capacityBytes = 1 << 20;
  const secrets = secretsInMemory(filled(seed));
  return storageNode({ engine, registry, network, suite: 1, secrets, capacityBytes });
}

test('a node that knows no registry with its key keeps objects and refuses slots', async () => {
  let known: Registry | undefined;
  const node = await nodeIn(() => known);
  const write = author.encoded(1, 10);
  const strangers = [1, 2, 3, 4].map(stranger);
  await assert.rejects(node.writeSlot(write), refused('registry'));
  known = registryOf(network, strangers, 1);
  await assert.rejects(node.writeSlot(write), refused('registry'));
  known = registryOf(filled(43), [node.card], 0);
  await assert.rejects(node.writeSlot(write), refused('registry'));
  assert.equal(node.standing(), undefined);
  await node.putObject(new Uint8Array(5));
  known = registryOf(network, [node.card], 0);
  await node.writeSlot(write);
  assert.equal(node.standing(), known);
});

test('a slot of another group is refused', async () => {
  let known: Registry | undefined;
  const node = await nodeIn(() => known);
  const others = [1, 2, 3].map(stranger);
  const registry = registryOf(network, [node.card, ...others], 0);
  known = registry;
  let ours = 0;
  for (let position = 0; position < 32; position++) {
    const isOurs = groupOf(registry, slotKey(author.place(position))).includes(0);
    ours += isOurs ? 1 : 0;
    const answer = node.writeSlot(author.encoded(position, 10));
    await (isOurs ? answer : assert.rejects(answer, refused('group')));
  }
  assert.ok(ours > 0 && ours < 32);
  assert.equal(node.metrics().slots, ours);
});

test('a node votes with the key that its registry names, and with no other', async () => {
  let known: Registry | undefined;
  const node = await nodeIn(() => known);
  const good = registryOf(network, [node.card], 0);
  const own = good.nodes[0]!;
  for (const changed of [{ missed: 1 }, { voteKey: stranger(1).voteKey }, { id: filled(1) }]) {
    known = { ...good, nodes: [{ ...own, ...changed }] };
    await assert.rejects(node.writeSlot(author.encoded(1, 10)), refused('registry'));
    assert.equal(node.standing(), undefined);
  }
  known = good;
  await node.writeSlot(author.encoded(1, 10));
});

test('what a registry says of a node follows from its secrets', async () => {
  const one = await nodeIn(() => undefined);
  const same = await nodeIn(() => undefined);
  const other = await nodeIn(() => undefined, memoryEnginePlace(), 12);
  assert.deepEqual(same.card, one.card);
  assert.notEqual(keyOf(other.card.voteKey), keyOf(one.card.voteKey));
  assert.notEqual(keyOf(other.card.id), keyOf(one.card.id));
  assert.deepEqual(one.nodeId, one.card.id);
});

function stranger(i: number): Pick<NodeCard, 'suite' | 'id' | 'voteKey'> {
  return { suite: 1, id: filled(i), voteKey: new Uint8Array(1_952).fill(i) };
}

function refused(reason: SlotRefusal): (error: unknown) => boolean {
  return (error) => error instanceof NodeError && error.message === slotRefusals[reason];
}
