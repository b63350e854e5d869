/** Committees: which are sound, by counting; who signs for one; and issue slots written by several. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compare } from '../src/bytes.ts';
import {
  committeeCoder,
  committeeWriter,
  isSound,
  signedByCommittee,
  type Committee,
  type KeySignature,
} from '../src/committee.ts';
import { decodeWith, encodeWith } from '../src/codec.ts';
import { checkEvidence, type Judgement, type SlotStatement } from '../src/evidence.ts';
import { kinds } from '../src/kinds.ts';
import { slotListRoot, statementDigest, type Slot } from '../src/slot-list.ts';
import { authorises, slotKey, slotKinds, type Authorisation, type SlotPlace } from '../src/slot.ts';
import {
  actor,
  authorisationOf,
  flipped,
  installFakes,
  named,
  network,
  signAs,
  type Actor,
} from './fixture.ts';

installFakes();

const issuers = ['one', 'two', 'three', 'four', 'five'].map((name) => actor(`issuer ${name}`));
const stranger = actor('a stranger');

function committeeOf(threshold: number, members: readonly Actor[]): Committee {
  return { threshold, members: members.map(({ writer }) => writer).toSorted(compare) };
}

/** All subsets of `count` members as bits, with how many members each has. */
const subsets = (count: number): readonly (readonly [bits: number, size: number])[] =>
  Array.from({ length: 1 << count }, (_, bits) => [
    bits,
    bits.toString(2).replaceAll('0', '').length,
  ]);

test('sound is what cannot decide twice however the bad ones sign, and can decide without them', () => {
  for (let count = 1; count <= issuers.length; count++) {
    const sets = subsets(count);
    for (let threshold = 0; threshold <= count + 1; threshold++) {
      for (let bad = 0; bad <= count; bad++) {
        const deciding = sets.filter(([, size]) => size >= threshold);
        const faulty = sets.filter(([, size]) => size === bad);
        const once = faulty.every(([bits]) =>
          deciding.every(([a]) => deciding.every(([b]) => (a & b & ~bits) !== 0)),
        );
        const lives = deciding.length > 0 && count - bad >= threshold;
        const committee = committeeOf(threshold, issuers.slice(0, count));
        assert.equal(
          isSound(committee, bad),
          once && lives,
          `${threshold} of ${count}, ${bad} bad`,
        );
      }
    }
  }
});

const committee = committeeOf(3, issuers);
const digest = named('what is signed');

const signatureBy = (by: Actor, of = digest, kind: 0x21 | 0x03 = kinds.issue): KeySignature => ({
  suite: by.suite,
  publicKey: by.working.publicKey,
  signature: signAs(by, by.working, kind, of),
});
const signed = (signatures: readonly KeySignature[], of = committee): boolean =>
  signedByCommittee(of, kinds.issue, network, digest, signatures);
const three = issuers.slice(0, 3).map((by) => signatureBy(by));

test('as many different members as the threshold sign for the committee', () => {
  assert.ok(signed(three));
  assert.ok(signed(three.toReversed()));
  assert.ok(signed(issuers.map((by) => signatureBy(by))));
  assert.ok(signed([signatureBy(issuers[4]!), signatureBy(issuers[1]!), signatureBy(issuers[3]!)]));
});

test('nobody else does, nor fewer, nor one of them twice', () => {
  const [one, two] = three;
  const refused: Readonly<Record<string, readonly KeySignature[]>> = {
    nobody: [],
    'one too few': [one!, two!],
    'one twice': [one!, two!, one!],
    'one twice beside enough': [...three, one!],
    'one twice, signed differently': [one!, two!, signedAgain()],
    'a stranger': [one!, two!, signatureBy(stranger)],
    'a stranger beside enough': [...three, signatureBy(stranger)],
    'another digest': [one!, two!, signatureBy(issuers[2]!, named('something else'))],
    'another kind': [one!, two!, signatureBy(issuers[2]!, digest, kinds.signedStep)],
    'a bent signature': [one!, two!, { ...three[2]!, signature: flipped(one!.signature, 40) }],
    'a bent signature beside enough': [
      ...three,
      { ...signatureBy(issuers[3]!), signature: one!.signature },
    ],
  };
  for (const [name, signatures] of Object.entries(refused)) {
    assert.equal(signed(signatures), false, name);
  }
  assert.equal(signed(three, { ...committee, threshold: 4 }), false);
  assert.equal(signed(three, committeeOf(3, issuers.slice(1))), false);
  const elsewhere = named('another network');
  assert.equal(signedByCommittee(committee, kinds.issue, elsewhere, digest, three), false);
});

/** The first issuer's signature in other bytes: signing may be randomised. */
function signedAgain(): KeySignature {
  installFakes(1);
  const again = signatureBy(issuers[0]!);
  installFakes();
  assert.notDeepEqual(again.signature, three[0]!.signature);
  return again;
}

test('a committee is one writer: its only key, or a digest of all that it is', () => {
  assert.deepEqual(committeeWriter(committeeOf(1, [stranger])), stranger.writer);
  const writers = [
    committee,
    { ...committee, threshold: 4 },
    committeeOf(3, issuers.slice(1)),
    committeeOf(3, [...issuers.slice(1), stranger]),
  ].map((each) => committeeWriter(each).join());
  assert.equal(new Set(writers).size, writers.length);
});

