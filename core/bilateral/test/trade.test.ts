/** The offline trade under loss, repetition, reordering and crashes: all of them, not a sample. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { keyOf } from '@dsm/primitive';
import { encodeOperation } from '@dsm/protocols';
import {
  introduced,
  issueOf,
  memo,
  openDurable,
  payment,
  person,
  policyOf,
  sent,
  type Durable,
} from './fixture.ts';
import { openScene, openSide, reachable, settled, type Sides } from './trade-space.ts';

const [ada, bob] = [person('ada'), person('bob')];
const policies = [policyOf(ada)];
const scene = openScene([ada, bob], policies);

/** Ada holds two notes of her own token. */
function funded(): readonly [Durable, Durable] {
  const mint = encodeOperation({ type: 'mint', issue: issueOf(ada, policies[0]!, [60n, 40n]) });
  const { durable } = sent(ada, openDurable(ada), ada, [mint], policies);
  return introduced(ada, bob, durable, openDurable(bob));
}

const sum = (of: Durable): bigint =>
  [...of.notes.values()].reduce((total, { amount }) => total + amount, 0n);

function assertTogether(sides: Sides): void {
  const [a, b] = settled(scene, sides);
  for (const { state, disk } of [a.inside, b.inside]) {
    assert.equal(state.trade.at, 'idle');
    assert.equal(disk.trade.at, 'idle');
    assert.deepEqual(state.me, disk.durable.device);
  }
  assert.deepEqual(a.inside.state.on.mine, b.inside.state.on.theirs, 'one lane, two opinions');
  assert.deepEqual(b.inside.state.on.mine, a.inside.state.on.theirs, 'one lane, two opinions');
  assert.deepEqual(
    a.inside.disk.durable.leaves.get(keyOf(a.inside.state.on.key)),
    b.inside.disk.durable.leaves.get(keyOf(b.inside.state.on.key)),
  );
  assert.equal(sum(a.inside.disk.durable) + sum(b.inside.disk.durable), 100n);
}

const pay = (of: Durable, amount: bigint): Uint8Array => {
  const note = [...of.notes.values()].find((each) => each.amount >= amount)!;
  return payment(ada, bob, [note], amount);
};

test('one trade: at the end it is on both sides or on none, whatever is lost or repeated', (t) => {
  const [ofAda, ofBob] = funded();
  const start: Sides = [
    openSide(ofAda, bob, [[pay(ofAda, 25n)]], { crashes: 2, cancels: 1 }),
    openSide(ofBob, ada, [], { crashes: 2, cancels: 0 }),
  ];
  const { size, insides } = reachable(scene, start, 20_000);
  t.diagnostic(`${size} states, ${insides.length} without what is under way`);
  const paid = new Set<bigint>();
  for (const sides of insides) {
    assertTogether(sides);
    paid.add(sum(settled(scene, sides)[1].inside.disk.durable));
  }
  assert.deepEqual(paid, new Set([0n, 25n]));
});

test('two crossing trades: neither loses, blocks or forks the other', (t) => {
  const [ofAda, ofBob] = funded();
  const start: Sides = [
    openSide(ofAda, bob, [[pay(ofAda, 25n)]], { crashes: 1, cancels: 0 }),
    openSide(ofBob, ada, [[memo('a crossing word')]], { crashes: 0, cancels: 0 }),
  ];
  const { size, insides } = reachable(scene, start, 200_000);
  t.diagnostic(`${size} states, ${insides.length} without what is under way`);
  for (const sides of insides) assertTogether(sides);
});
