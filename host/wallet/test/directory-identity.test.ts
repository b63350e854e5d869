/** The directory and identities: found by a genesis, and not found once the tree says that it has left. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { household, identity, nobody, member, owner } from './household.ts';

test('the devices of an identity are found by its genesis, each with its proof', async () => {
  const { network, phone, laptop } = await household();
  await phone.directory.publish('ann');
  await laptop.directory.publish('ann at work');
  const eve = await member(network, 'Eve', { of: nobody });
  const found = await eve.directory.find(identity);
  assert.deepEqual(
    new Set(found.map(({ device }) => device)),
    new Set([phone.id.device, laptop.id.device]),
  );
  assert.deepEqual(
    found.map((one) => [one.identity, one.current]),
    [
      [identity, true],
      [identity, true],
    ],
  );
  await eve.directory.publish('ann');
  const [first, second] = await eve.directory.find('ann');
  assert.deepEqual(
    new Set([first?.identity, second?.identity]),
    new Set([identity, undefined]),
    'who claims the name without the identity shows none',
  );
});

test('a change of the tree is shown until it is listed, and who has left is found no more', async () => {
  const { network, phone, laptop, cafe } = await household();
  await phone.directory.publish('ann');
  const [before] = await cafe.directory.find('ann');
  const eve = await member(network, 'Eve', { of: nobody });
  const next = await member(network, 'New phone');
  await laptop.devices.add(owner, next.id.card);
  assert.deepEqual(
    (await eve.directory.find('ann')).map(({ current }) => current),
    [false],
  );
  await phone.sync();
  await phone.sync();
  const [listed] = await eve.directory.find('ann');
  assert.deepEqual([listed?.current, listed?.identity], [true, identity]);
  // The invitation that people hold leads to the same inbox.
  assert.notEqual(listed?.invitation, before?.invitation);
  await eve.directory.introduce(before!.invitation);
  assert.equal((await phone.sync()).introduced, 1);
  await laptop.devices.retire(owner, 'Phone');
  await cafe.sync();
  assert.deepEqual(await cafe.directory.find('ann'), []);
});
