/**
 * One owner, two devices: words that a friend has helped to draw, a phone and a laptop in one tree, value
 * that moves between them, and a phone that is lost and whose place a new one takes.
 *
 * The friend's part makes the words no worse and is not enough to know them.
 */

import assert from 'node:assert/strict';
import { installNative, nativeStretch } from '@dsm/node';
import { commitTo, mix, type Reveal } from '@dsm/identity';
import { compare } from '@dsm/primitive';
import {
  createWallet,
  genesisFrom,
  identityFrom,
  localNetwork,
  memory,
  networkId,
  type Wallet,
} from '@dsm/wallet';
import { wordsOf } from '@dsm/words';

installNative();
const network = await localNetwork({ nodes: 4 });

// Everybody commits before anybody reveals; the owner's own part is never shown.
const drawn = (): Uint8Array => crypto.getRandomValues(new Uint8Array(32));
const own: Reveal = { contributor: drawn(), entropy: drawn() };
const friend: Reveal = { contributor: drawn(), entropy: drawn() };
const transcript = [own, friend]
  .map(commitTo)
  .toSorted((a, b) => compare(a.contributor, b.contributor));
const mixed = mix(transcript, own, [friend]);
assert.ok(mixed.ok);
const words = wordsOf(mixed.entropy);
say('The 24 words come from two people, and one of them knows them.');

const secrets = await identityFrom(words, networkId(network.name), nativeStretch);
const { identity, genesis } = genesisFrom(secrets, network.name, {
  contributions: mixed.transcript,
});
say(`They are the identity ${identity.slice(0, 16)}…`);

const made = (name: string, deviceIndex: number): Promise<Wallet> =>
  createWallet({
    name,
    store: memory(),
    network,
    words,
    deviceIndex,
    genesis,
    stretch: nativeStretch,
  });
const phone = await made('Phone', 0);
const laptop = await made('Laptop', 1);
await phone.devices.add(secrets);
const tree = await phone.devices.add(secrets, laptop.id.card);
say(`Its tree has ${tree.devices.length} devices.`);

await network.fund(phone, { ERA: 100n });
const toLaptop = await phone.meet(laptop);
await toLaptop.close();
await laptop.sync();
assert.ok(phone.contact('Laptop').contact().own);
await laptop.adopt(phone.token('ERA').id);
await phone.devices.move({ token: 'ERA', amount: 60n, over: 'online', to: 'Laptop' });
await laptop.sync();
assert.equal(await laptop.balance('ERA'), 60n);
say('60 of the phone’s 100 ERA are on the laptop now.');

// The phone is lost. The laptop, with the words, lets a new one take its place.
const next = await made('New phone', 2);
const after = await laptop.devices.succeed(secrets, 'Phone', next.id.card);
const gone = after.devices.find(({ device }) => device === phone.id.device);
assert.equal(gone?.by, next.id.device);
say('The old phone has left the tree: whoever knows takes nothing new from it.');

const shop = await createWallet({ name: 'Shop', store: memory(), network });
await (await laptop.meet(shop)).close();
await assert.rejects(phone.meet(shop));
say('The shop has met the laptop, and does not meet the old phone.');
await assert.rejects(phone.sync(), { code: 'retired' });
say('The phone learns of it itself, and signs nothing any more.');

function say(sentence: string): void {
  console.log(sentence);
}
