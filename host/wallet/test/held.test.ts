/**
 * A restored wallet without a network: it receives and does not spend, writes nothing, and nothing that
 * it signs can be held against the device that it was made of, even if that one is alive and trades.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore, type MemoryPlace } from '@dsm/memory';
import type { Message } from '@dsm/bilateral';
import { nativeKem } from '@dsm/node';
import { openWallet, restoreWallet, type Wallet } from '../src/index.ts';
import { connected } from './cut-flows.ts';
import { edged } from './edge-scene.ts';
import { callLosing } from './losing.ts';
import { market, met, opened, paid, type Market } from './market.ts';
import { copyOf } from './world.ts';

interface Restored extends Market {
  /** The cafe out of its backup, not yet online. */
  readonly again: Wallet;
  readonly place: MemoryPlace;
}

async function restoredCafe(all: Market): Promise<Restored> {
  const backup = await all.cafe.backup();
  const place = memoryPlace();
  const { keystore } = all.stalls.cafe;
  const options = { network: all.network, keystore, kem: nativeKem, backup };
  return {
    ...all,
    again: await restoreWallet({ ...options, store: memoryStore({ place }) }),
    place,
  };
}

const total = (wallet: Wallet): bigint => wallet.balances()[0]?.total ?? 0n;

async function sound(...wallets: readonly Wallet[]): Promise<void> {
  for (const wallet of wallets) {
    assert.deepEqual((await wallet.verify()).faults, []);
    assert.deepEqual(wallet.alarms(), []);
  }
}

test('it takes a payment, shows it as pending, and takes it in after its first sync', async () => {
  const { again, maya, cafe } = await restoredCafe(await market());
  const told: string[] = [];
  again.on('payment', ({ finality, amount }) => told.push(`${finality} ${amount}`));
  assert.equal((await paid(maya, again, 5n, 'offline')).finality, 'pair-final');
  assert.deepEqual(maya.outbox(), [], 'the payer need not say it again');
  assert.deepEqual(told, ['pending 5']);
  assert.equal(total(again), 0n, 'nothing can be spent of it yet');
  const [waiting] = again.inbox();
  assert.deepEqual([waiting!.payment.finality, waiting!.next], ['pending', 'sync']);
  assert.match(waiting!.why, /restored/);
  assert.equal(again.history().at(-1)!.peer, 'Maya');
  assert.equal(again.offlineLimits('ERA').total.used, 5n, 'it counts towards the limits');
  await assert.rejects(again.contact('Maya').pay({ ERA: 1n }), { code: 'needs-restore' });
  await again.sync();
  assert.equal(again.id.incarnation, 1);
  assert.deepEqual(
    again.history().map(({ amount, finality }) => [amount, finality]),
    [[5n, 'certified']],
  );
  assert.equal(again.balances()[0]!.online, 5n);
  await maya.sync();
  await met(again, maya);
  assert.equal((await paid(maya, again, 2n, 'offline')).finality, 'pair-final');
  await again.sync();
  assert.equal(
    (await again.contact('Maya').pay({ ERA: 7n, over: 'online' })).finality,
    'certified',
  );
  await cafe.close();
  await sound(again, maya);
});

test('what it keeps outlives the process, and the first sync afterwards takes it in', async () => {
  const all = await restoredCafe(await market());
  await paid(all.maya, all.again, 5n, 'offline');
  await all.again.close();
  const { keystore } = all.stalls.cafe;
  const later = await openWallet({
    store: memoryStore({ place: copyOf(all.place) }),
    network: all.network,
    keystore,
    kem: nativeKem,
  });
  assert.equal(later.inbox().length, 1);
  await later.sync();
  assert.equal(total(later), 5n);
  assert.deepEqual(later.inbox(), []);
});

test('all that it says is its card, what others stated, a consent and an acknowledgement', async () => {
  const { again, maya } = await restoredCafe(await market());
  const said = new Map<Message['type'], number>();
  const { cut } = await callLosing(maya, again, (message, from) => {
    if (from === 'called') said.set(message.type, (said.get(message.type) ?? 0) + 1);
    return false;
  });
  await maya.contact('Cafe').pay({ ERA: 5n, over: 'offline' });
  await maya.contact('Cafe').close();
  await cut();
  for (const [type, count] of said) {
    assert.ok(['registry', 'hello', 'marks', 'want', 'consent', 'ack', 'end'].includes(type), type);
    if (type === 'consent' || type === 'ack') assert.equal(count, 1);
  }
});

