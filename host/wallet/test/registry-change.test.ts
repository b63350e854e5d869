/** A registry changes while slots are written: what is certified stays, whoever comes and goes. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slotAuthor } from '@dsm/ports/conformance';
import { installNative } from '@dsm/node';
import { intents } from '@dsm/availability';
import { quorum } from '../src/index.ts';
import { network, registryWorld } from './registry-world.ts';

installNative();

const author = slotAuthor(network, 1);

test('a node joins, and slots of the version before stand in the next', async () => {
  const world = await registryWorld();
  const { first } = world;
  const nodes = first.nodes.map(({ address }) => world.dial('client')(address));
  const before = await quorum(first, nodes).writeSlot(author.write(1, 10));
  assert.equal(before.type, 'certified');
  await world.newcomer(5);
  const second = await world.change(['node-5']);
  assert.equal(second.version, 2);
  assert.equal(second.nodes.length, 5);
  const again = second.nodes.map(({ address }) => world.dial('client')(address));
  const same = await quorum(second, again).writeSlot(author.write(1, 10));
  assert.equal(same.type, 'certified');
  const other = await quorum(second, again).writeSlot(author.write(1, 20));
  assert.equal(other.type, 'conflict');
  await world.close();
});

test('a node leaves, and the one that takes its place has its slots', async () => {
  const world = await registryWorld();
  await world.newcomer(5);
  const dial = world.dial('client');
  const nodes = world.first.nodes.map(({ address }) => dial(address));
  for (let position = 1; position <= 20; position++) {
    assert.equal(
      (await quorum(world.first, nodes).writeSlot(author.write(position, 10))).type,
      'certified',
    );
  }
  world.members.get('node-2')!.intent = intents.leave;
  const second = await world.change(['node-5']);
  const group = second.groups[0]!.map((index) => second.nodes[index]!.address);
  assert.deepEqual(group.toSorted(), ['node-1', 'node-3', 'node-4', 'node-5']);
  assert.ok(await world.members.get('node-2')!.node!.mayLeave());
  const rows = world.members.get('node-5')!.node!.metrics().slots;
  assert.equal(rows, 20);
  await world.close();
});
