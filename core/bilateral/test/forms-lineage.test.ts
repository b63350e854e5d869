/** Lineage of tokens of other kinds: several issuers, items, burns, and lists of who may hold. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  compare,
  kinds,
  slotKey,
  slotListRoot,
  statementDigest,
  type Authorisation,
} from '@dsm/primitive';
import {
  allowList,
  boundsAfter,
  checkPart,
  encodeOperation,
  forms,
  issueHead,
  issuePlace,
  proveAllowed,
  tokenId,
  type Issue,
  type IssuePart,
  type LineageKnown,
  type LineageVerdict,
  type Movement,
  type Note,
  type Operation,
  type Policy,
} from '@dsm/protocols';
import { actor, authorisationOf, certificateOf, signAs, type Actor } from '@dsm/primitive/fixture';
import {
  collected,
  inInputOrder,
  inputOf,
  introduced,
  issueOf,
  openDurable,
  outputTo,
  payment,
  person,
  sent,
  type Sent,
} from './fixture.ts';
import { ada, bob, gold, issuePartOf, knownOf, nodes, originOf, spendOf } from './lineage-scene.ts';

const said = (verdict: LineageVerdict): string =>
  verdict.type === 'bad' ? verdict.refusal : verdict.type;

const issuers = ['one', 'two', 'three'].map((name) => actor(`issuer ${name}`));
const shared: Policy = {
  ...gold,
  ticker: 'SHR',
  threshold: 2,
  members: issuers.map(({ writer }) => writer).toSorted(compare),
};
const slotsOf = (issue: Issue): { readonly key: Uint8Array; readonly value: Uint8Array }[] => [
  { key: slotKey(issuePlace(issue.parent, shared)), value: issueHead(issue) },
];

/** An issue that some signed together; what they show as their committee may be another. */
function issuedBy(issue: Issue, by: readonly Actor[], shown: Partial<Policy> = {}): IssuePart {
  const slots = slotsOf(issue);
  const first = authorisationOf(by[0]!, slots, 0, kinds.issue);
  const statement = statementDigest(first.body, slotListRoot(slots));
  const further = by.slice(1).map((each) => ({
    suite: each.suite,
    publicKey: each.working.publicKey,
    signature: signAs(each, each.working, kinds.issue, statement),
  }));
  const { threshold, members } = { ...shared, ...shown };
  const authorisation: Authorisation = {
    ...first,
    backing: { type: 'committee', committee: { threshold, members }, further },
  };
  return { issue, authorisation, certificate: certificateOf(nodes, slots[0]!), spends: [] };
}

test('an issue by several counts if as many as the policy asks for have signed it', () => {
  const [a, b, c] = issuers as [Actor, Actor, Actor];
  const issue = issueOf(ada, shared, [60n]);
  const known = knownOf([], [shared]);
  for (const by of [[a, b], [c, a], issuers]) {
    assert.ok(originOf(checkPart(issuedBy(issue, by), known)).certified);
  }
  const stranger = actor('a stranger');
  for (const [i, part] of [
    issuedBy(issue, [a]),
    issuedBy(issue, [a, a]),
    issuedBy(issue, [a, stranger]),
    issuedBy(issue, [a, b, stranger]),
    issuedBy(issue, [a], { threshold: 1 }),
    issuedBy(issue, [a], { threshold: 1, members: [a.writer] }),
    {
      ...issuedBy(issue, [a, b]),
      authorisation: authorisationOf(a, slotsOf(issue), 0, kinds.issue),
    },
  ].entries()) {
    assert.equal(said(checkPart(part, known)), 'signature', `bend ${i}`);
  }
});

const art: Policy = { ...gold, ticker: 'ART', form: forms.unique, decimals: 0, burn: 1 };
const firstItems: Issue = { ...issueOf(ada, art, [1n, 2n]), amount: 2n, total: 2n };
const later: Issue = { ...issueOf(ada, art, [3n], firstItems), amount: 1n, total: 3n };
const artPart = (issue: Issue): IssuePart => issuePartOf(issue, { policy: art });
const artOrigin = originOf(checkPart(artPart(firstItems), knownOf([], [art])));
const ofArt: LineageKnown = knownOf([artOrigin], [art]);

