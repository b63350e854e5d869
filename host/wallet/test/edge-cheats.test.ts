/**
 * Edges and people who mean it: peers that vanish, pairs that collude with copies of themselves,
 * payers that told two histories, payers that say what is not so.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore, type MemoryPlace } from '@dsm/memory';
import { keyOf } from '@dsm/primitive';
import type { Wallet } from '../src/index.ts';
import { escrowRow, tables, type EscrowRow } from '../src/rows.ts';
import { connected } from './cut-flows.ts';
import { edged } from './edge-scene.ts';
import { copied, met, opened } from './market.ts';

const online = (wallet: Wallet): bigint => wallet.balances()[0]!.online;
const total = (wallet: Wallet): bigint => wallet.balances()[0]!.total;

test('a payee that vanishes for ever holds the rest, which stays shown as held', async () => {
  const { maya } = await edged();
  await maya.sync();
  await maya.sync();
  const edge = maya.contact('Cafe').edge('ERA');
  assert.deepEqual([edge.mine, edge.theirs, edge.canPay], [7n, 13n, 7n]);
  assert.equal(maya.balances()[0]!.edges, 7n);
  await assert.rejects(maya.contact('Bazaar').pay({ ERA: online(maya) + 1n, over: 'online' }), {
    code: 'insufficient-funds',
  });
});

test('a payer that vanishes for ever: the payee leaves with every total, alone', async () => {
  const { maya, cafe } = await edged();
  await maya.close();
  await cafe.contact('Maya').exit('ERA');
  assert.equal(online(cafe), 43n);
  const sent = await cafe.contact('Bazaar').pay({ ERA: 43n, over: 'online' });
  assert.equal(sent.finality, 'certified');
});

/** Everybody pours all that is certified into the bazaar, which is honest. */
async function poured(bazaar: Wallet, cheats: readonly Wallet[]): Promise<bigint> {
  for (const cheat of cheats) {
    for (let round = 0; round < 3; round++) {
      await cheat.sync();
      const amount = online(cheat);
      if (amount === 0n) break;
      await cheat
        .contact('Bazaar')
        .pay({ ERA: amount, over: 'online' })
        .catch(() => undefined);
    }
  }
  await bazaar.sync();
  return total(bazaar);
}

test('two copies of a payee leave with two totals: one counts, and the other learns it', async () => {
  const all = await edged();
  const { maya, cafe, bazaar, network, stalls } = all;
  const copy = await opened(network, copied(stalls.cafe));
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 5n, over: 'edge' }));
  await copy.contact('Maya').exit('ERA');
  await assert.rejects(cafe.contact('Maya').exit('ERA'), { code: 'already-spent' });
  const [late] = cafe.history().slice(-1);
  assert.equal(late!.finality, 'conflicted');
  await maya.sync();
  assert.equal(maya.balances()[0]!.total, 1_000n - 50n - 3n);
  const all1 = await poured(bazaar, [cafe, copy, maya]);
  // Purse and the other direction of the edge are not poured.
  assert.ok(all1 <= 1_000n, `${all1} at the bazaar`);
});

for (const order of [0, 1, 2, 3]) {
  test(`a colluding pair with copies gets no more out than went in, order ${order}`, async () => {
    const { maya, cafe, bazaar, network, stalls } = await edged();
    const old = [
      await opened(network, copied(stalls.maya)),
      await opened(network, copied(stalls.cafe)),
    ] as const;
    await met(maya, cafe, async (toCafe) => {
      await toCafe.pay({ ERA: 4n, over: 'edge' });
      await (await connected(cafe, 'Maya')).pay({ ERA: 6n, over: 'edge' });
    });
    const exits = [
      () => cafe.contact('Maya').exit('ERA'),
      () => old[1].contact('Maya').exit('ERA'),
      () => maya.contact('Cafe').exit('ERA'),
      () => old[0].contact('Cafe').exit('ERA'),
    ];
    for (let i = 0; i < exits.length; i++) {
      await exits[(i * (order % 2 === 0 ? 1 : 3) + order) % exits.length]!().catch(() => undefined);
    }
    const purse = maya.balances()[0]!.purse;
    const got = await poured(bazaar, [old[0], old[1], maya, cafe]);
    assert.ok(got <= 1_000n - purse, `${got} at the bazaar`);
    const [escrow] = maya.contact('Cafe').edge('ERA').escrows;
    assert.equal(escrow!.state, 'left');
  });
}

