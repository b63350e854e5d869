/** Backup, loss and restore: the next incarnation has what the nodes show to be free, and no guilt. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { openWallet, restoreWallet, type Wallet } from '../src/index.ts';
import { copied, market, met, opened, paid, type Market, type Stall } from './market.ts';

function restored({ network }: Market, { keystore }: Stall, backup: Uint8Array): Promise<Wallet> {
  return restoreWallet({ store: memoryStore(), network, keystore, kem: nativeKem, backup });
}

/** Two online notes of Maya's, a backup, then life goes on until the phone is lost. */
async function lost(): Promise<Market & { readonly backup: Uint8Array; readonly old: Stall }> {
  const all = await market();
  const { maya, cafe } = all;
  await cafe.setOfflineLimit('ERA', 100n);
  await maya.mint('ERA', 500n);
  await paid(maya, cafe, 3n, 'offline');
  await cafe.sync();
  await maya.sync();
  const backup = await maya.backup();
  await paid(maya, cafe, 20n, 'offline');
  await paid(maya, cafe, 400n, 'online');
  await maya.close();
  return { ...all, backup, old: copied(all.stalls.maya) };
}

test('a restored wallet looks, and acts only after its first sync', async () => {
  const all = await lost();
  const again = await restored(all, all.stalls.maya, all.backup);
  const first = { code: 'needs-restore' };
  assert.equal(again.history().length, 1);
  await met(again, all.cafe, (toCafe) => assert.rejects(toCafe.pay({ ERA: 1n }), first));
  await assert.rejects(again.contact('Cafe').pay({ ERA: 1n }), first);
  await assert.rejects(again.mint('ERA', 1n), first);
  await assert.rejects(again.load('ERA', 1n), first);
  await assert.rejects(again.issue({ ticker: 'NEW', cap: 1n }), first);
  assert.equal(again.id.incarnation, 0);
  await again.sync();
  assert.equal(again.id.incarnation, 1);
  assert.deepEqual((await again.verify()).faults, []);
});

test('free online notes are taken over; spent ones and the purse are not', async () => {
  const all = await lost();
  const again = await restored(all, all.stalls.maya, all.backup);
  const [before] = again.balances();
  assert.ok(before!.purse > 0n);
  await again.sync();
  const [balance] = again.balances();
  assert.equal(balance!.purse, 0n);
  assert.ok(balance!.online > 0n && balance!.online < before!.online);
  await all.cafe.sync();
  const there = await all.cafe.balance('ERA');
  const sent = await again.contact('Cafe').pay({ ERA: balance!.online, over: 'online' });
  assert.equal(sent.finality, 'certified');
  await all.cafe.sync();
  assert.equal(await all.cafe.balance('ERA'), there + balance!.online);
  await again.sync();
  assert.equal(await again.balance('ERA'), 0n);
  assert.ok((await all.cafe.balance('ERA')) <= 1_500n);
});

test('what the old one paid stays paid, and convicts nobody', async () => {
  const all = await lost();
  const { cafe, bazaar } = all;
  const again = await restored(all, all.stalls.maya, all.backup);
  await again.sync();
  await cafe.sync();
  assert.equal(cafe.contact('Maya').contact().incarnation, 1);
  assert.deepEqual(
    cafe.history().map(({ finality }) => finality),
    ['certified', 'certified', 'certified'],
  );
  await again.load('ERA', 7n);
  await cafe.sync();
  assert.equal((await paid(again, cafe, 5n, 'offline')).finality, 'pair-final');
  await met(cafe, bazaar);
  await bazaar.sync();
  await met(again, bazaar);
  for (const wallet of [again, cafe, bazaar]) {
    assert.deepEqual(wallet.alarms(), []);
    assert.deepEqual((await wallet.verify()).faults, []);
  }
});

