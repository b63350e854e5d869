/** Identity cards, and the certificates that prove a later incarnation. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  card,
  cardDevice,
  cardDigest,
  cardSlot,
  checkCard,
  generationPlace,
  incarnationPlace,
  incarnationSlot,
  incarnationValue,
  isNextOf,
  replacesKeys,
  signsStep,
  workingKeyDigest,
  type Card,
  type CardRefusal,
} from '../src/card.ts';
import { registriesOf } from '../src/registry.ts';
import { authorises, slotKey } from '../src/slot.ts';
import { installSignatures } from '../src/suite.ts';
import { portableSignatures } from '@dsm/portable';
import {
  actor,
  authorisationOf,
  cardOf,
  certificateOf,
  flipped,
  installFakes,
  named,
  network,
  nodesOf,
} from './fixture.ts';
import { kinds } from '../src/kinds.ts';

installFakes();

const by = actor('device');
const nodes = nodesOf(3);
const second = { incarnation: 1, birth: named('second birth') };
const succeeded = cardOf(by, second, (body) => certificateOf(nodes, incarnationSlot(body)));

const said = (claim: Card): CardRefusal | undefined =>
  checkCard(claim, network, registriesOf(nodes.registry));

test('an honest card holds, and names its device and its key', () => {
  const first = cardOf(by);
  assert.equal(said(first), undefined);
  assert.equal(checkCard(first, network, undefined), undefined);
  assert.equal(said(succeeded), undefined);
  for (const each of [first, succeeded]) {
    assert.deepEqual(cardDevice(each), by.id);
    assert.deepEqual(workingKeyDigest(each), by.writer);
    assert.deepEqual(card.decode(card.encode(each)), { ok: true, value: each });
  }
  const hashOnly = actor('device', 2);
  assert.equal(said(cardOf(hashOnly)), undefined);
  assert.notDeepEqual(hashOnly.id, by.id);
});

const bends: Record<CardRefusal, readonly Card[]> = {
  network: [cardOf(by, { network: named('other') })],
  'key-size': [
    cardOf(by, { workingKey: by.working.publicKey.subarray(1) }),
    cardOf({ ...by, root: by.working }),
    cardOf(by, { suite: 2 }),
  ],
  generation: [
    cardOf(by, { since: 1 }),
    cardOf(by, { previous: named('some step') }),
    cardOf(by, { generation: 1, previous: named('some step') }),
    cardOf(by, { generation: 0, birth: named('another'), previous: named('birth') }),
  ],
  succession: [
    cardOf(by, second),
    { ...succeeded, succession: certificateOf(nodes, incarnationSlot(cardOf(by).body)) },
    cardOf(by, {}, (body) => certificateOf(nodes, incarnationSlot(body))),
    { ...cardOf(by, { ...second, birth: named('a copy') }), succession: succeeded.succession },
    {
      ...succeeded,
      succession: { ...succeeded.succession!, votes: succeeded.succession!.votes.slice(1) },
    },
  ],
  signature: [
    { ...cardOf(by), signature: flipped(cardOf(by).signature, 40) },
    { ...cardOf(by), body: { ...cardOf(by).body, name: 'another name' } },
    { ...cardOf(by), body: { ...cardOf(by).body, generation: 1 } },
    {
      ...cardOf(by),
      body: cardOf({ ...by, root: actor('other').root }).body,
    },
    { ...cardOf(by), body: { ...cardOf(by).body, kemKey: new Uint8Array(1_184) } },
  ],
};

for (const [refusal, claims] of Object.entries(bends)) {
  test(`a card is refused: ${refusal}`, () => {
    for (const [i, claim] of claims.entries()) assert.equal(said(claim), refusal, `bend ${i}`);
  });
}

test('a later incarnation is proved by a registry, and by none without one', () => {
  assert.equal(checkCard(succeeded, network, undefined), 'succession');
  assert.equal(checkCard(succeeded, network, registriesOf(nodesOf(2).registry)), 'succession');
});

test('the root signature of a card is the write of its incarnation slot, and of no other', () => {
  const place = incarnationPlace(succeeded.body);
  const value = incarnationValue(succeeded.body);
  const slots = [incarnationSlot(succeeded.body)];
  const authorisation = authorisationOf(by, slots, 0, kinds.incarnation);
  assert.ok(authorises(network, place, value, authorisation));
  assert.ok(!authorises(network, place, named('other'), authorisation));
  assert.ok(!authorises(named('other'), place, value, authorisation));
  assert.ok(!authorises(network, incarnationPlace(succeeded.body, 2), value, authorisation));
  const working = authorisationOf(by, slots, 0, kinds.signedStep);
  assert.ok(!authorises(network, place, value, working));
});

test('a card is itself the write of the slot that its generation fills', () => {
  const later = cardOf(by, { generation: 1, since: 4, previous: named('step 4') });
  for (const made of [cardOf(by), succeeded, later]) {
    const { body, signature } = made;
    const authorisation = {
      suite: body.suite,
      publicKey: body.rootKey,
      body: cardDigest(body),
      path: [],
      signature,
      backing: undefined,
    };
    const value = body.generation === 0 ? incarnationValue(body) : cardDigest(body);
    assert.ok(authorises(network, generationPlace(body), value, authorisation));
  }
});

test('a later generation fills a slot of its own, with the digest of the card', () => {
  const next = { generation: 1, since: 9, previous: named('step 9') };
  const renewed = cardOf(by, { ...next, workingKey: actor('new').working.publicKey });
  assert.equal(said(renewed), undefined);
  const { body } = renewed;
  const place = generationPlace(body);
  const slots = [cardSlot(body)];
  assert.deepEqual(slots, [{ key: slotKey(place), value: cardDigest(body) }]);
  const authorisation = authorisationOf(by, slots, 0, kinds.incarnation);
  assert.ok(authorises(network, place, cardDigest(body), authorisation));
  const others = [generationPlace(body, 0), generationPlace(body, 2), incarnationPlace(body, 1)];
  for (const other of others) {
    assert.notDeepEqual(slotKey(other), slotKey(place));
    assert.ok(!authorises(network, other, cardDigest(body), authorisation));
  }
  assert.deepEqual(generationPlace(body, 0), incarnationPlace(body));
});

test('the incarnation statement outlives a change of keys', () => {
  const renewed = cardOf(by, { generation: 1, workingKey: actor('new').working.publicKey });
  assert.deepEqual(incarnationValue(renewed.body), incarnationValue(cardOf(by).body));
  assert.notDeepEqual(incarnationValue(succeeded.body), incarnationValue(cardOf(by).body));
});

test('with real signatures: a card of the hash-only suite holds, and a bent one does not', () => {
  installSignatures(portableSignatures);
  try {
    const real = actor('real device', 2);
    const claim = cardOf(real);
    assert.equal(said(claim), undefined);
    assert.equal(said({ ...claim, signature: flipped(claim.signature, 999) }), 'signature');
  } finally {
    installFakes();
  }
});

test('a card replaces the keys of an earlier one of the same incarnation, and never goes back', () => {
  const of = (generation: number, since: number, changes: Partial<Card['body']> = {}): Card =>
    cardOf(by, { generation, since, previous: named('a step'), ...changes });
  const [first, next, third] = [cardOf(by), of(1, 9), of(2, 12)];
  for (const [later, earlier] of [
    [next, first],
    [third, first],
    [third, next],
    [of(2, 9), next],
  ] as const) {
    assert.ok(replacesKeys(later, earlier));
    assert.ok(!replacesKeys(earlier, later));
  }
  assert.ok(!replacesKeys(next, next));
  assert.ok(!replacesKeys(of(2, 8), next), 'it begins before the one that it replaces');
  assert.ok(!replacesKeys(of(1, 9, { incarnation: 1 }), first));
  assert.ok(!replacesKeys(of(1, 9, { birth: named('a copy') }), first));
  assert.ok(!replacesKeys(cardOf(actor('other'), { generation: 1, since: 9 }), first));
  assert.ok(isNextOf(next, first) && isNextOf(third, next));
  assert.ok(!isNextOf(third, first));

  assert.deepEqual(
    [9, 10, 12, 13].map((seq) => [signsStep(next, seq), signsStep(next, seq, third)]),
    [
      [false, false],
      [true, true],
      [true, true],
      [true, false],
    ],
  );
  assert.ok(!signsStep(first, 3, third), 'the generation between the two may have begun before');
});
