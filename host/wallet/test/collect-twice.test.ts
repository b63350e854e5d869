/**
 * Collecting twice: what an issue or an exit has given comes into a map once. A wallet that forgets
 * that, by malice or by a restore, gets nothing out of it: the spend slot of the note is taken.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore, type MemoryPlace } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { restoreWallet, type Wallet } from '../src/index.ts';
import { tables } from '../src/rows.ts';
import { copied, market, met, opened, type Market } from './market.ts';

const online = (wallet: Wallet): bigint => wallet.balances()[0]!.online;
const total = (wallet: Wallet): bigint => wallet.balances()[0]!.total;

async function restored(
  { network, stalls }: Market,
  whose: 'maya' | 'cafe',
  backup: Uint8Array,
): Promise<Wallet> {
  const { keystore } = stalls[whose];
  const store = memoryStore();
  return restoreWallet({ store, network, keystore, kem: nativeKem, backup });
}

/** The cafe and the bazaar know each other, and Maya has minted 100 for the cafe, who has them. */
async function given(): Promise<Market> {
  const all = await market();
  const { maya, cafe, bazaar } = all;
  await met(cafe, bazaar);
  await maya.mint('ERA', 100n, { to: 'Cafe' });
  await cafe.sync();
  assert.equal(online(cafe), 100n);
  return all;
}

function forgetCollected({ rows }: MemoryPlace): void {
  for (const [name, [key]] of rows) if (key[0] === tables.collected) rows.delete(name);
}

for (const connected of [false, true]) {
  test(`a cheat collects again what it has spent, and pays nobody with it, ${connected ? 'face to face' : 'by the nodes'}`, async () => {
    const { cafe, bazaar, maya, network, stalls } = await given();
    const sent = await cafe.contact('Bazaar').pay({ ERA: 100n, over: 'online' });
    assert.equal(sent.finality, 'certified');
    await cafe.close();
    const stall = copied(stalls.cafe);
    forgetCollected(stall.place);
    const cheat = await opened(network, stall);
    await cheat.sync();
    assert.equal(online(cheat), 100n, 'in its own map');
    const pay = (): Promise<unknown> => cheat.contact('Bazaar').pay({ ERA: 60n, over: 'online' });
    await (connected ? met(cheat, bazaar, pay) : pay()).catch(() => undefined);
    await cheat.sync();
    await bazaar.sync();
    assert.equal(total(bazaar), 100n);
    assert.equal(online(bazaar), 100n);
    assert.equal(online(cheat), 0n, 'its own wallet has seen the certificate of the first spend');
    // Nor is it made anew, nor loaded into a purse.
    await assert.rejects(cheat.load('ERA', 1n));
    await maya.sync();
    assert.deepEqual([...bazaar.alarms(), ...maya.alarms()], []);
  });
}

test('what is collected and not spent is not collected again', async () => {
  const { cafe, network, stalls } = await given();
  await cafe.close();
  const stall = copied(stalls.cafe);
  forgetCollected(stall.place);
  const again = await opened(network, stall);
  await again.sync().catch(() => undefined);
  assert.equal(online(again), 100n);
});

for (const spent of [false, true]) {
  test(`an issue after the backup comes back with the restore ${spent ? 'not at all: it is spent' : 'once'}`, async () => {
    const all = await market();
    const { maya, cafe, bazaar } = all;
    await met(cafe, bazaar);
    const backup = await cafe.backup();
    await maya.mint('ERA', 100n, { to: 'Cafe' });
    await cafe.sync();
    if (spent) await cafe.contact('Bazaar').pay({ ERA: 100n, over: 'online' });
    await cafe.close();
    const again = await restored(all, 'cafe', backup);
    await again.sync();
    await again.collect('ERA');
    await again.sync();
    assert.equal(online(again), spent ? 0n : 100n);
    if (!spent) await again.contact('Bazaar').pay({ ERA: 100n, over: 'online' });
    await bazaar.sync();
    assert.equal(total(bazaar), 100n);
    await again.sync();
    assert.equal(online(again), 0n);
    assert.deepEqual((await again.verify()).faults, []);
  });

  test(`the rest of an edge that its payee left after the backup comes back ${spent ? 'not at all: it is spent' : 'once'}`, async () => {
    const all = await market();
    const { maya, cafe, bazaar } = all;
    await met(maya, cafe, (toCafe) => toCafe.fund('ERA', 10n));
    await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 3n, over: 'edge' }));
    const backup = await maya.backup();
    const had = online(maya);
    await cafe.contact('Maya').exit('ERA');
    await maya.sync();
    assert.equal(online(maya), had + 7n);
    if (spent) await maya.contact('Bazaar').pay({ ERA: had + 7n, over: 'online' });
    await maya.close();
    const again = await restored(all, 'maya', backup);
    await again.sync();
    await again.sync();
    assert.equal(online(again), spent ? 0n : had + 7n);
    await bazaar.sync();
    assert.equal(total(bazaar), spent ? had + 7n : 0n);
    assert.deepEqual((await again.verify()).faults, []);
  });
}

test('what was given is not collected on the old chain by a wallet that is being restored', async () => {
  const all = await market();
  const { maya, cafe } = all;
  const { id } = await maya.issue({ ticker: 'SKY', cap: 100n });
  await maya.mint(id, 50n, { to: 'Cafe' });
  await cafe.sync();
  const backup = await cafe.backup();
  await cafe.adopt(id);
  assert.equal(await cafe.balance(id), 50n);
  await cafe.close();
  const again = await restored(all, 'cafe', backup);
  await again.adopt(id);
  assert.equal(await again.balance(id), 0n, 'it waits for the nodes');
  await again.sync();
  await again.collect(id);
  assert.equal(await again.balance(id), 50n);
  await maya.sync();
  await met(maya, again);
  assert.deepEqual(maya.alarms(), []);
});
