/** The directory: names that anybody may claim, and payments to somebody who was never met. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inboxTopic } from '@dsm/identity';
import { memoryPlace, memoryStore } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { card as cardObject, keyOf } from '@dsm/primitive';
import { createWallet, restoreWallet, type Network, type Wallet } from '../src/index.ts';
import { directoryRow } from '../src/directory-rows.ts';
import { contactRow, rowKey } from '../src/rows.ts';
import { idBytes } from '../src/text.ts';
import { bytesAt, decoded, leave } from './inbox-filler.ts';
import { market, met, opened, stall } from './market.ts';
import { walletIn, type TestNetwork } from './world.ts';

async function newcomer(network: TestNetwork, name: string): Promise<Wallet> {
  return walletIn(network, memoryPlace(), name);
}

/** The same network, and all bytes that are sent to it. */
function watching(network: TestNetwork, seen: Uint8Array[]): Network {
  const nodes = network.nodes.map((node) => ({
    ...node,
    putObject: async (bytes: Uint8Array) => {
      seen.push(bytes);
      await node.putObject(bytes);
    },
    ask: async (requests: Parameters<typeof node.ask>[0]) => {
      for (const one of requests) if ('bytes' in one) seen.push(one.bytes);
      return node.ask(requests);
    },
  }));
  return { ...network, nodes };
}

test('a name that differs in case and compatibility forms is found', async () => {
  const { network, maya } = await market();
  const ben = await newcomer(network, 'Ben');
  const { name, others, nodes } = await ben.directory.publish('Ｂäcker  Ben'.replace('  ', ' '));
  assert.deepEqual([name, others, nodes > 0], ['bäcker ben', 0, true]);
  const [found] = await maya.directory.find('BÄCKER BEN');
  assert.equal(found?.device, ben.id.device);
  assert.equal(found?.phrase, ben.id.phrase);
  assert.equal(found?.current, true);
  assert.deepEqual(await maya.directory.find('ben'), []);
  assert.equal((await maya.directory.find(ben.id.device))[0]?.device, ben.id.device);
});

test('somebody who was never met and is off is paid, and finds the money', async () => {
  const all = await market();
  const { network, maya } = all;
  const ben = stall('Ben');
  const before = await opened(network, ben);
  await before.adopt(maya.token('ERA').id).catch(() => undefined);
  await before.directory.publish('ben');
  await before.close();
  const to = await maya.directory.introduce('ben');
  assert.equal(to.contact().introduced, 'unanswered');
  const sent = await to.pay({ ERA: 70n, note: 'for the bread' });
  assert.equal(sent.finality, 'certified');
  const later = await opened(network, ben);
  const report = await later.sync();
  assert.deepEqual([report.introduced, report.received], [1, 1]);
  assert.deepEqual(
    later.history().map(({ amount, note, finality, peer }) => [amount, note, finality, peer]),
    [[70n, 'for the bread', 'certified', 'Maya']],
  );
  assert.equal(later.contact('Maya').contact().introduced, 'by-them');
  assert.deepEqual([(await later.sync()).introduced, later.contacts().length], [0, 1]);
  // The way back works, too, and tells the introducer that he was read.
  await later.contact('Maya').pay({ ERA: 20n });
  await maya.sync();
  await maya.sync();
  assert.equal(maya.contact('Ben').contact().introduced, 'by-me');
  assert.deepEqual(maya.outbox(), []);
  assert.equal(maya.history().at(-1)?.amount, 20n);
  // And they meet as any two contacts do.
  await met(maya, later, async (toBen) => {
    assert.equal((await toBen.pay({ ERA: 1n, over: 'offline' })).finality, 'pair-final');
  });
});

test('a name that two claim shows both, and nothing is chosen', async () => {
  const { network, maya } = await market();
  const [ben, thief] = [await newcomer(network, 'Ben'), await newcomer(network, 'Ben')];
  await ben.directory.publish('ben');
  assert.equal((await thief.directory.publish('BEN')).others, 1);
  const found = await maya.directory.find('ben');
  const ids = [ben.id.device, thief.id.device];
  assert.deepEqual(new Set(found.map(({ device }) => device)), new Set(ids));
  assert.deepEqual(await maya.directory.find('Ben'), found);
  await assert.rejects(maya.directory.introduce('ben'), { code: 'ambiguous' });
  // By its id, or by its invitation, a device is one.
  const to = await maya.directory.introduce(ben.id.device, { name: 'Ben the baker' });
  assert.equal(to.contact().device, ben.id.device);
});

