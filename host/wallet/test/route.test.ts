/** Routes: payments over two, three and five hops, what relays keep, and what is refused. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Wallet } from '../src/index.ts';
import {
  closeAll,
  connect,
  copyOfLine,
  eventually,
  fee,
  holdings,
  lockedIn,
  openLine,
  quiet,
  sum,
  until,
} from './line.ts';
import { call, copyWorld } from './world.ts';

for (const hops of [2, 3, 5]) {
  test(`a payment over ${hops} hops: the recipient gets all of it, each relay its fee`, async () => {
    const line = await copyOfLine(hops + 1);
    await connect(line);
    const before = holdings(line);
    const [payer, recipient] = [line.wallets[0]!, line.wallets.at(-1)!];
    const text = await recipient.invoice({ ERA: 20n, note: 'two coffees' });
    const route = await payer.payInvoice(text, { maxFee: 10n });
    assert.equal(route.state, 'paid');
    assert.equal(route.role, 'payer');
    assert.equal(route.fee, BigInt(hops - 1));
    assert.equal(route.hops.length, hops);
    assert.equal(route.note, 'two coffees');
    const got = await until(recipient, (one) => one?.state === 'paid' && one.waiting === '');
    assert.equal(got?.amount, 20n);
    assert.equal(got?.finality, 'edge-final');
    for (const relay of line.wallets.slice(1, -1)) {
      const kept = await until(relay, (one) => one?.state === 'paid' && one.waiting === '');
      assert.equal(kept?.role, 'relay');
      assert.equal(kept?.fee, 1n);
    }
    await quiet();
    const gains = holdings(line).map((held, i) => held - before[i]!);
    const relays = gains.slice(1, -1);
    assert.deepEqual(
      gains,
      [-20n - BigInt(hops - 1), ...relays.map(() => 1n), 20n],
      'conservation over all wallets',
    );
    assert.equal(sum(gains), 0n);
    const [paid] = recipient.history({ contact: line.wallets.at(-2)!.id.name }).slice(-1);
    assert.equal(paid?.amount, 20n);
    assert.equal(paid?.note, 'two coffees');
    assert.equal(paid?.finality, 'edge-final');
    await closeAll(line);
  });
}

test('a neighbour is paid by one lock, and nobody keeps anything', async () => {
  const line = await copyOfLine(2);
  const [ann, bob] = line.wallets as [Wallet, Wallet];
  await (
    await call(ann, bob)
  ).relationship;
  const route = await ann.payInvoice(await bob.invoice({ ERA: 100n }));
  assert.deepEqual([route.state, route.fee, route.hops.length], ['paid', 0n, 1]);
  await until(bob, (one) => one?.state === 'paid');
  assert.equal(ann.contact('Bob').edge('ERA').canPay, 0n);
  await closeAll(line);
});

test('no path, too little capacity, a fee beyond the limit: refused before anything is locked', async () => {
  const line = await copyOfLine(4);
  const [ann, bob, , dan] = line.wallets as [Wallet, Wallet, Wallet, Wallet];
  await assert.rejects(ann.payInvoice('inv1qqq'), { code: 'usage' });
  await connect(line);
  const code = async (text: string, maxFee: bigint): Promise<unknown> =>
    ann.payInvoice(text, { maxFee }).then(
      () => 'paid',
      ({ code: one, message }: { code: string; message: string }) => [one, message],
    );
  const large = await dan.invoice({ ERA: 101n });
  assert.match(String(await code(large, 9n)), /^no-path,no known path holds 101 ERA to Dan/);
  const dear = await dan.invoice({ ERA: 98n });
  assert.deepEqual(await code(dear, 1n), [
    'over-limit',
    'the fee would be 2 ERA, and at most 1 ERA is allowed',
  ]);
  const own = await ann.invoice({ ERA: 1n });
  assert.deepEqual(await code(own, 1n), ['usage', 'this invoice is your own']);
  // Against the direction of the edges nobody can be reached.
  const backwards = await bob.invoice({ ERA: 1n });
  await assert.rejects(dan.payInvoice(backwards, { maxFee: 9n }), { code: 'no-path' });
  assert.deepEqual(ann.routes(), []);
  assert.equal(lockedIn(line), 0n);
  assert.equal(await code(dear, 2n), 'paid');
  assert.deepEqual(await code(dear, 2n), ['refused', 'this invoice is paid already']);
  await closeAll(line);
});

test('an invoice says the same to everybody, and is of one network', async () => {
  const line = await copyOfLine(2);
  const [ann, bob] = line.wallets as [Wallet, Wallet];
  const text = await bob.invoice({ ERA: 7n, note: 'tea' });
  const info = ann.readInvoice(text.toUpperCase());
  assert.deepEqual(
    [info.name, info.device, info.ticker, info.amount, info.note],
    ['Bob', bob.id.device, 'ERA', 7n, 'tea'],
  );
  assert.notEqual(await bob.invoice({ ERA: 7n, note: 'tea' }), text, 'each has its own preimage');
  await assert.rejects(bob.invoice({ ERA: 0n }), { code: 'usage' });
  await assert.rejects(bob.invoice({ ERA: 1n, note: 'x'.repeat(257) }), { code: 'usage' });
  const typo = `${text.slice(0, -1)}${text.endsWith('q') ? 'p' : 'q'}`;
  assert.throws(() => ann.readInvoice(typo), { code: 'usage' });
  await closeAll(line);
});

test('routes, invoices and terms are there after the wallet is opened again', async () => {
  const line = await copyOfLine(3);
  await connect(line);
  const [ann, bob, cyd] = line.wallets as [Wallet, Wallet, Wallet];
  await ann.payInvoice(await cyd.invoice({ ERA: 5n, note: 'tea' }), { maxFee: 1n });
  const unpaid = await cyd.invoice({ ERA: 6n });
  await until(bob, (one) => one?.waiting === '' && one.state === 'paid');
  await quiet();
  const before = line.wallets.map((wallet) => wallet.routes());
  await closeAll(line);
  const again = await openLine(copyWorld(line.world), 3);
  assert.deepEqual(
    again.wallets.map((wallet) => wallet.routes()),
    before,
  );
  const [id] = again.wallets[0]!.routes().map((route) => route.id);
  assert.equal(again.wallets[0]!.route(id!.slice(0, 12)).note, 'tea');
  // The path is known before anybody is met, and the preimage was not lost.
  await connect(again);
  const route = await again.wallets[0]!.payInvoice(unpaid, { maxFee: 1n });
  assert.equal(route.state, 'paid');
  await closeAll(again);
});

test('who does not take part is told nothing and passes nothing on', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as [Wallet, Wallet, Wallet];
  await connect(line);
  const text = await cyd.invoice({ ERA: 5n });
  await bob.contact('Cyd').disclose({ edges: false });
  // Ann has heard of the edge before; what is told is a hint.
  const route = await ann.payInvoice(text, { maxFee: 1n });
  assert.equal(route.state, 'returned');
  assert.equal(bob.routes()[0]!.why, 'no payments go that way through this device');
  assert.deepEqual(cyd.routes(), []);
  await eventually(() => ann.contact('Bob').disclosure().told === 0);
  await assert.rejects(ann.payInvoice(await cyd.invoice({ ERA: 5n }), { maxFee: 1n }), {
    code: 'no-path',
  });
  assert.equal(lockedIn(line), 0n);
  await closeAll(line);
});

test('a relay that wants more than the payer was told gives the lock up, and all comes back', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as [Wallet, Wallet, Wallet];
  await connect(line);
  const before = holdings(line);
  const text = await cyd.invoice({ ERA: 5n });
  const paying = ann.payInvoice(text, { maxFee: 1n });
  await bob.contact('Cyd').disclose({ edges: true, fee: { flat: 3n, perMillion: 0 } });
  const route = await paying;
  assert.equal(route.state, 'returned');
  assert.equal(bob.routes()[0]!.why, 'less than the fee would stay here');
  await until(bob, (one) => one?.state === 'returned');
  assert.deepEqual(holdings(line), before);
  await closeAll(line);
});

test('what is locked towards a contact has a limit of its own', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as [Wallet, Wallet, Wallet];
  await connect(line);
  await bob.contact('Cyd').disclose({ edges: true, fee, lockedMax: { ERA: 9n } });
  const route = await ann.payInvoice(await cyd.invoice({ ERA: 10n }), { maxFee: 1n });
  assert.equal(route.state, 'returned');
  assert.equal(bob.routes()[0]!.why, 'too much is locked on the next edge');
  assert.equal(bob.contact('Cyd').disclosure().lockedMax['ERA'], 9n);
  const smaller = await ann.payInvoice(await cyd.invoice({ ERA: 9n }), { maxFee: 1n });
  assert.equal(smaller.state, 'paid');
  await closeAll(line);
});

test('who takes nothing less than certified from a contact takes no locks from it', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as [Wallet, Wallet, Wallet];
  await connect(line);
  await cyd.contact('Bob').setMinimumFinality('certified');
  const route = await ann.payInvoice(await cyd.invoice({ ERA: 5n }), { maxFee: 1n });
  assert.equal(route.state, 'returned');
  assert.match(cyd.routes()[0]!.why, /^this would be edge-final/);
  await until(bob, (one) => one?.state === 'returned');
  assert.equal(lockedIn(line), 0n);
  await closeAll(line);
});
