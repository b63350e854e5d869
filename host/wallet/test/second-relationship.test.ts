/**
 * Second relationships: introductions that cross, and a device that came back without the secret.
 * Nothing is lost on the earlier one, and both write to the same one afterwards.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { recover, restoreWallet, type Wallet } from '../src/index.ts';
import { market, met, opened, paid, type Market, type Stall } from './market.ts';
import { lived, phone, recovery } from './recovery-scene.ts';

/** The cafe and the bazaar have 100 each and have never met. */
async function strangers(): Promise<Market> {
  const all = await market();
  for (const merchant of [all.cafe, all.bazaar]) {
    await paid(all.maya, merchant, 100n, 'online');
    await merchant.sync();
  }
  return all;
}

async function pay(from: Wallet, to: string, amount: bigint): Promise<void> {
  const payment = await from.contact(to).pay({ ERA: amount, over: 'online' });
  assert.equal(payment.finality, 'certified');
}

async function balances(...wallets: readonly Wallet[]): Promise<readonly bigint[]> {
  return Promise.all(wallets.map((wallet) => wallet.balance('ERA')));
}

async function introducedBoth(cafe: Wallet, bazaar: Wallet): Promise<void> {
  await cafe.directory.publish('cafe');
  await bazaar.directory.publish('bazaar');
  await cafe.directory.introduce('bazaar');
  await bazaar.directory.introduce('cafe');
  await pay(cafe, 'Bazaar', 10n);
  await pay(bazaar, 'Cafe', 20n);
}

async function sound(...wallets: readonly Wallet[]): Promise<void> {
  for (const wallet of wallets) {
    assert.deepEqual((await wallet.verify()).faults, []);
    assert.deepEqual(wallet.alarms(), []);
    assert.deepEqual(wallet.outbox(), []);
  }
}

for (const first of ['cafe', 'bazaar'] as const) {
  test(`introductions that crossed, with payments both ways; the ${first} reads first`, async () => {
    const all = await strangers();
    const { network, stalls } = all;
    let { cafe, bazaar } = all;
    await introducedBoth(cafe, bazaar);
    const inOrder = (): readonly Wallet[] => (first === 'cafe' ? [cafe, bazaar] : [bazaar, cafe]);
    const restart = async (): Promise<void> => {
      await Promise.all([cafe.close(), bazaar.close()]);
      [cafe, bazaar] = [await opened(network, stalls.cafe), await opened(network, stalls.bazaar)];
    };
    for (const wallet of inOrder()) {
      const { introduced, received } = await wallet.sync();
      assert.deepEqual([introduced, received], [1, 1]);
    }
    await restart();
    await pay(cafe, 'Bazaar', 1n);
    await pay(bazaar, 'Cafe', 2n);
    for (const wallet of [...inOrder(), ...inOrder()]) await wallet.sync();
    assert.deepEqual(await balances(cafe, bazaar), [111n, 89n]);
    await restart();
    await met(cafe, bazaar);
    await sound(cafe, bazaar);
    // One relationship is written to by both from now on.
    const [there, back] = [cafe.contact('Bazaar').contact(), bazaar.contact('Cafe').contact()];
    assert.deepEqual([there.written, there.absorbed], [back.absorbed, back.written]);
    assert.deepEqual([there.introduced, back.introduced], ['by-them', 'by-them']);
  });
}

test('only one has read when the other pays again: what it wrote before is still absorbed', async () => {
  const { cafe, bazaar } = await strangers();
  await introducedBoth(cafe, bazaar);
  await cafe.sync();
  await pay(cafe, 'Bazaar', 1n);
  await pay(bazaar, 'Cafe', 2n);
  for (const wallet of [bazaar, cafe, bazaar, cafe]) await wallet.sync();
  assert.deepEqual(await balances(cafe, bazaar), [111n, 89n]);
  await met(bazaar, cafe);
  await sound(cafe, bazaar);
});

test('introductions that crossed and were never read: the two meet, and all is said there', async () => {
  const { cafe, bazaar, maya } = await strangers();
  await introducedBoth(cafe, bazaar);
  await maya.contact('Cafe').pay({ ERA: 5n, over: 'online' });
  await met(cafe, bazaar, async (toBazaar) => {
    assert.equal((await toBazaar.pay({ ERA: 3n, over: 'online' })).finality, 'certified');
  });
  await met(bazaar, cafe);
  for (const wallet of [cafe, bazaar]) await wallet.sync();
  assert.deepEqual(await balances(cafe, bazaar), [112n, 93n]);
  await met(bazaar, cafe);
  await sound(cafe, bazaar);
});

test('an unread introduction is said over the connection, by whichever of the two it was made', async () => {
  for (const [from, to] of [
    ['cafe', 'bazaar'],
    ['bazaar', 'cafe'],
  ] as const) {
    const all = await strangers();
    await all[to].directory.publish(to);
    await all[from].directory.introduce(to);
    await met(all[to], all[from], async (back) => {
      assert.equal((await back.pay({ ERA: 4n, over: 'online' })).finality, 'certified');
    });
    await all[from].sync();
    assert.equal(await all[from].balance('ERA'), 104n);
    const [contact] = all[from].contacts().filter(({ introduced }) => introduced === 'by-me');
    assert.notEqual(contact, undefined);
  }
});

