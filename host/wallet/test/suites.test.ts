/** Suites side by side: a hash-only wallet trades with another and with one of suite 1. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore } from '@dsm/memory';
import { installNative } from '@dsm/node';
import type { Keystore } from '@dsm/ports';
import { createWallet, localNetwork, memory, restoreWallet, type Wallet } from '@dsm/wallet';

installNative();

test('wallets of suite 2 pay each other and suite 1, certify, and catch a copy', async () => {
  const network = await localNetwork({ nodes: 4 });
  const place = memoryPlace();
  const open = (at: ReturnType<typeof memoryPlace>): Promise<Wallet> =>
    createWallet({ name: 'Maya', store: memoryStore({ place: at }), network, suite: 2 });
  let maya = await open(place);
  const cafe = await createWallet({ name: 'Café', store: memory(), network, suite: 2 });
  const bazaar = await createWallet({ name: 'Bazaar', store: memory(), network, suite: 1 });
  await network.fund(maya, { ERA: 100n });
  await maya.load('ERA', 40n);
  const { id } = maya.token('ERA');
  for (const merchant of [cafe, bazaar]) {
    await merchant.adopt(id);
    const relationship = await maya.meet(merchant);
    assert.equal((await relationship.pay({ ERA: 3n, over: 'offline' })).finality, 'pair-final');
    await relationship.close();
    await merchant.sync();
    assert.equal(merchant.history().at(-1)?.finality, 'certified');
  }
  await maya.sync();
  await maya.close();

  const copied = memoryPlace();
  for (const [key, row] of place.rows) copied.rows.set(key, row);
  maya = await open(place);
  const copy = await open(copied);
  for (const [payer, merchant] of [
    [maya, cafe],
    [copy, bazaar],
  ] as const) {
    const relationship = await payer.meet(merchant);
    await relationship.pay({ ERA: 5n, over: 'offline' });
    await relationship.close();
  }
  await (await cafe.meet(bazaar)).close();
  for (const merchant of [cafe, bazaar]) {
    assert.deepEqual(
      merchant.alarms().map(({ culprit }) => culprit),
      ['Maya'],
    );
    assert.deepEqual((await merchant.verify()).faults, []);
  }
});

test('a token that refuses suite 1 is paid by hash-only wallets alone, which restore as any other', async () => {
  const network = await localNetwork({ nodes: 4 });
  const secret = new Uint8Array(32).fill(5);
  const keystore: Keystore = { open: async () => secret, create: async () => undefined };
  const create = (name: string, suite: 1 | 2): Promise<Wallet> =>
    createWallet({ name, store: memory(), network, suite, ...(name === 'Café' && { keystore }) });
  const [maya, cafe, bazaar] = await Promise.all([
    create('Maya', 2),
    create('Café', 2),
    create('Bazaar', 1),
  ]);
  const { id } = await maya.issue({ ticker: 'ROCK', cap: 100n, suites: [2] });
  await maya.mint(id, 50n);
  for (const other of [cafe, bazaar]) await other.adopt(id);
  const pay = async (from: Wallet, to: Wallet, amount: bigint): Promise<void> => {
    const relationship = await from.meet(to);
    await relationship.pay({ token: id, amount, over: 'online' });
    await relationship.close();
    await Promise.all([from.sync(), to.sync()]);
  };
  await (await maya.meet(bazaar)).close();
  await pay(maya, cafe, 20n);
  await pay(cafe, maya, 5n);
  assert.equal(await maya.balance(id), 35n);
  assert.equal(await cafe.balance(id), 15n);

  // Whoever has other keys could not spend it, so it is not paid to them, nor by them.
  await assert.rejects(pay(cafe, bazaar, 4n), { code: 'refused', message: /keys of suite 1/ });
  await assert.rejects(pay(bazaar, maya, 1n), { code: 'refused', message: /keys of suite 1/ });
  assert.equal(await maya.balance(id), 35n);

  const backup = await cafe.backup();
  await cafe.close();
  const again = await restoreWallet({ backup, store: memory(), network, keystore });
  await again.sync();
  assert.deepEqual([again.id.suite, again.id.incarnation], [2, 1]);
  assert.equal(await again.balance(id), 15n);
  await maya.sync();
  await pay(again, maya, 15n);
  assert.equal(await maya.balance(id), 50n);
  for (const wallet of [maya, again]) assert.deepEqual((await wallet.verify()).faults, []);
  await Promise.all([maya, bazaar, again].map((wallet) => wallet.close()));
});
