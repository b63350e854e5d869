/** Edges and lost devices: what a backup brings back of either side, and what it does not sign any more. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { restoreWallet, type Wallet } from '../src/index.ts';
import { connected } from './cut-flows.ts';
import { edged } from './edge-scene.ts';
import { market, met, type Market } from './market.ts';

async function restored(
  { network, stalls }: Market,
  whose: 'maya' | 'cafe',
  backup: Uint8Array,
): Promise<Wallet> {
  const { keystore } = stalls[whose];
  const again = await restoreWallet({
    store: memoryStore(),
    network,
    keystore,
    kem: nativeKem,
    backup,
  });
  await again.sync();
  return again;
}

const total = (wallet: Wallet): bigint => wallet.balances()[0]!.total;

test('a payee that comes back leaves with what its backup knows, and signs nothing new', async () => {
  const all = await edged();
  const backup = await all.cafe.backup();
  await all.cafe.close();
  const cafe = await restored(all, 'cafe', backup);
  const edge = cafe.contact('Maya').edge('ERA');
  assert.deepEqual(
    edge.escrows.map(({ state }) => state),
    ['closing', 'closing'],
  );
  assert.deepEqual([edge.mine, edge.theirs, edge.canPay], [13n, 7n, 0n]);
  await assert.rejects(
    cafe.contact('Maya').pay({ ERA: 1n, over: 'edge' }),
    /a restore has ended it/,
  );
  await all.maya.sync();
  assert.equal(all.maya.contact('Cafe').edge('ERA').canPay, 0n);
  await assert.rejects(
    all.maya.contact('Cafe').pay({ ERA: 1n, over: 'edge' }),
    /a restore has ended it/,
  );
  await cafe.contact('Maya').exit('ERA');
  assert.equal(cafe.balances()[0]!.online, 40n + 3n);
  await all.maya.sync();
  await all.maya.contact('Cafe').exit('ERA');
  await cafe.sync();
  assert.equal(total(cafe), 53n);
  assert.equal(total(all.maya), 947n);
  for (const wallet of [cafe, all.maya]) {
    assert.deepEqual((await wallet.verify()).faults, []);
    assert.deepEqual(wallet.alarms(), []);
  }
});

test('totals that came after the backup come again from the payer, who still has them', async () => {
  const all = await edged();
  const backup = await all.cafe.backup();
  await met(all.maya, all.cafe, (toCafe) => toCafe.pay({ ERA: 4n, over: 'edge' }));
  await all.cafe.close();
  const cafe = await restored(all, 'cafe', backup);
  assert.equal(cafe.contact('Maya').edge('ERA').mine, 13n);
  await all.maya.sync();
  await cafe.sync();
  assert.equal(cafe.contact('Maya').edge('ERA').mine, 17n);
  await cafe.contact('Maya').exit('ERA');
  assert.equal(cafe.history().at(-1)!.finality, 'certified');
  assert.equal(cafe.balances()[0]!.online, 47n);
});

test('a payee without the payer loses the totals that it did not mirror, and the payer gets them', async () => {
  const all = await edged();
  const backup = await all.cafe.backup();
  await met(all.maya, all.cafe, (toCafe) => toCafe.pay({ ERA: 4n, over: 'edge' }));
  await all.cafe.close();
  const cafe = await restored(all, 'cafe', backup);
  await cafe.contact('Maya').exit('ERA');
  assert.equal(cafe.balances()[0]!.online, 43n);
  await all.maya.sync();
  const lost = all.maya.history().at(-1)!;
  assert.equal(lost.finality, 'conflicted');
  assert.match(lost.waiting, /yours again/);
  assert.equal(total(all.maya) + total(cafe), 1_000n);
});

for (const spent of [false, true]) {
  test(`what left before the loss is asked of the nodes; ${spent ? 'spent' : 'unspent'} since`, async () => {
    const all = await edged();
    const backup = await all.cafe.backup();
    await all.cafe.contact('Maya').exit('ERA');
    if (spent) await all.cafe.contact('Bazaar').pay({ ERA: 43n, over: 'online' });
    await all.cafe.close();
    const cafe = await restored(all, 'cafe', backup);
    assert.equal(cafe.balances()[0]!.online, spent ? 0n : 43n);
    assert.equal(cafe.contact('Maya').edge('ERA').escrows[1]!.state, 'left');
    await assert.rejects(cafe.contact('Maya').exit('ERA'), { code: 'not-found' });
    if (!spent) {
      const sent = await cafe.contact('Bazaar').pay({ ERA: 43n, over: 'online' });
      assert.equal(sent.finality, 'certified');
    }
    await all.bazaar.sync();
    assert.equal(total(all.bazaar), 43n);
  });
}

test('a payer that comes back holds its rest, pays no more of it, and gets it when the payee leaves', async () => {
  const all = await edged();
  const backup = await all.maya.backup();
  await met(all.maya, all.cafe, (toCafe) => toCafe.pay({ ERA: 2n, over: 'edge' }));
  await all.maya.close();
  const maya = await restored(all, 'maya', backup);
  const edge = maya.contact('Cafe').edge('ERA');
  assert.equal(edge.escrows[0]!.state, 'closing');
  await assert.rejects(
    maya.contact('Cafe').pay({ ERA: 1n, over: 'edge' }),
    /a restore has ended it/,
  );
  await all.cafe.sync();
  await all.cafe.contact('Maya').exit('ERA');
  assert.equal(all.cafe.balances()[0]!.online, 45n);
  await maya.sync();
  assert.equal(maya.contact('Cafe').edge('ERA').escrows[0]!.state, 'left');
  // A new edge between the two begins where the old one ended.
  await maya.contact('Cafe').fund('ERA', 6n);
  await all.cafe.sync();
  await met(maya, all.cafe, (toCafe) => toCafe.pay({ ERA: 6n, over: 'edge' }));
  assert.equal(all.cafe.contact('Maya').edge('ERA').mine, 16n);
  assert.deepEqual([...maya.alarms(), ...all.cafe.alarms()], []);
});

test('a payer whose backup is older than the funding gets the rest when the payee tells it', async () => {
  const all = await market();
  const backup = await all.maya.backup();
  await met(all.maya, all.cafe, (toCafe) => toCafe.fund('ERA', 10n));
  await met(all.maya, all.cafe, (toCafe) => toCafe.pay({ ERA: 3n, over: 'edge' }));
  await all.maya.close();
  const maya = await restored(all, 'maya', backup);
  const known = total(maya);
  await all.cafe.sync();
  await all.cafe.contact('Maya').exit('ERA');
  await met(maya, all.cafe, async () => {
    await connected(all.cafe, 'Maya');
    await all.cafe.sync();
  });
  await maya.sync();
  assert.equal(total(maya), known + 7n);
  assert.deepEqual((await maya.verify()).faults, []);
});
