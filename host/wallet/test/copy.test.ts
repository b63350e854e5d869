/** A wallet that was copied and runs twice makes evidence, never money. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Wallet } from '../src/index.ts';
import { copied, finalities, market, met, opened, paid, stall, type Market } from './market.ts';

interface Twins extends Market {
  readonly copy: Wallet;
}

async function twins(): Promise<Twins> {
  const all = await market();
  return { ...all, copy: await opened(all.network, copied(all.stalls.maya)) };
}

async function certified(wallets: readonly Wallet[]): Promise<bigint> {
  const sums = wallets.map((wallet) => {
    const [balance] = wallet.balances();
    return balance === undefined ? 0n : balance.online + balance.purse;
  });
  return sums.reduce((sum, each) => sum + each, 0n);
}

test('an online note is spent once: the second spender is refused', async () => {
  const { maya, copy, cafe, bazaar } = await twins();
  await maya.contact('Cafe').pay({ ERA: 5n, over: 'online' });
  await assert.rejects(copy.contact('Bazaar').pay({ ERA: 6n, over: 'online' }), {
    code: 'already-spent',
  });
  await Promise.all([cafe.sync(), bazaar.sync()]);
  assert.equal(await cafe.balance('ERA'), 5n);
  assert.equal(await bazaar.balance('ERA'), 0n);
  assert.deepEqual([cafe.alarms(), bazaar.alarms()], [[], []]);
});

test('a purse spent at two merchants within their limits is noticed when they meet', async () => {
  const { maya, copy, cafe, bazaar } = await twins();
  assert.equal((await paid(maya, cafe, 40n, 'offline')).finality, 'pair-final');
  assert.equal((await paid(copy, bazaar, 40n, 'offline')).finality, 'pair-final');
  await met(cafe, bazaar);
  for (const merchant of [cafe, bazaar]) {
    const [alarm] = merchant.alarms();
    assert.equal(alarm?.culprit, 'Maya');
    assert.equal(merchant.contact('Maya').contact().state, 'bricked');
  }
  await assert.rejects(paid(maya, cafe, 1n, 'offline'), { code: 'fork' });
  await Promise.all([cafe.sync(), bazaar.sync()]);
  assert.deepEqual([...finalities(cafe), ...finalities(bazaar)].toSorted(), [
    'certified',
    'conflicted',
  ]);
  assert.equal(await certified([cafe, bazaar]), 40n);
});

test('or when either of them syncs: both learn of it, one has the money', async () => {
  const { maya, copy, cafe, bazaar } = await twins();
  await paid(maya, cafe, 40n, 'offline');
  await paid(copy, bazaar, 40n, 'offline');
  await cafe.sync();
  await bazaar.sync();
  assert.deepEqual(finalities(cafe), ['certified']);
  assert.deepEqual(finalities(bazaar), ['conflicted']);
  assert.equal(bazaar.alarms()[0]?.what, 'spends');
  assert.equal(await bazaar.balance('ERA'), 0n);
  await met(cafe, bazaar);
  assert.equal(cafe.contact('Maya').contact().state, 'bricked');
  assert.ok((await certified([maya, cafe, bazaar])) <= 1_000n);
});

test('two entries after one head, said to the same peer, convict their writer there', async () => {
  const { maya, copy, cafe } = await twins();
  await paid(maya, cafe, 3n, 'offline');
  const before = await cafe.balance('ERA');
  await assert.rejects(paid(copy, cafe, 4n, 'offline'));
  assert.equal(await cafe.balance('ERA'), before, 'an offer that forks is worth nothing');
  await copy.contact('Cafe').pay({ ERA: 5n, over: 'online' });
  await met(copy, cafe);
  const [alarm] = cafe.alarms();
  assert.ok(alarm?.what === 'entries' || alarm?.what === 'steps');
  assert.equal(cafe.contact('Maya').contact().state, 'bricked');
  assert.equal(await cafe.balance('ERA'), before);
});

for (const over of ['offline', 'online'] as const) {
  test(`split ${over} to two puppets first: one branch at most is certified`, async () => {
    const { network, maya, copy, cafe, bazaar } = await twins();
    const token = maya.token('ERA').id;
    const puppets = [await opened(network, stall('Punch')), await opened(network, stall('Judy'))];
    const branches = [
      { cheat: maya, puppet: puppets[0]!, merchant: cafe },
      { cheat: copy, puppet: puppets[1]!, merchant: bazaar },
    ];
    for (const { cheat, puppet } of branches) {
      await puppet.adopt(token);
      await met(cheat, puppet, (to) =>
        to.pay({ ERA: 40n, over }).then(
          () => undefined,
          () => undefined,
        ),
      );
    }
    for (const { puppet, merchant } of branches) {
      await met(puppet, merchant);
      for (const way of ['offline', 'online'] as const) {
        await met(puppet, merchant, (to) =>
          to.pay({ ERA: 30n, over: way }).catch(() => undefined),
        ).catch(() => undefined);
      }
    }
    for (const wallet of [...puppets, cafe, bazaar]) await wallet.sync();
    for (const { puppet, merchant } of branches) {
      await puppet
        .contact(merchant.id.name)
        .pay({ ERA: 10n, over: 'online' })
        .catch(() => undefined);
    }
    for (const wallet of [cafe, bazaar, ...puppets]) await wallet.sync();
    const merchants = [await certified([cafe]), await certified([bazaar])];
    assert.ok(merchants.includes(0n), `both branches were certified: ${merchants.join(', ')}`);
    assert.ok((await certified([...puppets, cafe, bazaar])) <= 40n);
  });
}