test('a name that was used stays with its device, and another claimant is told', async () => {
  const { network, maya } = await market();
  const [ben, thief] = [await newcomer(network, 'Ben'), await newcomer(network, 'Thief')];
  await ben.directory.publish('ben');
  await maya.directory.introduce('ben');
  await ben.directory.withdraw('ben');
  assert.deepEqual(await maya.directory.find('ben'), []);
  await thief.directory.publish('ben');
  const [claimant] = await maya.directory.find('ben');
  assert.equal(claimant?.device, thief.id.device);
  assert.equal(claimant.warnings.length, 2);
  assert.ok(claimant.warnings.every((warning) => warning.includes(ben.id.device)));
  const to = await maya.directory.introduce('ben');
  assert.equal(to.contact().device, ben.id.device);
});

test('texts that are no names are refused, and a wallet keeps up to sixteen', async () => {
  const { maya } = await market();
  for (const text of ['', ' ben', 'be\u200bn', 'a  b', 'x'.repeat(49), '\u202eneb']) {
    await assert.rejects(maya.directory.publish(text), { code: 'usage' }, JSON.stringify(text));
  }
  for (let n = 0; n < 16; n++) await maya.directory.publish(`maya ${n}`);
  await assert.rejects(maya.directory.publish('maya 16'), { code: 'usage' });
  await assert.rejects(maya.directory.withdraw('maya 16'), { code: 'not-found' });
  assert.equal(maya.directory.status().names.length, 16);
});

test('a restored device is listed by its new card alone, and the lost one is not found', async () => {
  const { network, maya, cafe, stalls } = await market();
  const first = await cafe.directory.publish('cafe');
  const backup = await cafe.backup();
  await cafe.close();
  const store = memoryStore({ place: memoryPlace() });
  const { keystore } = stalls.cafe;
  const again = await restoreWallet({ store, network, keystore, kem: nativeKem, backup });
  await again.sync();
  const found = await maya.directory.find('cafe');
  assert.deepEqual(
    found.map(({ incarnation, device }) => [incarnation, device]),
    [[1, again.id.device]],
  );
  assert.notEqual(found[0]?.invitation, first.invitation);
  assert.deepEqual(await maya.directory.find(first.invitation), []);
});

test('an invitation given to one person is enough; it ends with the next', async () => {
  const { network, maya } = await market();
  const ben = await newcomer(network, 'Ben');
  const text = await ben.directory.invite();
  assert.match(text, /^inv1/);
  assert.deepEqual(await maya.directory.find(ben.id.device), []);
  const to = await maya.directory.introduce(text);
  assert.equal(to.contact().name, 'Ben');
  const next = await ben.directory.invite();
  assert.notEqual(next, text);
  assert.equal((await ben.sync()).introduced, 0);
});

test('whose invitation has ended is found by its id, and the same introduction is made again', async () => {
  const { network, maya } = await market();
  const ben = await newcomer(network, 'Ben');
  await ben.directory.publish('ben');
  const to = await maya.directory.introduce('ben');
  await to.pay({ ERA: 9n });
  await ben.directory.invite();
  assert.equal((await ben.sync()).introduced, 0);
  await maya.sync();
  const { introduced, received } = await ben.sync();
  assert.deepEqual([introduced, received], [1, 1]);
  assert.equal(ben.history()[0]?.finality, 'certified');
});

