/** The offline trade under loss, repetition, reordering and crashes: all of them, not a sample. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  consentDigest,
  keyOf,
  kinds,
  pendings,
  refusals,
  type Claim,
  type Consent,
  type Pending,
  type Refusal,
} from '@dsm/primitive';
import type { Message } from '../src/message.ts';
import { claimOf } from '../src/run.ts';
import { ackMac, explain, step, type Event, type Turn } from '../src/trade.ts';
import { signAs } from '@dsm/primitive/fixture';
import {
  edgeTo,
  mapOf,
  memo,
  payment,
  person,
  sent,
  signedBy,
  worldOf,
  type Durable,
  type Person,
} from './fixture.ts';
import { ada, bob, doings, funded, idle, messageIn, pay, policies, turned } from './trade-scene.ts';
import { openScene, openSide, reachable, settled, type Sides } from './trade-space.ts';

const scene = openScene([ada, bob], policies);

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

test('one trade at a time; a commitment cannot be taken back; a crash forgets an offer alone', () => {
  const [ofAda, ofBob] = funded();
  const operations = [pay(ofAda, 25n)];
  const { state } = turned(ofAda, bob, { type: 'propose', operations });
  const again = turned(ofAda, bob, { type: 'propose', operations }, state.trade);
  assert.deepEqual(doings(again), ['declined busy']);
  const cancelled = turned(ofAda, bob, { type: 'cancel' }, state.trade);
  assert.deepEqual(doings(cancelled), ['send refuse', 'cancelled']);
  assert.deepEqual(turned(ofAda, bob, { type: 'resume' }, state.trade).state.trade, idle);
  const start: Sides = [
    openSide(ofAda, bob, [operations], { crashes: 0, cancels: 0 }),
    openSide(ofBob, ada, [], { crashes: 0, cancels: 0 }),
  ];
  const committing = reachable(scene, start, 1_000).insides.find(
    ([{ inside }]) => inside.state.trade.at === 'committing',
  )!;
  const { state: paying, disk } = committing[0].inside;
  const late = turned(disk.durable, bob, { type: 'cancel' }, paying.trade);
  assert.deepEqual(doings(late), ['declined too-late']);
  assert.deepEqual(late.state.trade, paying.trade);
  const resumed = turned(disk.durable, bob, { type: 'resume' }, paying.trade);
  assert.deepEqual(doings(resumed), ['sign-step']);
});

test('with a device against which there is evidence nothing is proposed and nothing accepted', () => {
  const [ofAda, ofBob] = funded();
  const brick = (of: Durable, peer: Person): Durable => ({
    ...of,
    relationships: new Map(of.relationships).set(keyOf(peer.keys.id), {
      ...edgeTo(of, peer),
      bricked: 1,
    }),
  });
  const operations = [pay(ofAda, 25n)];
  const refused = turned(brick(ofAda, bob), bob, { type: 'propose', operations });
  assert.deepEqual(doings(refused), ['unaccepted']);
  const offer = messageIn(turned(ofAda, bob, { type: 'propose', operations }), 'offer');
  const answered = turned(brick(ofBob, ada), ada, { type: 'offer', offer, standing: 'taken' });
  assert.equal(messageIn(answered, 'refuse').code, 'bricked');
});

test('the payee acknowledges, then says its own step; an ack with another key is none', () => {
  const [ofAda, ofBob] = funded();
  const { claim } = sent(ada, ofAda, bob, [pay(ofAda, 25n)], policies);
  const commit = { type: 'commit', ...claim, countersignature: undefined } as const;
  const received = turned(ofBob, ada, { type: 'commit', commit });
  assert.deepEqual(doings(received), ['persist-absorbed', 'send ack', 'received', 'sign-step']);
  const signing = received.effects.find((effect) => effect.do === 'sign-step')!;
  assert.ok(signing.do === 'sign-step');
  const signed = signedBy(bob, signing.run);
  const { statement } = signing.run;
  const completed = turned(ofBob, ada, { type: 'step-signed', statement, signed });
  assert.deepEqual(messageIn(completed, 'absorbed').signed, signed);
  const ack = messageIn(received, 'ack');
  assert.deepEqual(doings(turned(ofAda, bob, { type: 'ack', ack })), ['persist-acked', 'acked']);
  const forged = { ...ack, mac: ack.head };
  assert.deepEqual(doings(turned(ofAda, bob, { type: 'ack', ack: forged })), []);
});

test('a commit that does not hold is refused with its code, and nothing is kept', () => {
  const [ofAda, ofBob] = funded();
  const { claim } = sent(ada, ofAda, bob, [pay(ofAda, 25n)], policies);
  const signed = { ...claim.signed, signature: new Uint8Array(3_309) };
  const commit = { type: 'commit', ...claim, signed, countersignature: undefined } as const;
  const answered = turned(ofBob, ada, { type: 'commit', commit });
  assert.deepEqual(doings(answered), ['send refuse', 'unaccepted']);
  assert.equal(messageIn(answered, 'refuse').code, 'signature');
  assert.deepEqual(answered.state.me, ofBob.device);
});

test('what the rules refuse is not offered', () => {
  const [ofAda] = funded();
  const note = [...ofAda.notes.values()][0]!;
  const operations = [payment(ada, person('cyd'), [note], 25n)];
  const refused = turned(ofAda, bob, { type: 'propose', operations });
  assert.deepEqual([doings(refused), refused.state.trade], [['unaccepted'], idle]);
});

test('consent by another, for another, or under another root is no consent', () => {
  const [ofAda, ofBob] = funded();
  const operations = [pay(ofAda, 25n)];
  const proposed = turned(ofAda, bob, { type: 'propose', operations });
  const offer = messageIn(proposed, 'offer');
  const signing = turned(ofBob, ada, { type: 'offer', offer, standing: 'taken' });
  const wanted = signing.effects.find((effect) => effect.do === 'sign-consent')!;
  assert.ok(wanted.do === 'sign-consent');
  const consentBy = (by: Person, changes: Partial<Consent> = {}): Message & { type: 'consent' } => {
    const consent = { ...wanted.consent, ...changes };
    const { keys } = by;
    const digest = consentDigest(consent);
    const signature = signAs(keys, keys.working, kinds.countersignature, digest);
    const proof = mapOf(ofBob).prove([edgeTo(ofBob, ada).key]);
    const head = edgeTo(ofBob, ada).mine.head;
    return { type: 'consent', countersignature: { consent, signature }, head, proof };
  };
  const said = (consent: Message & { type: 'consent' }): Turn =>
    turned(ofAda, bob, { type: 'consent', consent }, proposed.state.trade);
  assert.deepEqual(doings(said(consentBy(bob))), ['persist-appended', 'sign-step']);
  const bent: readonly (readonly [Message & { type: 'consent' }, refusal: string])[] = [
    [consentBy(ada), 'signature'],
    [consentBy(bob, { proposer: bob.keys.id }), 'wrong-device'],
    [consentBy(bob, { proposerIncarnation: 1 }), 'wrong-device'],
    [consentBy(bob, { peer: ada.keys.id }), 'wrong-device'],
    [consentBy(bob, { peerIncarnation: 1 }), 'wrong-device'],
    [consentBy(bob, { root: new Uint8Array(32).fill(1) }), 'proof-before'],
    [{ ...consentBy(bob), head: new Uint8Array(32).fill(1) }, 'proof-before'],
  ];
  for (const [consent, refusal] of bent) {
    const { effects, state } = said(consent);
    assert.deepEqual(state.trade, idle);
    assert.equal(effects.length, 1);
    const [told] = effects;
    assert.ok(told?.do === 'tell' && told.outcome.type === 'unaccepted');
    const { verdict } = told.outcome;
    assert.equal(verdict.type === 'refused' ? verdict.refusal : verdict.type, refusal);
  }
  const other = consentBy(bob, { head: new Uint8Array(32).fill(1) });
  assert.deepEqual(doings(said(other)), []);
});

test('a consent that was overtaken while it was signed is not sent', () => {
  const [ofAda, ofBob] = funded();
  const operations = [pay(ofAda, 25n)];
  const offer = messageIn(turned(ofAda, bob, { type: 'propose', operations }), 'offer');
  const signing = turned(ofBob, ada, { type: 'offer', offer, standing: 'taken' });
  const wanted = signing.effects.find((effect) => effect.do === 'sign-consent')!;
  assert.ok(wanted.do === 'sign-consent');
  const { consent } = wanted;
  const signature = new Uint8Array(3_309);
  const event: Event = { type: 'consent-signed', consent, signature };
  assert.deepEqual(doings(turned(ofBob, ada, event)), ['send consent']);
  const { durable } = sent(bob, ofBob, ada, [memo('meanwhile')], policies);
  assert.deepEqual(doings(turned(durable, ada, event)), []);
});

/** Ada's trade up to the payment, with what Bob consented to. */
function consentedTrade(): {
  readonly ofAda: Durable;
  readonly ofBob: Durable;
  readonly offered: Turn;
  readonly consent: Message & { type: 'consent' };
  readonly given: Turn;
  readonly committing: Turn;
} {
  const [ofAda, ofBob] = funded();
  const operations = [pay(ofAda, 25n)];
  const offered = turned(ofAda, bob, { type: 'propose', operations });
  const offer = messageIn(offered, 'offer');
  const signing = turned(ofBob, ada, { type: 'offer', offer, standing: 'taken' });
  const wanted = signing.effects.find((effect) => effect.do === 'sign-consent')!;
  assert.ok(wanted.do === 'sign-consent');
  const { consent: agreed } = wanted;
  const digest = consentDigest(agreed);
  const signature = signAs(bob.keys, bob.keys.working, kinds.countersignature, digest);
  const given = turned(ofBob, ada, { type: 'consent-signed', consent: agreed, signature });
  const consent = messageIn(given, 'consent');
  const committing = turned(ofAda, bob, { type: 'consent', consent }, offered.state.trade);
  assert.deepEqual(doings(committing), ['persist-appended', 'sign-step']);
  return { ofAda, ofBob, offered, consent, given, committing };
}

