/** Lineage of escrows: what an exit makes of a fund, certified back to the issue, every rule broken once. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  compare,
  demandedSlot,
  equal,
  exitHead,
  keyOf,
  kinds,
  lockCancel,
  lockHash,
  registriesOf,
  slotKey,
  type Certificate,
  type Citation,
  type ExitClaim,
} from '@dsm/primitive';
import {
  amountMax,
  checkPart,
  decodePart,
  encodeOperation,
  encodePart,
  escrowId,
  exitPlace,
  lineageRefusals,
  lockPlace,
  nextEscrow,
  noteId,
  noteKinds,
  partHead,
  type Escrow,
  type ExitPart,
  type LineageKnown,
  type LineageRefusal,
  type Note,
  type Policy,
} from '@dsm/protocols';
import { authorisationOf, certificateOf, flipped, named, nextNodes } from '@dsm/primitive/fixture';
import {
  citationOf,
  exitAuthorisation,
  exitPartOf,
  fundOperation,
  lockOperation,
  returned,
  saidOf,
  totalOperation,
} from './escrow-scene.ts';
import { introduced, openDurable, person, sent, type Person, type Sent } from './fixture.ts';
import {
  ada,
  bob,
  firstOrigin,
  gold,
  knownOf,
  loadOrigin,
  minted,
  nodes,
  originOf,
  spendOf,
  token,
} from './lineage-scene.ts';

const [ofAda] = introduced(ada, bob, minted.durable, openDurable(bob));
const notes = [...ofAda.notes.values()];
const funded: Sent = sent(
  ada,
  ofAda,
  bob,
  [encodeOperation(fundOperation(ada, bob, notes, 80n))],
  [gold],
);
const escrow: Escrow = funded.change.escrows[0]!;
const id = escrowId(escrow);
const fundPart = spendOf(ada.keys, funded, true);
const fundOrigin = originOf(checkPart(fundPart, knownOf([firstOrigin])));
const known = knownOf([firstOrigin, fundOrigin]);
const preimages = [named('one'), named('two')].toSorted((a, b) =>
  compare(lockHash(a), lockHash(b)),
);
const [one, two] = preimages as [Uint8Array, Uint8Array];

/** 30 paid and two locks of 15 and 20, as the payer has said one after the other. */
function spoken(): { readonly escrow: Escrow; readonly sent: Sent } {
  let { durable } = funded;
  let last = funded;
  let now = escrow;
  for (const operation of [
    totalOperation(id, 30n, 1),
    lockOperation(id, one, 15n),
    lockOperation(id, two, 20n),
  ]) {
    last = sent(ada, durable, bob, [encodeOperation(operation)], [gold]);
    ({ durable } = last);
    now = nextEscrow(now, operation) as Escrow;
    assert.deepEqual(last.change.escrows, [now]);
  }
  return { escrow: now, sent: last };
}

const standing = spoken();
const citation: Citation = citationOf(ada, standing.sent, saidOf(standing.escrow))!;
const atStart: Citation = citationOf(ada, funded, saidOf(escrow))!;
const by = { by: bob, escrow, nodes };
const exit = (claim: Partial<ExitClaim> = {}, changes: Partial<ExitPart> = {}): ExitPart => ({
  ...exitPartOf(by, { citation, preimages: [], ...claim }),
  ...changes,
});

test('a fund is an origin that names its payer, and whatever leaves it is what came in', () => {
  assert.deepEqual(fundOrigin.payer, { device: ada.keys.id, key: ada.keys.writer });
  assert.ok(fundOrigin.certified);
  for (const [part, paid] of [
    [exitPartOf(by, { citation: atStart, preimages: [] }), 0n],
    [exit(), 30n],
    [exit({ preimages: [one] }), 45n],
    [exit({ preimages: [two] }), 50n],
    [exit({ preimages }), 65n],
    [exit({ citation: paidOut() }), 80n],
  ] as const) {
    const origin = originOf(checkPart(part, known));
    assert.ok(origin.certified);
    assert.deepEqual(origin.head, partHead(part));
    assert.deepEqual(origin.sources, [fundOrigin.head]);
    const bounds = { kind: noteKinds.online, depth: 2, receipts: 4 };
    assert.deepEqual(origin.outputs, [
      { owner: bob.keys.id, key: bob.keys.writer, amount: paid, ...bounds },
      { owner: ada.keys.id, key: ada.keys.writer, amount: 80n - paid, ...bounds },
    ]);
    assert.deepEqual(decodePart(encodePart(part)), part);
  }
});

