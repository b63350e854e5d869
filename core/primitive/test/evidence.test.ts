/** The tripwire: every kind of evidence convicts, and none can be made of what an honest device says. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { incarnationSlot, type Card } from '../src/card.ts';
import {
  checkEvidence,
  evidence,
  evidenceId,
  evidenceRefusals,
  stepPosition,
  type Branch,
  type Evidence,
  type EvidenceRefusal,
  type NodeVote,
  type SlotStatement,
} from '../src/evidence.ts';
import { nodeId, registriesOf, registryLineage, voterId } from '../src/registry.ts';
import { signedKinds, slotKey, slotKinds, type SlotPlace } from '../src/slot.ts';
import { stepStatement, type SignedStep, type Step } from '../src/step.ts';
import {
  authorisationOf,
  cardOf,
  certificateOf,
  flipped,
  installFakes,
  named,
  network,
  voteOf,
  type Actor,
} from './fixture.ts';
import {
  branchOf,
  card,
  cheat,
  entries,
  nodes,
  opens,
  said,
  signedBy,
  stepBy,
  victim,
  type Of,
} from './forking.ts';

installFakes();

const steps: Of<'steps'> = {
  type: 'steps',
  card,
  later: [],
  first: signedBy(cheat, stepBy(cheat, {})),
  second: signedBy(cheat, stepBy(cheat, { previous: named('another step') })),
};

const spendPlace: SlotPlace = {
  kind: slotKinds.spend,
  writer: cheat.writer,
  position: named('a note'),
};

function statedBy(by: Actor, place: SlotPlace, value: Uint8Array): SlotStatement {
  const line = { key: slotKey(place), value };
  const other = { key: named('another slot'), value: named('x') };
  return { value, authorisation: authorisationOf(by, [other, line], 1, signedKinds[place.kind]) };
}

const spends: Of<'spends'> = {
  type: 'spends',
  card,
  place: spendPlace,
  first: statedBy(cheat, spendPlace, named('one')),
  second: statedBy(cheat, spendPlace, named('two')),
  opening: named('opening'),
};

const issuePlace: SlotPlace = {
  kind: slotKinds.issue,
  writer: cheat.writer,
  position: named('a parent'),
};

const issues: Of<'issues'> = {
  type: 'issues',
  place: issuePlace,
  first: statedBy(cheat, issuePlace, named('one')),
  second: statedBy(cheat, issuePlace, named('two')),
};

const commitPlace: SlotPlace = {
  kind: slotKinds.byteCommit,
  writer: cheat.writer,
  position: named('a node and a number'),
};

const commits: Of<'commits'> = {
  type: 'commits',
  place: commitPlace,
  first: statedBy(cheat, commitPlace, named('one')),
  second: statedBy(cheat, commitPlace, named('two')),
};

function votesOf(first: string, second: string, node = 2): Of<'votes'> {
  const key = named('a slot');
  const voted = (value: string): NodeVote => ({
    value: named(value),
    ...voteOf(nodes, node, { key, value: named(value) }),
  });
  return {
    type: 'votes',
    suite: 1,
    voteKey: nodes.registry.nodes[node]!.voteKey,
    lineage: registryLineage(nodes.registry),
    version: nodes.registry.version,
    key,
    first: voted(first),
    second: voted(second),
  };
}

const votes = votesOf('one', 'two');

const all: readonly [Evidence, type: 'device' | 'issuer' | 'node', id: Uint8Array][] = [
  [entries, 'device', cheat.id],
  [steps, 'device', cheat.id],
  [{ ...steps, second: secondAfterTheSame() }, 'device', cheat.id],
  [spends, 'device', cheat.id],
  [issues, 'issuer', cheat.writer],
  [commits, 'node', nodeId(cheat.suite, cheat.working.publicKey)],
  [votes, 'node', voterId(nodes.registry.nodes[2]!)],
];

function secondAfterTheSame(): SignedStep {
  return signedBy(cheat, stepBy(cheat, { seq: 6, after: named('another root') }));
}

test('each kind convicts its writer, survives its own bytes, and has one name either way round', () => {
  for (const [claim, type, id] of all) {
    const again = evidence.decode(evidence.encode(claim));
    assert.ok(again.ok);
    for (const one of [claim, again.value, swapped(claim)]) {
      const judged = checkEvidence(one, network, opens, registriesOf(nodes.registry));
      assert.deepEqual(judged, { ok: true, culprit: { type, id } });
      assert.deepEqual(evidenceId(one), evidenceId(claim));
    }
  }
  const names = all.map(([claim]) => evidenceId(claim).join());
  assert.equal(new Set(names).size, all.length);
});

test('two nodes that vote for the same two values are two pieces of evidence', () => {
  assert.notDeepEqual(evidenceId(votes), evidenceId(votesOf('one', 'two', 3)));
  const elsewhere = { ...spends, place: { ...spendPlace, position: named('another note') } };
  assert.notDeepEqual(evidenceId(spends), evidenceId(elsewhere));
});

function swapped<E extends Evidence>(claim: E): E {
  return { ...claim, first: claim.second, second: claim.first };
}

test('evidence outlives a change of keys and a new incarnation: it carries the card', () => {
  const later = { birth: named('second birth'), incarnation: 1 };
  const second = cardOf(cheat, later, (body) => certificateOf(nodes, incarnationSlot(body)));
  const inSecond: Of<'steps'> = {
    type: 'steps',
    card: second,
    later: [],
    first: signedBy(cheat, stepBy(cheat, { incarnation: 1 })),
    second: signedBy(cheat, stepBy(cheat, { incarnation: 1, after: named('elsewhere') })),
  };
  assert.equal(said(inSecond), 'convicted');
  assert.equal(checkEvidence(inSecond, network, opens, undefined).ok, false);
  assert.equal(said(steps), 'convicted');
});

/** What does not convict: each line breaks one rule and no other. */
const refused: Record<EvidenceRefusal, readonly [why: string, claim: Evidence][]> = {
  same: [
    ['the same bytes twice', { ...steps, second: steps.first }],
    ['one step, signed twice', { ...steps, second: signedAgain(steps.first) }],
    ['one run, signed twice', { ...entries, second: again(entries.first) }],
    ['a run and its own beginning', { ...entries, second: branchOf(cheat, ['to the one']) }],
    ['a spend, authorised twice', { ...spends, second: statedAgain(spendPlace) }],
    ['an issue, authorised twice', { ...issues, second: statedAgain(issuePlace) }],
    ['a commit, signed twice', { ...commits, second: statedAgain(commitPlace) }],
    ['a vote, given twice', votesOf('one', 'one')],
  ],
  position: [
    ['two steps in a row', { ...steps, second: signedBy(cheat, stepInARow()) }],
    ['steps of two incarnations', { ...steps, second: signedBy(cheat, inOtherLife()) }],
    ['steps of two devices', { ...steps, second: signedBy(victim, otherRoot(victim)) }],
    [
      'runs of two incarnations',
      { ...entries, second: branchOf(cheat, ['x'], { incarnation: 1 }) },
    ],
    ['runs of two devices', { ...entries, second: branchOf(victim, ['x']) }],
    [
      'a run that another step names',
      { ...entries, second: { ...entries.second, signed: misnamed() } },
    ],
    [
      'a first run that another step names',
      { ...entries, first: { ...entries.first, signed: misnamed() } },
    ],
    [
      'a run that no append names',
      { ...entries, second: { ...entries.second, signed: steps.first } },
    ],
    ['runs after different heads', { ...entries, before: named('elsewhere') }],
    [
      'values in a delivery slot',
      { ...spends, place: { ...spendPlace, kind: slotKinds.delivery } },
    ],
    ['spends as issues', { ...issues, place: spendPlace }],
    ['spends as commits', { ...commits, place: spendPlace }],
    ['commits as issues', { ...issues, place: commitPlace }],
    ['issues as spends', { ...spends, place: issuePlace }],
  ],
  card: [
    ['the card of another device', { ...steps, card: cardOf(victim) }],
    ['the card of another device, for runs', { ...entries, card: cardOf(victim) }],
    ['the card of another key', { ...spends, card: cardOf(victim) }],
    ['a card that is not signed', { ...steps, card: unsigned(card) }],
    ['a card that is not signed, for spends', { ...spends, card: unsigned(card) }],
    ['a card of another network', { ...steps, card: cardOf(cheat, { network: named('other') }) }],
    ['a card of another incarnation', { ...steps, card: uncertified() }],
    [
      'the card of the life before',
      { ...steps, first: inOtherSteps(), second: signedBy(cheat, inOtherLife()) },
    ],
  ],
  opening: [],
  signature: [
    ['a step that the cheat did not sign', { ...steps, second: forged(steps.second) }],
    [
      'a run that the cheat did not sign',
      { ...entries, second: { ...entries.second, signed: forged(entries.second.signed) } },
    ],
    [
      'a step signed for another network',
      { ...steps, second: signedBy(cheat, steps.second.step, named('other')) },
    ],
    [
      'a step with another slot list',
      { ...steps, second: { ...steps.second, slots: [{ key: named('k'), value: named('v') }] } },
    ],
    ['a spend by another key', { ...spends, second: statedBy(victim, spendPlace, named('two')) }],
    [
      'a commit by another key',
      { ...commits, second: statedBy(victim, commitPlace, named('two')) },
    ],
    ['an issue by another key', { ...issues, second: statedBy(victim, issuePlace, named('two')) }],
    [
      'a spend whose value was exchanged',
      { ...spends, second: { ...spends.second, value: named('three') } },
    ],
    ['a vote under another version', { ...votes, version: 2 }],
    ['a vote of another lineage', { ...votes, lineage: named('other') }],
    ['a vote of another node', { ...votes, voteKey: nodes.registry.nodes[1]!.voteKey }],
    ['a vote of another suite', { ...votes, suite: 2 }],
    [
      'a vote on another path',
      { ...votes, second: { ...votes.second, path: [{ side: 0, sibling: named('x') }] } },
    ],
    ['votes for two slots', { ...votes, key: named('another slot') }],
  ],
};

