/** Lineage of re-mints: new notes for old ones, which count only when both sides have done their part. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  compare,
  concat,
  equal,
  keyOf,
  kinds,
  slotKey,
  type Certificate,
  type Kind,
  type Slot,
} from '@dsm/primitive';
import {
  checkPart,
  decodePart,
  encodeOperation,
  encodePart,
  issueHead,
  lineageRefusals,
  noteId,
  noteKinds,
  remintedPlace,
  type Issue,
  type IssuePart,
  type LineageKnown,
  type LineageRefusal,
  type Note,
  type Origin,
  type Output,
  type Remint,
  type RemintSpend,
} from '@dsm/protocols';
import { authorisationOf, certificateOf, named } from '@dsm/primitive/fixture';
import {
  idOf,
  inInputOrder,
  inputOf,
  introduced,
  openDurable,
  outputTo,
  payment,
  sent,
  type Person,
} from './fixture.ts';
import {
  ada,
  bob,
  first,
  firstOrigin,
  gold,
  issuePartOf,
  known,
  knownOf,
  minted,
  nodes,
  originOf,
  spendOf,
  token,
} from './lineage-scene.ts';

/** The two notes of the first issue, which their holder gives back to the issuer. */
const notes = inInputOrder([...minted.durable.notes.values()]);

function remintOf(of: readonly Note[], changes: Partial<Remint> = {}): Remint {
  const spent = of
    .map((note) => ({ key: note.key, id: idOf(note) }))
    .toSorted((a, b) => compare(concat(a.id, a.key), concat(b.id, b.key)));
  return { notes: spent, lineage: named('object with the lineage'), ...changes };
}

const renewed: Issue = {
  token,
  index: 2,
  parent: issueHead(first),
  amount: 0n,
  total: 100n,
  outputs: [outputTo(ada, 100n)],
  anchors: [],
  remint: remintOf(notes),
};

const slotsOf = (issue: Issue): Slot[] =>
  (issue.remint?.notes ?? []).map((note) => ({
    key: slotKey(remintedPlace(note)),
    value: issueHead(issue),
  }));

interface Making {
  readonly by?: Person;
  readonly certified?: boolean;
  readonly spent?: boolean;
  readonly kind?: Kind;
}

/** The issue with what its holder writes into the slots of the notes. */
function partOf(
  issue: Issue,
  { by = ada, certified = true, spent = true, kind = kinds.signedStep }: Making = {},
): IssuePart {
  const spends = slotsOf(issue).map((slot): RemintSpend => ({
    authorisation: authorisationOf(by.keys, [slot], 0, kind),
    certificate: spent ? certificateOf(nodes, slot) : undefined,
  }));
  return { ...issuePartOf(issue, { certified }), spends };
}

const part = partOf(renewed);

test('a re-mint is a new beginning: nothing behind it but the chain of the issuer', () => {
  const origin = originOf(checkPart(part, known));
  assert.ok(origin.certified);
  assert.deepEqual(origin.sources, [issueHead(first)]);
  assert.deepEqual(origin.issued, { index: 2, total: 100n, certified: true });
  assert.deepEqual(origin.outputs, renewed.outputs);
  assert.deepEqual(decodePart(encodePart(part)), part);
});

test('it counts only when the issue and every spend are certified, so neither side can lose', () => {
  const gap = originOf(checkPart(issuePartOf(first, { certified: false }), knownOf([])));
  for (let bits = 0; bits < 8; bits++) {
    const [certified, spent, before] = [(bits & 1) !== 0, (bits & 2) !== 0, (bits & 4) !== 0];
    const from = before ? known : knownOf([gap]);
    const made = originOf(checkPart(partOf(renewed, { certified, spent }), from));
    assert.equal(made.certified, certified && spent && before);
  }
  const half = {
    ...part,
    spends: [part.spends[0]!, { ...part.spends[1]!, certificate: undefined }],
  };
  assert.equal(originOf(checkPart(half, known)).certified, false);
});

test('the chain goes on when the holder never comes, and makes nothing for it', () => {
  const alone = originOf(checkPart({ ...part, spends: [] }, known));
  assert.deepEqual(alone.issued, { index: 2, total: 100n, certified: true });
  assert.equal(alone.certified, false);
  const next: Issue = {
    ...renewed,
    index: 3,
    parent: alone.head,
    amount: 5n,
    total: 105n,
    outputs: [outputTo(bob, 5n)],
    remint: undefined,
  };
  const after = originOf(checkPart(issuePartOf(next), knownOf([origin, alone])));
  assert.deepEqual(after.issued, { index: 3, total: 105n, certified: true });
  assert.ok(after.certified);
  // Its place in the chain is what the next issue rests on, so that must be certified itself.
  const unsaid = { ...part, spends: [], certificate: undefined };
  const open = originOf(checkPart(unsaid, known));
  assert.equal(open.issued?.certified, false);
  const late = originOf(checkPart(issuePartOf(next), knownOf([origin, open])));
  assert.equal(late.certified, false);
});