test('items are issued under the serial numbers that follow, and no others', () => {
  assert.ok(originOf(checkPart(artPart(later), ofArt)).certified);
  const bent: readonly Partial<Issue>[] = [
    { outputs: [outputTo(ada, 2n)] },
    { outputs: [outputTo(ada, 4n)] },
    { outputs: [outputTo(ada, 3n), outputTo(ada, 4n)] },
    { outputs: [outputTo(ada, 3n), outputTo(ada, 3n)], amount: 2n, total: 4n },
    { amount: 0n, total: 2n },
  ];
  for (const [i, changes] of bent.entries()) {
    assert.equal(said(checkPart(artPart({ ...later, ...changes }), ofArt)), 'movement', `${i}`);
  }
});

/** A device of its own holds what an issue made, and spends it as its rules are told to allow. */
function holding(
  policy: Policy,
  issue: Issue,
): { readonly notes: readonly Note[]; readonly on: Sent } {
  const on = sent(ada, openDurable(ada), ada, [collected(ada, issue)], [policy]);
  return { notes: inInputOrder([...on.durable.notes.values()]), on };
}

type Moved = Operation & { readonly type: 'transfer' | 'burn' };

/** The spend as it stands in a lineage, whatever the rules of an honest lane would say. */
function spentAs(
  policy: Policy,
  issue: Issue,
  changes: Partial<Movement>,
  type: Moved['type'],
): Sent {
  const { notes, on } = holding(policy, issue);
  const inputs = notes.map((note) => inputOf(ada, note));
  const movement = { token: tokenId(policy), inputs, outputs: [], allowed: undefined, memo: '' };
  const operation = encodeOperation({ ...movement, ...changes, type } as Moved);
  return sent(ada, on.durable, ada, [operation], [policy]);
}

const bounds = boundsAfter(holding(art, firstItems).notes);
const item = (serial: bigint): ReturnType<typeof outputTo> => outputTo(ada, serial, bounds);

test('items move as they are and are burnt one by one; nothing else comes of them', () => {
  const moved = spentAs(art, firstItems, { outputs: [item(2n), item(1n)] }, 'transfer');
  const part = spendOf(ada.keys, moved, true);
  assert.ok(originOf(checkPart(part, ofArt)).certified);
  const burnt = spentAs(art, firstItems, { outputs: [item(2n)] }, 'burn');
  const origin = originOf(checkPart(spendOf(ada.keys, burnt, true), ofArt));
  assert.deepEqual(origin.outputs, [item(2n)]);
  // Under another policy of the same bytes, the same parts break a rule.
  const under = (changes: Partial<Policy>): LineageKnown => ({
    ...ofArt,
    policyOf: () => ({ ...art, ...changes }),
  });
  assert.equal(said(checkPart(part, under({ form: forms.credential }))), 'movement');
  assert.equal(said(checkPart(spendOf(ada.keys, burnt, true), under({ burn: 0 }))), 'movement');
});

test('a token with a list is paid to whom the payment shows on it', () => {
  const list = allowList([ada.keys.id, bob.keys.id]);
  const club: Policy = { ...gold, ticker: 'VIP', allowed: list.root() };
  const issue = issueOf(ada, club, [60n]);
  const origin = originOf(checkPart(issuePartOf(issue, { policy: club }), knownOf([], [club])));
  const { notes, on } = holding(club, issue);
  const inputs = notes.map((note) => inputOf(ada, note));
  const outputs = [outputTo(ada, 60n, boundsAfter(inputs))];
  const known = knownOf([origin], [club]);
  const movement = { token: tokenId(club), inputs, outputs, memo: '' };
  const allowed = proveAllowed(list, outputs);
  const paid = encodeOperation({ type: 'transfer', ...movement, allowed });
  const part = spendOf(ada.keys, sent(ada, on.durable, ada, [paid], [club]), true);
  assert.ok(originOf(checkPart(part, known)).certified);
  const another = allowList([ada.keys.id, person('cyd').keys.id]).root();
  for (const root of [another, undefined]) {
    const elsewhere = { ...known, policyOf: () => ({ ...club, allowed: root }) };
    assert.equal(said(checkPart(part, elsewhere)), 'movement');
  }
  const [ofAda] = introduced(ada, bob, on.durable, openDurable(bob));
  assert.throws(
    () => sent(ada, ofAda, bob, [payment(ada, bob, notes, 10n)], [club]),
    /not-allowed/,
  );
});
