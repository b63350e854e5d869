/**
 * Routes that do not go through: somebody vanishes, keeps silent, does not pay, cheats. Whatever it
 * is, no relay loses, and what is locked says for whom it waits.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  card,
  keyDigest,
  lockPosition,
  registryLineage,
  slotKey,
  slotKinds,
  zero32,
  type Card,
} from '@dsm/primitive';
import { idBytes, type Wallet } from '../src/index.ts';
import {
  altered,
  closeAll,
  connect,
  copyOfLine,
  eventually,
  holdings,
  invoiceIn,
  lockedIn,
  quiet,
  sum,
  until,
  type Line,
} from './line.ts';
import { callLosing } from './losing.ts';
import { call, meetAndPart } from './world.ts';

type Three = readonly [Wallet, Wallet, Wallet];

function decodedCard(bytes: Uint8Array): Card {
  const decoded = card.decode(bytes);
  assert.ok(decoded.ok);
  return decoded.value;
}

/** Everybody meets its neighbours and syncs until nothing changes any more. */
async function settle(line: Line, rounds = 4): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (const [i, wallet] of line.wallets.slice(0, -1).entries()) {
      await meetAndPart(wallet, line.wallets[i + 1]!);
    }
    for (const wallet of line.wallets) await wallet.sync();
  }
}

test('a relay that vanishes after the lock holds it, and says so until it is back', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as Three;
  await connect(line);
  const before = holdings(line);
  const text = await cyd.invoice({ ERA: 20n });
  await bob.contact('Cyd').close();
  await bob.contact('Ann').close();
  await quiet();
  const route = await ann.payInvoice(text, { maxFee: 1n, patienceMs: 20 });
  assert.equal(route.state, 'pending');
  assert.equal(route.waiting, 'Bob, who has not answered: it can open the lock or give it up');
  assert.equal(route.locked, 21n);
  assert.equal(ann.contact('Bob').edge('ERA').locked, 21n);
  await assert.rejects(ann.payInvoice(text, { maxFee: 1n }), /this invoice is being paid already/);
  // It is back: through the nodes alone everything goes its way.
  for (let round = 0; round < 4; round++) for (const wallet of line.wallets) await wallet.sync();
  assert.deepEqual(
    line.wallets.map((wallet) => wallet.routes()[0]!.state),
    ['paid', 'paid', 'paid'],
  );
  assert.deepEqual(
    holdings(line).map((held, i) => held - before[i]!),
    [-21n, 1n, 20n],
  );
  await closeAll(line);
});

test('a recipient that never answers holds what is locked; the relay does not leave meanwhile', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as Three;
  await connect(line);
  const text = await cyd.invoice({ ERA: 20n });
  await cyd.contact('Bob').close();
  await quiet();
  const route = await ann.payInvoice(text, { maxFee: 1n, patienceMs: 100 });
  assert.equal(route.state, 'pending');
  await eventually(() => bob.routes()[0]?.state === 'pending');
  assert.match(bob.routes()[0]!.waiting, /^Cyd, who has not answered/);
  assert.equal(lockedIn(line), 41n);
  await bob.sync();
  await ann.sync();
  assert.equal(ann.routes()[0]!.state, 'pending', 'no clock ends it');
  await assert.rejects(bob.contact('Ann').exit('ERA'), /under way: leaving now could lose it/);
  await closeAll(line);
});

test('a payer that does not pay for the preimage: the relay opens the lock and leaves with it', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as Three;
  await connect(line);
  const before = holdings(line);
  const text = await cyd.invoice({ ERA: 20n });
  await bob.contact('Ann').close();
  await quiet();
  // Ann never hears the preimage over this line, and is not there afterwards.
  const { cut } = await callLosing(
    ann,
    bob,
    ({ type }, from) => type === 'reveal' && from === 'called',
  );
  await ann.payInvoice(text, { maxFee: 1n, patienceMs: 200 });
  await until(cyd, (one) => one?.state === 'paid');
  await cut();
  assert.match(bob.routes()[0]!.waiting, /^Ann, who was told the preimage and has not paid/);
  const edge = await bob.contact('Ann').exit('ERA');
  assert.deepEqual([edge.mine, edge.locked], [0n, 0n]);
  assert.equal(bob.routes()[0]!.state, 'paid');
  assert.equal(bob.routes()[0]!.finality, 'certified');
  assert.deepEqual(
    holdings({ ...line, wallets: [bob, cyd] }).map((held, i) => held - before[i + 1]!),
    [1n, 20n],
  );
  // The payer learns from the nodes what happened, and gets the rest back.
  await ann.sync();
  assert.equal(ann.routes()[0]!.state, 'paid');
  assert.equal(sum(holdings(line)), sum(before));
  assert.equal(lockedIn(line), 0n);
  await closeAll(line);
});

