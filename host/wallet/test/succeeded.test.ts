/**
 * What follows a restore: the older copy notices and stops, a thief of the old device has nothing left
 * to certify, and whoever is unreachable holds up nobody else.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { NodeError } from '@dsm/ports';
import { slotKinds, slotWrite } from '@dsm/primitive';
import { openWallet, restoreWallet, type Wallet } from '../src/index.ts';
import { copied, market, met, opened, type Market, type Stall } from './market.ts';

async function restored(
  { network }: Market,
  { keystore }: Stall,
  backup: Uint8Array,
): Promise<Wallet> {
  const options = { network, keystore, kem: nativeKem, backup };
  return restoreWallet({ ...options, store: memoryStore() });
}

const online = (wallet: Wallet): bigint => wallet.balances()[0]?.online ?? 0n;

test('a wallet notices that a copy was restored elsewhere: it stops, says why, and stays stopped', async () => {
  const all = await market();
  const place = memoryPlace();
  const { keystore } = all.stalls.maya;
  const { maya } = all;
  const again = await restored(all, all.stalls.maya, await maya.backup());
  const told: string[] = [];
  maya.on('over', (phase) => told.push(phase));
  await again.sync();
  await met(maya, all.cafe, async (toCafe) => {
    await assert.rejects(maya.sync(), { code: 'superseded' });
    await assert.rejects(toCafe.pay({ ERA: 1n, over: 'offline' }), { code: 'superseded' });
  }).catch(() => undefined);
  assert.deepEqual(told, ['superseded']);
  const over = { code: 'superseded' };
  await assert.rejects(maya.contact('Cafe').pay({ ERA: 1n, over: 'online' }), over);
  await assert.rejects(maya.mint('ERA', 1n), over);
  await assert.rejects(maya.load('ERA', 1n), over);
  await assert.rejects(met(maya, all.bazaar), over);
  await assert.rejects(maya.sync(), over);
  assert.equal(maya.contacts().length, 2, 'it can still be read');
  const kept = await maya.backup();
  await maya.close();
  const reopened = await openWallet({
    store: memoryStore({ place: all.stalls.maya.place }),
    network: all.network,
    keystore,
    kem: nativeKem,
  });
  await assert.rejects(reopened.contact('Cafe').pay({ ERA: 1n, over: 'online' }), over);
  // What it had is restored once more, and counts again: the owner has the last word.
  const { keystore: same } = all.stalls.maya;
  const third = await restoreWallet({
    store: memoryStore({ place }),
    network: all.network,
    keystore: same,
    kem: nativeKem,
    backup: kept,
  });
  await third.sync();
  assert.equal(third.id.incarnation, 2);
  await assert.rejects(again.sync(), over);
});

test('some votes are no certificate: a restore that never came to its end stops nobody', async () => {
  const all = await market();
  const nodes = all.network.nodes.map((node, i) =>
    i < 2
      ? { ...node, writeSlot: () => Promise.reject(new NodeError('unreachable', 'down')) }
      : node,
  );
  const half = await restoreWallet({
    store: memoryStore(),
    network: { ...all.network, nodes },
    keystore: all.stalls.maya.keystore,
    kem: nativeKem,
    backup: await all.maya.backup(),
  });
  await assert.rejects(half.sync(), { code: 'offline' });
  await all.maya.sync();
  assert.equal(
    (await all.maya.contact('Cafe').pay({ ERA: 1n, over: 'online' })).finality,
    'certified',
  );
});

test('a stolen old device has nothing left to certify after the restore', async () => {
  const all = await market();
  const { cafe, bazaar } = all;
  const backup = await all.maya.backup();
  await all.maya.close();
  const thief = await opened(all.network, copied(all.stalls.maya));
  const again = await restored(all, all.stalls.maya, backup);
  await again.sync();
  assert.equal(online(again), 937n);
  // It has not synced, so it does not know. The nodes do.
  await assert.rejects(thief.contact('Cafe').pay({ ERA: 5n, over: 'online' }), {
    code: 'already-spent',
  });
  await cafe.sync();
  assert.equal(online(cafe), 0n);
  await again.contact('Bazaar').pay({ ERA: 937n, over: 'online' });
  await bazaar.sync();
  assert.equal(online(bazaar), 937n);
  assert.deepEqual([...again.alarms(), ...cafe.alarms(), ...bazaar.alarms()], []);
});

test('the thief is first with one note in the middle of the sweep: it loses that one and no other', async () => {
  const all = await market();
  const { maya, cafe } = all;
  await maya.mint('ERA', 50n);
  const backup = await maya.backup();
  await maya.close();
  const thief = await opened(all.network, copied(all.stalls.maya));
  // The incarnation is certified, the notes were looked at: the first of them is about to be swept.
  let robbed: Promise<unknown> | undefined;
  const nodes = all.network.nodes.map((node) => ({
    ...node,
    writeSlot: async (bytes: Uint8Array) => {
      const write = slotWrite.decode(bytes);
      if (write.ok && write.value.place.kind === slotKinds.spend) {
        robbed ??= thief.contact('Cafe').pay({ ERA: 50n, over: 'online' });
        await robbed;
      }
      return node.writeSlot(bytes);
    },
  }));
  const again = await restored(
    { ...all, network: { ...all.network, nodes } },
    all.stalls.maya,
    backup,
  );
  await again.sync();
  await cafe.sync();
  assert.equal(online(cafe), 50n);
  assert.equal(online(again), 937n);
  await again.contact('Bazaar').pay({ ERA: 937n, over: 'online' });
  await all.bazaar.sync();
  assert.equal(online(all.bazaar), 937n);
  assert.deepEqual((await again.verify()).faults, []);
});

test('thief and owner race for every note: each goes to one of them, never to both', async () => {
  const all = await market();
  const { maya, cafe } = all;
  for (let n = 0; n < 6; n++) await maya.mint('ERA', 10n);
  const had = online(maya);
  const backup = await maya.backup();
  await maya.close();
  const thief = await opened(all.network, copied(all.stalls.maya));
  const again = await restored(all, all.stalls.maya, backup);
  const robbed = async (): Promise<void> => {
    for (let n = 0; n < 6; n++) {
      await thief
        .contact('Cafe')
        .pay({ ERA: 10n, over: 'online' })
        .catch(() => undefined);
    }
  };
  await Promise.all([again.sync(), robbed()]);
  await cafe.sync();
  await again.sync();
  assert.ok(online(again) + online(cafe) <= had);
  const sent = online(again);
  if (sent > 0n) {
    await again.contact('Bazaar').pay({ ERA: sent, over: 'online' });
    await all.bazaar.sync();
    assert.equal(online(all.bazaar), sent, 'what the owner shows is truly there');
  }
  assert.deepEqual((await again.verify()).faults, []);
  assert.deepEqual(again.alarms(), []);
});
