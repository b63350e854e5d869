/** Offers: what is refused, by which name, and what a refusal does to the offer that is out. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { entry, zero32 } from '@dsm/primitive';
import type { Message } from '../src/message.ts';
import { absorbed, memo, openDurable, sent, type Durable } from './fixture.ts';
import { ada, bob, doings, funded, idle, messageIn, pay, policies, turned } from './trade-scene.ts';

test('an offer is declined by taste, with a code, and the proposer may go on', () => {
  const [ofAda, ofBob] = funded();
  const proposed = turned(ofAda, bob, { type: 'propose', operations: [pay(ofAda, 25n)] });
  assert.deepEqual(doings(proposed), ['send offer', 'offered']);
  const standing = { code: 'limit', why: 'more than this wallet takes offline' };
  const offer = messageIn(proposed, 'offer');
  const answered = turned(ofBob, ada, { type: 'offer', offer, standing });
  assert.deepEqual(doings(answered), ['send refuse']);
  const refuse = messageIn(answered, 'refuse');
  const { state } = proposed;
  const ended = turned(ofAda, bob, { type: 'refuse', refuse }, state.trade);
  assert.deepEqual(doings(ended), ['declined limit']);
  assert.deepEqual(ended.state.trade, idle);
  // Whose place its judge cannot know is refused without a name: that is what is offered.
  const nameless = { ...refuse, head: new Uint8Array(32) };
  const given = turned(ofAda, bob, { type: 'refuse', refuse: nameless }, state.trade);
  assert.deepEqual([doings(given), given.state.trade], [['declined limit'], idle]);
  const elsewhere = { ...refuse, head: new Uint8Array(32).fill(9) };
  const kept = turned(ofAda, bob, { type: 'refuse', refuse: elsewhere }, state.trade);
  assert.deepEqual([doings(kept), kept.state.trade], [[], state.trade]);
});

test('an offer whose place another own run took is made again at the next one', () => {
  const [ofAda, ofBob] = funded();
  const proposed = turned(ofAda, bob, { type: 'propose', operations: [pay(ofAda, 25n)] });
  const said = sent(ada, ofAda, bob, [memo('meanwhile')], policies);
  const heard = absorbed(bob, ofBob, ada, said.claim, policies).durable!;
  const offer = messageIn(proposed, 'offer');
  const answered = turned(heard, ada, { type: 'offer', offer, standing: 'taken' });
  const refuse = messageIn(answered, 'refuse');
  assert.equal(refuse.code, 'fork');
  const { trade } = proposed.state;
  const again = turned(said.durable, bob, { type: 'refuse', refuse }, trade);
  assert.deepEqual(doings(again), ['send offer', 'offered']);
  const next = { type: 'offer', offer: messageIn(again, 'offer'), standing: 'taken' } as const;
  assert.deepEqual(doings(turned(heard, ada, next)), ['sign-consent']);
  const early = { ...refuse, code: 'index' };
  const sooner = turned(said.durable, bob, { type: 'refuse', refuse: early }, trade);
  assert.deepEqual(doings(sooner), ['send offer', 'offered']);
  // Refused for anything else, or with nothing in its place, it is declined.
  const other = { ...refuse, code: 'bricked' };
  const elsewhere = turned(said.durable, bob, { type: 'refuse', refuse: other }, trade);
  assert.deepEqual(doings(elsewhere), ['declined bricked']);
  const unmoved = turned(ofAda, bob, { type: 'refuse', refuse }, trade);
  assert.deepEqual(doings(unmoved), ['declined fork']);
});

/** What Bob says to an offer, and what becomes of Ada's trade when she hears it. */
function refusalOf(offer: Message & { type: 'offer' }, by: Durable): Message & { type: 'refuse' } {
  return messageIn(turned(by, ada, { type: 'offer', offer, standing: 'taken' }), 'refuse');
}