test('the issuer chain goes on after a re-mint, with the total as it was', () => {
  const origin = originOf(checkPart(part, known));
  const next: Issue = {
    ...renewed,
    index: 3,
    parent: origin.head,
    amount: 5n,
    total: 105n,
    outputs: [outputTo(bob, 5n)],
    remint: undefined,
  };
  const after = knownOf([firstOrigin, origin]);
  assert.ok(originOf(checkPart(issuePartOf(next), after)).certified);
  const skipped = { ...next, total: 205n };
  assert.deepEqual(checkPart(issuePartOf(skipped), after), { type: 'bad', refusal: 'chain' });
});

test('the holder’s step spends the notes into the re-mint and pays with what came of it', () => {
  const inputs = notes.map((note) => inputOf(ada, note));
  const operation = encodeOperation({ type: 'remint', inputs, issue: renewed });
  const done = sent(ada, minted.durable, ada, [operation], [gold]);
  assert.deepEqual(
    done.change.run.demand.slots.map(keyed).toSorted(),
    slotsOf(renewed).map(keyed).toSorted(),
  );
  const note = [...done.durable.notes.values()].filter(({ source }) =>
    equal(source, issueHead(renewed)),
  );
  assert.deepEqual(note, [{ ...renewed.outputs[0]!, token, source: issueHead(renewed), index: 0 }]);
  assert.equal(done.durable.notes.size, 1);
  const [after] = introduced(ada, bob, done.durable, openDurable(bob));
  const paid = sent(ada, after, bob, [payment(ada, bob, note, 30n)], [gold]);
  const origin = originOf(checkPart(part, known));
  const spent = originOf(checkPart(spendOf(ada.keys, paid, true), knownOf([firstOrigin, origin])));
  assert.deepEqual([spent.certified, spent.outputs[0]!.depth], [true, 1]);
});

const keyed = ({ key, value }: Slot): string => keyOf(key) + keyOf(value);

const changed = (changes: Partial<Issue>): IssuePart => partOf({ ...renewed, ...changes });
const made = (amount: bigint, changes: Partial<Output>): IssuePart =>
  changed({ outputs: [outputTo(ada, amount, changes)] });
const swapped = (certificates: readonly (Certificate | undefined)[]): IssuePart => ({
  ...part,
  spends: part.spends.map((spend, i) => ({ ...spend, certificate: certificates[i] })),
});
const certificates = part.spends.map(({ certificate }) => certificate);
const origin: Origin = firstOrigin;
const underSuite: LineageKnown = { ...known, policyOf: () => ({ ...gold, suites: [2] }) };

/** Bent parts with what is known; each breaks one rule and no other. */
const bends: Partial<Record<LineageRefusal, readonly (readonly [IssuePart, LineageKnown?])[]>> = {
  chain: [
    [changed({ index: 3 })],
    [changed({ total: 99n })],
    [changed({ amount: 1n })],
    [part, knownOf([{ ...origin, issued: undefined }])],
    [part, knownOf([{ ...origin, token: named('another token') }])],
  ],
  malformed: [[changed({ anchors: [named('one'), named('two')] })]],
  movement: [
    // Without a re-mint an issue that adds nothing makes nothing.
    [issuePartOf({ ...renewed, remint: undefined })],
  ],
  remint: [
    [changed({ amount: 1n, total: 101n })],
    [made(100n, { depth: 1 })],
    [made(100n, { receipts: 2 })],
    [made(100n, { kind: noteKinds.purse })],
    [made(100n, { kind: noteKinds.escrow })],
    [changed({ outputs: [outputTo(ada, 100n), outputTo(ada, 0n)] })],
    [{ ...part, spends: part.spends.slice(1) }],
    [{ ...part, spends: [...part.spends, part.spends[0]!] }],
  ],
  suite: [[part, underSuite]],
  signature: [
    [partOf(renewed, { by: bob })],
    [partOf(renewed, { kind: kinds.issue })],
    [{ ...part, spends: part.spends.toReversed() }],
    [{ ...part, spends: partOf({ ...renewed, anchors: [named('x')] }).spends }],
    [{ ...part, authorisation: issuePartOf(first).authorisation }],
    [{ ...part, authorisation: authorisedBy(bob) }],
    [part, { ...known, network: named('another network') }],
  ],
  certificate: [
    [swapped(certificates.toReversed())],
    [swapped([certificates[0], part.certificate])],
    [{ ...part, certificate: certificates[0] }],
    [part, { ...known, policyOf: () => ({ ...gold, registry: named('another registry') }) }],
  ],
};

function authorisedBy(by: Person): IssuePart['authorisation'] {
  return issuePartOf(renewed, { by }).authorisation;
}

for (const [refusal, cases] of Object.entries(bends)) {
  test(`${refusal}: ${lineageRefusals[refusal as LineageRefusal]}`, () => {
    for (const [i, [bent, from = known]] of cases.entries()) {
      assert.deepEqual(checkPart(bent, from), { type: 'bad', refusal }, `bend ${i}`);
    }
  });
}

test('a re-mint names each note once, in one order, and at least one', () => {
  const [a, b] = remintOf(notes).notes;
  for (const wrong of [[], [b!, a!], [a!, a!]]) {
    const issue = { ...renewed, remint: { ...renewed.remint!, notes: wrong } };
    assert.throws(() => encodePart({ ...part, issue }), RangeError);
  }
  assert.ok(notes.some(({ source, index }) => equal(noteId(source, index), a!.id)));
});
