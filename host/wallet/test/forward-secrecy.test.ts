/**
 * Forward secrecy: whoever wrote down what lies at the nodes and takes a device later, with its store and
 * its secret, opens nothing that was sealed before the key of something that it has absorbed.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore, type MemoryPlace } from '@dsm/memory';
import { installNative, nativeKem, nativeStretch, nodeEntropy } from '@dsm/node';
import type { NodeApi } from '@dsm/ports';
import {
  createWallet,
  localNetwork,
  restoreWallet,
  type Network,
  type Wallet,
} from '../src/index.ts';
import { freshKey } from '@dsm/bilateral';
import { portableAead } from '@dsm/portable';
import { equal, keyOf } from '@dsm/primitive';
import { cardOf } from '../src/cards.ts';
import type { Engine } from '../src/engine.ts';
import { heardKey, keyToSealTo, openersOf } from '../src/fresh-keys.ts';
import { decodeRow, type Draft } from '../src/model.ts';
import { openModel } from '../src/open.ts';
import { rowKey, walletRow } from '../src/rows.ts';
import { unsealBy } from '../src/sealed.ts';
import { copyOf, meetAndPart } from './world.ts';

installNative();

const walletKey = keyOf(rowKey('wallet'));

interface Scene {
  readonly network: Network;
  readonly objects: Uint8Array[];
  readonly ada: Wallet;
  readonly bob: Wallet;
  readonly places: { readonly ada: MemoryPlace; readonly bob: MemoryPlace };
  readonly token: string;
}

/** Ada and Bob have met, and Ada has money; all that comes to the nodes from then on is written down. */
async function scene(): Promise<Scene> {
  const local = await localNetwork({ nodes: 4 });
  const objects: Uint8Array[] = [];
  const [first, ...others] = local.nodes;
  const listening: NodeApi = {
    ...first!,
    putObject: async (bytes) => {
      objects.push(bytes.slice());
      await first!.putObject(bytes);
    },
  };
  const network = { ...local, nodes: [listening, ...others] };
  const places = { ada: memoryPlace(), bob: memoryPlace() };
  const open = (name: 'ada' | 'bob'): Promise<Wallet> =>
    createWallet({ name, store: memoryStore({ place: places[name] }), network, kem: nativeKem });
  const [ada, bob] = await Promise.all([open('ada'), open('bob')]);
  await local.fund(ada, { GOLD: 100n });
  const token = ada.tokens()[0]!.id;
  await bob.adopt(token);
  await meetAndPart(ada, bob);
  objects.length = 0;
  return { network, objects, ada, bob, places, token };
}

async function payOnline(from: Wallet, to: string, token: string, amount: bigint): Promise<void> {
  await from.contact(to).pay({ token, amount, over: 'online' });
  await from.sync();
}

/** What opening a store needs. */
const world = {
  kem: nativeKem,
  aead: portableAead,
  entropy: nodeEntropy,
  stretch: nativeStretch,
};

/** How many of the objects are opened by all that lies in the store of a device, its secret included. */
async function opened(
  { network }: Scene,
  place: MemoryPlace,
  objects: readonly Uint8Array[],
): Promise<number> {
  const store = memoryStore({ place: copyOf(place) });
  const taken = await openModel({ ...world, store, network });
  assert.ok(taken !== undefined);
  const thief = { model: taken.model, keys: taken.keys } as Engine;
  const openers = [...taken.model.relationships.values()].flatMap((on) => openersOf(thief, on));
  return objects.filter((bytes) => unsealBy(portableAead, openers, bytes) !== undefined).length;
}

