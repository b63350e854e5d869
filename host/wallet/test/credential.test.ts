/** Credentials between wallets: issued, carried, shown, judged, revoked, and never paid. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { challenge as challengeObject, checkLogin, credential } from '@dsm/identity';
import { installNative } from '@dsm/node';
import {
  createWallet,
  localNetwork,
  memory,
  networkId,
  openWallet,
  restoreWallet,
  type LocalNetwork,
  type Wallet,
  type WalletOptions,
} from '@dsm/wallet';
import { memoryKeystore, memoryPlace, memoryStore } from '@dsm/memory';
import { silentNode } from '@dsm/ports';
import { household, owner } from './household.ts';
import { copied, met, stall, type Stall } from './market.ts';

installNative();

const says = {
  'given-name': 'Maya',
  'birth-date': { date: '2001-02-28' },
  grade: 17n,
  honours: true,
  photo: Uint8Array.of(1, 2, 3),
};
const schema = {
  'given-name': 'text',
  'birth-date': 'date',
  grade: 'integer',
  honours: 'boolean',
  photo: 'bytes',
} as const;
const library = 'https://library.example';

interface Campus {
  readonly university: Wallet;
  readonly maya: Wallet;
  readonly library: Wallet;
  readonly token: string;
  readonly network: LocalNetwork;
}

async function campus(): Promise<Campus> {
  const network = await localNetwork({ nodes: 4 });
  const named = (name: string): Promise<Wallet> => createWallet({ name, store: memory(), network });
  const [university, maya, reader] = await Promise.all([
    named('University'),
    named('Maya'),
    named('Library'),
  ]);
  await met(university, maya);
  await met(maya, reader);
  const { id } = await university.issue({ ticker: 'DIP', form: 'credential', cap: 100n });
  return { university, maya, library: reader, token: id, network };
}

/** The copy of a wallet has its store and its keystore. */
const opening = ({
  name,
  place,
  keystore,
}: Stall): Pick<WalletOptions, 'name' | 'store' | 'keystore'> => ({
  name,
  store: memoryStore({ place }),
  keystore,
});

const code = (expected: string) => (error: unknown) =>
  (error as { code?: string }).code === expected;
const says_ = (part: RegExp) => (error: Error) => part.test(error.message);

test('a credential reaches its holder through the nodes and is shown in part', async () => {
  const { university, maya, library: reader, token } = await campus();
  await maya.adopt(token).catch(() => undefined);
  const made = await university.credentials.issue(token, { to: 'Maya', attributes: says });
  assert.deepEqual([made.serial, made.sent, made.device], [1n, true, maya.id.device]);
  await maya.sync();
  const [held, ...more] = await maya.credentials.list();
  assert.equal(more.length, 0);
  assert.deepEqual(held, {
    id: made.id,
    token,
    ticker: 'DIP',
    serial: 1n,
    attributes: says,
    shown: 0,
    issuance: 'certified',
  });
  const asked = reader.credentials.challenge(library, { token, names: ['grade', 'given-name'] });
  assert.deepEqual(maya.credentials.read(asked), {
    audience: library,
    wish: { token, names: ['given-name', 'grade'] },
  });
  const shown = await maya.credentials.present(asked);
  assert.ok(shown.length <= 12_000, `${shown.length} bytes`);
  const verified = await reader.credentials.verify(shown, asked, { schema, online: true });
  assert.deepEqual(verified.attributes, { 'given-name': 'Maya', grade: 17n });
  assert.deepEqual(
    [verified.ticker, verified.id, verified.hiddenMax, verified.holder, verified.device],
    ['DIP', made.id, 6, 'issuer', undefined],
  );
  assert.equal(verified.revocation.state, 'free');
  assert.equal((await maya.credentials.list())[0]!.shown, 1, 'its owner sees that it was shown');
  const next = reader.credentials.challenge(library, { token, names: ['grade', 'given-name'] });
  await assert.rejects(reader.credentials.verify(shown, next), says_(/another challenge/));
});

