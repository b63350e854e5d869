/** Value is neither made nor lost, whatever devices do in whatever order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deviceMap, equal, keyOf, noteKey } from '@dsm/primitive';
import {
  escrowId,
  lockedIn,
  noteBlind,
  noteKinds,
  noteLeaf,
  restOf,
  tokenId,
  type Note,
} from '@dsm/protocols';
import fc from 'fast-check';

import { edgeTo, idOf, memo } from './fixture.ts';
import {
  arrives,
  art,
  burns,
  collects,
  decides,
  exits,
  founded,
  funds,
  issued,
  loads,
  pays,
  persons,
  policies,
  posted,
  repeats,
  says,
  type Village,
} from './village.ts';

const acts = {
  issue: (village, { who, token, amount }) => issued(village, token, who, amount),
  collect: (village, { number }) => collects(village, number),
  load: (village, { who, token, amount }) => loads(village, who, token, amount),
  pay: (village, { who, to, token, amount }) => pays(village, who, to, token, amount),
  burn: (village, { who, token, amount }) => burns(village, who, token, amount),
  fund: (village, { who, to, token, amount }) => funds(village, who, to, token, amount),
  say: (village, { who, number, amount }) => says(village, who, number, amount),
  decide: (village, { number, to }) => decides(village, number, to % 2 === 0),
  exit: (village, { number }) => exits(village, number),
  word: (village, { who, to, amount }) => posted(village, who, to, memo(`word ${amount}`)),
  absorb: (village, { number }) => arrives(village, number),
  again: (village, { number }) => repeats(village, number),
} as const satisfies Record<string, (village: Village, turn: Omit<Turn, 'act'>) => Village>;

/** What one turn of the property does; the numbers choose who, what and how much. */
interface Turn {
  readonly act: keyof typeof acts;
  readonly who: number;
  readonly to: number;
  readonly token: number;
  readonly number: number;
  readonly amount: bigint;
}

const often = ['collect', 'pay', 'pay', 'say', 'say', 'say', 'say', 'absorb', 'absorb', 'decide'];
const turn: fc.Arbitrary<Turn> = fc
  .record({
    act: fc.constantFrom(...Object.keys(acts), ...often) as fc.Arbitrary<keyof typeof acts>,
    who: fc.nat({ max: 2 }),
    other: fc.nat({ max: 1 }),
    token: fc.nat({ max: 2 }),
    number: fc.nat({ max: 60 }),
    amount: fc.bigInt({ min: 1n, max: 60n }),
  })
  .map(({ other, ...rest }) => ({ ...rest, to: (rest.who + 1 + other) % persons.length }));

function after(village: Village, { act, ...how }: Turn): Village {
  return acts[act](village, how);
}

/** Everything that was issued of a token is somewhere, once. */
function assertConserved(village: Village): void {
  for (const [number, policy] of policies.entries()) {
    const id = tokenId(policy);
    const places: readonly (readonly Note[])[] = [
      ...village.devices.map(({ notes }) => [...notes.values()]),
      village.wire.flatMap(({ value }) => value),
      village.waiting.map(({ note }) => note),
      village.burnt,
    ];
    const all = places.flat().filter(({ token }) => equal(token, id));
    const total = village.issues[number]?.total ?? 0n;
    if (number !== art) {
      assert.equal(
        all.reduce((sum, { amount }) => sum + amount, 0n),
        total,
      );
      continue;
    }
    const items = all.map(({ amount }) => amount).toSorted((a, b) => Number(a - b));
    assert.deepEqual(
      items,
      Array.from({ length: Number(total) }, (_, i) => BigInt(i + 1)),
    );
  }
}

/** Of every escrow both sides see the parts that make the whole, and the payee none that is ahead. */
function assertEscrows({ devices }: Village): void {
  for (const { escrows, device } of devices) {
    for (const [id, escrow] of escrows) {
      const { note, total, payer } = escrow;
      assert.equal(total + lockedIn(escrow) + restOf(escrow), note.amount);
      assert.ok(total >= 0n && restOf(escrow) >= 0n);
      const said = devices.find((each) => equal(each.device.id, payer))!.escrows.get(id)!;
      assert.ok(total <= said.total, 'a payee has what its payer has not said');
      assert.ok(equal(payer, device.id) || equal(note.owner, device.id));
    }
  }
}

