/**
 * The two-merchant attack of seed 003, as it happens: what a cheat can do to two merchants who are both
 * offline, what stops it, when they learn of it, and who has lost what.
 *
 * Mallory copies her wallet and pays the cafe and the bazaar with the same purse notes. Neither
 * merchant can know: no exchange between two parties without a network excludes it, here or
 * elsewhere. What holds is less, and it is said: each loses at most its own limit, the payer is
 * proved a cheat once the two halves meet, and at most one of the two payments is ever certified.
 */

import assert from 'node:assert/strict';
import { createWallet, localNetwork, memory, type Network, type Wallet } from '@dsm/wallet';

// A network that can be out of reach.
const local = await localNetwork({ nodes: 4 });
let online = true;
const network = { ...local, nodes: local.nodes.map(reachable) };

const place = { rows: new Map(), held: false };
const mallory = await createWallet({ name: 'Mallory', store: memory({ place }), network });
const cafe = await createWallet({ name: 'Cafe', store: memory(), network });
const bazaar = await createWallet({ name: 'Bazaar', store: memory(), network });

await local.fund(mallory, { ERA: 100n });
for (const merchant of [cafe, bazaar]) {
  await merchant.adopt(mallory.token('ERA').id);
  await merchant.setOfflineLimit('ERA', 20n);
  await (await mallory.meet(merchant)).close();
}
await mallory.load('ERA', 63n);
say('Mallory has 100 ERA, 63 of them in her purse. Each merchant takes 20 uncertified at most.');

// The attack: the wallet exists twice, and nobody can reach a node.
const store = memory({ place: { rows: new Map(place.rows), held: false } });
const copy = await createWallet({ name: 'Mallory', store, network });
online = false;

await pay(mallory, cafe, 20n);
await pay(copy, bazaar, 20n);
for (const merchant of [cafe, bazaar]) {
  const [payment] = merchant.history();
  assert.equal(payment?.finality, 'pair-final');
  say(`${merchant.id.name} took ${payment.amount} ERA: ${payment.finality}, and cannot know more.`);
}

// More than its limit nobody takes, so nobody loses more.
await assert.rejects(pay(mallory, cafe, 1n), (error: Error) => {
  say(`The cafe takes no more: ${error.message}.`);
  return true;
});

// The merchants meet, still without a network: their halves make evidence, and both refuse Mallory.
await (await cafe.meet(bazaar)).close();
for (const merchant of [cafe, bazaar]) {
  const [alarm] = merchant.alarms();
  assert.equal(alarm?.device, mallory.id.device);
  assert.equal(merchant.contact('Mallory').contact().state, 'bricked');
  assert.equal(merchant.history()[0]?.finality, 'conflicted');
  say(`At ${merchant.id.name}: ${alarm.explain}`);
}
await assert.rejects(pay(mallory, bazaar, 1n), { code: 'fork' });
say('Neither takes anything from Mallory again.');

// One of them comes online first. The nodes certify one spend, so the other is lost.
online = true;
await cafe.sync();
await bazaar.sync();
const held = [await cafe.balance('ERA'), await bazaar.balance('ERA')];
assert.deepEqual(held, [20n, 0n]);
const [won, lost] = [cafe.history()[0], bazaar.history()[0]];
assert.deepEqual([won?.finality, lost?.finality], ['certified', 'conflicted']);
say('The cafe synced first: its 20 ERA are certified, and stay so.');
say('The bazaar has lost 20 ERA, which is its limit, and has the proof of who took them.');
say('Mallory had 20 ERA of goods for nothing, once. Certified, there are 20 ERA and not 40.');

async function pay(from: Wallet, to: Wallet, amount: bigint): Promise<void> {
  const relationship = await from.meet(to);
  try {
    await relationship.pay({ ERA: amount, over: 'offline' });
  } finally {
    await relationship.close();
  }
}

function reachable(node: Network['nodes'][number]): Network['nodes'][number] {
  const unless = <T>(ask: () => Promise<T>): Promise<T> =>
    online ? ask() : Promise.reject(new Error('there is no network'));
  return {
    ...node,
    getObject: (address) => unless(() => node.getObject(address)),
    putObject: (bytes) => unless(() => node.putObject(bytes)),
    readSlot: (key) => unless(() => node.readSlot(key)),
    writeSlot: (write) => unless(() => node.writeSlot(write)),
    health: () => unless(() => node.health()),
  };
}

function say(sentence: string): void {
  console.log(sentence);
}
