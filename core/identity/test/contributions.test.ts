/** Entropy of several: committed, then revealed, the owner's own never shown. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compare, limits } from '@dsm/primitive';
import { flipped, installFakes, named } from '@dsm/primitive/fixture';
import {
  commitTo,
  contribution,
  contributionRefusals,
  mayReveal,
  mix,
  transcriptDigest,
  type Commitment,
  type ContributionRefusal,
  type Reveal,
} from '../src/index.ts';

installFakes();

const part = (name: string): Reveal => ({
  contributor: named(name),
  entropy: named(`entropy of ${name}`),
});
const own = part('owner');
const others = ['ann', 'ben', 'cyn'].map(part);
const committed = (all: readonly Reveal[]): readonly Commitment[] =>
  all.map(commitTo).toSorted((a, b) => compare(a.contributor, b.contributor));
const commitments = committed([own, ...others]);

test('everybody’s entropy makes the words, in whatever order it comes', () => {
  const mixed = mix(commitments, own, others);
  assert.ok(mixed.ok);
  assert.deepEqual(mix(commitments, own, others.toReversed()), mixed);
  assert.deepEqual(mixed.transcript, transcriptDigest(commitments));
  for (const one of [own, ...others]) {
    const changed = [own, ...others].map((all) =>
      all === one ? { ...all, entropy: flipped(all.entropy) } : all,
    );
    const again = mix(committed(changed), changed[0]!, changed.slice(1));
    assert.ok(again.ok);
    assert.notDeepEqual(again.entropy, mixed.entropy);
  }
  const alone = mix(committed([own]), own, []);
  assert.ok(alone.ok);
});

const twin = { contributor: named('twin'), entropy: others[0]!.entropy };
const cases: Record<ContributionRefusal, readonly Parameters<typeof mix>[]> = {
  order: [
    [commitments.toReversed(), own, others],
    [[commitments[0]!, ...commitments], own, others],
    [[], own, []],
    [
      committed(Array.from({ length: limits.contributorsMax + 1 }, (_, i) => part(`p${i}`))),
      own,
      [],
    ],
  ],
  own: [
    [committed(others), own, others],
    [commitments, { ...own, entropy: named('chosen late') }, others],
  ],
  count: [
    [commitments, own, others.slice(1)],
    [commitments, own, [...others, part('dan')]],
    [commitments, own, [others[0]!, others[0]!, others[1]!]],
  ],
  reveal: [[commitments, own, others.with(1, { ...others[1]!, entropy: named('chosen late') })]],
  identical: [[committed([own, ...others, twin]), own, [...others, twin]]],
};

for (const [refusal, given] of Object.entries(cases)) {
  for (const [at, args] of given.entries()) {
    test(`refused: ${refusal}, ${at}`, () => {
      assert.deepEqual(mix(...args), { ok: false, refusal });
    });
  }
}

test('every refusal has its sentence', () => {
  assert.deepEqual(Object.keys(cases).toSorted(), Object.keys(contributionRefusals).toSorted());
});

test('a contributor reveals to a transcript that has its own commitment', () => {
  assert.ok(mayReveal(commitments, others[0]!));
  assert.ok(!mayReveal(commitments, part('dan')));
  assert.ok(!mayReveal(commitments, { ...others[0]!, entropy: named('other') }));
});

test('a commitment of another contributor is not one’s own', () => {
  const copied = { contributor: named('copier'), commitment: commitTo(others[0]!).commitment };
  const all = [...commitments, copied].toSorted((a, b) => compare(a.contributor, b.contributor));
  const revealed = { contributor: named('copier'), entropy: others[0]!.entropy };
  assert.deepEqual(mix(all, own, [...others, revealed]), { ok: false, refusal: 'reveal' });
});

test('what is sent decodes to what was sent, and only in its order', () => {
  const sent = [
    { type: 'commitment', ...commitTo(own) },
    { type: 'transcript', commitments },
    { type: 'reveal', ...own },
  ] as const;
  for (const value of sent) {
    assert.deepEqual(contribution.decode(contribution.encode(value)), { ok: true, value });
  }
  const reversed = { type: 'transcript', commitments: commitments.toReversed() } as const;
  assert.throws(() => contribution.encode(reversed), RangeError);
});
