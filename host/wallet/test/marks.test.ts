/** Marks: small however many there are, evidence from the first of them, and none hides another's. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { marksMax } from '@dsm/bilateral';
import { hash, encodeWith, equal, u64 } from '@dsm/primitive';
import { installNative } from '@dsm/node';
import { noMarks } from '../src/marks.ts';
import { markBytesMax, tables, type MarkRow } from '../src/rows.ts';
import { copied, market, met, opened, paid, type Stall } from './market.ts';

installNative();

const runs = process.env['DSM_TEST_LONG'] === '1' ? 900 : 300;

test(`after ${runs} signed runs each mark is small, and the first of them convicts`, async () => {
  const { network, maya, cafe, bazaar, stalls } = await market();
  await met(maya, cafe, (toCafe) => toCafe.fund('ERA', BigInt(runs)));
  const copy = await opened(network, copied(stalls.maya));
  const [before, absorbed] = [marksIn(stalls.cafe).length, cafe.contacts()[0]!.absorbed];
  await met(maya, cafe, async (toCafe) => {
    const stream = await toCafe.stream({ token: 'ERA', every: { count: 1 } });
    for (let i = 0; i < runs; i++) await stream.send(1n);
    await stream.close();
  });
  const marks = marksIn(stalls.cafe);
  const taken = cafe.contacts()[0]!.absorbed - absorbed;
  assert.ok(taken > runs / 2, `${taken} of ${runs}`);
  assert.equal(marks.length - before, taken);
  for (const value of marks) assert.ok(value.length <= markBytesMax);

  // The copy takes the step that Maya took first in the stream, and the merchants meet.
  await paid(copy, bazaar, 1n, 'offline');
  await cafe.close();
  const again = await opened(network, stalls.cafe);
  await met(again, bazaar);
  for (const merchant of [again, bazaar]) {
    const [alarm] = merchant.alarms();
    assert.equal(alarm?.what, 'steps');
    assert.equal(merchant.contact('Maya').contact().state, 'bricked');
  }
});

function marksIn({ place }: Stall): Uint8Array[] {
  return [...place.rows.values()].flatMap(([key, value]) =>
    key[0] === tables.mark ? [value] : [],
  );
}

const [ann, bob, cem] = [1, 2, 3].map((n) => new Uint8Array(32).fill(n)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
];

/** The mark of a made-up run. */
function markOf(device: Uint8Array, index: number, isSpend = false): MarkRow {
  const drawn = (what: number): Uint8Array =>
    hash('mark', device, encodeWith(u64, index), Uint8Array.of(what));
  const step = { previous: drawn(3), before: drawn(4), after: drawn(5) };
  return {
    position: drawn(0),
    statement: drawn(1),
    device,
    incarnation: 7,
    lane: drawn(2),
    index,
    step: isSpend ? undefined : step,
  };
}

test('what is put is there, of steps and of spends; a later statement takes the place', () => {
  const marks = noMarks();
  for (const isSpend of [false, true]) {
    const row = markOf(ann, isSpend ? 1 : 2, isSpend);
    assert.equal(marks.at(row.position), undefined);
    marks.put(row);
    assert.deepEqual(marks.at(row.position), row);
    const later = { ...row, statement: markOf(bob, 1).statement };
    marks.put(later);
    assert.deepEqual(marks.at(row.position), later);
  }
  assert.equal(marks.shown(bob).length, 2);
});

test('who states much hides nothing of the others; nobody is shown what it said itself', () => {
  const marks = noMarks();
  const few = [1, 2, 3].map((index) => markOf(bob, index));
  const many = Array.from({ length: 3 * marksMax }, (_, i) => markOf(ann, i));
  for (const row of [...few, markOf(cem, 1), ...many]) marks.put(row);
  const lines = marks.shown(cem);
  assert.equal(lines.length, marksMax);
  const isShown = ({ position, statement }: MarkRow): boolean =>
    lines.some((line) => equal(line.position, position) && equal(line.statement, statement));
  assert.ok(few.every(isShown));
  assert.deepEqual(
    many.map(isShown),
    many.map((_, i) => i >= many.length - (marksMax - few.length)),
  );
  assert.equal(isShown(markOf(cem, 1)), false);
  assert.deepEqual(marks.shown(ann).length, few.length + 1);
});