test('a committee has one spelling: its members ascend, and are not too many', () => {
  const bytes = encodeWith(committeeCoder, committee);
  assert.deepEqual(decodeWith(committeeCoder, bytes), committee);
  const wrong: readonly (readonly Uint8Array[])[] = [
    [],
    committee.members.toReversed(),
    [committee.members[0]!, committee.members[0]!],
    [...committee.members, new Uint8Array(32).fill(0xff)],
  ];
  for (const members of wrong) {
    assert.throws(() => encodeWith(committeeCoder, { threshold: 3, members }), RangeError);
  }
  const swapped = bytes.slice();
  swapped.set(committee.members[1]!, 3);
  swapped.set(committee.members[0]!, 3 + 32);
  assert.equal(decodeWith(committeeCoder, swapped), undefined);
});

// Issue slots.

const placeOf = (of: Committee): SlotPlace => ({
  kind: slotKinds.issue,
  writer: committeeWriter(of),
  position: named('the parent'),
});
const value = named('head of an issue');

/** The issue's line signed by some actors; the first signature is the authorisation's own. */
function issuedBy(
  of: Committee,
  by: readonly Actor[],
  kind: 0x21 | 0x03 = kinds.issue,
  head: Uint8Array = value,
): Authorisation {
  const lines: readonly Slot[] = [{ key: slotKey(placeOf(of)), value: head }];
  const first = authorisationOf(by[0]!, lines, 0, kind);
  const statement = statementDigest(first.body, slotListRoot(lines));
  const further = by.slice(1).map((each) => signatureBy(each, statement, kind));
  return { ...first, backing: { type: 'committee', committee: of, further } };
}

const authorised = (by: Authorisation, of: Committee = committee): boolean =>
  authorises(network, placeOf(of), value, by);

test('an issue by a committee is written by as many as it asks for, whoever signs first', () => {
  assert.ok(authorised(issuedBy(committee, issuers.slice(0, 3))));
  assert.ok(authorised(issuedBy(committee, issuers.slice(2).toReversed())));
  const alone = committeeOf(1, [stranger]);
  assert.ok(authorised({ ...issuedBy(alone, [stranger]), backing: undefined }, alone));
});

test('a committee writes issue slots and no others, though its digest is the writer of another', () => {
  const place: SlotPlace = { ...placeOf(committee), kind: slotKinds.spend };
  const lines: readonly Slot[] = [{ key: slotKey(place), value }];
  const [one, ...others] = issuers.slice(0, 3) as [Actor, Actor, Actor];
  const first = authorisationOf(one, lines, 0, kinds.issue);
  const statement = statementDigest(first.body, slotListRoot(lines));
  const further = others.map((each) => signatureBy(each, statement, kinds.issue));
  const by: Authorisation = { ...first, backing: { type: 'committee', committee, further } };
  assert.equal(authorises(network, place, value, by), false);
});

test('an issue slot takes no value by fewer, by strangers, or by another committee', () => {
  const [one, two, third] = issuers as [Actor, Actor, Actor];
  const enough = issuedBy(committee, issuers.slice(0, 3));
  const lower = committeeOf(1, [one, two]);
  const alone = committeeOf(1, [stranger]);
  const exit = { type: 'exit' } as NonNullable<Authorisation['backing']>;
  const refused: Readonly<Record<string, readonly [Authorisation, Committee]>> = {
    'one too few': [issuedBy(committee, [one, two]), committee],
    'one twice': [issuedBy(committee, [one, two, two]), committee],
    'the first twice': [issuedBy(committee, [one, two, one]), committee],
    'a stranger': [issuedBy(committee, [one, two, stranger]), committee],
    'a stranger first': [issuedBy(committee, [stranger, one, two]), committee],
    'signed as a step': [issuedBy(committee, [one, two, third], kinds.signedStep), committee],
    'no committee shown': [{ ...enough, backing: undefined }, committee],
    'a lower threshold shown': [withCommittee(enough, lower), committee],
    'a threshold of none shown': [withCommittee(enough, { ...committee, threshold: 0 }), committee],
    // One issuer is its key, so that nothing of it can be written in two ways.
    'a committee of one shown': [issuedBy(alone, [stranger]), alone],
    'the backing of an exit': [{ ...issuedBy(alone, [stranger]), backing: exit }, alone],
  };
  for (const [name, [by, of]] of Object.entries(refused)) {
    assert.equal(authorised(by, of), false, name);
  }
  assert.equal(authorises(network, placeOf(committee), named('another'), enough), false);
  const spend = { ...placeOf(committee), kind: slotKinds.spend };
  assert.equal(authorises(network, spend, value, enough), false);
});

test('two issues of a committee after one parent convict it, and two signatures of one do not', () => {
  const place = placeOf(committee);
  const stated = (head: Uint8Array, by: readonly Actor[]): SlotStatement => ({
    value: head,
    authorisation: issuedBy(committee, by, kinds.issue, head),
  });
  const judged = (first: SlotStatement, second: SlotStatement): Judgement =>
    checkEvidence({ type: 'issues', place, first, second }, network, () => false, undefined);
  const [a, b] = [stated(value, issuers.slice(0, 3)), stated(named('another'), issuers.slice(2))];
  const culprit = { type: 'issuer', id: committeeWriter(committee) };
  assert.deepEqual(judged(a, b), { ok: true, culprit });
  const same = stated(value, issuers.slice(2));
  assert.deepEqual(judged(a, same), { ok: false, refusal: 'same' });
  const few = stated(named('another'), issuers.slice(3));
  assert.deepEqual(judged(a, few), { ok: false, refusal: 'signature' });
});

function withCommittee(by: Authorisation, of: Committee): Authorisation {
  const { backing } = by;
  assert.ok(backing?.type === 'committee');
  return { ...by, backing: { ...backing, committee: of } };
}
