/** Value is neither made nor lost, whatever devices do in whatever order. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { deviceMap, equal, keyOf, noteKey, type Claim } from '@dsm/primitive';
import {
  choose,
  denominations,
  encodeOperation,
  noteBlind,
  noteLeaf,
  tokenId,
  type Issue,
  type Note,
} from '@dsm/protocols';
import fc from 'fast-check';

import { notesFor } from '../src/run.ts';
import {
  absorbed,
  edgeTo,
  idOf,
  inInputOrder,
  inputOf,
  introduced,
  collected,
  issueOf,
  memo,
  openDurable,
  outputTo,
  payment,
  person,
  policyOf,
  sent,
  type Durable,
} from './fixture.ts';

const persons = [person('ada'), person('bob'), person('cyd')];
const policies = [
  policyOf(persons[0]!, { depthMax: 64, receiptsMax: 4_096 }),
  policyOf(persons[1]!, { ticker: 'SLV', depthMax: 64, receiptsMax: 4_096 }),
];

/** A run that was sent and has not been absorbed. */
interface Parcel {
  readonly from: number;
  readonly to: number;
  readonly claim: Claim;
  readonly value: readonly Note[];
}

interface Village {
  readonly devices: readonly Durable[];
  readonly wire: readonly Parcel[];
  readonly delivered: readonly Parcel[];
  readonly issues: readonly (Issue | undefined)[];
}

function opened(): Village {
  const devices = persons.map((each) => openDurable(each));
  for (let i = 0; i < persons.length; i++) {
    for (let j = i + 1; j < persons.length; j++) {
      [devices[i], devices[j]] = introduced(persons[i]!, persons[j]!, devices[i]!, devices[j]!) as [
        Durable,
        Durable,
      ];
    }
  }
  return { devices, wire: [], delivered: [], issues: [undefined, undefined] };
}

/** What one turn of the property does; the numbers choose who, what and how much. */
interface Turn {
  readonly act: 'mint' | 'load' | 'pay' | 'word' | 'absorb' | 'again';
  readonly who: number;
  readonly whom: number;
  readonly token: number;
  readonly amount: number;
}

const turn: fc.Arbitrary<Turn> = fc.record({
  act: fc.constantFrom('mint', 'load', 'pay', 'pay', 'word', 'absorb', 'absorb', 'again'),
  who: fc.nat({ max: 2 }),
  whom: fc.nat({ max: 1 }),
  token: fc.nat({ max: 1 }),
  amount: fc.integer({ min: 1, max: 60 }),
});

function after(village: Village, { act, who, whom, token, amount }: Turn): Village {
  const to = (who + 1 + whom) % persons.length;
  switch (act) {
    case 'mint':
      return minted(village, token, BigInt(amount));
    case 'load':
      return loaded(village, who, token, BigInt(amount));
    case 'pay':
      return paid(village, who, to, token, BigInt(amount));
    case 'word':
      return posted(village, who, to, memo(`word ${amount}`));
    case 'absorb':
      return arrived(village, amount);
    case 'again':
      return repeated(village, amount);
  }
}

/** Tokens are issued by the person of the same number. */
function minted(village: Village, token: number, amount: bigint): Village {
  const by = persons[token]!;
  const issue = issueOf(by, policies[token]!, [amount, 1n], village.issues[token]);
  return {
    ...posted(village, token, token, collected(by, issue)),
    issues: village.issues.with(token, issue),
  };
}

function loaded(village: Village, who: number, token: number, amount: bigint): Village {
  const notes = choose(unspent(village, who, token, 0), amount);
  if (notes === undefined || amount < 2n) return village;
  const by = persons[who]!;
  const inputs = inInputOrder(notes).map((note) => inputOf(by, note));
  const taken = inputs.reduce((sum, input) => sum + input.amount, 0n);
  const bounds = {
    depth: Math.max(...inputs.map(({ depth }) => depth)) + 1,
    receipts: inputs.reduce((sum, { receipts }) => sum + receipts, 0) + 1,
  };
  const { notes: coins, rest } = denominations(amount);
  const change = taken - amount + rest;
  const outputs = coins.map((coin) => outputTo(by, coin, { ...bounds, kind: 1 }));
  if (change > 0n) outputs.push(outputTo(by, change, bounds));
  const load = {
    type: 'load',
    token: notes[0]!.token,
    inputs,
    outputs,
    allowed: undefined,
    memo: '',
  } as const;
  return posted(village, who, who, encodeOperation(load));
}

function paid(village: Village, who: number, to: number, token: number, amount: bigint): Village {
  const notes =
    choose(unspent(village, who, token, 1), amount) ??
    choose(unspent(village, who, token, 0), amount);
  return notes === undefined
    ? village
    : posted(village, who, to, payment(persons[who]!, persons[to]!, notes, amount));
}

