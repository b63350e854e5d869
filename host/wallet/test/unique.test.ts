/** Unique tokens and credentials: items with serial numbers, which are never split, merged or in the purse. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ascii } from '@dsm/primitive';
import { installNative } from '@dsm/node';
import { createWallet, localNetwork, memory, type Wallet } from '@dsm/wallet';
import { met } from './market.ts';

installNative();

async function gallery(
  form: 'unique' | 'credential',
): Promise<{ readonly artist: Wallet; readonly maya: Wallet; readonly id: string }> {
  const network = await localNetwork({ nodes: 4 });
  const artist = await createWallet({ name: 'Artist', store: memory(), network });
  const maya = await createWallet({ name: 'Maya', store: memory(), network });
  await met(artist, maya);
  const { id } = await artist.issue({ ticker: 'ART', form, cap: 5n, burn: true });
  return { artist, maya, id };
}

test('items are minted with anchors, listed and paid', async () => {
  const { artist, maya, id } = await gallery('unique');
  await artist.mint(id, 3n, {
    anchors: ['one', 'two', 'three'].map((text) => ({ bytes: ascii(text) })),
  });
  await artist.mint(id, 1n);
  assert.equal(await artist.balance(id), 4n, 'items are counted');
  const before = await artist.items(id);
  assert.deepEqual(
    before.map(({ serial, finality }) => [serial, finality]),
    [1n, 2n, 3n, 4n].map((serial) => [serial, 'certified']),
  );
  assert.ok(before.slice(0, 3).every(({ anchor }) => anchor?.startsWith('obj1') === true));
  assert.equal(before[3]!.anchor, undefined);

  const toMaya = artist.contact('Maya');
  const paid = await toMaya.pay({ token: id, item: 3n, over: 'online' });
  assert.deepEqual([paid.amount, paid.item, paid.finality], [1n, 3n, 'certified']);
  await maya.sync();
  assert.equal(maya.token(id).adopted, false, 'absorbed, and not taken for that');
});

test('a payee that has adopted the token gets the very item', async () => {
  const { artist, maya, id } = await gallery('unique');
  await maya.adopt(id);
  await artist.mint(id, 4n, {
    anchors: ['one', 'two', 'three', 'four'].map((text) => ({ bytes: ascii(text) })),
  });
  const [, second, third] = await artist.items(id);
  const both = await artist.contact('Maya').pay([
    { token: id, item: 2n },
    { token: id, item: 3n },
  ]);
  assert.deepEqual(
    both.map(({ item, finality }) => [item, finality]),
    [
      [2n, 'certified'],
      [3n, 'certified'],
    ],
  );
  await maya.sync();
  assert.deepEqual(await maya.items(id), [second, third], 'with the anchors of their issue');
  const burnt = await maya.burn(id, { item: 2n });
  assert.deepEqual([burnt.what, burnt.item, burnt.amount], ['burn', 2n, 1n]);
  await maya.contact('Artist').pay({ token: id, item: 3n, over: 'online' });
  await artist.sync();
  assert.deepEqual(
    (await artist.items(id)).map(({ serial }) => serial),
    [1n, 3n, 4n],
  );
  assert.equal(await maya.balance(id), 0n);
});

test('items are minted for somebody else up to the cap', async () => {
  const { artist, maya, id } = await gallery('unique');
  await maya.adopt(id);
  await artist.mint(id, 2n);
  await artist.mint(id, 3n, { to: 'Maya' });
  await maya.sync();
  assert.deepEqual(
    (await maya.items(id)).map(({ serial }) => serial),
    [3n, 4n, 5n],
  );
  await assert.rejects(artist.mint(id, 1n), { code: 'refused', message: /under the cap/ });
  await assert.rejects(artist.mint(id, 1n, { anchors: [{ address: 'obj1' }] }), { code: 'usage' });
});

test('what makes no sense of items is refused, each with its reason', async () => {
  const { artist, maya, id } = await gallery('unique');
  await artist.mint(id, 2n);
  const toMaya = artist.contact('Maya');
  await assert.rejects(toMaya.pay({ token: id, amount: 1n }), { code: 'usage', message: /item/ });
  await assert.rejects(toMaya.pay({ token: id, item: 9n }), { code: 'insufficient-funds' });
  await assert.rejects(toMaya.pay({ token: id, item: 0n }), { code: 'usage' });
  await assert.rejects(toMaya.pay({ token: id, item: 1n, over: 'offline' }), {
    code: 'refused',
    message: /never in the purse/,
  });
  await assert.rejects(artist.load(id, 1n), { code: 'refused', message: /never in the purse/ });
  await assert.rejects(artist.burn(id, 1n), { code: 'usage', message: /which item/ });
  const { id: coin } = await artist.issue({ ticker: 'ERA', cap: 5n });
  await assert.rejects(toMaya.pay({ token: coin, item: 1n }), { code: 'usage' });
  await assert.rejects(artist.items(coin), { code: 'usage' });
  await assert.rejects(artist.issue({ ticker: 'BAD', cap: 5n, form: 'unique', decimals: 2 }), {
    code: 'usage',
  });
  await maya.close();
});

test('a credential is issued to a device, shown there, burnt there, and does not move', async () => {
  const { artist, maya, id } = await gallery('credential');
  await maya.adopt(id);
  await met(artist, maya, () => artist.mint(id, 1n, { to: 'Maya' }));
  assert.deepEqual(
    (await maya.items(id)).map(({ serial, finality }) => [serial, finality]),
    [[1n, 'certified']],
  );
  await assert.rejects(maya.contact('Artist').pay({ token: id, item: 1n }), {
    code: 'refused',
    message: /stays with its device/,
  });
  await maya.burn(id, { item: 1n });
  assert.equal(await maya.balance(id), 0n);
});