for (const [refusal, cases] of Object.entries(refused)) {
  for (const [why, claim] of cases) {
    test(`no evidence (${refusal}): ${why}`, () => assert.equal(said(claim), refusal));
  }
}

test('no evidence (opening): a note whose writer may say two things', () => {
  assert.equal(
    said(spends, () => false),
    'opening',
  );
  assert.equal(said(spends), 'convicted');
});

test('no evidence: statements of another network convict nobody here', () => {
  for (const [claim] of all) {
    assert.equal(
      checkEvidence(claim, named('other'), opens, registriesOf(nodes.registry)).ok,
      false,
    );
  }
});

test('of two faults the one that the table names first is answered', () => {
  const order: EvidenceRefusal[] = ['same', 'position', 'card', 'signature'];
  assert.deepEqual(
    Object.keys(evidenceRefusals).filter((name) => name !== 'opening'),
    order,
  );
  const both = { ...steps, first: forged(steps.first), second: forged(steps.first) };
  assert.equal(said(both), 'same');
  assert.equal(said({ ...steps, card: unsigned(card), second: forged(inARow()) }), 'position');
  assert.equal(said({ ...steps, card: unsigned(card), second: forged(steps.second) }), 'card');
  assert.equal(
    said({ ...spends, card: unsigned(card) }, () => false),
    'card',
  );
  const unauthorised = { ...spends, second: statedBy(victim, spendPlace, named('two')) };
  assert.equal(
    said(unauthorised, () => false),
    'opening',
  );
});

