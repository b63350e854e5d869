/** The rules of escrows and of re-mints: what each says and demands, and every way to be refused. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  demandedSlot,
  equal,
  exitHead,
  keyDigest,
  limits,
  lockHash,
  noteKey,
  zero32,
  type Citation,
  type ExitClaim,
  type OperationContext,
} from '@dsm/primitive';
import {
  escrowId,
  exitPlace,
  giveUp,
  lockIn,
  lockedIn,
  nextEscrow,
  restOf,
  totalDemand,
  type Escrow,
  type EscrowOperation,
  type EscrowRefusal,
} from '../src/escrow.ts';
import { issueHead, type Issue } from '../src/issue.ts';
import { amountMax } from '../src/movement.ts';
import { noteId, noteKinds, noteLeaf, type Output } from '../src/note.ts';
import { encodeOperation, type Input, type Operation } from '../src/operation.ts';
import { tokenId, type Policy } from '../src/policy.ts';
import { inputNote, operationRefusals, type OperationRefusal } from '../src/rules.ts';
import {
  alone,
  between,
  escrow,
  facing,
  gold,
  input,
  inputs,
  named,
  output,
  painting,
  peer,
  rulesWith,
  said,
  sorted,
  third,
  token,
  writer,
  type Of,
} from './rules-scene.ts';

const id = escrowId(escrow);
const preimage = named('a preimage');
const hash = lockHash(preimage);

const pay = (total: bigint, count = 3, of = id): Of<'total'> => ({
  type: 'total',
  escrow: of,
  total,
  count,
  ticks: zero32,
  memo: '',
});
const lock = (amount: bigint, by = hash, of = id): Of<'lock'> => ({
  type: 'lock',
  escrow: of,
  hash: by,
  amount,
  route: new Uint8Array(0),
});
const claim = (of = id, by = preimage): Of<'claim'> => ({
  type: 'claim',
  escrow: of,
  preimage: by,
});
const cancel = (of = id, by = hash): Of<'cancel'> => ({ type: 'cancel', escrow: of, hash: by });

/** The escrow after what its payer says. */
function after(from: Escrow, ...operations: readonly EscrowOperation[]): Escrow {
  return operations.reduce((at: Escrow, operation) => {
    const next = nextEscrow(at, operation);
    assert.ok(typeof next !== 'string', operation.type);
    return next;
  }, from);
}

/** 20 paid in two transfers, 30 locked, 20 left. */
const standing = after(escrow, pay(5n, 1), pay(20n, 2), lock(30n));
const givenUp = giveUp(standing, hash);
const wide = { ...escrow, note: { ...escrow.note, amount: amountMax } };

test('every word of the payer demands the line of where the escrow then stands', () => {
  for (const operation of [pay(21n), pay(40n), lock(20n, named('b')), claim(), lock(1n, zero32)]) {
    const verdict = rulesWith([standing])(encodeOperation(operation), between);
    assert.ok(verdict.type === 'accepted', operation.type);
    const next = after(standing, operation);
    assert.deepEqual(verdict.value, { writes: [], slots: [totalDemand(next)] });
    assert.ok(restOf(next) >= 0n);
    assert.equal(restOf(next) + lockedIn(next) + next.total, escrow.note.amount);
  }
  assert.equal(said(cancel(), between, [givenUp]), 'accepted');
  assert.deepEqual(after(givenUp, cancel()).locks, []);
  assert.equal(after(standing, claim()).total, 50n);
  assert.equal(lockIn(after(standing, claim()), hash), undefined);
});

test('only the payer of an escrow speaks of it, though the lane leads to its payee', () => {
  assert.equal(said(pay(21n), between, [standing]), 'accepted');
  assert.equal(said(pay(21n), between, [{ ...standing, payer: third }]), 'operation: escrow');
  const elsewhere = { ...standing, note: { ...standing.note, owner: third } };
  assert.notEqual(said(pay(21n), between, [elsewhere]), 'accepted');
});

test('an escrow holds 128 bits, and not a unit more', () => {
  assert.equal(said(pay(amountMax), between, [wide]), 'accepted');
  assert.equal(said(lock(amountMax), between, [wide]), 'accepted');
  const all = after(wide, pay(amountMax - 1n), lock(1n));
  assert.equal(restOf(all), 0n);
  assert.equal(said(lock(1n, zero32), between, [all]), 'operation: over-funded');
  assert.equal(said(pay(amountMax, 4), between, [all]), 'operation: over-funded');
  assert.equal(after(all, claim()).total, amountMax);
});

type Bent = readonly (readonly [Operation, OperationContext, (readonly Escrow[])?])[];
const other: OperationContext = { ...between, peer: third };

