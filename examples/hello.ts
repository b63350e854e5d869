/** Hello: two wallets meet and pay each other, with storage nodes in the same process. */

import { createWallet, localNetwork, memory } from '@dsm/wallet';

const network = await localNetwork({ nodes: 5 });
const alice = await createWallet({ name: 'Alice', store: memory(), network });
const bob = await createWallet({ name: 'Bob', store: memory(), network });
await network.fund(alice, { ERA: 100n });
await bob.adopt(alice.token('ERA').id);

const relationship = await alice.meet(bob);
const receipt = await relationship.pay({ ERA: 5n, note: 'coffee' });
await bob.sync();
console.log(receipt.finality, await bob.balance('ERA'));

bob.on('fork', (alarm) => console.error(alarm.explain));
console.log((await relationship.verify()).ok);
