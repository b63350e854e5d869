/** The desk at which devices log in: once for each challenge, in time, for this server, and not with old keys. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryKeystore } from '@dsm/memory';
import { installNative } from '@dsm/node';
import {
  createWallet,
  localNetwork,
  loginDesk,
  memory,
  restoreWallet,
  type LocalNetwork,
  type Wallet,
} from '@dsm/wallet';

import { household, identity, owner } from './household.ts';

installNative();

const audience = 'https://shop.example';
const network = await localNetwork({ nodes: 4 });
const wallet = await createWallet({ name: 'Maya', store: memory(), network });

const answer = (asked: Uint8Array, by: Wallet = wallet): Promise<Uint8Array> =>
  by.credentials.login(asked, { audience });
const why = (part: RegExp) => (error: Error) => part.test(error.message);

test('a device is let in once for each challenge', async () => {
  const desk = loginDesk({ network, audience });
  const said = await answer(desk.challenge());
  const visitor = await desk.answer(said);
  assert.deepEqual(visitor, {
    device: wallet.id.device,
    name: 'Maya',
    identity: undefined,
    binding: 'software',
    card: 'current',
  });
  await assert.rejects(desk.answer(said), why(/answered before/));
  await assert.rejects(desk.answer(said.subarray(1)), why(/no answer/));
});

test('a wrong answer uses the challenge up', async () => {
  const desk = loginDesk({ network, audience });
  const said = await answer(desk.challenge());
  const bent = said.with(said.length - 1, said.at(-1)! ^ 1);
  await assert.rejects(desk.answer(bent), why(/signature/));
  await assert.rejects(desk.answer(said), why(/answered before/));
});

test('a challenge of another desk, or an old one, serves nobody', async () => {
  let now = 0;
  const desk = loginDesk({ network, audience, lifetimeMs: 100, clock: { now: () => now } });
  const other = loginDesk({ network, audience });
  await assert.rejects(desk.answer(await answer(other.challenge())), why(/not drawn here/));
  const late = await answer(desk.challenge());
  now = 101;
  await assert.rejects(desk.answer(late), why(/too old/));
});

test('a device that was restored is not let in with the keys that it had before', async () => {
  const keystore = memoryKeystore();
  const old = await createWallet({ name: 'Old', store: memory(), network, keystore });
  const backup = await old.backup();
  const desk = loginDesk({ network, audience });
  const early = await answer(desk.challenge(), old);
  const restored = await restoreWallet({ store: memory(), network, backup, keystore });
  await restored.sync();
  await assert.rejects(desk.answer(early), why(/later card/));
  const { device, card } = await desk.answer(await answer(desk.challenge(), restored));
  assert.deepEqual([device, card], [old.id.device, 'current']);
});

test('an identity is shown if it is meant, in its newest state, by a device that is in it', async () => {
  const { network: there, phone, laptop, cafe } = await household();
  const desk = loginDesk({ network: there, audience });
  const show = (asked: Uint8Array, by: Wallet): Promise<Uint8Array> =>
    by.credentials.login(asked, { audience, identity: true });
  const hidden = await desk.answer(await answer(desk.challenge(), phone));
  assert.equal(hidden.identity, undefined);
  const shown = await desk.answer(await show(desk.challenge(), phone));
  assert.deepEqual([shown.identity, shown.card], [identity, 'current']);
  await assert.rejects(show(desk.challenge(), cafe), { code: 'refused' });
  await laptop.devices.retire(owner, 'Phone');
  await assert.rejects(desk.answer(await show(desk.challenge(), phone)), why(/later state/));
  const other = await desk.answer(await show(desk.challenge(), laptop));
  assert.equal(other.identity, identity);
});

test('without nodes a desk says so, or lets nobody in', async () => {
  const silent: LocalNetwork = { ...network, nodes: [] };
  const desk = loginDesk({ network: silent, audience });
  assert.equal((await desk.answer(await answer(desk.challenge()))).card, 'not-checked');
  const strict = loginDesk({ network: silent, audience, online: true });
  await assert.rejects(strict.answer(await answer(strict.challenge())), why(/too few nodes/));
});

test('a later card is remembered, whatever the nodes say', async () => {
  const keystore = memoryKeystore();
  const old = await createWallet({ name: 'Twice', store: memory(), network, keystore });
  const backup = await old.backup();
  const silent: LocalNetwork = { ...network, nodes: [] };
  const desk = loginDesk({ network: silent, audience });
  const early = await answer(desk.challenge(), old);
  const restored = await restoreWallet({ store: memory(), network, backup, keystore });
  await restored.sync();
  await desk.answer(await answer(desk.challenge(), restored));
  await assert.rejects(desk.answer(early), why(/later card/));
});
