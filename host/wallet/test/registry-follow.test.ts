/** Wallets live on while the registry changes under them, also those that were away for it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { intents } from '@dsm/availability';
import { memoryPlace, memoryStore, seededEntropy } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { createWallet, networkId, repair, type Network, type Wallet } from '../src/index.ts';
import { registryWorld, type RegistryWorld } from './registry-world.ts';

installNative();

const name = 'moving';

interface Scene {
  readonly world: RegistryWorld;
  readonly network: Network;
  readonly ada: Wallet;
  readonly bob: Wallet;
  readonly bobPlace: ReturnType<typeof memoryPlace>;
}

/** Ada has 90 GOLD and Bob 10, all certified under version 1. */
async function scene(): Promise<Scene> {
  const world = await registryWorld({ id: networkId(name) });
  const dial = world.dial('client');
  const { first } = world;
  const nodes = first.nodes.map(({ address }) => dial(address));
  const network = { name, registry: first, nodes, dial };
  const bobPlace = memoryPlace();
  const ada = await createWallet({ name: 'Ada', store: memoryStore(), network });
  const bob = await createWallet({ name: 'Bob', store: memoryStore({ place: bobPlace }), network });
  const { id } = await ada.issue({ ticker: 'GOLD', cap: 1_000n });
  await ada.mint('GOLD', 100n);
  await bob.adopt(id);
  const to = await ada.meet(bob);
  await to.pay({ token: id, amount: 10n, over: 'online' });
  await to.close();
  await bob.sync();
  assert.equal(await bob.balance('GOLD'), 10n);
  return { world, network, ada, bob, bobPlace };
}

/** All four first nodes go, one at a time; four others take their places. */
async function replaced(world: RegistryWorld, after: () => Promise<unknown> = idle): Promise<void> {
  for (let number = 1; number <= 4; number++) {
    await world.newcomer(number + 4, world.newest());
    world.members.get(`node-${number}`)!.intent = intents.leave;
    const { groups, nodes } = await world.change([`node-${number + 4}`]);
    const group = groups[0]!.map((index) => nodes[index]!.address);
    assert.ok(group.includes(`node-${number + 4}`) && !group.includes(`node-${number}`));
    await after();
  }
}

async function idle(): Promise<void> {}

test('payments go on over versions in which every node was replaced', async () => {
  const { world, ada, bob } = await scene();
  await replaced(world);
  for (let number = 1; number <= 4; number++)
    await world.stop(world.members.get(`node-${number}`)!);
  // Who was away finds only silence at the nodes that it knows, and cannot follow alone.
  const blind = await ada.sync();
  assert.equal(blind.online, false);
  await world.close();
  await ada.close();
  await bob.close();
});

test('who syncs while old and new nodes overlap follows, pays, and is certified by the new ones', async () => {
  const { world, ada, bob } = await scene();
  await replaced(world, () => ada.sync());
  const report = await ada.sync();
  assert.equal(report.online, true);
  const { after: deficits } = await repair({
    registries: () => world.members.get('node-8')!.node!.registries()!,
    reach: ({ address }) => world.dial('agent')(address),
    entropy: seededEntropy('repair'),
  });
  assert.deepEqual(deficits, { belowQ: 0, belowR: 0 });

  for (let number = 1; number <= 4; number++)
    await world.stop(world.members.get(`node-${number}`)!);
  const paid = await ada.contact('Bob').pay({ token: 'GOLD', amount: 5n, over: 'online' });
  assert.equal(paid.amount, 5n);
  await ada.sync();
  // Bob knows version 1 alone, whose nodes are gone: Ada tells him what followed when they meet.
  const meeting = await bob.meet(ada);
  await meeting.close();
  const after = await bob.sync();
  assert.equal(after.online, true);
  assert.equal(await bob.balance('GOLD'), 15n);
  assert.deepEqual((await bob.verify()).faults, []);
  await world.close();
  await ada.close();
  await bob.close();
});

test('what was learned is kept: the wallet opens with the registry that it has followed', async () => {
  const { world, network, ada, bob, bobPlace } = await scene();
  await world.newcomer(5);
  world.members.get('node-1')!.intent = intents.leave;
  await world.change(['node-5']);
  await bob.sync();
  await bob.close();
  for (const old of ['node-1', 'node-2']) await world.stop(world.members.get(old)!);
  const again = await createWallet({
    name: 'Bob',
    store: memoryStore({ place: bobPlace }),
    network: { ...network, nodes: [] },
  });
  // Node 2 is one of four and may be silent; node 1 is in no group any more.
  assert.equal((await again.sync()).online, true);
  await again.close();
  await ada.close();
  await world.close();
});

test('a registry of another lineage is refused for a wallet that has lived by this one', async () => {
  const { world, ada, bob, bobPlace } = await scene();
  await world.newcomer(5);
  await world.change(['node-5']);
  await bob.sync();
  await bob.close();
  const other = await registryWorld({ id: networkId(name), nodes: 5 });
  const network = { name, registry: other.first, nodes: [] };
  await assert.rejects(
    createWallet({ name: 'Bob', store: memoryStore({ place: bobPlace }), network }),
    { code: 'usage', message: /another registry/ },
  );
  await Promise.all([world.close(), other.close(), ada.close()]);
});

test('a full disk while a version is learned is said as such, and it goes on with space', async () => {
  const { world, network } = await scene();
  let isFull = false;
  const store = memoryStore({ isFull: () => isFull });
  const late = await createWallet({ name: 'Late', store, network });
  await world.newcomer(5, world.newest());
  await world.change(['node-5']);
  isFull = true;
  await assert.rejects(late.sync(), { name: 'DsmError', code: 'full' });
  isFull = false;
  assert.equal((await late.sync()).online, true);
});
