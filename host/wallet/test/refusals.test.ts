/** What a wallet will not do, and the code by which it says so. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { market, met, opened, paid, stall } from './market.ts';
import { call } from './world.ts';

test('a merchant takes uncertified value up to the sum that the owner set', async () => {
  const { maya, cafe } = await market();
  await cafe.setOfflineLimit('ERA', 20n);
  await paid(maya, cafe, 12n, 'offline');
  await assert.rejects(paid(maya, cafe, 9n, 'offline'), { code: 'over-limit' });
  await paid(maya, cafe, 8n, 'offline');
  await assert.rejects(paid(maya, cafe, 1n, 'offline'), { code: 'over-limit' });
  await cafe.sync();
  assert.equal((await paid(maya, cafe, 20n, 'offline')).finality, 'pair-final');
});

test('the sum is over all payers, for devices are free to make', async () => {
  const { network, maya, cafe } = await market();
  const token = maya.token('ERA').id;
  await cafe.setOfflineLimit('ERA', 20n);
  for (const name of ['Ann', 'Ben']) {
    const friend = await opened(network, stall(name));
    await friend.adopt(token);
    await met(maya, friend, (to) => to.pay({ ERA: 15n, over: 'online' }));
    await friend.sync();
    await friend.load('ERA', 15n);
    if (name === 'Ann') await paid(friend, cafe, 15n, 'offline');
    else await assert.rejects(paid(friend, cafe, 15n, 'offline'), { code: 'over-limit' });
  }
  await cafe.sync();
  assert.equal((await paid(maya, cafe, 20n, 'offline')).finality, 'pair-final');
});

test('what is refused is not spent: the same purse pays elsewhere', async () => {
  const { maya, cafe, bazaar } = await market();
  await cafe.setOfflineLimit('ERA', 1n);
  await assert.rejects(paid(maya, cafe, 63n, 'offline'), { code: 'over-limit' });
  await bazaar.setOfflineLimit('ERA', 63n);
  assert.equal((await paid(maya, bazaar, 63n, 'offline')).finality, 'pair-final');
});

test('a token that the receiver did not adopt is not taken', async () => {
  const { network, maya } = await market();
  const stranger = await opened(network, stall('Stranger'));
  await assert.rejects(paid(maya, stranger, 1n, 'offline'), { code: 'not-adopted' });
  await stranger.adopt(maya.token('ERA').id);
  assert.equal((await paid(maya, stranger, 1n, 'offline')).finality, 'pair-final');
});

test('who is blocked is not met and not paid, until unblocked', async () => {
  const { maya, cafe } = await market();
  await cafe.block('Maya', true);
  assert.equal(cafe.contact('Maya').contact().state, 'blocked');
  await assert.rejects(met(cafe, maya), { code: 'blocked' });
  await assert.rejects(cafe.contact('Maya').pay({ ERA: 1n }), { code: 'blocked' });
  await assert.rejects(paid(maya, cafe, 1n, 'offline'));
  await cafe.block('Maya', false);
  assert.equal((await paid(maya, cafe, 1n, 'offline')).finality, 'pair-final');
});

test('nobody pays what is not there', async () => {
  const { maya, cafe } = await market();
  const short = { code: 'insufficient-funds' };
  await assert.rejects(paid(maya, cafe, 64n, 'offline'), short);
  await assert.rejects(maya.contact('Cafe').pay({ ERA: 938n, over: 'online' }), short);
  await assert.rejects(maya.load('ERA', 938n), short);
  await assert.rejects(paid(cafe, maya, 1n, 'offline'), short);
  assert.equal(await maya.balance('ERA'), 1_000n);
});

test('what was received offline is no purse: it pays nobody before it is certified', async () => {
  const { maya, cafe, bazaar } = await market();
  await paid(maya, cafe, 30n, 'offline');
  await assert.rejects(paid(cafe, bazaar, 1n, 'offline'), { code: 'insufficient-funds' });
  await assert.rejects(paid(cafe, bazaar, 1n, 'online'), { code: 'insufficient-funds' });
  await cafe.sync();
  assert.equal((await paid(cafe, bazaar, 30n, 'online')).finality, 'certified');
});

test('a device does not meet itself', async () => {
  const { maya } = await market();
  await assert.rejects(met(maya, maya), { code: 'refused' });
});

test('wishes that make no sense are faults of use', async () => {
  const { maya } = await market();
  const toCafe = maya.contact('Cafe');
  await assert.rejects(toCafe.pay({ ERA: 0n }), { code: 'usage' });
  await assert.rejects(toCafe.pay({ ERA: -1n }), { code: 'usage' });
  await assert.rejects(toCafe.pay({ note: 'nothing' } as never), { code: 'usage' });
  await assert.rejects(toCafe.pay({ ERA: 1n, over: 'offline' }), { code: 'unreachable' });
  await assert.rejects(toCafe.pay({ YEN: 1n }), { code: 'not-found' });
  await assert.rejects(maya.mint('ERA', 100_000n), { code: 'refused' });
  await assert.rejects(maya.mint('ERA', 0n), { code: 'refused' });
  assert.throws(() => maya.contact('Nobody'), { code: 'not-found' });
  assert.throws(() => maya.contact('dev1'), { code: 'ambiguous' });
  assert.throws(() => maya.payment('pay1'), { code: 'not-found' });
});

test('only the issuer mints', async () => {
  const { cafe } = await market();
  await assert.rejects(cafe.mint('ERA', 1n), { code: 'refused' });
});

test('one trade at a time with one contact; the first is not harmed', async () => {
  const { maya, cafe } = await market();
  const { relationship, over } = await call(maya, cafe);
  const toCafe = await relationship;
  const [first, second] = await Promise.allSettled([
    toCafe.pay({ ERA: 1n, over: 'offline' }),
    toCafe.pay({ ERA: 2n, over: 'offline' }),
  ]);
  assert.equal(first.status, 'fulfilled');
  assert.equal(second.status, 'rejected');
  assert.equal((await toCafe.pay({ ERA: 2n, over: 'offline' })).finality, 'pair-final');
  await toCafe.close();
  await over;
  assert.deepEqual(
    cafe.history().map(({ amount }) => amount),
    [1n, 2n],
  );
});

test('a line that is cut before anything was paid releases what was promised', async () => {
  const { maya, cafe } = await market();
  const { relationship, cut } = await call(maya, cafe);
  const toCafe = await relationship;
  const paying = toCafe.pay({ ERA: 63n, over: 'offline' });
  await cut();
  await paying.catch((error: unknown) => {
    assert.equal((error as { code: string }).code, 'unreachable');
  });
  await met(maya, cafe);
  const already = maya.history().length;
  if (already === 0) await cafe.setOfflineLimit('ERA', 63n);
  if (already === 0) await paid(maya, cafe, 63n, 'offline');
  assert.equal(cafe.history().length, 1);
});

test('a closed wallet does nothing more, and says so', async () => {
  const { maya, cafe } = await market();
  await maya.close();
  const closed = { code: 'closed' };
  await assert.rejects(maya.contact('Cafe').pay({ ERA: 1n, over: 'online' }), closed);
  await assert.rejects(maya.load('ERA', 1n), closed);
  await assert.rejects(maya.mint('ERA', 1n), closed);
  await assert.rejects(maya.verify(), closed);
  await assert.rejects(maya.backup(), closed);
  await assert.rejects(maya.sync(), closed);
  await assert.rejects(met(cafe, maya), { code: 'unreachable' });
  await maya.close();
});