test('the issuer’s chain stands behind the serial, for whoever is shown it', async () => {
  const { university, maya, library: reader, token } = await campus();
  await university.credentials.issue(token, { to: 'Maya', attributes: says });
  await maya.sync();
  const names = ['dsm-device', 'dsm-serial', 'grade'];
  const asked = reader.credentials.challenge(library, { token, names });
  const shown = await maya.credentials.present(asked);
  const stranger = await reader.credentials.verify(shown, asked);
  assert.equal(stranger.issuance, 'not-checked');
  await reader.adopt(token);
  const verified = await reader.credentials.verify(shown, asked);
  assert.deepEqual(
    [verified.issuance, verified.serial, verified.device, verified.card],
    ['certified', 1n, maya.id.device, 'current'],
  );
});

test('a revoked credential is refused by whoever asks the nodes', async () => {
  const { university, maya, library: reader, token, network } = await campus();
  const made = await university.credentials.issue(token, { to: 'Maya', attributes: says });
  const other = await university.credentials.issue(token, { to: 'Maya', attributes: says });
  await maya.sync();
  await university.credentials.revoke(made.id);
  const certificate = await university.credentials.revoke(made.id);
  assert.deepEqual(
    (await university.credentials.issued()).map(({ serial, revoked }) => [serial, revoked]),
    [
      [1n, true],
      [2n, false],
    ],
  );
  const asked = reader.credentials.challenge(library, { token, names: ['grade'] });
  await assert.rejects(maya.credentials.present(asked), code('ambiguous'));
  const revoked = await maya.credentials.present(asked, { credential: made.id });
  await assert.rejects(reader.credentials.verify(revoked, asked), says_(/revoked/));
  const good = await maya.credentials.present(asked, { credential: other.id });
  const told = { revocations: [certificate, certificate.subarray(1)] };
  assert.equal((await reader.credentials.verify(good, asked, told)).id, other.id);
  // In the cellar there is no network: what the issuer has handed out counts.
  const place = memoryPlace();
  const upstairs = await createWallet({ name: 'Cellar', store: memoryStore({ place }), network });
  await upstairs.adopt(token);
  await upstairs.close();
  const silent = { ...network, nodes: network.nodes.map(() => silentNode('off')) };
  const cellar = await openWallet({ store: memoryStore({ place }), network: silent });
  const unasked = await cellar.credentials.verify(revoked, asked);
  assert.equal(unasked.revocation.state, 'not-checked');
  await assert.rejects(
    cellar.credentials.verify(revoked, asked, { online: true }),
    code('offline'),
  );
  await assert.rejects(cellar.credentials.verify(revoked, asked, told), says_(/revoked/));
  assert.equal((await cellar.credentials.verify(good, asked, told)).id, other.id);
});

test('over a live session nothing is shown without a yes', async () => {
  const { university, maya, library: reader, token } = await campus();
  await university.credentials.issue(token, { to: 'Maya', attributes: says });
  await maya.sync();
  const wish = { token, names: ['dsm-device', 'grade'] };
  const ask = (): Promise<unknown> => reader.credentials.request('Maya', wish);
  await assert.rejects(ask(), code('unreachable'));
  const session = await reader.meet(maya);
  await assert.rejects(ask(), code('refused'));
  const seen: unknown[] = [];
  maya.credentials.onRequest((request) => {
    seen.push(request);
    return undefined;
  });
  await assert.rejects(ask(), code('refused'));
  maya.credentials.onRequest(() => ({}));
  const verified = await reader.credentials.request('Maya', wish);
  assert.deepEqual([verified.attributes, verified.device], [{ grade: 17n }, maya.id.device]);
  assert.deepEqual(seen, [
    { contact: 'Library', device: reader.id.device, wish: { token, names: wish.names } },
  ]);
  assert.equal((await maya.credentials.list())[0]!.shown, 1);
  await session.close();
  await assert.rejects(ask(), code('unreachable'));
});

