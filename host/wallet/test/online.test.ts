/** Online sends over time: the receiver may be closed, and finality comes to both. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Payment } from '../src/index.ts';
import { connected } from './cut-flows.ts';
import { market, met, opened, paid } from './market.ts';
import { call } from './world.ts';

test('the receiver is closed while it is paid; it opens, syncs and has certified money', async () => {
  const { network, maya, cafe, stalls } = await market();
  await cafe.close();
  const sent = await maya.contact('Cafe').pay({ ERA: 70n, over: 'online', note: 'rent' });
  assert.equal(sent.finality, 'certified');
  const [waiting] = maya.outbox();
  assert.equal(waiting?.on, 'peer');
  const later = await opened(network, stalls.cafe);
  assert.equal(await later.balance('ERA'), 0n);
  assert.equal((await later.sync()).received, 1);
  assert.deepEqual(
    later.history().map(({ amount, note, finality, over }) => ({ amount, note, finality, over })),
    [{ amount: 70n, note: 'rent', finality: 'certified', over: 'online' }],
  );
  assert.equal(later.balances()[0]!.online, 70n);
  assert.equal((await later.sync()).received, 0);
  await met(maya, later);
  assert.deepEqual(maya.outbox(), []);
});

test('payments to a closed receiver come in their order', async () => {
  const { maya, cafe } = await market();
  for (const amount of [5n, 6n, 7n]) {
    await maya.contact('Cafe').pay({ ERA: amount, over: 'online' });
  }
  await cafe.sync();
  assert.deepEqual(
    cafe.history().map(({ amount }) => amount),
    [5n, 6n, 7n],
  );
  assert.equal(await cafe.balance('ERA'), 18n);
});

test('offline now, certified later: both are told', async () => {
  const { maya, cafe } = await market();
  const told: Payment[] = [];
  maya.on('finality', (payment) => told.push(payment));
  cafe.on('finality', (payment) => told.push(payment));
  assert.equal((await paid(maya, cafe, 9n, 'offline')).finality, 'pair-final');
  assert.equal(cafe.inbox().length, 1);
  assert.equal(cafe.balances()[0]!.uncertified, 9n);
  assert.equal((await cafe.sync()).certified, 1);
  await maya.sync();
  assert.deepEqual(
    told.filter(({ finality }) => finality === 'certified').map(({ direction }) => direction),
    ['in', 'out'],
  );
  assert.deepEqual([...cafe.inbox(), ...maya.outbox()], []);
});

for (const over of ['offline', 'online'] as const) {
  test(`both pay ${over} at once over one line`, async () => {
    const { maya, cafe } = await market();
    await maya.contact('Cafe').pay({ ERA: 100n, over: 'online' });
    await cafe.sync();
    await cafe.load('ERA', 31n);
    const { relationship, over: end } = await call(maya, cafe);
    const [toCafe, toMaya] = [await relationship, await connected(cafe, 'Maya')];
    for (let round = 1n; round <= 3n; round++) {
      const both = await Promise.all([
        toCafe.pay({ ERA: round, over }),
        toMaya.pay({ ERA: 2n * round, over }),
      ]);
      const finality = over === 'offline' ? 'pair-final' : 'certified';
      assert.deepEqual(
        both.map((payment) => payment.finality),
        [finality, finality],
      );
      await Promise.all([maya.sync(), cafe.sync()]);
    }
    await toCafe.close();
    await end;
    assert.equal(await cafe.balance('ERA'), 100n - 6n);
    assert.equal(await maya.balance('ERA'), 900n + 6n);
    assert.deepEqual([...maya.outbox(), ...cafe.outbox()], []);
  });
}

test('both send online at once, without a line', async () => {
  const { maya, cafe } = await market();
  await maya.contact('Cafe').pay({ ERA: 100n, over: 'online' });
  await cafe.sync();
  await Promise.all([
    maya.contact('Cafe').pay({ ERA: 1n, over: 'online' }),
    cafe.contact('Maya').pay({ ERA: 2n, over: 'online' }),
  ]);
  await Promise.all([maya.sync(), cafe.sync()]);
  assert.equal(await maya.balance('ERA'), 901n);
  assert.equal(await cafe.balance('ERA'), 99n);
  assert.deepEqual((await maya.verify()).faults, []);
});

test('an online note is no offline payment', async () => {
  const { maya, cafe } = await market();
  await paid(maya, cafe, 30n, 'online');
  const payment = await met(cafe, maya, (to) =>
    to.pay({ ERA: 30n, over: 'offline' }).then(
      () => 'paid',
      (error: { code: string }) => error.code,
    ),
  );
  assert.equal(payment, 'insufficient-funds');
});

test('payments, a load and a fund at once never choose the same note', async () => {
  const { maya } = await market();
  const toCafe = maya.contact('Cafe');
  const outcomes = await Promise.allSettled([
    maya.load('ERA', 1n),
    toCafe.pay({ ERA: 1n, over: 'online' }),
    toCafe.fund('ERA', 1n),
    toCafe.pay({ ERA: 1n, over: 'online' }),
    maya.contact('Bazaar').pay({ ERA: 1n, over: 'online' }),
  ]);
  // Whoever comes second may find nothing that is free, and is told so.
  for (const one of outcomes) {
    if (one.status === 'rejected') assert.equal(one.reason.code, 'insufficient-funds');
  }
  assert.ok(outcomes.some(({ status }) => status === 'fulfilled'));
  assert.equal((await toCafe.pay({ ERA: 1n, over: 'online' })).finality, 'certified');
});
