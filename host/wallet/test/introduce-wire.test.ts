/**
 * Introductions and lost secrets over wires that lose, repeat, swap, cut and change messages: after a clean
 * meeting both have one relationship to write to, and everything that was paid is there once.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore, seededFaults } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { restoreWallet, type Wallet } from '../src/index.ts';
import { market, met, paid, type Market } from './market.ts';
import { call } from './world.ts';
import { wires } from './wire-cases.ts';

/** Long enough for everything that is under way within this process. */
function quiet(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 120));
}

/** Three talks over a bad wire; what they come to does not matter. */
async function badTalks(a: Wallet, b: Wallet, seed: string, wire: string): Promise<void> {
  for (let talk = 0; talk < 3; talk++) {
    const faults = seededFaults(`${seed} ${talk}`, wires[wire]!);
    const { relationship, cut } = await call(a, b, { faults });
    await Promise.race([relationship.catch(() => undefined), quiet()]);
    await quiet();
    await cut();
  }
}

async function strangers(): Promise<Market> {
  const all = await market();
  for (const merchant of [all.cafe, all.bazaar]) {
    await paid(all.maya, merchant, 100n, 'online');
    await merchant.sync();
  }
  return all;
}

async function judged(a: Wallet, b: Wallet, sums: readonly bigint[]): Promise<void> {
  for (const wallet of [a, b, a, b]) await wallet.sync();
  await met(a, b);
  await met(b, a);
  assert.deepEqual([await a.balance('ERA'), await b.balance('ERA')], sums);
  for (const wallet of [a, b]) {
    assert.deepEqual((await wallet.verify()).faults, []);
    assert.deepEqual([wallet.alarms(), wallet.outbox()], [[], []]);
  }
  const [there, back] = [a.contact(b.id.device).contact(), b.contact(a.id.device).contact()];
  assert.deepEqual([there.written, there.absorbed], [back.absorbed, back.written]);
}

for (const wire of Object.keys(wires)) {
  test(`introductions that crossed, over a wire that ${wire}`, async () => {
    const { cafe, bazaar } = await strangers();
    await cafe.directory.publish('cafe');
    await bazaar.directory.publish('bazaar');
    await (await cafe.directory.introduce('bazaar')).pay({ ERA: 10n, over: 'online' });
    await (await bazaar.directory.introduce('cafe')).pay({ ERA: 20n, over: 'online' });
    await badTalks(cafe, bazaar, `crossed ${wire}`, wire);
    await judged(cafe, bazaar, [110n, 90n]);
  });

  test(`a lost secret, over a wire that ${wire}`, async () => {
    const { cafe, bazaar, network, stalls } = await strangers();
    const backup = await bazaar.backup();
    await met(cafe, bazaar, (to) => to.pay({ ERA: 7n, over: 'online' }));
    await bazaar.close();
    const { keystore } = stalls.bazaar;
    const store = memoryStore({ place: memoryPlace() });
    const again = await restoreWallet({ store, network, keystore, kem: nativeKem, backup });
    await again.sync();
    await cafe.sync();
    await badTalks(again, cafe, `lost ${wire}`, wire);
    await met(again, cafe);
    await judged(again, cafe, [107n, 93n]);
  });
}
