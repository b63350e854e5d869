/** Re-minting: a long way becomes a short one, with the issuer or by it, and nobody loses by it. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { createWallet, localNetwork, memory, type Wallet } from '@dsm/wallet';
import { met } from './market.ts';

installNative();

interface Town {
  readonly bank: Wallet;
  readonly maya: Wallet;
  readonly cafe: Wallet;
  readonly id: string;
}

/** A token whose notes travel four hops; Maya has 100 of it and knows the bank and the café. */
async function town(): Promise<Town> {
  const network = await localNetwork({ nodes: 4 });
  const make = (name: string): Promise<Wallet> => createWallet({ name, store: memory(), network });
  const [bank, maya, cafe] = [await make('Bank'), await make('Maya'), await make('Cafe')];
  const { id } = await bank.issue({ ticker: 'ERA', cap: 1_000n, depthMax: 4 });
  for (const wallet of [maya, cafe]) await wallet.adopt(id);
  await met(bank, maya, () => bank.mint(id, 100n, { to: 'Maya' }));
  await met(maya, cafe);
  return { bank, maya, cafe, id };
}

async function pays(from: Wallet, to: string, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const { finality } = await from.contact(to).pay({ ERA: 1n, over: 'online' });
    assert.equal(finality, 'certified');
  }
}

function balanceOf(wallet: Wallet): { total: bigint; online: bigint; worn: bigint } {
  const { total, online, worn } = wallet.balances().find(({ token }) => token.ticker === 'ERA')!;
  return { total, online, worn };
}

test('worn notes are shown, refused at the end of their way, and made anew by the issuer', async () => {
  const { bank, maya, id } = await town();
  await pays(maya, 'Cafe', 2);
  assert.equal(balanceOf(maya).worn, 0n);
  await pays(maya, 'Cafe', 2);
  assert.deepEqual(balanceOf(maya), { total: 96n, online: 96n, worn: 96n });
  await assert.rejects(maya.contact('Cafe').pay({ ERA: 1n, over: 'online' }), { code: 'worn' });
  await assert.rejects(maya.contact('Bank').remint(id), { code: 'unreachable' });
  const after = await met(maya, bank, (toBank) => toBank.remint(id));
  assert.deepEqual([after.total, after.online, after.worn], [96n, 96n, 0n]);
  assert.equal((await maya.inspect(id)).issued, 100n, 'the total is what it was');
  const [issuer] = (await maya.inspect(id)).issuers;
  assert.equal(issuer?.name, 'Bank');
  await pays(maya, 'Cafe', 4);
  assert.deepEqual((await maya.verify()).faults, []);
  assert.deepEqual((await bank.verify()).faults, []);
});

test('a payee checks what was made anew back to the first mint', async () => {
  const { bank, maya, cafe, id } = await town();
  await pays(maya, 'Cafe', 4);
  await met(maya, bank, (toBank) => toBank.remint(id));
  await pays(maya, 'Cafe', 1);
  await cafe.sync();
  assert.equal(await cafe.balance('ERA'), 5n);
  assert.ok(cafe.history().every(({ finality }) => finality === 'certified'));
  // The issuer mints on after its re-mint, and who gets it checks the whole chain.
  await bank.mint(id, 7n, { to: 'Maya' });
  await maya.sync();
  assert.equal(await maya.balance('ERA'), 102n);
});

test('a wallet whose issuer is connected has its notes made anew before it pays', async () => {
  const { bank, maya } = await town();
  await pays(maya, 'Cafe', 4);
  await met(maya, bank, async () => pays(maya, 'Cafe', 1));
  assert.deepEqual(balanceOf(maya), { total: 95n, online: 95n, worn: 0n });
});

test('an issuer makes its own notes anew, alone', async () => {
  const { bank, maya, id } = await town();
  await bank.mint(id, 50n);
  for (let i = 0; i < 9; i++) {
    await bank.contact('Maya').pay({ ERA: 1n, over: 'online' });
  }
  assert.equal(await bank.balance(id), 41n);
  await bank.load(id, 20n);
  const paid = await met(bank, maya, (to) => to.pay({ ERA: 13n, over: 'offline' }));
  assert.equal(paid.finality, 'pair-final');
  await maya.sync();
  assert.equal(await maya.balance(id), 122n);
});

test('who is not the issuer says so, and so does one that is asked for fresh notes', async () => {
  const { bank, maya, cafe, id } = await town();
  const fresh = { code: 'refused', message: /fresh from the mint/ };
  await met(maya, bank, (toBank) => assert.rejects(toBank.remint(id), fresh));
  await pays(maya, 'Cafe', 1);
  await met(maya, cafe, (toCafe) =>
    assert.rejects(toCafe.remint(id), { code: 'refused', message: /does not issue/ }),
  );
  assert.deepEqual(balanceOf(maya), { total: 99n, online: 99n, worn: 0n });
});

test('items are made anew with their numbers and their anchors', async () => {
  const network = await localNetwork({ nodes: 4 });
  const make = (name: string): Promise<Wallet> => createWallet({ name, store: memory(), network });
  const [artist, maya] = [await make('Artist'), await make('Maya')];
  const { id } = await artist.issue({ ticker: 'ART', cap: 9n, form: 'unique' });
  await maya.adopt(id);
  await artist.mint(id, 3n, {
    anchors: [1, 2, 3].map((n) => ({ bytes: Uint8Array.of(n) })),
  });
  const before = await artist.items(id);
  await met(artist, maya, async (toMaya) => {
    for (const item of [1n, 3n]) await toMaya.pay({ token: id, item, over: 'online' });
  });
  const [first, , third] = before;
  assert.deepEqual(await maya.items(id), [first, third]);
  await met(maya, artist, (toArtist) => toArtist.remint(id));
  assert.deepEqual(await maya.items(id), [first, third]);
  await maya.contact('Artist').pay({ token: id, item: 3n, over: 'online' });
  await artist.sync();
  assert.deepEqual(await artist.items(id), [before[1], third]);
});