test('one payment of a contact at a time: the next consent would show a view that does not count', async () => {
  const { again, maya } = await restoredCafe(await market());
  await paid(maya, again, 5n, 'offline');
  await assert.rejects(paid(maya, again, 2n, 'offline'), { code: 'needs-restore' });
  await again.sync();
  await maya.sync();
  await paid(maya, again, 2n, 'offline');
  await again.sync();
  assert.equal(total(again), 7n);
});

test('a peer whose lane has gone further than the backup knows is declined, with the reason', async () => {
  const all = await market();
  const { again, maya, cafe } = await restoredCafe(all);
  await paid(maya, cafe, 5n, 'offline');
  await assert.rejects(paid(maya, again, 2n, 'offline'), /restored.*must sync first/);
  assert.deepEqual(again.inbox(), []);
  await again.sync();
  await maya.sync();
  await met(again, maya);
  await again.sync();
  assert.equal(total(again), 5n, 'what the lost device had taken comes again from the payer');
  await paid(maya, again, 2n, 'offline');
  await again.sync();
  assert.equal(total(again), 7n);
  await sound(again, maya);
});

test('a peer that has absorbed what the backup does not know is declined, too', async () => {
  const all = await market();
  await all.maya.contact('Cafe').pay({ ERA: 20n, over: 'online' });
  await all.cafe.sync();
  const { again, maya, cafe } = await restoredCafe(all);
  await cafe.contact('Maya').pay({ ERA: 1n, over: 'online' });
  await maya.sync();
  await assert.rejects(paid(maya, again, 2n, 'offline'), /restored.*must sync first/);
});

test('the original is alive and trades: nothing convicts it, and no value is doubled', async () => {
  const all = await market();
  await met(all.cafe, all.bazaar);
  const { again, maya, cafe, bazaar } = await restoredCafe(all);
  await paid(maya, again, 5n, 'offline');
  // The original meets the same payer, who has an acknowledgement for what the original never saw.
  await met(maya, cafe);
  await bazaar.sync();
  await met(cafe, bazaar);
  await cafe.sync();
  await met(again, bazaar);
  for (const wallet of [maya, cafe, bazaar, again]) assert.deepEqual(wallet.alarms(), []);
  await again.sync();
  await maya.sync();
  await met(again, maya);
  assert.equal(total(again), 5n);
  await assert.rejects(cafe.sync(), { code: 'superseded' });
  assert.equal(total(maya) + total(again) + total(bazaar), 1_000n);
  await sound(maya, again, bazaar, cafe);
});

test('a stranger is not met before the first sync', async () => {
  const { again, network } = await restoredCafe(await market());
  const stranger = await opened(network, {
    name: 'Nobody',
    place: memoryPlace(),
    keystore: { open: async () => new Uint8Array(32).fill(77), create: async () => undefined },
  });
  await assert.rejects(met(stranger, again), { code: 'needs-restore' });
  assert.ok(!again.contacts().some(({ name }) => name === 'Nobody'));
});

test('totals of an edge need no consent: any number of them waits, in order', async () => {
  const all = await edged();
  const { again, maya } = await restoredCafe(all);
  const before = again.contact('Maya').edge('ERA').mine;
  await met(maya, again, async (toCafe) => {
    await toCafe.pay({ ERA: 1n, over: 'edge' });
    await toCafe.pay({ ERA: 2n, over: 'edge' });
    await connected(maya, 'Cafe');
  });
  assert.deepEqual(
    again.inbox().map(({ payment }) => [payment.amount, payment.over]),
    [
      [1n, 'edge'],
      [2n, 'edge'],
    ],
  );
  assert.equal(again.contact('Maya').edge('ERA').mine, before);
  await again.sync();
  assert.equal(again.contact('Maya').edge('ERA').mine, before + 3n);
  await sound(again, maya);
});

test('who is proved a cheat meanwhile has paid what the nodes say, and no more', async () => {
  const all = await market();
  await met(all.cafe, all.bazaar);
  const copy = await opened(all.network, {
    ...all.stalls.maya,
    place: copyOf(all.stalls.maya.place),
  });
  const { again, maya, bazaar } = await restoredCafe(all);
  await paid(maya, again, 40n, 'offline');
  assert.equal(again.inbox().length, 1);
  await paid(copy, bazaar, 40n, 'offline');
  await bazaar.sync();
  await again.sync();
  assert.equal(again.history()[0]!.finality, 'conflicted');
  assert.equal(total(again), 0n);
  assert.equal(total(bazaar), 40n);
  assert.equal(again.alarms()[0]?.culprit, 'Maya');
});
