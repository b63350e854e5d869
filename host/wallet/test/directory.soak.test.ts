/** Topics that strangers have filled. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inboxTopic, nameTopic } from '@dsm/identity';
import { memoryPlace } from '@dsm/memory';
import { bytesAt, decoded, leave } from './inbox-filler.ts';
import { market } from './market.ts';
import { walletIn } from './world.ts';

test('a name and an inbox that strangers have filled are said to be full, and stop nothing else', async () => {
  const { network, maya } = await market();
  const ben = await walletIn(network, memoryPlace(), 'Ben');
  const text = await ben.directory.invite();
  const { network: id, kemKey } = decoded(await bytesAt(network, text));
  for (const topic of [nameTopic(id, 'ben'), inboxTopic(id, kemKey)]) {
    for (let n = 0; n < 256; n++) await leave(network, topic, new Uint8Array(31), n - 100);
  }
  await assert.rejects(ben.directory.publish('ben'), { code: 'refused' });
  assert.equal((await ben.sync()).online, true);
  const to = await maya.directory.introduce(text);
  assert.equal((await to.pay({ ERA: 3n })).finality, 'certified');
  assert.equal((await maya.sync()).online, true);
  assert.equal((await ben.sync()).introduced, 0);
});