/** All of the escrow, said at once. */
function paidOut(): Citation {
  const all = encodeOperation(totalOperation(id, 80n, 1));
  const said = sent(ada, funded.durable, bob, [all], [gold]);
  return citationOf(ada, said, { escrow: id, total: 80n, locks: [] })!;
}

test('certified means the exit, its locks and the fund, back to the issue', () => {
  const uncertified = originOf(checkPart(spendOf(ada.keys, funded, false), knownOf([firstOrigin])));
  for (const [fund, from] of [
    [true, known],
    [false, knownOf([firstOrigin, uncertified])],
  ] as const) {
    for (const certified of [true, false]) {
      const part = exitPartOf({ ...by, certified }, { citation, preimages: [one] });
      assert.equal(originOf(checkPart(part, from)).certified, fund && certified);
    }
  }
});

test('what came of an exit is spent by either side, and the payer takes back what returned', () => {
  const claim = { citation, preimages: [one] };
  const origin = originOf(checkPart(exitPartOf(by, claim), known));
  const back = returned(token, claim, origin.outputs[1]!);
  const { durable } = sent(ada, standing.sent.durable, ada, [back], [gold]);
  const note = durable.notes.get(keyOf(noteId(origin.head, 1)))!;
  assert.deepEqual(note, { ...origin.outputs[1], token, source: origin.head, index: 1 });
  const again = sent(
    ada,
    durable,
    bob,
    [encodeOperation(fundOperation(ada, bob, [note], 35n))],
    [gold],
  );
  const part = spendOf(ada.keys, again, true);
  assert.ok(originOf(checkPart(part, knownOf([firstOrigin, fundOrigin, origin]))).certified);
});

test('what is not here yet is missing, by name', () => {
  const heads = [fundOrigin.head];
  assert.deepEqual(checkPart(exit(), knownOf([firstOrigin])), { type: 'missing', heads });
  const policy = { type: 'missing', heads: [], policy: token };
  assert.deepEqual(checkPart(exit(), knownOf([firstOrigin, fundOrigin], [])), policy);
  // A lock may have been opened under a version that this device has not followed to yet.
  const later = nextNodes(nodes);
  const slot = { key: slotKey(lockPlace(escrow, lockHash(one))), value: one };
  const opened = [certificateOf(later, slot)];
  const part = { ...exitPartOf(by, paying), opened };
  assert.deepEqual(checkPart(part, known), { type: 'missing', heads: [] });
  const both = { ...known, registries: registriesOf(nodes.registry, later.registry) };
  assert.equal(originOf(checkPart(part, both)).outputs[0]!.amount, 45n);
});

const cited = (changes: Partial<Citation>): ExitPart =>
  exit({ citation: { ...citation, ...changes } });
const eve: Person = person('eve');
const underPolicy = (changes: Partial<Policy>): LineageKnown => ({
  ...known,
  policyOf: () => ({ ...gold, ...changes }),
});
const claimed = (preimage: Uint8Array, value: Uint8Array): Certificate =>
  certificateOf(nodes, { key: slotKey(lockPlace(escrow, lockHash(preimage))), value });
const badVotes = (of: Certificate): Certificate => ({
  ...of,
  votes: of.votes.map((vote) => ({ ...vote, signature: flipped(vote.signature, 40) })),
});
const slotOf = (claim: ExitClaim): ReturnType<typeof demandedSlot> =>
  demandedSlot(exitPlace(escrow), exitHead(claim));
const plain: ExitClaim = { citation, preimages: [] };
const paying: ExitClaim = { citation, preimages: [one] };

/** A total that the payer could only have signed as a cheat: more than the escrow holds. */
function overdrawn(): ExitPart {
  const rich: Note = { ...escrow.note, amount: amountMax };
  const durable = {
    ...funded.durable,
    escrows: new Map([[keyOf(id), { ...escrow, note: rich }]]),
  };
  const said = sent(ada, durable, bob, [encodeOperation(totalOperation(id, 81n, 1))], [gold]);
  return exit({ citation: citationOf(ada, said, { escrow: id, total: 81n, locks: [] })! });
}

/** The payee's key over an exit, as the payee of another escrow would hold one. */
function authorisedBy(person: Person, claim: ExitClaim, kind?: 'lock'): ExitPart['authorisation'] {
  const slot = slotOf(claim);
  const made = exitAuthorisation(person, slot, claim);
  if (kind === undefined) return made;
  return { ...authorisationOf(person.keys, [slot], 0, kinds.lock), backing: made.backing };
}