test('the peer of a restored wallet goes on: what it had sent comes again', async () => {
  const all = await lost();
  const { cafe } = all;
  await cafe.sync();
  assert.equal(
    (await cafe.contact('Maya').pay({ ERA: 11n, over: 'online' })).finality,
    'certified',
  );
  const again = await restored(all, all.stalls.maya, all.backup);
  await again.sync();
  const before = await again.balance('ERA');
  await cafe.sync();
  assert.equal(
    (await cafe.contact('Maya').pay({ ERA: 12n, over: 'online' })).finality,
    'certified',
  );
  await cafe.sync();
  await again.sync();
  assert.ok((await again.balance('ERA')) >= before + 12n);
  await cafe.load('ERA', 15n);
  assert.equal((await paid(cafe, again, 9n, 'offline')).finality, 'pair-final');
  await again.sync();
  assert.deepEqual((await again.verify()).faults, []);
  assert.deepEqual((await cafe.verify()).faults, []);
});

test('the old one that still runs is refused by who knows the new one', async () => {
  const all = await lost();
  const again = await restored(all, all.stalls.maya, all.backup);
  await again.sync();
  await all.cafe.sync();
  const before = await all.cafe.balance('ERA');
  const old = await opened(all.network, all.old);
  await assert.rejects(paid(old, all.cafe, 1n, 'offline'));
  await old
    .contact('Cafe')
    .pay({ ERA: 1n, over: 'online' })
    .catch(() => undefined);
  await all.cafe.sync();
  assert.equal(await all.cafe.balance('ERA'), before);
  assert.deepEqual(all.cafe.alarms(), []);
});

test('two restored copies are two incarnations, and the later one counts', async () => {
  const all = await lost();
  const [first, second] = [
    await restored(all, all.stalls.maya, all.backup),
    await restored(all, all.stalls.maya, all.backup),
  ];
  await Promise.all([first.sync(), second.sync()]);
  const [one, two] = [first, second].toSorted((a, b) => a.id.incarnation - b.id.incarnation);
  assert.ok(one!.id.incarnation < two!.id.incarnation);
  await all.cafe.sync();
  assert.equal(all.cafe.contact('Maya').contact().incarnation, two!.id.incarnation);
  await assert.rejects(met(one!, all.cafe));
  await met(two!, all.cafe);
  const before = await all.cafe.balance('ERA');
  await one!
    .contact('Cafe')
    .pay({ ERA: 1n, over: 'online' })
    .catch(() => undefined);
  await all.cafe.sync();
  assert.equal(await all.cafe.balance('ERA'), before);
});

test('restored twice, with a copy between: the notes of every incarnation are still spent', async () => {
  const all = await lost();
  const [first, second] = [
    await restored(all, all.stalls.maya, all.backup),
    await restored(all, all.stalls.maya, all.backup),
  ];
  await first.sync();
  await second.sync();
  await second.mint('ERA', 50n);
  const third = await restored(all, all.stalls.maya, await second.backup());
  await third.sync();
  const [balance] = third.balances();
  assert.equal(third.id.incarnation, 3);
  await all.cafe.sync();
  const sent = await third.contact('Cafe').pay({ ERA: balance!.online, over: 'online' });
  assert.equal(sent.finality, 'certified');
});

test('a restored wallet closes and opens again as what it has become', async () => {
  const all = await lost();
  const place = memoryPlace();
  const { network, stalls, backup } = all;
  const { keystore } = stalls.maya;
  const options = { network, keystore, kem: nativeKem };
  const again = await restoreWallet({ ...options, store: memoryStore({ place }), backup });
  await again.sync();
  const [balance] = again.balances();
  await again.close();
  const later = await openWallet({ ...options, store: memoryStore({ place }) });
  assert.equal(later.id.incarnation, 1);
  assert.deepEqual(later.balances()[0], balance);
  assert.deepEqual((await later.verify()).faults, []);
  assert.equal(
    (await later.contact('Cafe').pay({ ERA: 1n, over: 'online' })).finality,
    'certified',
  );
});

test('a backup is restored into an empty place only, and junk is no backup', async () => {
  const all = await lost();
  const { network, stalls, backup } = all;
  const place = memoryPlace();
  const { keystore } = stalls.maya;
  const options = { network, keystore, kem: nativeKem };
  const again = await restoreWallet({ ...options, store: memoryStore({ place }), backup });
  await again.close();
  await assert.rejects(restoreWallet({ ...options, store: memoryStore({ place }), backup }), {
    code: 'exists',
  });
  await assert.rejects(
    restoreWallet({ ...options, store: memoryStore(), backup: backup.slice(0, -1) }),
    { code: 'integrity' },
  );
});
