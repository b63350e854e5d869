/**
 * What was under way when a device was lost: payments to it that it never fetched, payments of it
 * that the peer never fetched. Both arrive, in either order of coming back.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import {
  createWallet,
  localNetwork,
  memory,
  networkId,
  restoreWallet,
  verifyReceipt,
  type Wallet,
} from '@dsm/wallet';
import type { Keystore } from '@dsm/ports';
import { registriesOf } from '@dsm/primitive';

installNative();

const secret = new Uint8Array(32).fill(9);
const keystore: Keystore = { open: async () => secret, create: async () => undefined };

const totals = (wallet: Wallet): Record<string, bigint> => {
  const { total, online, purse, uncertified } = wallet.balances()[0]!;
  return { total, online, purse, uncertified };
};

test('a restored device gets what waited for it, and its peer what it had sent', async () => {
  const network = await localNetwork({ nodes: 5 });
  const maya = await createWallet({ name: 'Maya', store: memory(), network, keystore });
  const cafe = await createWallet({ name: 'Café', store: memory(), network });
  await network.fund(maya, { ERA: 1_000n });
  await network.fund(cafe, { ERA: 500n });
  await (await maya.meet(cafe)).close();
  const backup = await maya.backup();

  // After the backup: each pays the other twice, and only the café fetches, once.
  const pay = (from: Wallet, to: string, amount: bigint): Promise<unknown> =>
    from.contact(to).pay({ token: 'ERA', amount, over: 'online' });
  await pay(maya, 'Café', 10n);
  await pay(cafe, 'Maya', 20n);
  await cafe.sync();
  await pay(cafe, 'Maya', 30n);
  await pay(maya, 'Café', 11n);
  await maya.close();

  const restored = await restoreWallet({ backup, store: memory(), network, keystore });
  await assert.rejects(restored.load('ERA', 1n), { code: 'needs-restore' });
  await restored.sync();
  assert.equal(restored.id.incarnation, 1);
  assert.deepEqual(totals(restored), { total: 50n, online: 50n, purse: 0n, uncertified: 0n });

  // The café may still be owed something by the former incarnation: it looks before it moves on.
  await assert.rejects(restored.meet(cafe), { code: 'pending' });
  await cafe.sync();
  assert.equal(cafe.contact('Maya').contact().incarnation, 1);
  assert.equal(await cafe.balance('ERA'), 500n - 50n + 21n);

  // Both lanes go on: the café's as it was, Maya's anew.
  const relationship = await restored.meet(cafe);
  await restored.load('ERA', 20n);
  await relationship.pay({ ERA: 7n, over: 'offline' });
  await pay(restored, 'Café', 3n);
  await pay(cafe, 'Maya', 40n);
  await relationship.close();
  await cafe.sync();
  await restored.sync();
  assert.equal(await cafe.balance('ERA'), 471n + 10n - 40n);
  assert.equal(await restored.balance('ERA'), 50n - 10n + 40n);
  assert.deepEqual((await restored.verify()).faults, []);
  assert.deepEqual((await cafe.verify()).faults, []);
  assert.deepEqual([...cafe.alarms(), ...restored.alarms()], []);

  // Receipts of both incarnations hold, each under the card of its time.
  for (const wallet of [cafe, restored]) {
    for (const { id, device } of wallet.history()) {
      if (device !== maya.id.device && device !== cafe.id.device) continue;
      const { bytes } = await wallet.receipt(id);
      assert.equal(
        verifyReceipt(bytes, networkId(network.name), registriesOf(network.registry)).ok,
        true,
        id,
      );
    }
  }
});