test('a consent to a place that another own run took meanwhile pays nothing: it is offered anew', () => {
  const { ofAda, offered, consent } = consentedTrade();
  const { durable } = sent(ada, ofAda, bob, [memo('meanwhile')], policies);
  const late = turned(durable, bob, { type: 'consent', consent }, offered.state.trade);
  assert.deepEqual(doings(late), ['send offer', 'offered']);
  assert.notDeepEqual(late.state.trade, offered.state.trade);
});

test('while one run is paid, signatures and acknowledgements of another change nothing of it', () => {
  const { ofAda, committing } = consentedTrade();
  const { trade, on, me } = committing.state;
  assert.ok(trade.at === 'committing');
  const signed = signedBy(ada, trade.run);
  const world = worldOf(ofAda, ada, policies);
  const state = { me, on, trade };
  const other = new Uint8Array(32).fill(7);
  const stray = step(state, { type: 'step-signed', statement: other, signed }, world);
  assert.deepEqual(doings(stray), []);
  const due = { type: 'step-signed', statement: trade.run.statement, signed } as const;
  assert.deepEqual(doings(step(state, due, world)), ['send commit', 'committed']);
  const ackOf = (head: Uint8Array): Event => ({
    type: 'ack',
    ack: { type: 'ack', head, mac: ackMac(on, head) },
  });
  const earlier = step(state, ackOf(other), world);
  assert.deepEqual(doings(earlier), ['persist-acked', 'acked']);
  assert.deepEqual(earlier.state.trade, trade);
  assert.deepEqual(step(state, ackOf(trade.run.heads.at(-1)!), world).state.trade, idle);
});

