/** A restore of a wallet with many contacts, of whom some never come back. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { restoreWallet, type Wallet } from '../src/index.ts';
import { market, met, opened, paid, stall } from './market.ts';

const online = (wallet: Wallet): bigint => wallet.balances()[0]?.online ?? 0n;

test('of twenty contacts five are gone for ever: they stay resuming, and everything else spends', async () => {
  const all = await market();
  const { network, maya } = all;
  const id = maya.token('ERA').id;
  const friends: Wallet[] = [];
  for (let n = 0; n < 20; n++) {
    const friend = await opened(network, stall(`Friend ${n}`));
    await friend.adopt(id);
    await met(maya, friend);
    friends.push(friend);
  }
  const backup = await maya.backup();
  await maya.close();
  const again = await restoreWallet({
    store: memoryStore(),
    network,
    keystore: all.stalls.maya.keystore,
    kem: nativeKem,
    backup,
  });
  await again.sync();
  const here = friends.slice(5);
  for (const friend of here) {
    await friend.sync();
    await met(again, friend);
    const { finality } = await again.contact(friend.id.name).pay({ ERA: 40n, over: 'online' });
    assert.equal(finality, 'certified');
    await friend.sync();
    assert.equal(online(friend), 40n);
    await paid(friend, again, 1n, 'online');
  }
  await again.sync();
  const states = again.contacts().filter(({ name }) => name.startsWith('Friend'));
  assert.equal(states.filter(({ state }) => state === 'resuming').length, 5);
  assert.equal(states.filter(({ state }) => state === 'ok').length, 15);
  assert.equal(online(again), 937n - 15n * 39n);
  // Even to who is gone: the nodes keep it until somebody comes.
  const late = await again.contact('Friend 0').pay({ ERA: 1n, over: 'online' });
  assert.equal(late.finality, 'certified');
  assert.equal(again.contact('Friend 0').contact().state, 'resuming');
  await friends[0]!.sync();
  assert.equal(online(friends[0]!), 1n);
});