/** What was paid on the relationship whose secret was lost is recalled, found there, and good. */
async function recalled(lost: Wallet, other: Wallet, back: string): Promise<void> {
  const found = lost.history({ contact: back }).filter(({ amount }) => amount === 7n);
  assert.deepEqual(
    found.map(({ finality, direction }) => [finality, direction]),
    [['certified', 'in']],
  );
  await sound(lost, other);
  const all = await lost.balance('ERA');
  await pay(lost, back, all);
  await other.sync();
  assert.deepEqual(await balances(lost, other), [0n, 200n]);
}

async function restored(
  { network }: Market,
  { keystore }: Stall,
  backup: Uint8Array,
): Promise<Wallet> {
  const store = memoryStore({ place: memoryPlace() });
  const wallet = await restoreWallet({ store, network, keystore, kem: nativeKem, backup });
  await wallet.sync();
  return wallet;
}

/** The loser’s backup is older than its first meeting with the other; then it is lost. */
async function lostAfterMeeting(loser: 'cafe' | 'bazaar'): Promise<{
  readonly all: Market;
  readonly lost: Wallet;
  readonly other: Wallet;
  readonly names: readonly [string, string];
}> {
  const all = await strangers();
  const other = loser === 'cafe' ? all.bazaar : all.cafe;
  const backup = await all[loser].backup();
  await met(other, all[loser], async (toLoser) => {
    await toLoser.pay({ ERA: 7n, over: 'online' });
  });
  await all[loser].close();
  const lost = await restored(all, all.stalls[loser], backup);
  const names = loser === 'cafe' ? (['Cafe', 'Bazaar'] as const) : (['Bazaar', 'Cafe'] as const);
  return { all, lost, other, names };
}

for (const loser of ['cafe', 'bazaar'] as const) {
  test(`the ${loser} has lost the secret: a meeting begins a new relationship`, async () => {
    const { lost, other, names } = await lostAfterMeeting(loser);
    assert.deepEqual(
      lost.contacts().map(({ name }) => name),
      ['Maya'],
    );
    // What the former incarnation delivered comes first.
    await assert.rejects(met(lost, other), { code: 'pending' });
    await other.sync();
    await met(lost, other);
    await pay(other, names[0], 5n);
    await pay(lost, names[1], 6n);
    for (const wallet of [lost, other, lost, other]) await wallet.sync();
    await met(other, lost);
    await recalled(lost, other, names[1]);
    // Once only: the same incarnation does not lose it again.
    const before = other.contact(names[0]).contact().written;
    await met(lost, other);
    assert.equal(other.contact(names[0]).contact().written, before);
  });

  test(`the ${loser} has lost the secret: it introduces itself again through the nodes`, async () => {
    const { lost, other, names } = await lostAfterMeeting(loser);
    await other.directory.publish('other');
    await lost.directory.introduce('other');
    await pay(lost, names[1], 6n);
    const { introduced, received } = await other.sync();
    assert.deepEqual([introduced, received], [1, 1]);
    await pay(other, names[0], 5n);
    for (const wallet of [lost, other, lost]) await wallet.sync();
    assert.equal(await lost.balance('ERA'), 106n);
    assert.equal(lost.contact(names[1]).contact().introduced, 'by-me');
    await met(lost, other);
    await recalled(lost, other, names[1]);
  });
}

test('from words alone: who is met again recalls what was paid, and the words find its keys', async () => {
  const { dora, maya, network } = await lived();
  await maya.contact('Dora').pay({ ERA: 11n, over: 'online', note: 'unread' });
  await dora.close();
  const on = phone();
  const { wallet } = await recover({ ...recovery(network, on), from: 'words' });
  await maya.sync();
  await met(wallet, maya);
  for (const each of [maya, wallet, maya, wallet]) await each.sync();
  // Both payments are found. What was spent before, or to a key that was destroyed, is not counted.
  assert.deepEqual(
    wallet.history().map(({ amount, finality }) => [amount, finality]),
    [
      [60n, 'certified'],
      [11n, 'certified'],
    ],
  );
  assert.equal(await wallet.balance('ERA'), 0n);
  await pay(maya, 'Dora', 2n);
  await wallet.sync();
  await pay(wallet, 'Maya', 1n);
  assert.deepEqual((await wallet.verify()).faults, []);
  const backup = await wallet.backup();
  await wallet.close();
  // The words once more, with what the wallet knows now: the 11 are free, the 60 were spent.
  const { wallet: again } = await recover({ ...recovery(network), backup });
  assert.equal(await again.balance('ERA'), 12n);
  await maya.sync();
  await pay(again, 'Maya', 12n);
  assert.deepEqual(again.alarms(), []);
});