const full = Array.from({ length: limits.locksMax }, (_, i) => lock(1n, named(`lock ${i}`))).reduce(
  (at: Escrow, one) => after(at, one),
  escrow,
);

/** Bent words; each breaks one rule and no other. */
const bends: Record<EscrowRefusal, Bent> = {
  escrow: [
    [pay(21n, 3, named('no escrow')), between],
    [lock(1n, hash, named('no escrow')), between],
    [claim(named('no escrow')), between],
    [cancel(named('no escrow')), between],
    // The payee says nothing of it, nor does the payer to somebody else or to itself.
    [pay(21n, 3, escrowId(facing)), between],
    [pay(21n), { ...between, writer: peer, peer: writer }],
    [pay(21n), other],
    [pay(21n), alone],
  ],
  'total-falls': [
    [pay(19n), between, [standing]],
    [pay(20n), between, [standing]],
    [pay(21n, 2), between, [standing]],
    [pay(21n, 1), between, [standing]],
    [pay(0n), between],
  ],
  'over-funded': [
    [pay(41n), between, [standing]],
    [pay(amountMax), between, [standing]],
    [lock(21n, zero32), between, [standing]],
    [lock(0n), between],
    [lock(71n), between],
  ],
  'lock-known': [
    [lock(1n), between, [standing]],
    [lock(1n), between, [full]],
  ],
  'lock-unknown': [
    [claim(id, named('another preimage')), between, [standing]],
    [claim(), between],
    [cancel(), between],
    [cancel(id, zero32), between, [givenUp]],
  ],
  'lock-kept': [[cancel(), between, [standing]]],
};

test('as many locks stand as may, and one more does when one has left', () => {
  assert.equal(full.locks.length, limits.locksMax);
  const fewer = { ...full, locks: full.locks.slice(1) };
  assert.equal(said(lock(1n), between, [fewer]), 'accepted');
});

test('what was said of an escrow is malformed if its bytes are', () => {
  const bytes = encodeOperation(pay(21n));
  const verdict = rulesWith([escrow])(bytes.subarray(1 + 32), between);
  assert.notEqual(verdict.type, 'accepted');
  assert.throws(() => encodeOperation(pay(amountMax + 1n)), RangeError);
  assert.throws(
    () => encodeOperation({ ...lock(1n), route: new Uint8Array(limits.routeBytesMax + 1) }),
    RangeError,
  );
});

/** The payee's side: the facing escrow, which the peer has funded for the writer. */
const publicKey = named('public key');
const suite = 1;
const mine: Input = input('fund of the peer', 70n, { kind: noteKinds.escrow });
const cited: Citation = {
  escrow: noteId(mine.source, mine.index),
  total: 40n,
  locks: [{ hash, amount: 20n }],
  suite,
  publicKey,
  body: zero32,
  path: [],
  signature: named('signature'),
};
const exit = (changes: Partial<ExitClaim> = {}, opened: Partial<Input> = {}): Of<'exit'> => ({
  type: 'exit',
  token,
  input: { ...mine, ...opened },
  claim: { citation: cited, preimages: [], ...changes },
});
const citing = (changes: Partial<Citation>): Of<'exit'> =>
  exit({ citation: { ...cited, ...changes } });

test('an exit takes the escrow out of the map, its part into it, and demands the exit slot', () => {
  for (const [operation, amount] of [
    [exit(), 40n],
    [exit({ preimages: [preimage] }), 60n],
    [citing({ total: 70n, locks: [] }), 70n],
    [citing({ total: 0n, locks: [] }), 0n],
  ] as const) {
    const verdict = rulesWith([])(encodeOperation(operation), alone);
    assert.ok(verdict.type === 'accepted');
    const head = exitHead(operation.claim);
    const note = inputNote(mine, token, writer);
    const place = exitPlace({ note, payerKey: keyDigest(suite, publicKey) });
    const gone = { key: noteKey(cited.escrow), before: noteLeaf(note, mine.blind), after: zero32 };
    const come = { key: noteKey(noteId(head, 0)), before: zero32, after: undefined };
    // Nothing taken, no note.
    const writes = amount === 0n ? [gone] : [gone, come];
    assert.deepEqual(verdict.value, { writes, slots: [demandedSlot(place, head)] });
  }
});

const own = (amount: bigint, changes: Partial<Output> = {}): Output =>
  output(writer, amount, { depth: 0, receipts: 1, ...changes });

function remint(
  changes: Partial<Issue> = {},
  taken: readonly Input[] = inputs,
  policy: Policy = gold,
): Of<'remint'> {
  const notes = taken.map(({ key, source, index }) => ({ key, id: noteId(source, index) }));
  const issue: Issue = {
    token: tokenId(policy),
    index: 5,
    parent: named('the issue before'),
    amount: 0n,
    total: 500n,
    outputs: [own(100n)],
    anchors: [],
    remint: { notes: byId(notes), lineage: named('lineage') },
    ...changes,
  };
  return { type: 'remint', inputs: taken, issue };
}