test('a key of its own presents one credential, and the device stays hidden', async () => {
  const { university, maya, library: reader, token } = await campus();
  const keys = [await maya.credentials.key(), await maya.credentials.key()];
  for (const key of keys) {
    await university.credentials.issue(token, { to: 'Maya', attributes: says, key });
  }
  await maya.sync();
  const [first, second] = await maya.credentials.list();
  const asked = reader.credentials.challenge(library, { token, names: ['grade'] });
  const one = await maya.credentials.present(asked, { credential: first!.id });
  const two = await maya.credentials.present(asked, { credential: second!.id });
  const verified = await reader.credentials.verify(one, asked);
  assert.deepEqual([verified.holder, verified.device], ['issuer', undefined]);
  const parts = (bytes: Uint8Array): Set<string> =>
    new Set(Array.from({ length: bytes.length >> 5 }, (_, i) => bytes.slice(i, i + 32).toHex()));
  assert.ok(parts(one).size > 100 && two.length === one.length);
  const named = reader.credentials.challenge(library, { token, names: ['dsm-device', 'grade'] });
  const byCard = await maya.credentials.present(named, { credential: first!.id });
  assert.equal((await reader.credentials.verify(byCard, named)).holder, 'card');
});

test('a credential that came as bytes is taken by its holder alone, and kept', async () => {
  const { university, maya, library: reader, token } = await campus();
  const { bytes } = await university.credentials.issue(token, { to: 'Maya', attributes: says });
  const taken = await maya.credentials.accept(bytes);
  assert.deepEqual([taken.attributes, taken.issuance], [says, 'pending']);
  await assert.rejects(reader.credentials.accept(bytes), code('refused'));
  await assert.rejects(maya.credentials.accept(bytes.subarray(1)), code('integrity'));
  const decoded = credential.decode(bytes);
  assert.ok(decoded.ok);
  const spoilt = credential.encode({ ...decoded.value, seed: new Uint8Array(32) });
  await assert.rejects(maya.credentials.accept(spoilt), code('refused'));
});

test('credentials are made by the issuer alone, of a token of credentials, and never paid', async () => {
  const { university, maya, token } = await campus();
  await maya.adopt(token);
  await assert.rejects(maya.credentials.issue(token, { attributes: says }), code('refused'));
  const { id } = await university.issue({ ticker: 'GLD', cap: 5n });
  await assert.rejects(university.credentials.issue(id, { attributes: says }), code('usage'));
  for (const attributes of [{ 'Given name': 'x' }, { 'dsm-serial': 1n }, { day: { date: '1' } }]) {
    await assert.rejects(university.credentials.issue(token, { attributes }), code('usage'));
  }
  await university.credentials.issue(token, { to: 'Maya', attributes: says });
  await maya.sync();
  assert.equal((await maya.items(token)).length, 1);
  await assert.rejects(maya.contact('University').pay({ token, item: 1n, over: 'online' }));
});

test('what was issued and shown is there again after a restart', async () => {
  const network = await localNetwork({ nodes: 4 });
  const place = memoryPlace();
  const open = (): Promise<Wallet> => openWallet({ store: memoryStore({ place }), network });
  const first = await createWallet({ name: 'Maya', store: memoryStore({ place }), network });
  const { id: token } = await first.issue({ ticker: 'DIP', form: 'credential', cap: 5n });
  const made = await first.credentials.issue(token, { attributes: says });
  const asked = first.credentials.challenge(library, { token, names: ['grade'] });
  await first.credentials.present(asked);
  await first.close();
  const again = await open();
  const [held] = await again.credentials.list();
  assert.deepEqual([held?.id, held?.shown, held?.issuance], [made.id, 1, 'certified']);
  assert.equal((await again.credentials.issued()).length, 1);
  await again.credentials.revoke(made.id);
  const shown = await again.credentials.present(asked);
  await assert.rejects(again.credentials.verify(shown, asked), says_(/revoked/));
});

test('what stands beside the issuer’s chain is refused by whoever is shown the serial', async () => {
  const network = await localNetwork({ nodes: 4 });
  const university = stall('University');
  const first = await createWallet({ ...opening(university), network });
  const named = (name: string): Promise<Wallet> => createWallet({ name, store: memory(), network });
  const [maya, bob, reader] = [await named('Maya'), await named('Bob'), await named('Library')];
  await met(first, maya);
  await met(first, bob);
  const { id: token } = await first.issue({ ticker: 'DIP', form: 'credential', cap: 9n });
  await reader.adopt(token);
  const second = await createWallet({ ...opening(copied(university)), network });
  await first.credentials.issue(token, { to: 'Maya', attributes: says });
  // Face to face it is handed over before the nodes are asked.
  const session = await second.meet(bob);
  await assert.rejects(second.credentials.issue(token, { to: 'Bob', attributes: says }));
  await session.close();
  await maya.sync();
  const asked = reader.credentials.challenge(library, { token, names: ['dsm-serial'] });
  const good = await maya.credentials.present(asked);
  assert.equal((await reader.credentials.verify(good, asked)).issuance, 'certified');
  const forked = await bob.credentials.present(asked);
  await assert.rejects(reader.credentials.verify(forked, asked), says_(/another credential/));
});

