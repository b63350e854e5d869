/**
 * Custody of words: what a wallet from words keeps, what it can do without them, and that nothing of
 * what is on the device leads back to them.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryKeystore, memoryPlace, memoryStore } from '@dsm/memory';
import { nativeKem, nativeStretch } from '@dsm/node';
import { portableAead } from '@dsm/portable';
import type { Keystore } from '@dsm/ports';
import { card as cardObject, hash, type Card } from '@dsm/primitive';
import { readWords, wordsOf } from '@dsm/words';
import { identityFrom } from '../src/identity-secrets.ts';
import { openKept } from '../src/kept-secrets.ts';
import { rootOf } from '../src/keys.ts';
import {
  createWallet,
  networkId,
  openWallet,
  recoverWallet,
  restoreWallet,
  type Wallet,
  type WalletOptions,
} from '../src/index.ts';
import { rowKey } from '../src/rows.ts';
import { market, met, paid, type Market } from './market.ts';
import { copyOf, emptyWorld, networkIn, type TestNetwork } from './world.ts';

const words = wordsOf(new Uint8Array(32).fill(0x51));
const others = wordsOf(new Uint8Array(32).fill(0x52));
const stretch = nativeStretch;
const needsWords = { code: 'needs-words' };

interface Phone {
  readonly keystore: Keystore;
  readonly place: ReturnType<typeof memoryPlace>;
}

function phone(): Phone {
  return { keystore: memoryKeystore(), place: memoryPlace() };
}

function copyPhone({ keystore, place }: Phone): Phone {
  return { keystore, place: copyOf(place) };
}

function optionsIn(network: TestNetwork, { keystore, place }: Phone): Omit<WalletOptions, 'name'> {
  return { store: memoryStore({ place }), keystore, network, stretch, kem: nativeKem };
}

async function fresh(network: TestNetwork, on: Phone): Promise<Wallet> {
  return createWallet({ ...optionsIn(network, on), name: 'Dora', words });
}

/** Dora’s wallet is from words; Maya has paid her 50 online. */
async function dorasMarket(): Promise<Market & { readonly on: Phone; readonly dora: Wallet }> {
  const all = await market();
  const on = phone();
  const dora = await fresh(all.network, on);
  await dora.adopt(all.maya.token('ERA').id);
  await met(all.maya, dora, (to) => to.pay({ ERA: 50n, over: 'online' }));
  return { ...all, on, dora };
}

test('a wallet from words says so, and is locked once it is made', async () => {
  const network = await networkIn(emptyWorld());
  const on = phone();
  const dora = await fresh(network, on);
  assert.equal(dora.custody.kind, 'words');
  assert.equal(dora.custody.deviceIndex, 0);
  assert.equal(dora.custody.unlocked(), false);
  const { id } = dora;
  await dora.close();
  const again = await openWallet(optionsIn(network, on));
  assert.deepEqual(again.id, id);
  assert.equal(again.custody.unlocked(), false);
  await again.close();
  const whole = await createWallet({ ...optionsIn(network, phone()), name: 'Eve' });
  assert.deepEqual(
    [whole.custody.kind, whole.custody.deviceIndex, whole.custody.unlocked()],
    ['whole', undefined, true],
  );
  await assert.rejects(whole.custody.unlock(words), { code: 'usage' });
});

test('the same words, number and network are the same device', async () => {
  const network = await networkIn(emptyWorld());
  const one = await fresh(network, phone());
  const same = await fresh(network, phone());
  const second = await createWallet({
    ...optionsIn(network, phone()),
    name: 'Dora',
    words,
    deviceIndex: 1,
  });
  assert.equal(one.id.device, same.id.device);
  assert.notEqual(one.id.device, second.id.device);
  assert.equal(second.custody.deviceIndex, 1);
});

