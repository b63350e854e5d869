/** Rows of a store under mutation: every table reads one spelling of a row, or refuses; none throws. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { card, equal, type Obj } from '@dsm/primitive';
import { device, relationship } from '@dsm/bilateral';
import { memoryPlace, memoryStore } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { createWallet, localNetwork, memory } from '@dsm/wallet';
import {
  checkpointRow,
  contactRow,
  markRow,
  noteRow,
  originRow,
  paymentRow,
  policyRow,
  runRow,
  tables,
  walletRow,
} from '../src/rows.ts';
import { invoiceRow, relayRow, routeRow, toldRow } from '../src/route-rows.ts';
import { sharedRow } from '../src/kept-state.ts';

installNative();

const byTable: readonly (readonly [keyof typeof tables, Obj<never>])[] = [
  ['wallet', walletRow],
  ['device', device],
  ['relationship', relationship],
  ['checkpoint', checkpointRow],
  ['run', runRow],
  ['contact', contactRow],
  ['note', noteRow],
  ['origin', originRow],
  ['policy', policyRow],
  ['payment', paymentRow],
  ['mark', markRow],
  ['shared', sharedRow],
  ['route', routeRow],
  ['invoice', invoiceRow],
  ['told', toldRow],
  ['relay', relayRow],
] as unknown as readonly (readonly [keyof typeof tables, Obj<never>])[];

const lane = {
  start: new Uint8Array(32).fill(1),
  head: new Uint8Array(32).fill(2),
  index: 64,
  entropy: new Uint8Array(32).fill(3),
};

const state = {
  mineStart: new Uint8Array(32).fill(1),
  theirsStart: new Uint8Array(32).fill(2),
  mine: { index: 64, head: new Uint8Array(32).fill(3) },
  theirs: { index: 7, head: new Uint8Array(32).fill(4) },
  low: 60,
  high: 7,
  state: new Uint8Array(20).fill(5),
};

const id = new Uint8Array(32).fill(6);
const fee = { flat: 1n, perMillion: 500 };
const told = {
  edges: [{ edge: { from: id, to: lane.start, token: lane.head, capacity: 7n, fee }, depth: 2 }],
};

const rounds = process.env['DSM_TEST_LONG'] === '1' ? 100_000 : 5_000;

/** Whole numbers below `max`, the same for the same seed. */
function dice(seed: number): (max: number) => number {
  let state = seed >>> 0;
  return (max) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * max);
  };
}

test(`rows of every table take ${rounds} mutations each`, async () => {
  const place = memoryPlace();
  const network = await localNetwork({ nodes: 4 });
  const maya = await createWallet({ name: 'Maya', store: memoryStore({ place }), network });
  const cafe = await createWallet({ name: 'Café', store: memory(), network });
  await network.fund(maya, { ERA: 500n });
  await network.fund(cafe, { ERA: 500n });
  await maya.load('ERA', 100n);
  await cafe.load('ERA', 100n);
  const meeting = await maya.meet(cafe);
  for (const amount of [1n, 2n, 12n]) await meeting.pay({ token: 'ERA', amount, over: 'offline' });
  await cafe.contact('Maya').pay({ ERA: 1n, over: 'offline' });
  await meeting.fund('ERA', 20n);
  await cafe.sync();
  await meeting.disclose({ edges: true, fee, lockedMax: { ERA: 9n } });
  await maya.invoice({ ERA: 3n, note: 'tea' });
  await maya.payInvoice(await cafe.invoice({ ERA: 3n, note: 'tea' }));
  await meeting.close();

  for (const [table, row] of byTable) {
    const good = [...place.rows.values()]
      .filter(([key]) => key[0] === tables[table])
      .map(([, value]) => value);
    // A lane of 64 entries would have one.
    if (table === 'checkpoint') good.push(checkpointRow.encode(lane));
    if (table === 'told') good.push(toldRow.encode(told));
    if (table === 'shared') good.push(sharedRow.encode(state));
    assert.notEqual(good.length, 0, `no row in ${table}`);
    const roll = dice(tables[table]);
    for (let i = 0; i < rounds; i++) {
      const bytes = mutated(good[roll(good.length)]!, roll);
      const decoded = row.decode(bytes);
      if (decoded.ok) assert.ok(equal(row.encode(decoded.value), bytes), `${table}: two spellings`);
    }
  }
  assert.ok(card.decode(maya.id.card).ok);
});

function mutated(from: Uint8Array, roll: (max: number) => number): Uint8Array {
  const bytes = from.slice();
  const at = roll(Math.min(bytes.length, roll(2) === 0 ? 64 : bytes.length));
  if (roll(4) === 0) return bytes.subarray(0, at);
  bytes[at] = roll(256);
  if (roll(3) === 0 && at + 4 <= bytes.length) bytes.set([0xff, 0xff, 0xff, roll(256)], at);
  return bytes;
}