test('what was sealed to an earlier key stays shut, whoever takes the device later', async () => {
  const at = await scene();
  const { ada, bob, objects, places, token } = at;
  await payOnline(ada, 'bob', token, 30n);
  const first = [...objects];
  assert.equal(await opened(at, places.bob, first), 1);
  assert.equal(await opened(at, places.ada, first), 0);
  await bob.sync();
  // Nothing came for a later key yet, and something else sealed to this one may be on its way.
  assert.equal(await opened(at, places.bob, first), 1);

  await payOnline(bob, 'ada', token, 10n);
  await ada.sync();
  const before = objects.length;
  await payOnline(ada, 'bob', token, 1n);
  const second = objects.slice(before);
  assert.equal(await opened(at, places.bob, second), 1);
  await bob.sync();
  assert.equal(await bob.balance(token), 21n);
  assert.equal(await opened(at, places.bob, first), 0);
  assert.equal(await opened(at, places.bob, second), 1);
  await Promise.all([ada.close(), bob.close()]);
});

test('a restored device lacks its newest secrets; its peer says all of it again to the new card', async () => {
  const at = await scene();
  const { network, ada, bob, token } = at;
  const secret = bob.id;
  const backup = await bob.backup();
  await payOnline(ada, 'bob', token, 30n);
  await bob.sync();
  await payOnline(bob, 'ada', token, 10n);
  await ada.sync();
  await payOnline(ada, 'bob', token, 1n);
  const kept = decodeRow(walletRow, at.places.bob.rows.get(walletKey)![1], 'wallet').secret!;
  await bob.close();

  const again = await restoreWallet({
    store: memoryStore(),
    backup,
    secret: kept,
    network,
    kem: nativeKem,
  });
  await again.sync();
  const received = (): readonly bigint[] =>
    again.history({ contact: 'ada' }).map(({ amount }) => amount);
  // The first key was in the backup, the second came later.
  assert.deepEqual(received(), [30n]);
  await ada.sync();
  await again.sync();
  assert.deepEqual(received(), [30n, 1n]);
  assert.equal(again.id.device, secret.device);
  await Promise.all([ada.close(), again.close()]);
});

test('parcels that cross are each sealed to what was told before, and both are opened', async () => {
  const { ada, bob, token } = await scene();
  await payOnline(ada, 'bob', token, 30n);
  await bob.sync();
  for (let round = 0; round < 4; round++) {
    await ada.contact('bob').pay({ token, amount: 2n, over: 'online' });
    await bob.contact('ada').pay({ token, amount: 1n, over: 'online' });
    await Promise.all([ada.sync(), bob.sync()]);
    await Promise.all([ada.sync(), bob.sync()]);
  }
  assert.equal(await bob.balance(token), 34n);
  assert.equal(await ada.balance(token), 66n);
  await Promise.all([ada.close(), bob.close()]);
});

test('a key that somebody else tells is not sealed to', async () => {
  const at = await scene();
  const { ada, places } = at;
  await ada.close();
  const opened = await openModel({
    store: memoryStore({ place: places.ada }),
    network: at.network,
    ...world,
  });
  const { model, keys } = opened!;
  const on = [...model.relationships.values()].find(({ key }) => !equal(key, model.own))!;
  const mallory = nativeKem.keyPair(new Uint8Array(64).fill(7)).publicKey;
  const by = { ackKey: on.ackKey, device: on.peer.device, incarnation: on.peer.incarnation };
  const commits: Draft[] = [];
  const engine = {
    model,
    keys,
    commit: (change: Draft) => {
      commits.push(change);
      for (const apply of change.applies) apply();
      return Promise.resolve();
    },
  } as unknown as Engine;
  const card = cardOf(engine, on.peer.device)!;
  const before = keyToSealTo(engine, on, card);
  assert.notDeepEqual(before, card.body.kemKey);
  for (const wrong of [
    { ...by, ackKey: new Uint8Array(32) },
    { ...by, device: model.device.id },
    { ...by, incarnation: by.incarnation + 1 },
  ]) {
    await heardKey(engine, on, freshKey(wrong, 99, mallory));
  }
  // Nor an earlier number, or the same one again.
  await heardKey(engine, on, freshKey(by, 1, mallory));
  assert.deepEqual(keyToSealTo(engine, on, card), before);
  assert.equal(commits.length, 0);
  await heardKey(engine, on, freshKey(by, 99, mallory));
  assert.deepEqual(keyToSealTo(engine, on, card), mallory);
  await at.bob.close();
});