test('it unlocks with its words alone, and locks again', async () => {
  const network = await networkIn(emptyWorld());
  const on = phone();
  const dora = await fresh(network, on);
  await assert.rejects(dora.custody.unlock('twelve words'), { code: 'bad-words' });
  await assert.rejects(dora.custody.unlock(others), { code: 'bad-words' });
  assert.equal(dora.custody.unlocked(), false);
  await dora.custody.unlock(words);
  assert.equal(dora.custody.unlocked(), true);
  await dora.custody.lock();
  assert.equal(dora.custody.unlocked(), false);
  await dora.close();
  const open = await openWallet({ ...optionsIn(network, on), words });
  assert.equal(open.custody.unlocked(), true);
  await open.close();
  await assert.rejects(openWallet({ ...optionsIn(network, copyPhone(on)), words: others }), {
    code: 'bad-words',
  });
});

test('without its words it pays, is paid, and goes on after it was closed', async () => {
  const { network, on, dora, cafe } = await dorasMarket();
  await met(dora, cafe, (to) => to.pay({ ERA: 5n, over: 'online' }));
  await dora.load('ERA', 7n);
  await dora.close();
  const again = await openWallet(optionsIn(network, on));
  await cafe.setOfflineLimit('ERA', 10n);
  assert.equal((await paid(again, cafe, 3n, 'offline')).finality, 'pair-final');
  assert.deepEqual((await again.verify()).faults, []);
  assert.equal(again.custody.unlocked(), false);
});

test('nothing on the device is the words, the identity secret, D, or a seed of the root', async () => {
  const { network, on, dora } = await dorasMarket();
  await dora.sync();
  await dora.close();
  const entropy = readWords(words);
  const salt = hash('identity-salt', networkId(network.name));
  const cost = { memoryKibibytes: 65_536, passes: 3, lanes: 1 };
  const secret = await stretch.argon2id({ message: entropy, salt, ...cost });
  const device = (await identityFrom(words, networkId(network.name), stretch)).device(0);
  const rootSeed = hash('secret', device, new TextEncoder().encode('root'), Uint8Array.of(0, 0));
  const forbidden = { entropy, secret, device, rootSeed, text: new TextEncoder().encode(words) };

  const store = memoryStore({ place: copyOf(on.place) });
  const rows = await store.scan(new Uint8Array(0));
  const keystoreSecret = (await on.keystore.open())!;
  const kept = openKept(
    portableAead,
    keystoreSecret,
    { device: deviceIdOf(dora), incarnation: 0 },
    (await store.get(rowKey('secrets')))!,
  );
  const seen = [
    keystoreSecret,
    kept.standing,
    ...kept.incarnations.flatMap(({ birth, secret: one }) => [birth, one]),
    ...rows.flatMap(([key, value]) => [key, value]),
  ];
  assert.ok(rows.length > 10 && kept.incarnations.length === 1);
  for (const [what, bytes] of Object.entries(forbidden)) {
    const found = seen.filter((one) => Buffer.from(one).includes(bytes.subarray(0, 16)));
    assert.equal(found.length, 0, what);
  }
  // The same search finds what is there.
  assert.ok(seen.some((one) => Buffer.from(one).includes(kept.standing)));
  // And a wallet in whole custody would be found out by it.
  const whole = phone();
  const eve = await createWallet({ ...optionsIn(network, whole), name: 'Eve' });
  await eve.close();
  const d = (await whole.keystore.open())!;
  assert.deepEqual(rootOf(d, 1).publicKey, rootKeyOf(eve));
});