test('an old offer that comes again does not end the one that is out now', () => {
  const [ofAda, ofBob] = funded();
  const operations = [pay(ofAda, 25n)];
  const old = messageIn(turned(ofAda, bob, { type: 'propose', operations }), 'offer');
  const dropped = messageIn(
    turned(ofAda, bob, { type: 'propose', operations: [memo('x')] }),
    'offer',
  );
  const paid = sent(ada, ofAda, bob, operations, policies);
  const heard = absorbed(bob, ofBob, ada, paid.claim, policies).durable!;
  const second = sent(ada, paid.durable, bob, [memo('more')], policies);
  const further = absorbed(bob, heard, ada, second.claim, policies).durable!;
  const proposed = turned(second.durable, bob, { type: 'propose', operations: [memo('now')] });
  const { trade } = proposed.state;
  assert.ok(trade.at === 'offered');
  // At a place that is known the refusal names what it refuses, wherever the lane has gone since.
  for (const by of [heard, further]) {
    const repeated = refusalOf(old, by);
    assert.equal(repeated.code, 'already-accepted');
    assert.deepEqual(repeated.head, paid.change.run.heads.at(-1));
    const overtaken = refusalOf(dropped, by);
    assert.equal(overtaken.code, 'fork');
    for (const refuse of [repeated, overtaken]) {
      const after = turned(second.durable, bob, { type: 'refuse', refuse }, trade);
      assert.deepEqual([doings(after), after.state.trade], [[], trade]);
    }
  }
  // In the middle of the lane, too.
  const { entries } = second.change.run;
  const middle = refusalOf({ ...old, entries }, further);
  assert.deepEqual(middle.head, second.change.run.heads.at(-1));
  // What does not pass at the end of the lane is named likewise, and ends exactly the offer that it is.
  const offer = messageIn(proposed, 'offer');
  const bent = refusalOf({ ...offer, root: openDurable(ada).device.root }, further);
  assert.deepEqual([bent.code, bent.head], ['proof-before', trade.head]);
  const ended = turned(second.durable, bob, { type: 'refuse', refuse: bent }, trade);
  assert.deepEqual([doings(ended), ended.state.trade], [['declined proof-before'], idle]);
});

test('an offer whose place is not known is refused without a name', () => {
  const [ofAda, ofBob] = funded();
  const { durable, claim } = sent(ada, ofAda, bob, [memo('first')], policies);
  const offer = messageIn(
    turned(durable, bob, { type: 'propose', operations: [memo('x')] }),
    'offer',
  );
  const early = refusalOf(offer, ofBob);
  assert.deepEqual([early.code, early.head], ['early', zero32]);
  const heard = absorbed(bob, ofBob, ada, claim, policies).durable!;
  const first = offer.entries[0]!;
  const unread: readonly (readonly [readonly Uint8Array[], code: string])[] = [
    [[], 'malformed'],
    [[first.slice(1)], 'malformed'],
    [[first.with(0, 2)], 'version'],
    [[indexed(first, 0)], 'index'],
    [[indexed(first, 3)], 'early'],
  ];
  for (const [entries, code] of unread) {
    const refuse = refusalOf({ ...offer, entries }, heard);
    assert.deepEqual([refuse.code, refuse.head], [code, zero32]);
  }
});

/** An entry as if it stood elsewhere. */
function indexed(bytes: Uint8Array, index: number): Uint8Array {
  const decoded = entry.decode(bytes);
  assert.ok(decoded.ok);
  return entry.encode({ ...decoded.value, index });
}

test('an offer whose notes are not under its root is refused before anybody signs', () => {
  const [ofAda, ofBob] = funded();
  const operations = [pay(ofAda, 25n)];
  const offer = messageIn(turned(ofAda, bob, { type: 'propose', operations }), 'offer');
  const good = turned(ofBob, ada, { type: 'offer', offer, standing: 'taken' });
  assert.deepEqual(doings(good), ['sign-consent']);
  const spent = { ...offer, root: openDurable(ada).device.root };
  const bent = turned(ofBob, ada, { type: 'offer', offer: spent, standing: 'taken' });
  assert.equal(messageIn(bent, 'refuse').code, 'proof-before');
});
