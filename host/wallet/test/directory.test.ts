/** The directory: names that anybody may claim, and payments to somebody who was never met. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace } from '@dsm/memory';
import type { Wallet } from '../src/index.ts';
import { market, met, opened, stall } from './market.ts';
import { walletIn, type TestNetwork } from './world.ts';

async function newcomer(network: TestNetwork, name: string): Promise<Wallet> {
  return walletIn(network, memoryPlace(), name);
}

test('a name that differs in case and compatibility forms is found', async () => {
  const { network, maya } = await market();
  const ben = await newcomer(network, 'Ben');
  const { name, others, nodes } = await ben.directory.publish('Ｂäcker  Ben'.replace('  ', ' '));
  assert.deepEqual([name, others, nodes > 0], ['bäcker ben', 0, true]);
  const [found] = await maya.directory.find('BÄCKER BEN');
  assert.equal(found?.device, ben.id.device);
  assert.equal(found?.phrase, ben.id.phrase);
  assert.equal(found?.current, true);
  assert.deepEqual(await maya.directory.find('ben'), []);
  assert.equal((await maya.directory.find(ben.id.device))[0]?.device, ben.id.device);
});

test('somebody who was never met and is off is paid, and finds the money', async () => {
  const all = await market();
  const { network, maya } = all;
  const ben = stall('Ben');
  const before = await opened(network, ben);
  await before.adopt(maya.token('ERA').id).catch(() => undefined);
  await before.directory.publish('ben');
  await before.close();
  const to = await maya.directory.introduce('ben');
  assert.equal(to.contact().introduced, 'unanswered');
  const sent = await to.pay({ ERA: 70n, note: 'for the bread' });
  assert.equal(sent.finality, 'certified');
  const later = await opened(network, ben);
  const report = await later.sync();
  assert.deepEqual([report.introduced, report.received], [1, 1]);
  assert.deepEqual(
    later.history().map(({ amount, note, finality, peer }) => [amount, note, finality, peer]),
    [[70n, 'for the bread', 'certified', 'Maya']],
  );
  assert.equal(later.contact('Maya').contact().introduced, 'by-them');
  assert.deepEqual([(await later.sync()).introduced, later.contacts().length], [0, 1]);
  // The way back works, too, and tells the introducer that he was read.
  await later.contact('Maya').pay({ ERA: 20n });
  await maya.sync();
  await maya.sync();
  assert.equal(maya.contact('Ben').contact().introduced, 'by-me');
  assert.deepEqual(maya.outbox(), []);
  assert.equal(maya.history().at(-1)?.amount, 20n);
  // And they meet as any two contacts do.
  await met(maya, later, async (toBen) => {
    assert.equal((await toBen.pay({ ERA: 1n, over: 'offline' })).finality, 'pair-final');
  });
});