test('the row of the secrets opens with its own keystore, device and incarnation alone', async () => {
  const network = await networkIn(emptyWorld());
  const on = phone();
  const dora = await fresh(network, on);
  await dora.close();
  const bytes = (await memoryStore({ place: copyOf(on.place) }).get(rowKey('secrets')))!;
  const secret = (await on.keystore.open())!;
  const of = { device: deviceIdOf(dora), incarnation: 0 };
  assert.equal(openKept(portableAead, secret, of, bytes).index, 0);
  const wrong = [
    [new Uint8Array(32), of],
    [secret, { ...of, incarnation: 1 }],
    [secret, { ...of, device: new Uint8Array(32) }],
  ] as const;
  for (const [by, who] of wrong) {
    assert.throws(() => openKept(portableAead, by, who, bytes), { code: 'locked' });
  }
  for (const at of [2, 30, bytes.length - 1]) {
    const bent = bytes.with(at, bytes[at]! ^ 1);
    assert.throws(() => openKept(portableAead, secret, of, bent), { code: 'locked' });
  }
  assert.throws(() => openKept(portableAead, secret, of, bytes.subarray(1)), { code: 'rotten' });
  const lost = { ...copyPhone(on), keystore: memoryKeystore() };
  await assert.rejects(openWallet(optionsIn(network, lost)), { code: 'locked' });
});

test('a backup needs its keystore to look, and the words to go on', async () => {
  const all = await dorasMarket();
  const { network, dora, on, cafe } = all;
  const backup = await dora.backup();
  await dora.close();
  const place = memoryPlace();
  const there = { ...on, place };
  const again = await restoreWallet({ ...optionsIn(network, there), backup });
  assert.equal(await again.balance('ERA'), 50n);
  await assert.rejects(again.sync(), needsWords);
  assert.equal(again.id.incarnation, 0);
  await again.custody.unlock(words);
  await again.sync();
  assert.equal(again.id.incarnation, 1);
  assert.equal(again.custody.unlocked(), false, 'locked again');
  assert.equal(await again.balance('ERA'), 50n);
  await met(again, cafe, (to) => to.pay({ ERA: 20n, over: 'online' }));
  await again.close();
  const reopened = await openWallet(optionsIn(network, there));
  assert.equal(await reopened.balance('ERA'), 30n);
  await met(reopened, cafe, (to) => to.pay({ ERA: 30n, over: 'online' }));
});

test('with the words, a backup needs no keystore but a new one', async () => {
  const { network, dora } = await dorasMarket();
  const backup = await dora.backup();
  await dora.close();
  const empty = optionsIn(network, phone());
  await assert.rejects(restoreWallet({ ...empty, backup }), { code: 'locked' });
  const wrong = { ...optionsIn(network, phone()), backup, words: others };
  await assert.rejects(restoreWallet(wrong), { code: 'bad-words' });
  const next = phone();
  const again = await restoreWallet({ ...optionsIn(network, next), backup, words });
  await again.sync();
  assert.deepEqual([again.id.incarnation, await again.balance('ERA')], [1, 50n]);
  await again.close();
  assert.equal((await openWallet(optionsIn(network, next))).id.incarnation, 1);
});

test('secrets of former incarnations are kept while notes name them, and destroyed then', async () => {
  const { network, dora, on, cafe, maya } = await dorasMarket();
  const backup = await dora.backup();
  await dora.close();
  const there = { ...on, place: memoryPlace() };
  const again = await restoreWallet({ ...optionsIn(network, there), backup, words });
  await again.sync();
  const kept = async (): Promise<readonly number[]> => {
    const bytes = (await memoryStore({ place: copyOf(there.place) }).get(rowKey('secrets')))!;
    const secret = (await on.keystore.open())!;
    const { incarnation } = again.id;
    const of = { device: deviceIdOf(again), incarnation };
    return openKept(portableAead, secret, of, bytes).incarnations.map((one) => one.incarnation);
  };
  await again.sync();
  assert.deepEqual(await kept(), [0, 1], 'a note of 50 names the first key');
  await met(again, cafe, (to) => to.pay({ ERA: 50n, over: 'online' }));
  await again.sync();
  assert.deepEqual(await kept(), [0, 1], 'Maya may still seal to the first');
  await maya.sync();
  await met(maya, again, (to) => to.pay({ ERA: 1n, over: 'online' }));
  await cafe.sync();
  await met(again, cafe);
  await again.sync();
  assert.deepEqual(await kept(), [1]);
  assert.deepEqual((await again.verify()).faults, []);
  await again.close();
  const reopened = await openWallet(optionsIn(network, there));
  assert.equal(reopened.id.incarnation, 1);
});