test('garbage in the inbox is told and bounded, and honest introductions still come', async () => {
  const { network, maya } = await market();
  const ben = await newcomer(network, 'Ben');
  const text = await ben.directory.invite();
  await maya.directory.introduce(text);
  // The inbox follows from the invitation, which everybody can read.
  const body = decoded(await bytesAt(network, text));
  const inbox = inboxTopic(body.network, body.kemKey);
  const wallet = await newcomer(network, 'Vandal');
  const junk = [new Uint8Array(40), new Uint8Array(140_000), new Uint8Array(3_000)];
  for (const [n, bytes] of junk.entries()) {
    const { address } = await wallet.storage.put(bytes);
    await leave(network, inbox, idBytes('object', address)!, n);
  }
  await leave(network, inbox, new Uint8Array(32).fill(7), 90);
  await leave(network, inbox, new Uint8Array(31), 91);
  assert.equal((await ben.sync()).introduced, 1);
  assert.equal(ben.directory.status().bad, 3);
  assert.equal((await ben.sync()).introduced, 0);
  assert.equal(ben.directory.status().bad, 3, 'what was judged is not judged again');
  await ben.directory.invite();
  assert.equal(ben.directory.status().bad, 0);
});

test('nodes learn neither who introduces himself nor to what he writes afterwards', async () => {
  const { network, maya } = await market();
  const ben = await newcomer(network, 'Ben');
  await ben.directory.publish('ben');
  const seen: Uint8Array[] = [];
  const watched = watching(network, seen);
  const store = memoryStore({ place: memoryPlace() });
  const eve = await createWallet({ name: 'Eve', store, network: watched, kem: nativeKem });
  await eve.directory.introduce('ben');
  const card = cardObject.decode(eve.id.card);
  assert.ok(card.ok && seen.length > 0);
  const { rootKey, workingKey, kemKey } = card.value.body;
  for (const secret of [rootKey, workingKey, kemKey, idBytes('device', eve.id.device)!]) {
    const mark = Buffer.from(secret.subarray(0, 32));
    assert.ok(seen.every((bytes) => !Buffer.from(bytes).includes(mark)));
  }
  assert.equal(maya.contacts().length, 2);
});

test('what is listed is said again before it lapses', async () => {
  const { network, maya } = await market();
  const place = memoryPlace();
  const first = await walletIn(network, place, 'Ben');
  await first.directory.publish('ben');
  const { until } = first.directory.status();
  await first.sync();
  assert.equal(first.directory.status().until, until, 'there is time yet');
  await first.close();
  // As if as many versions had passed.
  const key = rowKey('directory');
  const row = directoryRow.decode(place.rows.get(keyOf(key))![1]);
  assert.ok(row.ok);
  const near = directoryRow.encode({ ...row.value, until: until - 9 });
  place.rows.set(keyOf(key), [key, near]);
  const again = await walletIn(network, place, 'Ben');
  await again.sync();
  assert.equal(again.directory.status().until, until);
  assert.equal((await maya.directory.find('ben')).length, 1);
});

test('no more than 256 strangers who say nothing are taken', async () => {
  const { network, maya } = await market();
  const place = memoryPlace();
  const first = await walletIn(network, place, 'Ben');
  await first.directory.publish('ben');
  await maya.directory.introduce('ben');
  assert.equal((await first.sync()).introduced, 1);
  await first.close();
  // Maya, 255 times more, under made-up ids: a crowd costs too much here.
  const tables = { contact: rowKey('contact'), introduction: rowKey('introduction') };
  const kept = [...place.rows.values()];
  const contact = kept.find(([key]) => key[0] === tables.contact[0])!;
  const said = kept.find(([key]) => key[0] === tables.introduction[0])!;
  const row = contactRow.decode(contact[1]);
  assert.ok(row.ok);
  for (let n = 0; n < 255; n++) {
    const device = new Uint8Array(32).fill(n, 0, 31);
    const name = `Maya ${n}`;
    const bytes = contactRow.encode({ ...row.value, device, name });
    const keys = [rowKey('contact', device), rowKey('introduction', device)] as const;
    place.rows.set(keyOf(keys[0]), [keys[0], bytes]);
    place.rows.set(keyOf(keys[1]), [keys[1], said[1]]);
  }
  const ben = await walletIn(network, place, 'Ben');
  assert.equal(ben.directory.status().strangers, 256);
  const eve = await newcomer(network, 'Eve');
  await eve.directory.introduce('ben');
  assert.equal((await ben.sync()).introduced, 0);
  assert.equal(ben.directory.status().bad, 0, 'she is not judged, and may come later');
  // Those who say something are strangers no more, and make room.
  await maya.contact('Ben').pay({ ERA: 1n });
  assert.equal((await ben.sync()).introduced, 1);
});