function byId<N extends { readonly id: Uint8Array }>(notes: readonly N[]): readonly N[] {
  return notes.toSorted((a, b) => {
    const at = a.id.findIndex((byte, i) => byte !== b.id[i]);
    return a.id[at]! - b.id[at]!;
  });
}

test('a re-mint spends its notes into the issue, whose notes come in their place', () => {
  const operation = remint({ outputs: [own(70n), own(30n)] });
  const verdict = rulesWith([])(encodeOperation(operation), alone);
  assert.ok(verdict.type === 'accepted');
  const head = issueHead(operation.issue);
  assert.deepEqual(
    verdict.value.slots.map(({ value }) => equal(value, head)),
    [true, true],
  );
  const made = [0, 1].map((i) => noteKey(noteId(head, i)));
  assert.deepEqual(
    verdict.value.writes.slice(2).map(({ key }) => key),
    made,
  );
  assert.equal(said(items([1n, 4n], [4n, 1n]), alone), 'accepted');
  assert.equal(said(remint({ total: gold.cap }), alone), 'accepted');
  const most = sorted(input('a', amountMax - 1n), input('b', 1n));
  assert.equal(said(remint({ outputs: [own(amountMax)] }, most), alone), 'accepted');
});

/** A re-mint of items of a unique token. */
function items(taken: readonly bigint[], given: readonly bigint[]): Operation {
  const all = sorted(...taken.map((serial, i) => input(`item ${i}`, serial)));
  return remint({ outputs: given.map((serial) => own(serial)) }, all, painting);
}

const fewer = remint({}, inputs.slice(1)).issue.remint;
const misnamed = byId(
  remint().issue.remint!.notes.map((note, i) => (i === 0 ? { ...note, key: zero32 } : note)),
);

const exitBends: Record<'exit' | 'remint' | 'own-lane' | 'wrong-input', Bent> = {
  exit: [
    [citing({ escrow: named('another') }), alone],
    [exit({}, { index: 1 }), alone],
    [citing({ total: 71n }), alone],
    [exit({ citation: { ...cited, total: 51n }, preimages: [preimage] }), alone],
    [citing({ total: amountMax }), alone],
    [exit({ preimages: [named('opens none')] }), alone],
    [exit({ preimages: [preimage, preimage] }), alone],
  ],
  remint: [
    [remint({ remint: undefined }), alone],
    [remint({ amount: 1n }), alone],
    [remint({ total: 1_001n }), alone],
    [remint({ outputs: [own(101n)] }), alone],
    [remint({ outputs: [own(99n)] }), alone],
    [remint({ remint: fewer }), alone],
    [{ ...remint(), inputs: inputs.slice(1) }, alone],
    // A note is named that is not spent, and nothing comes of it.
    [{ ...remint({ outputs: [own(inputs[1]!.amount)] }), inputs: inputs.slice(1) }, alone],
    [remint({ remint: { notes: misnamed, lineage: zero32 } }), alone],
    [items([1n, 4n], [2n, 3n]), alone],
    [items([5n], [2n, 3n]), alone],
    [items([2n, 3n], [5n]), alone],
    [
      remint({ outputs: [own(amountMax), own(1n)] }, sorted(input('a', amountMax), input('b', 1n))),
      alone,
    ],
  ],
  'own-lane': [
    [exit(), between],
    [remint(), between],
    [remint({ outputs: [own(60n), { ...own(40n), owner: peer }] }), alone],
  ],
  'wrong-input': [
    [exit({}, { kind: noteKinds.online }), alone],
    [exit({}, { kind: noteKinds.purse }), alone],
    [remint({}, sorted(...inputs.map((one) => ({ ...one, kind: noteKinds.purse })))), alone],
    [remint({}, sorted(...inputs.map((one) => ({ ...one, kind: noteKinds.escrow })))), alone],
  ],
};

for (const [refusal, cases] of Object.entries({ ...bends, ...exitBends })) {
  test(`${refusal}: ${operationRefusals[refusal as OperationRefusal]}`, () => {
    for (const [i, [operation, context, escrows]] of cases.entries()) {
      assert.equal(said(operation, context, escrows), `operation: ${refusal}`, `bend ${i}`);
    }
  });
}

test('the policy of an exit or a re-mint that is not here is pending', () => {
  assert.equal(said({ ...exit(), token: named('another') }, alone), 'pending policy');
  assert.equal(said(remint({ token: named('another') }), alone), 'pending policy');
});
