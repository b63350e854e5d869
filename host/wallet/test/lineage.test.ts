/** Long lineages: change travels a hop with every payment, and only what is new is sent along. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { createWallet, localNetwork, memory } from '@dsm/wallet';
import type { NodeApi } from '@dsm/ports';
import { finalities, market, paid } from './market.ts';

installNative();

test('twenty payments out of one mint are certified, and do not grow', async () => {
  const local = await localNetwork({ nodes: 4 });
  const sizes: number[] = [];
  const counted = (node: NodeApi): NodeApi => ({
    ...node,
    putObject: (bytes) => {
      sizes.push(bytes.length);
      return node.putObject(bytes);
    },
  });
  const [first, ...others] = local.nodes;
  const network = { ...local, nodes: [counted(first!), ...others] };
  const maya = await createWallet({ name: 'Maya', store: memory(), network });
  const cafe = await createWallet({ name: 'Café', store: memory(), network: local });
  await local.fund(maya, { ERA: 100n });
  await cafe.adopt(maya.token('ERA').id);
  await (await maya.meet(cafe)).close();

  sizes.length = 0;
  const to = maya.contact('Café');
  for (let i = 0; i < 20; i++) {
    const { finality } = await to.pay({ ERA: 1n, over: 'online' });
    assert.equal(finality, 'certified', `payment ${i + 1}`);
  }
  assert.equal((await cafe.sync()).received, 20);
  assert.equal(await cafe.balance('ERA'), 20n);
  assert.deepEqual(
    cafe.history().filter(({ finality }) => finality !== 'certified'),
    [],
  );
  // The first parcel brings the lineage back to the mint, the others one hop each at most.
  assert.equal(sizes.length, 20);
  assert.ok(Math.max(...sizes.slice(1)) <= sizes[0]!, sizes.join());
});

test('an issuer may allow fewer hops; the payment that would exceed them says so', async () => {
  const network = await localNetwork({ nodes: 4 });
  const mint = await createWallet({ name: 'Mint', store: memory(), network });
  const cafe = await createWallet({ name: 'Café', store: memory(), network });
  const { id } = await mint.issue({ ticker: 'TWO', cap: 100n, depthMax: 2 });
  await mint.mint(id, 10n);
  await cafe.adopt(id);
  await (await mint.meet(cafe)).pay({ token: id, amount: 10n, over: 'online' });
  const to = mint.contact('Café');
  await to.close();
  const back = cafe.contact('Mint');
  await back.pay({ token: id, amount: 1n, over: 'online' });
  await assert.rejects(back.pay({ token: id, amount: 1n, over: 'online' }), {
    code: 'worn',
    message: /too far from its mint/,
  });
  assert.equal(await cafe.balance(id), 9n);
});

test('a payee that never syncs takes notes that rest on what it took before: the payer certified it', async () => {
  const { maya, cafe } = await market();
  // The second coin is of two: one of it comes back, and rests on this payment.
  for (const amount of [1n, 1n]) await paid(maya, cafe, amount, 'offline');
  await maya.sync();
  await maya.load('ERA', 938n);
  assert.deepEqual(finalities(cafe), ['pair-final', 'pair-final']);
  // More than the older coins, whose way is shorter and which go first.
  await cafe.setOfflineLimit('ERA', 1_000n);
  assert.equal((await paid(maya, cafe, 500n, 'offline')).finality, 'pair-final');
  const learned = finalities(cafe).filter((finality) => finality === 'certified');
  assert.equal(learned.length, 1, 'and it learns the certificate by the way');
});
