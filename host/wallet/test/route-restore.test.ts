/**
 * Routes and lost devices: a payee or a relay comes back from a backup that is older than what became
 * of its locks. What it has given up its payer may take back; what it can open alone it keeps.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore, type MemoryPlace } from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import { keyOf } from '@dsm/primitive';
import { restoreWallet, type Wallet } from '../src/index.ts';
import { routeRow } from '../src/route-rows.ts';
import { escrowRow, tables, walletRow } from '../src/rows.ts';
import {
  altered,
  closeAll,
  connect,
  copyOfLine,
  eventually,
  holdings,
  lockedIn,
  placeOf,
  quiet,
  type Line,
} from './line.ts';
import { callLosing } from './losing.ts';
import { walletIn } from './world.ts';

type Three = readonly [Wallet, Wallet, Wallet];
type Two = readonly [Wallet, Wallet];

/** The rows of a table. */
function rowsIn(place: MemoryPlace, table: number): (readonly [Uint8Array, Uint8Array])[] {
  return [...place.rows.values()].filter(([key]) => key[0] === table);
}

/** Bob's device is gone: in its place comes what the backup holds, and asks the nodes. */
async function bobAgain(line: Line, backup: Uint8Array): Promise<readonly [Wallet, Line]> {
  const { wallets, network, world } = line;
  await wallets[1]!.close();
  const kept = walletRow.decode(rowsIn(placeOf(world, 'Bob'), tables.wallet)[0]![1]);
  assert.ok(kept.ok && kept.value.secret !== undefined);
  const { secret } = kept.value;
  const store = memoryStore();
  const bob = await restoreWallet({ store, network, secret, kem: nativeKem, backup });
  await bob.sync();
  return [bob, { ...line, wallets: wallets.with(1, bob) }];
}

/** Everybody leaves what was funded for it, and learns from the nodes how the others have left. */
async function leaveAll({ wallets }: Line): Promise<void> {
  for (let round = 0; round < 2; round++) for (const wallet of wallets) await wallet.sync();
  for (const [i, wallet] of wallets.entries()) {
    if (i > 0) await wallet.contact(wallets[i - 1]!.id.name).exit('ERA');
  }
  for (let round = 0; round < 2; round++) for (const wallet of wallets) await wallet.sync();
}

/** Nothing is locked, lost, stopped or broken any more, and everybody can be paid. */
/** Whoever came back counts as resuming until the other side has shown that it knows. */
const goesOn = /^(?:ok|resuming)$/;

async function assertWell(line: Line): Promise<void> {
  const { wallets } = line;
  assert.equal(lockedIn(line), 0n);
  for (const [i, wallet] of wallets.entries()) {
    assert.deepEqual((await wallet.verify()).faults, []);
    assert.deepEqual(wallet.alarms(), []);
    for (const route of wallet.routes()) assert.notEqual(route.state, 'pending');
    const before = wallets[i - 1];
    if (before === undefined) continue;
    assert.match(wallet.contact(before.id.name).contact().state, goesOn);
    const had = wallet.balances()[0]!.total;
    const { finality } = await before.contact(wallet.id.name).pay({ ERA: 1n, over: 'online' });
    assert.equal(finality, 'certified');
    await wallet.sync();
    assert.equal(wallet.balances()[0]!.total, had + 1n, 'its lane goes on');
  }
}

function changes(line: Line, before: readonly bigint[]): readonly bigint[] {
  return holdings(line).map((held, i) => held - before[i]!);
}

/** Bob has passed a lock on and heard nothing yet; Ann and Cyd are off. */
async function passing(text: (asked: string) => string): Promise<{
  readonly line: Line;
  readonly early: Uint8Array;
  readonly late: Uint8Array;
  readonly before: readonly bigint[];
}> {
  const line = await copyOfLine(3);
  const [ann, bob, cyd] = line.wallets as Three;
  await connect(line);
  const before = holdings(line);
  const early = await bob.backup();
  const asked = await cyd.invoice({ ERA: 20n });
  await bob.contact('Cyd').close();
  await quiet();
  await ann.payInvoice(text(asked), { maxFee: 1n, patienceMs: 20 });
  await eventually(() => bob.routes()[0]?.state === 'pending');
  await ann.contact('Bob').close();
  await quiet();
  return { line, early, late: await bob.backup(), before };
}

