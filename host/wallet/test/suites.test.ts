/** Suites side by side: a hash-only wallet trades with another and with one of suite 1. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { createWallet, localNetwork, memory, type Wallet } from '@dsm/wallet';

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
