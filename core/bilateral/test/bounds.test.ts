/** What an own run may hold at most, each bound alone; and what a peer may say to a restored device. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accepted, limits, type Demand, type Verdict } from '@dsm/primitive';
import { named } from '@dsm/primitive/fixture';
import { issueHead, type Issue } from '@dsm/protocols';
import { openRelationship, type Relationship } from '../src/relationship.ts';
import { absorb, propose } from '../src/run.ts';
import {
  collected,
  edgeTo,
  introduced,
  issueOf,
  memo,
  openDurable,
  peerOf,
  person,
  policyOf,
  sent,
  worldOf,
} from './fixture.ts';

const [ada, bob] = [person('ada'), person('bob')];
const policies = [policyOf(ada)];

const said = (verdict: Verdict<unknown>): string =>
  verdict.type === 'refused' ? verdict.refusal : verdict.type;

const onOwnLane = (operations: readonly Uint8Array[]): string => {
  const a = openDurable(ada);
  return said(propose(a.device, edgeTo(a, ada), operations, worldOf(a, ada, policies)));
};

/** Collections of issues of the same chain that make so many notes each. */
function collections(counts: readonly number[]): readonly Uint8Array[] {
  let before: Issue | undefined;
  return counts.map((count) => {
    const coins = Array.from({ length: count }, () => 1n);
    const issue = issueOf(ada, policies[0]!, coins, before);
    assert.notDeepEqual(issueHead(issue), before && issueHead(before));
    before = issue;
    return collected(ada, issue);
  });
}

test('an own run moves as many leaves as a proof covers, one of them its view', () => {
  const each = Math.floor((limits.proofKeysMax - 1) / 4);
  const rest = limits.proofKeysMax - 1 - 3 * each;
  assert.equal(onOwnLane(collections([each, each, each, rest])), 'accepted');
  assert.equal(onOwnLane(collections([each, each, each, rest + 1])), 'writes');
});

test('an own run collects nothing twice', () => {
  const [first, second] = collections([1, 1]);
  assert.equal(onOwnLane([first!, second!]), 'accepted');
  assert.equal(onOwnLane([first!, first!]), 'writes');
});

test('an own run gives each slot one value', () => {
  const a = openDurable(ada);
  const slot = { key: named('a slot'), value: named('a value'), writer: ada.keys.writer };
  const rules = (): Verdict<Demand> => accepted({ writes: [], slots: [slot] });
  const world = { ...worldOf(a, ada, policies), rules };
  const offered = (...texts: readonly string[]): string =>
    said(propose(a.device, edgeTo(a, ada), texts.map(memo), world));
  assert.equal(offered('once'), 'accepted');
  assert.equal(offered('once', 'twice'), 'slots');
});

test('what names a lane before a restore is absorbed until the peer has shown that it knows', () => {
  const [a, b] = introduced(ada, bob, openDurable(ada), openDurable(bob));
  const { claim } = sent(bob, b, ada, [memo('to who you were')], policies);
  const restored = { ...a.device, incarnation: 1 };
  const opened = openRelationship(
    restored,
    peerOf(bob, b.device),
    named([ada.name, bob.name].toSorted().join(' and ')),
    { mine: ada.keys.writer, theirs: bob.keys.writer },
  );
  const edge: Relationship = { ...edgeTo(a, bob), mine: opened.mine };
  const world = {
    ...worldOf(a, ada, policies),
    indexOfMine: () => undefined,
    stepOf: () => undefined,
  };
  const absorbing = (former: number): ReturnType<typeof absorb> =>
    absorb(restored, { ...edge, former }, claim, world);
  assert.equal(said(absorbing(0)), 'absorbed');
  const taken = absorbing(1);
  assert.ok(taken.type === 'accepted');
  // Nothing in such a run shows that its writer knows of the restore: the next one passes, too.
  const { relationship } = taken.value;
  assert.equal(relationship.former, 1);
  assert.deepEqual(relationship.absorbed, edge.absorbed);
});