test('positions differ by device, incarnation and number', () => {
  const at = (device: Uint8Array, incarnation: number, seq: number): string =>
    stepPosition(device, incarnation, seq).join();
  const positions = [
    at(cheat.id, 0, 1),
    at(victim.id, 0, 1),
    at(cheat.id, 1, 1),
    at(cheat.id, 0, 2),
    at(cheat.id, 0, 0x1_0000_0001),
    at(cheat.id, 1, 0),
  ];
  assert.equal(new Set(positions).size, positions.length);
});

function signedAgain(signed: SignedStep): SignedStep {
  installFakes(1);
  const again = signedBy(cheat, signed.step);
  installFakes();
  assert.notDeepEqual(again.signature, signed.signature);
  return again;
}

function again(branch: Branch): Branch {
  return { ...branch, signed: signedAgain(branch.signed) };
}

function statedAgain(place: SlotPlace): SlotStatement {
  installFakes(1);
  const stated = statedBy(cheat, place, named('one'));
  installFakes();
  return stated;
}

function stepInARow(): Step {
  return stepBy(cheat, { seq: 6, previous: stepStatement(steps.first.step, []) });
}

function inARow(): SignedStep {
  return signedBy(cheat, stepInARow());
}

function inOtherLife(): Step {
  return stepBy(cheat, { incarnation: 1, after: named('elsewhere') });
}

function otherRoot(by: Actor): Step {
  return stepBy(by, { after: named('elsewhere') });
}

/** A step of the life after the card's, at the place of `inOtherLife`. */
function inOtherSteps(): SignedStep {
  return signedBy(cheat, { ...inOtherLife(), after: named('yet elsewhere') });
}

function misnamed(): SignedStep {
  return branchOf(cheat, ['to a third']).signed;
}

function unsigned(of: Card): Card {
  return { ...of, signature: flipped(of.signature, 40) };
}

function uncertified(): Card {
  return cardOf(cheat, { incarnation: 1 });
}

function forged(signed: SignedStep): SignedStep {
  return { ...signed, signature: flipped(signed.signature, 40) };
}
