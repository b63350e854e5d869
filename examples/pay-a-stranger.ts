/**
 * Paying somebody whom you have never met, and who is off: a published name, a check of who it is, an
 * introduction through the storage nodes, and the payment behind it.
 *
 * A name proves nothing: here a second device claims the same one. Three words, told on the phone or
 * printed on a receipt, say which of the two is meant.
 */

import assert from 'node:assert/strict';
import { createWallet, localNetwork, memory } from '@dsm/wallet';

const network = await localNetwork({ nodes: 5 });
const place = { rows: new Map(), held: false };
const baker = await createWallet({ name: 'Ben', store: memory({ place }), network });
const { invitation } = await baker.directory.publish('Ben the Baker');
const { phrase } = baker.id;
say(`Ben is listed as "ben the baker". On his door stand three words: ${phrase}.`);
say(`His invitation, for a QR code: ${invitation}`);
await baker.close();

const thief = await createWallet({ name: 'Ben', store: memory(), network });
await thief.directory.publish('BEN THE BAKER');

const maya = await createWallet({ name: 'Maya', store: memory(), network });
await network.fund(maya, { ERA: 100n });
const found = await maya.directory.find('ben the baker');
for (const one of found) say(`Maya finds ${one.cardName}, ${one.phrase}, ${one.device}.`);
await assert.rejects(maya.directory.introduce('ben the baker'), (error: Error) => {
  say(`The wallet chooses nobody: ${error.message.slice(0, 40)}…`);
  return true;
});

const meant = found.find((one) => one.phrase === phrase);
assert.ok(meant !== undefined);
const toBen = await maya.directory.introduce(meant.device, { name: 'Ben the Baker' });
const payment = await toBen.pay({ ERA: 7n, note: 'two loaves' });
say(
  `Maya has paid ${payment.amount} ERA to the one with the words on the door: ${payment.finality}.`,
);

// Days later Ben opens his shop.
const again = await createWallet({ name: 'Ben', store: memory({ place }), network });
const { introduced, received } = await again.sync();
assert.deepEqual([introduced, received], [1, 1]);
const [taken] = again.history();
assert.equal(taken?.finality, 'certified');
say(
  `Ben learns of ${taken.peer} and has ${taken.amount} ERA for "${taken.note}": ${taken.finality}.`,
);

// From now on they are contacts like any others: the way back needs no directory.
await again.contact('Maya').pay({ ERA: 1n, note: 'change' });
await maya.sync();
assert.equal(await maya.balance('ERA'), 94n);
say('He sends one back, and Maya finds it.');

function say(sentence: string): void {
  console.log(sentence);
}
