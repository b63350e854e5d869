/**
 * What an issuer does not make anew, whatever the holder's wallet says: it re-mints certified online
 * notes of its token that are the holder's and that nobody has spent.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { message } from '@dsm/bilateral';
import type { Faults, MemoryPlace } from '@dsm/memory';
import { noteKinds, type Note } from '@dsm/protocols';
import { escrowRow, noteRow, tables } from '../src/rows.ts';
import { market, met, paid, type Market } from './market.ts';
import { call } from './world.ts';

/** All own notes, escrows to this device among them. */
function notesIn({ rows }: MemoryPlace): Note[] {
  return [...rows.values()].flatMap(([key, value]) => {
    if (key[0] === tables.note) {
      const decoded = noteRow.decode(value);
      return decoded.ok ? [decoded.value.note] : [];
    }
    const decoded = key[0] === tables.escrow ? escrowRow.decode(value) : undefined;
    return decoded?.ok === true ? [decoded.value.escrow.note] : [];
  });
}

type Place = Pick<Note, 'source' | 'index'>;

/** The line puts other notes into the question. */
const instead =
  (notes: readonly Place[]): Faults =>
  () =>
  (bytes) => {
    const said = message.decode(bytes);
    if (!said.ok || said.value.type !== 'remint') return [bytes.slice()];
    const named = notes.map(({ source, index }) => ({ source, index }));
    return [message.encode({ ...said.value, notes: named })];
  };

/** The issuer is Maya; the cafe has two online notes of hers that came a way, and asks. */
async function holding(): Promise<Market & { readonly own: Note }> {
  const all = await market();
  const { maya, cafe } = all;
  await paid(maya, cafe, 40n, 'online');
  await cafe.sync();
  const [own] = notesIn(all.stalls.cafe.place);
  await paid(maya, cafe, 30n, 'online');
  await cafe.sync();
  return { ...all, own: own! };
}

async function assertRefused(
  { maya, cafe }: Market,
  notes: readonly Place[],
  why: RegExp,
): Promise<void> {
  const before = cafe.balances().map(({ total }) => total);
  const issued = (await maya.inspect('ERA')).issued;
  const { relationship, cut } = await call(cafe, maya, { faults: instead(notes) });
  await assert.rejects((await relationship).remint('ERA'), { code: 'refused', message: why });
  await cut();
  assert.deepEqual(
    cafe.balances().map(({ total }) => total),
    before,
  );
  assert.equal((await maya.inspect('ERA')).issued, issued);
}

const of = (all: Market, kind: number): Note =>
  notesIn(all.stalls.cafe.place).find((note) => note.kind === kind)!;

test('an escrow is not made anew: its payee has not left it', async () => {
  const all = await holding();
  await met(all.maya, all.cafe, (toCafe) => toCafe.fund('ERA', 10n));
  await all.cafe.sync();
  await assertRefused(all, [of(all, noteKinds.escrow)], /only online notes/);
});

test('a purse note is not made anew', async () => {
  const all = await holding();
  await all.cafe.load('ERA', 8n);
  await assertRefused(all, [of(all, noteKinds.purse)], /only online notes/);
});

test('a note that is not certified is not made anew', async () => {
  const all = await holding();
  await paid(all.maya, all.cafe, 1n, 'offline');
  const coin = notesIn(all.stalls.cafe.place).find(({ amount }) => amount === 1n)!;
  await assertRefused(all, [coin], /not certified back to its mint/);
});

test('a note of another token is not made anew as one of this', async () => {
  const all = await holding();
  const { maya, cafe } = all;
  const { id } = await maya.issue({ ticker: 'SKY', cap: 100n });
  await maya.mint(id, 50n);
  await cafe.adopt(id);
  await met(maya, cafe, (toCafe) => toCafe.pay({ token: id, amount: 50n, over: 'online' }));
  await cafe.sync();
  const sky = notesIn(all.stalls.cafe.place).find(({ amount }) => amount === 50n)!;
  await assertRefused(all, [sky], /a note is of another token/);
  await assertRefused(all, [all.own, sky], /a note is of another token/);
});

test('a note of somebody else, one that is unknown, one twice: none is made anew', async () => {
  const all = await holding();
  await paid(all.maya, all.bazaar, 20n, 'online');
  await all.bazaar.sync();
  const [theirs] = notesIn(all.stalls.bazaar.place);
  await assertRefused(all, [theirs!], /belongs to somebody else/);
  const unknown = { source: new Uint8Array(32).fill(5), index: 0 };
  await assertRefused(all, [unknown], /the lineage of a note is not there/);
  await assertRefused(all, [{ ...all.own, index: 63 }], /the lineage of a note is not there/);
  await assertRefused(all, [all.own, all.own], /named twice/);
});

test('a note that is spent is not made anew', async () => {
  const all = await holding();
  const { cafe, bazaar } = all;
  await met(cafe, bazaar);
  const sent = await cafe.contact('Bazaar').pay({ ERA: 65n, over: 'online' });
  assert.equal(sent.finality, 'certified');
  await assertRefused(all, [all.own], /a note is spent already/);
});