const asItIs = (asked: string): string => asked;
/** Less arrives than is asked for: the recipient gives it up. */
const tooLittle = (asked: string): string => altered(asked, 19n);

for (const when of ['early', 'late'] as const) {
  const state = when === 'early' ? 'before the lock came' : 'while the lock stood';
  test(`given up by a relay that was backed up ${state}: its payer takes it back, and all goes on`, async () => {
    const passed = await passing(tooLittle);
    const [ann, bob, cyd] = passed.line.wallets as Three;
    await bob.sync();
    await cyd.sync();
    await bob.sync();
    await ann.sync();
    assert.equal(ann.routes()[0]!.state, 'returned', 'cancelled before Bob came back');
    const [again, line] = await bobAgain(passed.line, passed[when]);
    await ann.sync();
    await again.sync();
    assert.match(again.contact('Ann').contact().state, goesOn);
    assert.equal(again.contact('Ann').edge('ERA').locked, 0n);
    if (when === 'late') {
      assert.match(again.routes()[0]!.waiting, /^Cyd, who can leave the edge: a restore/);
    }
    await leaveAll(line);
    assert.deepEqual(holdings(line), passed.before);
    await assertWell(line);
    await closeAll(line);
  });
}

test('a relay that was lost while both locks stood is paid all the same', async () => {
  const passed = await passing(asItIs);
  const [, bob, cyd] = passed.line.wallets as Three;
  await bob.sync();
  await cyd.sync();
  const [, line] = await bobAgain(passed.line, passed.late);
  await leaveAll(line);
  assert.deepEqual(changes(line, passed.before), [-21n, 1n, 20n]);
  await assertWell(line);
  await closeAll(line);
});

test('a relay that was lost before it knew of the locks loses what was under way, and no more', async () => {
  const passed = await passing(asItIs);
  const [, bob, cyd] = passed.line.wallets as Three;
  await bob.sync();
  await cyd.sync();
  const [, line] = await bobAgain(passed.line, passed.early);
  await leaveAll(line);
  assert.deepEqual(changes(line, passed.before), [0n, -20n, 20n]);
  await assertWell(line);
  await closeAll(line);
});

/** Ann's own memory, changed under her hands: the lock is given up, so she takes it back. */
async function annLies(line: Line): Promise<Wallet> {
  await line.wallets[0]!.close();
  const place = placeOf(line.world, 'Ann');
  for (const [key, value] of rowsIn(place, tables.escrow)) {
    const decoded = escrowRow.decode(value);
    assert.ok(decoded.ok);
    const { escrow } = decoded.value;
    const locks = escrow.locks.map((lock) => ({ ...lock, givenUp: 1 as const }));
    const row = { ...decoded.value, escrow: { ...escrow, locks } };
    place.rows.set(keyOf(key), [key, escrowRow.encode(row)]);
  }
  for (const [key, value] of rowsIn(place, tables.route)) {
    const decoded = routeRow.decode(value);
    assert.ok(decoded.ok);
    const passage = { ...decoded.value.passage, outgoing: 'gone' as const };
    place.rows.set(keyOf(key), [key, routeRow.encode({ ...decoded.value, passage })]);
  }
  return walletIn(line.network, place, 'Ann');
}

for (const state of ['told', 'opened'] as const) {
  test(`a lock that was ${state} is not taken back from a recipient that comes back`, async () => {
    const first = await copyOfLine(2);
    const [ann, bob] = first.wallets as Two;
    const before = holdings(first);
    const text = await bob.invoice({ ERA: 20n });
    const { cut } = await callLosing(ann, bob, ({ type }) => type === 'reveal');
    await ann.payInvoice(text, { patienceMs: 20 });
    await cut();
    if (state === 'opened') await bob.sync();
    const backup = await bob.backup();
    // The lie is at the nodes before Bob is back, so it does not end with his old key.
    const liar = await annLies(first);
    await liar.sync();
    assert.equal(liar.routes()[0]!.state, 'returned');
    const [again, line] = await bobAgain({ ...first, wallets: [liar, bob] }, backup);
    assert.equal(again.contact('Ann').contact().state, 'stopped');
    await again.contact('Ann').exit('ERA');
    assert.equal(again.routes()[0]!.state, 'paid');
    await liar.sync();
    assert.deepEqual(changes(line, before), [-20n, 20n]);
    await closeAll(line);
  });
}
