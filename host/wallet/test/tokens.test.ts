/** Tokens: minted for others, several in one run, burnt, listed, looked at before they are taken. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { createWallet, localNetwork, memory, type Network, type Wallet } from '@dsm/wallet';
import { met } from './market.ts';

installNative();

async function walletOf(network: Network, name: string): Promise<Wallet> {
  return createWallet({ name, store: memory(), network });
}

async function pair(): Promise<{ mint: Wallet; maya: Wallet; network: Network }> {
  const network = await localNetwork({ nodes: 4 });
  const [mint, maya] = [await walletOf(network, 'Mint'), await walletOf(network, 'Maya')];
  await met(mint, maya);
  return { mint, maya, network };
}

test('a mint for somebody else is collected by its owner: over a line, and through the nodes', async () => {
  const { mint, maya } = await pair();
  const { id } = await mint.issue({ ticker: 'USD', cap: 1_000n, decimals: 2 });
  await maya.adopt(id);
  await met(mint, maya, async () => mint.mint(id, 70n, { to: 'Maya' }));
  assert.equal(await maya.balance(id), 70n, 'over a line');
  await mint.mint(id, 30n, { to: 'Maya' });
  assert.equal(await maya.balance(id), 70n);
  await maya.sync();
  assert.equal(await maya.balance(id), 100n, 'through the nodes');
  assert.equal(await mint.balance(id), 0n);
  // What was collected is collected once, and is as good as any other.
  await maya.sync();
  await maya.collect(id);
  assert.equal(await maya.balance(id), 100n);
  await maya.contact('Mint').pay({ token: id, amount: 99n, over: 'online' });
  await mint.sync();
  assert.equal(await mint.balance(id), 99n);
  assert.deepEqual((await maya.verify()).faults, []);
});

test('a token that is not adopted is not collected until it is', async () => {
  const { mint, maya } = await pair();
  const { id } = await mint.issue({ ticker: 'USD', cap: 1_000n });
  await mint.mint(id, 5n, { to: 'Maya' });
  await maya.sync();
  assert.deepEqual(
    maya.balances().map(({ total }) => total),
    [0n],
  );
  await maya.adopt(id);
  assert.equal(await maya.balance(id), 5n);
});

test('several tokens are paid in one run, offline and online', async () => {
  const { mint, maya } = await pair();
  for (const ticker of ['ERA', 'USD'] as const) {
    const { id } = await mint.issue({ ticker, cap: 1_000n });
    await mint.mint(id, 500n);
    await mint.load(id, 100n);
    await maya.adopt(id);
  }
  const both = [
    { ERA: 5n, note: 'one' },
    { USD: 3n, note: 'two' },
  ] as const;
  const offline = await met(mint, maya, (to) => to.pay(both));
  assert.deepEqual(
    offline.map(({ ticker, amount, note, over, finality }) => [
      ticker,
      amount,
      note,
      over,
      finality,
    ]),
    [
      ['ERA', 5n, 'one', 'offline', 'pair-final'],
      ['USD', 3n, 'two', 'offline', 'pair-final'],
    ],
  );
  assert.equal(mint.contact('Maya').contact().written, 2, 'two entries');
  const online = await mint.contact('Maya').pay([
    { ERA: 21n, over: 'online' },
    { USD: 30n, over: 'online' },
  ]);
  assert.deepEqual(
    online.map(({ finality }) => finality),
    ['certified', 'certified'],
  );
  await maya.sync();
  assert.deepEqual([await maya.balance('ERA'), await maya.balance('USD')], [26n, 33n]);
  // All or nothing: what cannot be paid keeps what could.
  await assert.rejects(
    mint.contact('Maya').pay([
      { ERA: 20n, over: 'online' },
      { USD: 3_000n, over: 'online' },
    ]),
    { code: 'insufficient-funds' },
  );
  assert.deepEqual([await mint.balance('ERA'), await mint.balance('USD')], [474n, 467n]);
  await assert.rejects(mint.contact('Maya').pay([]), { code: 'usage' });
  await assert.rejects(mint.contact('Maya').pay([{ ERA: 1n }, { ERA: 2n }]), { code: 'usage' });
});

test('what is burnt is gone, certified, and shown as burnt', async () => {
  const { mint, maya } = await pair();
  const { id } = await mint.issue({ ticker: 'USD', cap: 1_000n, burn: true });
  await mint.mint(id, 100n);
  const burnt = await mint.burn(id, 40n);
  assert.deepEqual(
    [burnt.what, burnt.amount, burnt.finality, burnt.direction],
    ['burn', 40n, 'certified', 'out'],
  );
  assert.equal(await mint.balance(id), 60n);
  assert.deepEqual(
    mint.history().map(({ what }) => what),
    ['burn'],
  );
  await mint.burn(id, 60n);
  assert.equal(await mint.balance(id), 0n);
  assert.deepEqual(mint.outbox(), []);
  const { id: other } = await mint.issue({ ticker: 'EUR', cap: 1_000n });
  await mint.mint(other, 10n);
  await assert.rejects(mint.burn(other, 1n), { code: 'refused', message: /cannot be burnt/ });
  await assert.rejects(mint.burn(id, 1n), { code: 'insufficient-funds' });
  await maya.close();
});

test('an allow-list keeps a token among its devices', async () => {
  const { mint, maya, network } = await pair();
  const eve = await walletOf(network, 'Eve');
  await met(mint, eve);
  await met(maya, eve);
  const allowed = [mint.id.device, maya.id.device];
  const { id } = await mint.issue({ ticker: 'CLUB', cap: 100n, allowed });
  await mint.mint(id, 50n);
  for (const wallet of [maya, eve]) await wallet.adopt(id);
  await mint.load(id, 7n);
  const paid = await met(mint, maya, (to) => to.pay({ CLUB: 3n, over: 'offline' }));
  assert.equal(paid.finality, 'pair-final');
  await mint.contact('Maya').pay({ CLUB: 10n, over: 'online' });
  await maya.sync();
  assert.equal(await maya.balance(id), 13n);
  const refusal = { code: 'refused', message: /allow-list/ };
  await assert.rejects(maya.contact('Eve').pay({ CLUB: 1n, over: 'online' }), refusal);
  await assert.rejects(mint.mint(id, 1n, { to: 'Eve' }), refusal);
  assert.deepEqual(new Set((await eve.inspect(id)).allowed), new Set(allowed));
});