/** Notes that can still be spent once more under the policy's bounds. */
function unspent(village: Village, who: number, token: number, kind: 0 | 1): Note[] {
  const id = tokenId(policies[token]!);
  return [...village.devices[who]!.notes.values()].filter(
    (note) => equal(note.token, id) && note.kind === kind && note.depth < 60 && note.receipts < 100,
  );
}

function posted(village: Village, who: number, to: number, operation: Uint8Array): Village {
  const { durable, claim, change } = sent(
    persons[who]!,
    village.devices[who]!,
    persons[to]!,
    [operation],
    policies,
  );
  const devices = village.devices.with(who, durable);
  if (who === to) return { ...village, devices };
  const value = valueOf(change.run.heads, operation, to);
  return { ...village, devices, wire: [...village.wire, { from: who, to, claim, value }] };
}

function valueOf(heads: readonly Uint8Array[], operation: Uint8Array, to: number): Note[] {
  return notesFor(operation, heads[0]!, persons[to]!.keys.id);
}

/** Some parcel arrives. One that is too early is refused for now and stays on the wire. */
function arrived(village: Village, number: number): Village {
  const { wire } = village;
  if (wire.length === 0) return village;
  const at = number % wire.length;
  const parcel = wire[at]!;
  const { from, to, claim } = parcel;
  const verdict = absorbed(persons[to]!, village.devices[to]!, persons[from]!, claim, policies);
  const early = wire.slice(0, at).some((other) => other.from === from && other.to === to);
  assert.deepEqual(
    verdict.type === 'pending' ? verdict.pending : verdict.type,
    early ? 'early' : 'accepted',
  );
  if (verdict.durable === undefined) return village;
  return {
    ...village,
    devices: village.devices.with(to, verdict.durable),
    wire: wire.filter((_, i) => i !== at),
    delivered: [...village.delivered, parcel],
  };
}

/** A parcel that was absorbed arrives once more: no second effect. */
function repeated(village: Village, number: number): Village {
  const parcel = village.delivered[number % (village.delivered.length + 1)];
  if (parcel === undefined) return village;
  const { from, to, claim } = parcel;
  const verdict = absorbed(persons[to]!, village.devices[to]!, persons[from]!, claim, policies);
  assert.equal(verdict.type, 'already-accepted');
  return village;
}

function assertConserved({ devices, wire, issues }: Village): void {
  for (const [token, policy] of policies.entries()) {
    const id = tokenId(policy);
    const of = (notes: Iterable<Note>): bigint =>
      [...notes].reduce((sum, note) => (equal(note.token, id) ? sum + note.amount : sum), 0n);
    const held = devices.reduce((sum, { notes }) => sum + of(notes.values()), 0n);
    const underWay = wire.reduce((sum, { value }) => sum + of(value), 0n);
    assert.equal(held + underWay, issues[token]?.total ?? 0n);
  }
}

/** The map holds the notes that are counted, each as its leaf, and no other. */
function assertRoots({ devices }: Village): void {
  for (const [i, { device, leaves, notes }] of devices.entries()) {
    const half = [...leaves.values()].filter(({ key }) => key[0]! >= 0x80);
    assert.equal(half.length, notes.size);
    for (const note of notes.values()) {
      const leaf = leaves.get(keyOf(noteKey(idOf(note))))!;
      assert.deepEqual(leaf.value, noteLeaf(note, noteBlind(persons[i]!.secret, idOf(note))));
    }
    const rebuilt = deviceMap();
    rebuilt.apply([...leaves.values()]);
    assert.deepEqual(device.root, rebuilt.root());
  }
}

function drained(village: Village): Village {
  let now = village;
  while (now.wire.length > 0) now = arrived(now, 0);
  return now;
}

function assertAgreed(village: Village): void {
  for (const [i, a] of persons.entries()) {
    for (const [j, b] of persons.entries()) {
      if (i === j) continue;
      const [mine, theirs] = [edgeTo(village.devices[i]!, b), edgeTo(village.devices[j]!, a)];
      assert.deepEqual(mine.mine, theirs.theirs);
      const leaf = (of: number, key: Uint8Array): unknown =>
        village.devices[of]!.leaves.get(keyOf(key))?.value;
      assert.deepEqual(leaf(i, mine.key), leaf(j, theirs.key));
    }
  }
}

test('issued is held or under way, roots are those of the leaves, and all ends in agreement', () => {
  let payments = 0;
  fc.assert(
    fc.property(fc.array(turn, { minLength: 20, maxLength: 45 }), (turns) => {
      let village = minted(minted(opened(), 0, 50n), 1, 50n);
      for (const next of turns) {
        village = after(village, next);
        assertConserved(village);
      }
      assertRoots(village);
      const quiet = drained(village);
      assertConserved(quiet);
      assertRoots(quiet);
      assertAgreed(quiet);
      payments += quiet.delivered.filter(({ value }) => value.length > 0).length;
    }),
    { numRuns: 150 },
  );
  assert.ok(payments > 200, `only ${payments} payments arrived`);
});