test('a recipient whose payer does not pay opens the lock at the nodes, and that is for good', async () => {
  const line = await copyOfLine(2);
  const [ann, bob] = line.wallets as readonly [Wallet, Wallet];
  const text = await bob.invoice({ ERA: 20n });
  const { cut } = await callLosing(ann, bob, ({ type }) => type === 'reveal');
  await ann.payInvoice(text, { patienceMs: 50 });
  await cut();
  await bob.sync();
  assert.equal(bob.routes()[0]!.state, 'paid');
  assert.match(bob.routes()[0]!.waiting, /^nothing: the lock is opened for good/);
  // The payer finds the preimage in the slot and pays by itself.
  await ann.sync();
  assert.equal(ann.routes()[0]!.state, 'paid');
  await bob.sync();
  assert.equal(bob.routes()[0]!.waiting, '');
  assert.equal(bob.history().at(-1)!.amount, 20n);
  await closeAll(line);
});

test('given up through the nodes alone, from the recipient back to the payer', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as Three;
  await connect(line);
  const before = holdings(line);
  const text = await cyd.invoice({ ERA: 20n });
  await bob.contact('Cyd').close();
  await bob.contact('Ann').close();
  await quiet();
  // Less arrives than the invoice says.
  await ann.payInvoice(altered(text, 19n), { maxFee: 1n, patienceMs: 1 });
  for (let round = 0; round < 5; round++) for (const wallet of line.wallets) await wallet.sync();
  assert.deepEqual(
    line.wallets.map((wallet) => wallet.routes().at(-1)!.state),
    ['returned', 'returned', 'returned'],
  );
  assert.equal(cyd.routes()[0]!.why, 'the invoice asks for another amount');
  assert.deepEqual(holdings(line), before);
  assert.equal(lockedIn(line), 0n);
  await closeAll(line);
});

test('an invoice is taken once: the second lock under its hash is given up', async () => {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as Three;
  await connect(line);
  const text = await cyd.invoice({ ERA: 20n });
  assert.equal((await ann.payInvoice(text, { maxFee: 1n })).state, 'paid');
  await until(cyd, (one) => one?.state === 'paid' && one.waiting === '');
  // Bob funds a second escrow, in which the hash was never used, and pays the same invoice.
  await bob.contact('Cyd').fund('ERA', 50n);
  await eventually(() => cyd.contact('Bob').edge('ERA').escrows.length === 2);
  await cyd.sync();
  const second = await bob.payInvoice(text);
  assert.equal(second.state, 'returned');
  assert.equal(cyd.routes().at(-1)!.why, 'the invoice is paid, or being paid');
  assert.equal(lockedIn(line), 0n);
  await settle(line, 1);
  assert.equal(
    cyd
      .history()
      .filter(({ direction }) => direction === 'in')
      .at(-1)!.amount,
    20n,
  );
  await closeAll(line);
});

test('a forged certificate, another value, another hash: nothing changes', async () => {
  const line = await copyOfLine(2);
  const [ann, bob] = line.wallets as readonly [Wallet, Wallet];
  const text = await bob.invoice({ ERA: 20n });
  const { inject, cut } = await callLosing(ann, bob, ({ type }) => type === 'reveal');
  await ann.payInvoice(text, { patienceMs: 50 });
  const escrow = idBytes('escrow', ann.contact('Bob').edge('ERA').escrows[0]!.id)!;
  const hash = invoiceIn(text).hash;
  const { registry } = line.network;
  const { body } = decodedCard(bob.id.card);
  const writer = keyDigest(body.suite, body.workingKey);
  const key = slotKey({ kind: slotKinds.lock, writer, position: lockPosition(escrow, hash) });
  const votes = [0, 1, 2].map((node) => ({
    node,
    path: [],
    signature: new Uint8Array(3_309),
  }));
  const value = new Uint8Array(32).fill(5);
  const { version } = registry;
  const forged = { lineage: registryLineage(registry), version, key, value, votes };
  await inject({ type: 'given-up', escrow, hash, certificate: forged });
  await inject({ type: 'given-up', escrow: zero32, hash, certificate: forged });
  await inject({ type: 'reveal', escrow, preimage: value });
  await quiet();
  assert.equal(ann.routes()[0]!.state, 'pending');
  assert.equal(lockedIn(line), 20n);
  await cut();
  const { relationship } = await call(bob, ann);
  await relationship;
  await until(ann, (one) => one?.state === 'paid');
  await closeAll(line);
});
