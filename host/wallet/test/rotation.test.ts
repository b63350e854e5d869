/** Rotation: what was signed before stays good, what comes after needs the new key, and nobody is left behind. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { createWallet, localNetwork, type Wallet } from '../src/index.ts';
import { meetAndPart } from './world.ts';

interface Scene {
  readonly ada: Wallet;
  readonly bob: Wallet;
  readonly token: string;
}

async function scene(): Promise<Scene> {
  const network = await localNetwork({ nodes: 4 });
  const [ada, bob] = await Promise.all(
    ['ada', 'bob'].map((name) => createWallet({ name, store: memoryStore(), network })),
  );
  await network.fund(ada!, { GOLD: 100n });
  const token = ada!.tokens()[0]!.id;
  await bob!.adopt(token);
  await meetAndPart(ada!, bob!);
  return { ada: ada!, bob: bob!, token };
}

async function pay(from: Wallet, to: Wallet, token: string, amount: bigint): Promise<void> {
  const relationship = await from.meet(to);
  await relationship.pay({ token, amount, over: 'online' });
  await relationship.close();
}

async function faults(...wallets: readonly Wallet[]): Promise<readonly string[]> {
  return (await Promise.all(wallets.map((wallet) => wallet.verify()))).flatMap((one) => one.faults);
}

test('a wallet pays before and after a change of keys, with old notes and new ones, and all of it verifies', async () => {
  const { ada, bob, token } = await scene();
  await pay(ada, bob, token, 10n);
  const before = ada.keys.list();
  assert.deepEqual(
    before.map(({ generation, state }) => [generation, state]),
    [[0, 'in force']],
  );
  const made = await ada.keys.rotate();
  assert.deepEqual([made.generation, made.state, made.notes], [1, 'in force', 0]);
  assert.notEqual(made.key, before[0]!.key);
  const [old, now] = ada.keys.list();
  assert.equal(old!.state, 'replaced');
  assert.equal(old!.until, now!.since);
  assert.ok(old!.notes > 0, 'its notes are still spent with it');
  // The note that is spent names the old key, its change the new one.
  await pay(ada, bob, token, 5n);
  await pay(ada, bob, token, 5n);
  assert.equal(ada.keys.list()[1]!.notes, 1);
  await Promise.all([ada.sync(), bob.sync()]);
  assert.deepEqual(
    bob.history().map(({ finality }) => finality),
    ['certified', 'certified', 'certified'],
  );
  await pay(bob, ada, token, 20n);
  await Promise.all([ada.sync(), bob.sync()]);
  assert.equal(await ada.balance(token), 100n);
  assert.deepEqual(await faults(ada, bob), []);
  await Promise.all([ada.close(), bob.close()]);
});

test('whoever only reads the nodes learns of several changes, in their order', async () => {
  const { ada, bob, token } = await scene();
  for (let round = 0; round < 3; round++) {
    await ada.contact('bob').pay({ token, amount: 2n, over: 'online' });
    await ada.keys.rotate();
  }
  await ada.contact('bob').pay({ token, amount: 2n, over: 'online' });
  await ada.sync();
  await bob.sync();
  await bob.sync();
  assert.equal(await bob.balance(token), 8n);
  assert.deepEqual(await faults(ada, bob), []);
  await Promise.all([ada.close(), bob.close()]);
});

test('runs that waited while their keys were replaced twice are taken when the two meet', async () => {
  const { ada, bob, token } = await scene();
  for (let round = 0; round < 2; round++) {
    await ada.contact('bob').pay({ token, amount: 2n, over: 'online' });
    await ada.keys.rotate();
  }
  await ada.contact('bob').pay({ token, amount: 2n, over: 'online' });
  await meetAndPart(ada, bob);
  assert.equal(bob.history().length, 3);
  assert.deepEqual(await faults(ada, bob), []);
  await Promise.all([ada.close(), bob.close()]);
});

test('whoever is connected is told at once, and goes on in the same talk', async () => {
  const { ada, bob, token } = await scene();
  const relationship = await ada.meet(bob);
  await relationship.pay({ token, amount: 3n, over: 'online' });
  await ada.keys.rotate();
  await bob.keys.rotate();
  await relationship.pay({ token, amount: 3n, over: 'online' });
  await relationship.close();
  await Promise.all([ada.sync(), bob.sync()]);
  assert.equal(await bob.balance(token), 6n);
  assert.deepEqual(await faults(ada, bob), []);
  await Promise.all([ada.close(), bob.close()]);
});