test('what the peer gave is kept with the run that it consented to, and with no other', () => {
  const { ofAda, ofBob, given, consent, committing } = consentedTrade();
  const { trade } = committing.state;
  assert.ok(trade.at === 'committing');
  const keptWith = (claim: Claim): unknown => {
    const commit = { type: 'commit', ...claim, countersignature: undefined } as const;
    const turn = step(given.state, { type: 'commit', commit }, worldOf(ofBob, bob, policies));
    const effect = turn.effects.find((each) => each.do === 'persist-absorbed');
    assert.ok(effect?.do === 'persist-absorbed');
    return effect.countersignature;
  };
  const { signature } = signedBy(ada, trade.run);
  assert.deepEqual(keptWith(claimOf(trade.run, signature, [])), consent.countersignature);
  const other = sent(ada, ofAda, bob, [memo('another run')], policies);
  assert.equal(keptWith(other.claim), undefined);
});

test('every verdict has a code and a sentence', () => {
  for (const name of Object.keys(refusals) as Refusal[]) {
    assert.deepEqual(explain({ type: 'refused', refusal: name }), [name, refusals[name]]);
  }
  for (const name of Object.keys(pendings) as Pending[]) {
    assert.deepEqual(explain({ type: 'pending', pending: name }), [name, pendings[name]]);
  }
  assert.equal(explain({ type: 'already-accepted' })[0], 'already-accepted');
});