test('a payer who told two histories: what it paid before stays, and the payee leaves with it', async () => {
  const { maya, cafe, bazaar, network, stalls } = await edged();
  await cafe.setOfflineLimit('ERA', 100n);
  const copy = await opened(network, copied(stalls.maya));
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 2n, over: 'edge' }));
  await met(copy, bazaar, (toBazaar) => toBazaar.pay({ ERA: 9n, over: 'offline' }));
  await met(cafe, bazaar);
  assert.equal(cafe.contact('Maya').contact().state, 'bricked');
  const before = cafe.contact('Maya').edge('ERA');
  assert.equal(before.mine, 15n);
  await met(maya, cafe, (toCafe) => toCafe.pay({ ERA: 1n, over: 'edge' })).catch(() => undefined);
  assert.equal(cafe.contact('Maya').edge('ERA').mine, 15n, 'nothing new is taken');
  await assert.rejects(cafe.contact('Maya').fund('ERA', 1n), { code: 'fork' });
  await cafe.contact('Maya').exit('ERA');
  assert.equal(online(cafe), 45n);
  assert.equal(cafe.history().at(-1)!.finality, 'certified');
});

/** The escrows that a wallet has funded, by amount. */
function funded(place: MemoryPlace): Map<bigint, readonly [key: Uint8Array, row: EscrowRow]> {
  const found = [...place.rows.values()].flatMap(([key, value]) => {
    const decoded = key[0] === tables.escrow ? escrowRow.decode(value) : undefined;
    if (decoded?.ok !== true || decoded.value.side !== 0) return [];
    return [[decoded.value.escrow.note.amount, [key, decoded.value]] as const];
  });
  return new Map(found);
}

/** The payer's own memory of its escrow, changed under its hands: it says what is not so. */
function remember(place: MemoryPlace, key: Uint8Array, row: EscrowRow): void {
  place.rows.set(keyOf(key), [key, escrowRow.encode(row)]);
}

const lies: Readonly<Record<string, (row: EscrowRow) => EscrowRow>> = {
  'a falling total': (row) => ({ ...row, escrow: { ...row.escrow, total: 0n, count: 0 } }),
  'more than the escrow holds': ({ escrow, ...row }) => ({
    ...row,
    escrow: { ...escrow, note: { ...escrow.note, amount: 1_000n } },
  }),
};

for (const [lie, change] of Object.entries(lies)) {
  test(`a payer says ${lie}: refused, its lane stops here, and that is shown`, async () => {
    const { maya, cafe, network, stalls } = await edged();
    await maya.close();
    const stall = copied(stalls.maya);
    const [key, row] = funded(stall.place).get(10n)!;
    remember(stall.place, key, change(row));
    const liar = await opened(network, stall, memoryStore({ place: stall.place }));
    const amount = lie === 'a falling total' ? 2n : 8n;
    await met(liar, cafe, (toCafe) => toCafe.pay({ ERA: amount, over: 'edge' }));
    await cafe.sync();
    assert.equal(cafe.contact('Maya').edge('ERA').mine, 13n);
    const { state, stopped } = cafe.contact('Maya').contact();
    assert.equal(state, 'stopped');
    assert.match(stopped, /total does not grow|more than the escrow holds/);
    await cafe.contact('Maya').exit('ERA');
    assert.equal(online(cafe), 43n);
    await cafe.close();
    const again = await opened(network, stalls.cafe);
    assert.equal(again.contact('Maya').contact().state, 'stopped');
  });
}

test('a payer says a total of an escrow that belongs to somebody else: refused', async () => {
  const { maya, cafe, bazaar, network, stalls } = await edged();
  await maya.contact('Bazaar').fund('ERA', 1n);
  await bazaar.sync();
  await maya.close();
  const stall = copied(stalls.maya);
  // The row of the cafe's escrow, put under the relationship with the bazaar.
  const [[key, cafes], [, bazaars]] = [10n, 1n].map((n) => funded(stall.place).get(n)!) as [
    readonly [Uint8Array, EscrowRow],
    readonly [Uint8Array, EscrowRow],
  ];
  const { relationship, escrow } = bazaars;
  const note = { ...cafes.escrow.note, owner: escrow.note.owner, key: escrow.note.key };
  remember(stall.place, key, { ...cafes, relationship, escrow: { ...cafes.escrow, note } });
  const liar = await opened(network, stall, memoryStore({ place: stall.place }));
  await met(liar, bazaar, (toBazaar) => toBazaar.pay({ ERA: 5n, over: 'edge' }));
  assert.equal(bazaar.contact('Maya').edge('ERA').mine, 0n);
  assert.equal(bazaar.contact('Maya').contact().state, 'stopped');
  assert.equal(cafe.contact('Maya').edge('ERA').mine, 13n);
});
