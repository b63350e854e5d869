/** What a stolen key is good for once it was replaced: nothing, at whoever has the newer card. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore, type MemoryPlace } from '@dsm/memory';
import { card as cardObject, registriesOf, type Card } from '@dsm/primitive';
import { createWallet, localNetwork, networkId, verifyReceipt, type Wallet } from '../src/index.ts';
import { copyOf, meetAndPart } from './world.ts';

interface Scene {
  readonly network: Awaited<ReturnType<typeof localNetwork>>;
  readonly open: (name: string, place: MemoryPlace) => Promise<Wallet>;
  readonly place: MemoryPlace;
  readonly ada: Wallet;
  readonly bob: Wallet;
  readonly token: string;
}

/** Ada and Bob know each other; Ada has money, some of it in a purse. */
async function scene(): Promise<Scene> {
  const network = await localNetwork({ nodes: 4 });
  const place = memoryPlace();
  const open = (name: string, at: MemoryPlace): Promise<Wallet> =>
    createWallet({ name, store: memoryStore({ place: at }), network });
  const [ada, bob] = await Promise.all([open('ada', place), open('bob', memoryPlace())]);
  await network.fund(ada, { GOLD: 100n });
  const token = ada.tokens()[0]!.id;
  await ada.load(token, 40n);
  await bob.adopt(token);
  await meetAndPart(ada, bob);
  return { network, open, place, ada, bob, token };
}

function cardOf({ id }: Wallet): Card {
  const decoded = cardObject.decode(id.card);
  assert.ok(decoded.ok);
  return decoded.value;
}

test('whoever goes on with a key that was replaced is refused by who knows, and convicts its owner nowhere', async () => {
  const { open, place, ada, bob, token } = await scene();
  const stolen = copyOf(place);
  await ada.keys.rotate();
  await meetAndPart(ada, bob);
  await ada.contact('bob').pay({ token, amount: 2n, over: 'online' });
  await Promise.all([ada.sync(), bob.sync()]);

  const thief = await open('ada', stolen);
  await assert.rejects(meetAndPart(thief, bob), { code: 'refused' });
  // A stranger has no newer card: it takes a step with the number of one that Bob has from Ada.
  const cleo = await open('cleo', memoryPlace());
  await cleo.adopt(token);
  const told = await thief.meet(cleo);
  await told.pay({ token, amount: 1n, over: 'offline' });
  await told.close();
  // When the two compare, the card shows that one of them is no step of Ada's.
  await meetAndPart(bob, cleo);
  assert.deepEqual([...bob.alarms(), ...cleo.alarms()], []);
  await ada.contact('bob').pay({ token, amount: 3n, over: 'online' });
  await Promise.all([ada.sync(), bob.sync()]);
  await bob.sync();
  assert.equal(await bob.balance(token), 5n);
  await Promise.all([ada, bob, cleo, thief].map((wallet) => wallet.close()));
});

test('a receipt by a stolen key counts for nobody who has the newer card; what it signed before does for everybody', async () => {
  const { network, open, place, ada, bob, token } = await scene();
  const offline = async (from: Wallet, to: Wallet, amount: bigint): Promise<Uint8Array> => {
    const relationship = await from.meet(to);
    const { id } = await relationship.pay({ token, amount, over: 'offline' });
    await relationship.close();
    return (await from.receipt(id)).bytes;
  };
  const before = await offline(ada, bob, 1n);
  const stolen = copyOf(place);
  await ada.keys.rotate();
  const after = await offline(ada, bob, 2n);
  // Somebody who has met Ada's thief, and not Ada since.
  const thief = await open('ada', stolen);
  const cleo = await open('cleo', memoryPlace());
  await cleo.adopt(token);
  const forged = await offline(thief, cleo, 4n);

  const check = (bytes: Uint8Array, ...pinned: readonly Card[]): boolean =>
    verifyReceipt(bytes, networkId(network.name), registriesOf(network.registry), pinned).ok;
  const newest = cardOf(ada);
  assert.ok(check(forged), 'alone it looks like any other');
  assert.ok(!check(forged, newest));
  for (const bytes of [before, after]) {
    assert.ok(check(bytes));
    assert.equal(check(bytes, newest), bytes === after);
  }
  // With the card that replaced the key, the old receipt is good for whoever has the newest one.
  const again = (await ada.receipt(ada.history()[0]!.id)).bytes;
  assert.ok(check(again, newest));
  await ada.keys.rotate();
  assert.ok(check(again, cardOf(ada)), 'one more card is enough, however many there were since');
  await Promise.all([ada, bob, cleo, thief].map((wallet) => wallet.close()));
});