test('keys from before a restore present nothing to whoever asks for the device', async () => {
  const { university, library: reader, token, network } = await campus();
  const keystore = memoryKeystore();
  const maya = await createWallet({ name: 'Maya T', store: memory(), network, keystore });
  await met(university, maya);
  await university.credentials.issue(token, { to: 'Maya T', attributes: says });
  await maya.sync();
  const backup = await maya.backup();
  const restored = await restoreWallet({ store: memory(), network, backup, keystore });
  await restored.sync();
  const names = ['dsm-device', 'grade'];
  const asked = reader.credentials.challenge(library, { token, names });
  const byThief = await maya.credentials.present(asked);
  await assert.rejects(reader.credentials.verify(byThief, asked), says_(/later card/));
  const byOwner = await restored.credentials.present(asked);
  const verified = await reader.credentials.verify(byOwner, asked, { online: true });
  assert.deepEqual([verified.holder, verified.card], ['card', 'current']);
  // Without the device there is only what the issuer named: it has to make the credential anew.
  const nameless = reader.credentials.challenge(library, { token, names: ['grade'] });
  await assert.rejects(restored.credentials.present(nameless), says_(/have changed since/));
  const stillGood = await maya.credentials.present(nameless);
  assert.equal((await reader.credentials.verify(stillGood, nameless)).card, 'none');
});

test('a credential outlives a change of keys, and the old keys present it to nobody who asks', async () => {
  const { university, maya, library: reader, token } = await campus();
  await university.credentials.issue(token, { to: 'Maya', attributes: says });
  await maya.sync();
  const asked = reader.credentials.challenge(library, {
    token,
    names: ['dsm-device', 'grade'],
  });
  const before = await maya.credentials.present(asked);
  await maya.keys.rotate();
  await maya.sync();
  await assert.rejects(reader.credentials.verify(before, asked), says_(/later card/));
  const after = await maya.credentials.present(asked);
  const verified = await reader.credentials.verify(after, asked, { online: true });
  assert.deepEqual([verified.holder, verified.card], ['card', 'current']);
  const nameless = reader.credentials.challenge(library, { token, names: ['grade'] });
  await assert.rejects(maya.credentials.present(nameless), says_(/have changed since/));
});

test('a device that its owner has retired presents nothing to whoever knows', async () => {
  const { phone, laptop, cafe } = await household();
  const { id: token } = await laptop.issue({ ticker: 'KEY', form: 'credential', cap: 5n });
  await laptop.credentials.issue(token, { to: 'Phone', attributes: { door: 3n } });
  await phone.sync();
  const asked = cafe.credentials.challenge(library, { token, names: ['dsm-device', 'door'] });
  const shown = await phone.credentials.present(asked);
  assert.equal((await cafe.credentials.verify(shown, asked)).device, phone.id.device);
  await laptop.devices.retire(owner, 'Phone');
  await cafe.sync();
  await assert.rejects(cafe.credentials.verify(shown, asked), says_(/belong to its owner/));
});

test('a login is answered for the origin that is meant', async () => {
  const { maya, token } = await campus();
  const origin = 'https://shop.example';
  const asked = maya.credentials.challenge(origin);
  const answer = await maya.credentials.login(asked, { audience: origin });
  const decoded = challengeObject.decode(asked);
  assert.ok(decoded.ok);
  const { network, nonce } = decoded.value;
  assert.deepEqual(network, networkId(maya.id.network));
  const checked = checkLogin(answer, { network, nonce, audience: origin });
  assert.ok(checked.ok);
  await assert.rejects(
    maya.credentials.login(asked, { audience: 'https://thief.example' }),
    code('refused'),
  );
  const other = maya.credentials.challenge(origin, { token, names: [] });
  await assert.rejects(maya.credentials.login(other, { audience: origin }), code('usage'));
  await assert.rejects(maya.credentials.present(asked), code('usage'));
});
