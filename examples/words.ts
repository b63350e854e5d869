/**
 * 24 words, from the drawer to the new phone: a wallet is made from words that it does not keep, three
 * guardians keep shares of them, the phone is lost, and two guardians bring its owner back.
 *
 * Words alone bring back who the device is. What it held comes back with capsules or a backup
 * (docs/spec/capsule.md); here a backup that was made with another keystore, which the words open.
 */

import assert from 'node:assert/strict';
import {
  createWallet,
  localNetwork,
  memory,
  openWallet,
  recoverWallet,
  restoreWallet,
} from '@dsm/wallet';
import { installNative, nativeKem, nativeStretch, nodeEntropy } from '@dsm/node';
import { drawWords, joinShares, splitWords } from '@dsm/words';

installNative();
const network = await localNetwork({ nodes: 4 });
const fast = { network, stretch: nativeStretch, kem: nativeKem };

// Drawn, written down, and kept by nobody but people.
const words = drawWords(nodeEntropy);
const shares = await splitWords(words, { threshold: 2, count: 3 }, nodeEntropy);

const place = { rows: new Map(), held: false };
const maya = await createWallet({
  name: 'Maya',
  store: memory({ place }),
  ...fast,
  words,
});
await network.fund(maya, { ERA: 100n });
assert.equal(maya.custody.kind, 'words');
assert.equal(maya.custody.unlocked(), false);
say(`${maya.id.name} has 100 ERA and no root key: it follows from words that are not here.`);
const backup = await maya.backup();
await maya.close();

// A thief opens the phone. He can look and spend; what only the root key signs, he cannot.
const copy = memory({ place: { rows: new Map(place.rows), held: false } });
const thief = await openWallet({ store: copy, ...fast });
assert.equal(thief.custody.unlocked(), false);
await assert.rejects(thief.custody.unlock(drawWords(nodeEntropy)), { code: 'bad-words' });
await thief.close();

// Two of three guardians are enough, and one that lies is found out if all three come.
const { words: joined } = await joinShares([shares[2]!, shares[0]!]);
assert.equal(joined, words);
say('Two guardians have given their shares: these are the words again.');

const restored = await restoreWallet({ backup, store: memory(), ...fast, words: joined });
await restored.sync();
assert.equal(restored.id.device, maya.id.device);
assert.deepEqual([restored.id.incarnation, await restored.balance('ERA')], [1, 100n]);
say(
  `Incarnation ${restored.id.incarnation} of the same device has ${await restored.balance('ERA')} ERA.`,
);
await restored.close();

// Without the backup: who it was, and that it goes on after whatever the nodes have certified.
const alone = await recoverWallet({ store: memory(), ...fast, words: joined });
await alone.sync();
assert.deepEqual([alone.id.device, alone.id.name], [maya.id.device, 'Maya']);
assert.equal(alone.id.incarnation, 2);
say(`From words alone: ${alone.id.name} again, incarnation ${alone.id.incarnation}, with nothing.`);
await alone.close();

function say(line: string): void {
  console.log(line);
}
