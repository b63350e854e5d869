/** Devices of one owner: the tree at the nodes, what contacts make of it, and value between own devices. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { IdentityNotice } from '../src/index.ts';
import { genesis, household, identity, member, nobody, owner, stranger } from './household.ts';
import { met, paid } from './market.ts';
import { emptyWorld, networkIn } from './world.ts';

test('a tree is made, grows, and is known to whoever meets a device of it', async () => {
  const { phone, laptop, cafe } = await household();
  for (const wallet of [phone, laptop]) {
    const tree = wallet.devices.tree()!;
    assert.equal(tree.identity, identity);
    assert.equal(tree.seq, 2);
    assert.ok(tree.complete);
    assert.ok(!tree.open);
    assert.deepEqual(tree.devices.map(({ name, state }) => `${name} ${state}`).toSorted(), [
      'Laptop alive',
      'Phone alive',
    ]);
    assert.equal(tree.devices.find(({ here }) => here)?.name, wallet.id.name);
  }
  assert.ok(phone.contact('Laptop').contact().own);
  assert.ok(laptop.contact('Phone').contact().own);
  // The cafe sees each of the two, and not from one of them that there is another.
  const seen = cafe.devices.of('Phone')!;
  assert.equal(seen.seq, 2);
  assert.ok(!seen.complete);
  assert.ok(!cafe.contact('Phone').contact().own);
  assert.equal(cafe.contact('Phone').contact().identity, identity);
  assert.equal(cafe.devices.identity(), undefined);
  await cafe.sync();
  assert.ok(cafe.devices.of('Phone')!.complete);
});

test('a succeeded device is refused by whoever knows, however honest it is; what was certified stays', async () => {
  const { network, phone, laptop, cafe } = await household();
  assert.equal((await paid(phone, cafe, 5n, 'offline')).finality, 'pair-final');
  await cafe.sync();
  assert.equal(cafe.history()[0]!.finality, 'certified');

  const next = await member(network, 'New phone');
  const tree = await laptop.devices.succeed(owner, 'Phone', next.id.card);
  const gone = tree.devices.find(({ device }) => device === phone.id.device)!;
  assert.equal(gone.state, 'succeeded');
  assert.equal(gone.by, next.id.device);
  assert.equal(gone.since, 3);

  // The laptop tells the cafe, without a network; the phone knows nothing.
  await met(laptop, cafe);
  assert.equal(cafe.contact('Phone').contact().state, 'retired');
  await assert.rejects(paid(phone, cafe, 1n, 'offline'), {
    code: 'retired',
    message: /device tree/,
  });
  await assert.rejects(
    met(cafe, phone, (to) => to.pay({ ERA: 1n })),
    { code: 'refused' },
  );
  assert.equal(cafe.history().length, 1);
  assert.equal(await cafe.balance('ERA'), 5n);
  assert.deepEqual(cafe.alarms(), []);
  assert.ok(!laptop.contact('Phone').contact().own);

  // It learns of it at the nodes, and is over.
  await assert.rejects(phone.sync(), { code: 'retired' });
  await assert.rejects(phone.contact('Laptop').pay({ ERA: 1n }));
  assert.equal(phone.devices.tree()!.devices.find(({ here }) => here)!.state, 'succeeded');
  assert.equal(laptop.contact('Cafe').contact().state, 'ok');
});

test('what a retired device says through the nodes is taken only if its spends are certified', async () => {
  const { phone, laptop, cafe } = await household();
  await laptop.devices.retire(owner, 'Phone');
  await cafe.sync();
  assert.equal(cafe.contact('Phone').contact().state, 'retired');
  // Certified before anybody refused it: an honest third party keeps what it was paid.
  const sent = await phone.contact('Cafe').pay({ ERA: 40n, over: 'online' });
  assert.equal(sent.finality, 'certified');
  await cafe.sync();
  assert.equal(await cafe.balance('ERA'), 40n);
  assert.equal(cafe.history()[0]!.finality, 'certified');
});

test('an app of a retired device is not heard: it spends nothing', async () => {
  const { phone, laptop, cafe } = await household();
  await met(phone, cafe);
  await laptop.devices.retire(owner, 'Phone');
  await cafe.sync();
  const before = cafe.contact('Phone').contact().absorbed;
  const { defineApp, text } = await import('../src/index.ts');
  const app = defineApp({
    name: 'words',
    version: 1,
    rules: 'appends',
    initial: [] as readonly string[],
    operation: text(32),
    reduce: (all: readonly string[], said: string) => [...all, said],
  });
  const shared = await phone.contact('Cafe').shared(app);
  assert.equal((await shared.act('still here')).over, 'nodes');
  await cafe.sync();
  assert.equal(cafe.contact('Phone').contact().absorbed, before);
  await met(phone, cafe).catch(() => undefined);
  assert.equal(cafe.contact('Phone').contact().absorbed, before);
});

test('a stranger that left its identity is not met', async () => {
  const { network, phone, laptop } = await household();
  await laptop.devices.retire(owner, 'Phone');
  const bar = await member(network, 'Bar', { of: nobody });
  await met(laptop, bar);
  // The bar has never met the phone: its card names an identity whose tree says that it is gone.
  await assert.rejects(met(phone, bar));
  const later = await member(network, 'Later', { of: nobody });
  await met(phone, later);
  await later.sync();
  assert.equal(later.contact('Phone').contact().state, 'retired');
});

test('value moves between own devices, and only between them', async () => {
  const { phone, laptop, cafe } = await household();
  const moved = await phone.devices.move({
    token: 'ERA',
    amount: 100n,
    over: 'online',
    to: 'Laptop',
  });
  assert.equal(moved.finality, 'certified');
  await laptop.sync();
  assert.equal(await laptop.balance('ERA'), 100n);
  await assert.rejects(phone.devices.move({ token: 'ERA', amount: 1n, to: 'Cafe' }), {
    code: 'refused',
  });
  await assert.rejects(cafe.devices.move({ token: 'ERA', amount: 1n, to: 'Phone' }), {
    code: 'refused',
  });
  await phone.devices.retire(owner, 'Laptop');
  await assert.rejects(phone.devices.move({ token: 'ERA', amount: 1n, to: 'Laptop' }), {
    code: 'refused',
  });
});

test('only the authority in force changes the tree, and only what the tree allows', async () => {
  const { network, phone, laptop, cafe } = await household();
  await assert.rejects(phone.devices.retire(stranger, 'Laptop'), { code: 'bad-words' });
  await assert.rejects(cafe.devices.add(owner), { code: 'usage' });
  await assert.rejects(phone.devices.add(owner), { code: 'refused' });
  await assert.rejects(phone.devices.add(owner, laptop.id.card), { code: 'refused' });
  await assert.rejects(phone.devices.add(owner, cafe.id.card), { code: 'refused' });
  await assert.rejects(phone.devices.add(owner, new Uint8Array(9)), { code: 'integrity' });
  await assert.rejects(phone.devices.retire(owner, 'nobody'), { code: 'not-found' });
  const other = await member(network, 'Other');
  await assert.rejects(phone.devices.retire(owner, other.id.device), { code: 'refused' });
  assert.equal(phone.devices.tree()!.seq, 2);
});

test('after a rotation the next key signs, of these words or of others', async () => {
  const { network, phone, laptop } = await household();
  assert.equal((await phone.devices.rotate(owner)).rotations, 1);
  const third = await member(network, 'Third');
  assert.equal((await laptop.devices.add(owner, third.id.card)).seq, 4);
  const elsewhere = stranger.authority(0).publicKey;
  assert.equal((await phone.devices.rotate(owner, elsewhere)).rotations, 2);
  await assert.rejects(laptop.devices.retire(owner, 'Phone'), { code: 'bad-words' });
  const tree = await laptop.devices.retire(stranger, third.id.device);
  assert.equal(tree.seq, 6);
  // Whoever comes new is shown both rotations.
  const bar = await member(network, 'Bar', { of: nobody });
  await phone.devices.refresh();
  await met(phone, bar);
  assert.equal(bar.devices.of('Phone')!.rotations, 2);
});

test('a device that nobody answers keeps its update, and goes on with it', async () => {
  const network = await networkIn(emptyWorld());
  const phone = await member(network, 'Phone');
  const [first, second] = network.storageNodes;
  await first!.close();
  await second!.close();
  await assert.rejects(phone.devices.add(owner), { code: 'offline' });
  await assert.rejects(phone.devices.refresh(), { code: 'offline' });
});

test('two devices that sign at once: one counts, the other looks first', async () => {
  const { network, phone, laptop, cafe } = await household();
  const third = await member(network, 'Third');
  await laptop.devices.add(owner, third.id.card);
  // The phone does not know yet; it learns, and says the next one.
  const tree = await phone.devices.rotate(owner);
  assert.equal(tree.seq, 4);
  assert.equal(tree.devices.length, 3);
  const notices: IdentityNotice[] = [];
  cafe.on('identity', (notice) => notices.push(notice));
  await cafe.sync();
  assert.deepEqual(notices, []);
});

test('a wallet without words joins by new keys, and belongs once the tree names it too', async () => {
  const { network, phone, cafe } = await household();
  const till = await member(network, 'Till', { of: nobody });
  await met(till, cafe);
  await assert.rejects(phone.devices.add(owner, till.id.card), { code: 'refused' });
  await assert.rejects(phone.devices.join(genesis), { code: 'refused' });
  await assert.rejects(till.devices.join(new Uint8Array(9)), { code: 'integrity' });
  assert.equal(await till.devices.join(genesis), identity);
  await met(phone, till);
  assert.ok(!phone.contact('Till').contact().own);
  await phone.devices.add(owner, till.id.card);
  assert.ok(phone.contact('Till').contact().own);
  await till.sync();
  await cafe.sync();
  assert.equal(cafe.contact('Till').contact().identity, identity);
  // It cannot leave its tree behind by another card.
  await phone.devices.retire(owner, 'Till');
  await cafe.sync();
  assert.equal(cafe.contact('Till').contact().state, 'retired');
});