test('keys of later generations are kept with their incarnation, and made again from the words', async () => {
  const { network, dora, on, cafe, maya } = await dorasMarket();
  await dora.custody.unlock(words);
  await dora.keys.rotate();
  await dora.custody.lock();
  await met(maya, dora, (to) => to.pay({ ERA: 8n, over: 'online' }));
  await met(dora, cafe, (to) => to.pay({ ERA: 50n, over: 'online' }));
  assert.equal(await dora.balance('ERA'), 8n);
  await dora.close();

  // The keystore is lost: the words make another one, and it is enough without them.
  const lost = { place: copyOf(on.place), keystore: memoryKeystore() };
  const healed = await openWallet({ ...optionsIn(network, lost), words });
  await healed.close();
  const relocked = await openWallet(optionsIn(network, lost));
  assert.equal(relocked.custody.unlocked(), false);
  await met(relocked, cafe, (to) => to.pay({ ERA: 1n, over: 'online' }));
  const backup = await relocked.backup();
  await relocked.close();

  // A later incarnation spends what a later generation of the one before was paid.
  const there = { ...lost, place: memoryPlace() };
  const again = await restoreWallet({ ...optionsIn(network, there), backup, words });
  await again.sync();
  await maya.sync();
  await met(maya, again, (to) => to.pay({ ERA: 2n, over: 'online' }));
  await cafe.sync();
  await met(again, cafe);
  await again.sync();
  await again.sync();
  await again.close();
  const reopened = await openWallet(optionsIn(network, there));
  assert.equal(await reopened.balance('ERA'), 9n);
  await met(reopened, cafe, (to) => to.pay({ ERA: 9n, over: 'online' }));
  assert.deepEqual((await reopened.verify()).faults, []);
});

test('words alone give the device back: offline who it is, with nodes the next incarnation', async () => {
  const { network, dora, maya } = await dorasMarket();
  const { device } = dora.id;
  await dora.close();
  const on = phone();
  const again = await recoverWallet({ ...optionsIn(network, on), words, name: 'Dora again' });
  assert.equal(again.id.device, device);
  assert.equal(again.id.incarnation, 0);
  assert.deepEqual(again.contacts(), []);
  await assert.rejects(met(again, maya), { code: 'needs-restore' });
  await again.sync();
  assert.equal(again.id.incarnation, 1);
  assert.equal(again.custody.unlocked(), false);
  await again.close();

  const third = await recoverWallet({ ...optionsIn(network, phone()), words });
  await third.sync();
  assert.deepEqual([third.id.incarnation, third.id.name], [2, 'Dora again']);
  await third.close();
  const taken = optionsIn(network, copyPhone(on));
  await assert.rejects(recoverWallet({ ...taken, words }), { code: 'exists' });
});

test('a recovery that was closed before it met a node needs the words once more', async () => {
  const network = await networkIn(emptyWorld());
  const on = phone();
  const first = await recoverWallet({ ...optionsIn(network, on), words, name: 'Dora' });
  await first.close();
  const again = await openWallet(optionsIn(network, on));
  await assert.rejects(again.sync(), needsWords);
  await again.custody.unlock(words);
  await again.sync();
  assert.equal(again.id.incarnation, 1);
});

function deviceIdOf({ id }: Wallet): Uint8Array {
  const { body } = cardOf(id.card);
  return hash('device', body.network, Uint8Array.of(body.suite), body.rootKey);
}

function rootKeyOf({ id }: Wallet): Uint8Array {
  return cardOf(id.card).body.rootKey;
}

function cardOf(bytes: Uint8Array): Card {
  const decoded = cardObject.decode(bytes);
  assert.ok(decoded.ok);
  return decoded.value;
}