/** The map holds the notes that are counted, each as its leaf, and no other. */
function assertRoots({ devices }: Village): void {
  for (const [i, { device, leaves, notes, escrows }] of devices.entries()) {
    const half = [...leaves.values()].filter(({ key }) => key[0]! >= 0x80);
    assert.equal(half.length, notes.size);
    for (const note of notes.values()) {
      const leaf = leaves.get(keyOf(noteKey(idOf(note))))!;
      assert.deepEqual(leaf.value, noteLeaf(note, noteBlind(persons[i]!.secret, idOf(note))));
      if (note.kind === noteKinds.escrow) {
        const known = escrows.get(keyOf(idOf(note)))!;
        assert.deepEqual([known.note, escrowId(known)], [note, idOf(note)]);
      }
    }
    const rebuilt = deviceMap();
    rebuilt.apply([...leaves.values()]);
    assert.deepEqual(device.root, rebuilt.root());
  }
}

function drained(village: Village): Village {
  let now = village;
  while (now.wire.length > 0) now = arrives(now, 0);
  while (now.waiting.length > 0) now = collects(now, 0);
  return now;
}

/** Everybody has something of everything, and ada and bob have set something apart for each other. */
function settled(): Village {
  let village = founded();
  for (const token of policies.keys()) {
    for (const owner of persons.keys()) village = issued(village, token, owner, 80n);
  }
  village = drained(village);
  return drained(funds(funds(village, 0, 1, 0, 50n), 1, 0, 0, 50n));
}

function assertAgreed({ devices }: Village): void {
  for (const [i, a] of persons.entries()) {
    for (const [j, b] of persons.entries()) {
      if (i === j) continue;
      const [mine, theirs] = [edgeTo(devices[i]!, b), edgeTo(devices[j]!, a)];
      assert.deepEqual(mine.mine, theirs.theirs);
      const leaf = (of: number, key: Uint8Array): unknown =>
        devices[of]!.leaves.get(keyOf(key))?.value;
      assert.deepEqual(leaf(i, mine.key), leaf(j, theirs.key));
      const shared = [...devices[i]!.escrows].filter(([, { note }]) =>
        equal(note.owner, b.keys.id),
      );
      for (const [id, escrow] of shared) assert.deepEqual(devices[j]!.escrows.get(id), escrow);
    }
  }
}

test('issued is held, under way, set apart, waiting or burnt, and all ends in agreement', () => {
  const begin = settled();
  const seen = { payments: 0, burnt: 0, exits: 0, paidOut: 0, locks: 0, items: 0 };
  fc.assert(
    fc.property(fc.array(turn, { minLength: 30, maxLength: 60, size: 'max' }), (turns) => {
      let village = begin;
      for (const next of turns) {
        village = after(village, next);
        assertConserved(village);
        assertEscrows(village);
      }
      assertRoots(village);
      const quiet = drained(village);
      assertConserved(quiet);
      assertRoots(quiet);
      assertAgreed(quiet);
      const arrived = quiet.delivered.flatMap(({ value }) => value);
      seen.payments += arrived.length;
      seen.items += arrived.filter(({ token }) => equal(token, tokenId(policies[art]!))).length;
      seen.burnt += quiet.burnt.length;
      seen.exits += quiet.exits;
      seen.paidOut += quiet.citations.filter(({ total }) => total > 0n).length;
      seen.locks += quiet.opened.length;
    }),
    { numRuns: 100 },
  );
  const enough = { payments: 200, burnt: 50, exits: 15, paidOut: 50, locks: 3, items: 40 };
  for (const [what, least] of Object.entries(enough)) {
    assert.ok(seen[what as keyof typeof seen] >= least, `${what}: ${JSON.stringify(seen)}`);
  }
});