/** Bent parts with what is known; each breaks one rule and no other. */
const bends: Partial<Record<LineageRefusal, readonly (readonly [ExitPart, LineageKnown?])[]>> = {
  input: [
    [exit({}, { index: 1 })],
    [exit({}, { index: 9 })],
    [exit({}, { source: loadOrigin.head }), knownOf([firstOrigin, loadOrigin])],
    [exit(), knownOf([firstOrigin, { ...fundOrigin, payer: undefined }])],
  ],
  malformed: [
    [exit({}, { authorisation: { ...exit().authorisation, backing: undefined } })],
    [exit({}, { authorisation: { ...exit().authorisation, backing: committee() } })],
  ],
  suite: [[exit(), underPolicy({ suites: [2] })]],
  exit: [
    [cited({ escrow: named('another escrow') })],
    [exit({ preimages: [named('opens nothing')] })],
    [exit({ preimages: preimages.toReversed() })],
    [exit({ preimages: [one, one] })],
    [overdrawn()],
  ],
  citation: [
    [cited({ total: 31n })],
    [cited({ locks: [] })],
    [cited({ signature: flipped(citation.signature, 40) })],
    [exit(), knownOf([firstOrigin, { ...fundOrigin, payer: { device: ada.keys.id, key: id } }])],
    [exit(), { ...known, network: named('another network') }],
  ],
  signature: [
    [exit({}, { authorisation: authorisedBy(ada, plain) })],
    [exit({}, { authorisation: authorisedBy(eve, plain) })],
    [exit({}, { authorisation: authorisedBy(bob, plain, 'lock') })],
    [
      exit({}, { authorisation: { ...authorisedBy(bob, paying), backing: backingOf(plain) } }),
      known,
    ],
  ],
  lock: [
    [exitPartOf({ ...by, opened: [] }, paying)],
    [exitPartOf({ ...by, opened: [two] }, paying)],
    [exitPartOf({ ...by, opened: preimages.toReversed() }, { citation, preimages })],
    [exitPartOf({ ...by, opened: [one] }, plain)],
    [exitPartOf({ ...by, opened: preimages }, paying)],
    [{ ...exitPartOf(by, paying), opened: [claimed(one, lockCancel(id, lockHash(one)))] }],
    [{ ...exitPartOf(by, paying), opened: [badVotes(claimed(one, one))] }],
  ],
  certificate: [
    [exit({}, { certificate: certificateOf(nodes, slotOf(paying)) })],
    [exit({}, { certificate: certificateOf(nodes, { ...slotOf(plain), key: id }) })],
    [exit({}, { certificate: badVotes(exit().certificate!) })],
    [exit(), underPolicy({ registry: named('another registry') })],
  ],
};

function committee(): ExitPart['authorisation']['backing'] {
  const members = { threshold: 1, members: [bob.keys.writer] };
  return { type: 'committee', committee: members, further: [] };
}

function backingOf(claim: ExitClaim): ExitPart['authorisation']['backing'] {
  return { type: 'exit', ...claim };
}

for (const [refusal, cases] of Object.entries(bends)) {
  test(`${refusal}: ${lineageRefusals[refusal as LineageRefusal]}`, () => {
    for (const [i, [part, from = known]] of cases.entries()) {
      assert.deepEqual(checkPart(part, from), { type: 'bad', refusal }, `bend ${i}`);
    }
  });
}

test('bytes of an exit that cites nothing are no part of a lineage', () => {
  const bare = exit({}, { authorisation: { ...exit().authorisation, backing: undefined } });
  assert.equal(decodePart(encodePart(bare)), undefined);
});

test('one lock said with two amounts makes two exits, of which one slot holds one', () => {
  const dear = citationOfLock(50n);
  const cheap = citationOfLock(5n);
  const claims = [dear, cheap].map((each) => ({ citation: each, preimages: [one] }));
  const parts = claims.map((claim) => exitPartOf(by, claim));
  const [a, b] = parts.map((part) => originOf(checkPart(part, known)));
  assert.ok(!equal(a!.head, b!.head));
  assert.deepEqual(
    [a!.outputs[0]!.amount, b!.outputs[0]!.amount, a!.outputs[1]!.amount],
    [50n, 5n, 30n],
  );
  const swapped = { ...parts[0]!, certificate: parts[1]!.certificate };
  assert.deepEqual(checkPart(swapped, known), { type: 'bad', refusal: 'certificate' });
});

/** The payer, or a copy of it, locks this much right after the fund. */
function citationOfLock(amount: bigint): Citation {
  const operation = encodeOperation(lockOperation(id, one, amount));
  const said = sent(ada, funded.durable, bob, [operation], [gold]);
  return citationOf(ada, said, saidOf(said.change.escrows[0]!))!;
}
