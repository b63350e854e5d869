/**
 * A phone is stolen, unlocked. Its owner has 24 words. He rehearses, recovers, and the thief finds
 * every note moved; what was in the purse is the thief’s.
 */

import assert from 'node:assert/strict';
import { installNative, nativeKem, nativeStretch, nodeEntropy } from '@dsm/node';
import {
  createWallet,
  localNetwork,
  memory,
  recover,
  rehearseRecovery,
  type RecoveryReport,
} from '@dsm/wallet';
import { drawWords } from '@dsm/words';

installNative();
const network = await localNetwork({ nodes: 4 });
const fast = { network, stretch: nativeStretch, kem: nativeKem };
const words = drawWords(nodeEntropy);
const place = { rows: new Map(), held: false };
const phone = await createWallet({
  name: 'Maya',
  store: memory({ place }),
  ...fast,
  words,
  capsules: true,
});
const shop = await createWallet({ name: 'Shop', store: memory(), network });
await network.fund(phone, { ERA: 100n });
await (await phone.meet(shop)).close();
await phone.load('ERA', 7n);
await phone.sync();
say('Maya has 93 ERA, 7 in her purse, and her recovery data at the nodes. Then the phone is gone.');

const before = await rehearseRecovery({ ...fast, words });
say(`A rehearsal, which changes nothing: ${sentence(before)}`);

const { wallet, report } = await recover({ ...fast, words, store: memory() });
say(`The recovery: ${sentence(report)}`);
assert.deepEqual(report.tokens, before.tokens);
assert.equal(wallet.balances()[0]?.online, 93n);

await assert.rejects(phone.contact('Shop').pay({ ERA: 50n, over: 'online' }));
say('The thief pays 50 at the shop: the nodes have another spend of every note.');
await assert.rejects(phone.sync(), { code: 'superseded' });
say(`And when the phone asks the nodes: ${phone.recovery.why()}.`);

await wallet.contact('Shop').pay({ ERA: 93n, note: 'a new phone' });
await shop.sync();
assert.equal(await shop.balance('ERA'), 93n);
say('Maya buys a new phone. Of the purse, the wallet says:');
for (const line of report.missing) say(`  ${line}`);

function sentence({ source, tokens, contacts }: RecoveryReport): string {
  const [token] = tokens;
  return `out of ${source}, ${contacts.length} contacts, ${token?.kept} ERA kept, ${token?.purse} lost with the purse.`;
}

function say(line: string): void {
  console.log(line);
}
