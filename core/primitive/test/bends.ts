/**
 * One bend, or more, for every way in which `accept` can say no. The types see to it that none is
 * forgotten: a new refusal does not compile until something earns it.
 */

import { limits } from '../src/limits.ts';
import { concat, zero32 } from '../src/bytes.ts';
import { nextEntropy, type Entry } from '../src/entry.ts';
import { kinds, type Kind } from '../src/kinds.ts';
import { stepStatement, type SignedStep } from '../src/step.ts';
import type { Known, KnownStep } from '../src/accept.ts';
import type { Suite } from '../src/suite.ts';
import type { Pending, Refusal } from '../src/verdict.ts';
import { noteKey } from '../src/view.ts';
import { actor, flipped, named, network, signAs, type Actor } from './fixture.ts';
import { author, history, laneBefore, me, myHeads, older, toys, type Bend } from './claim.ts';

type Bends = readonly [Bend, ...Bend[]];

/** A bend of the second entry alone. */
const second = (change: (one: Entry, lane: { readonly entropy: Uint8Array }) => Entry): Bend => ({
  entry: (one, { i, lane }) => (i === 1 ? change(one, lane) : one),
});

/** A bend of every entry. */
const each = (change: (one: Entry) => Entry): Bend => ({ entry: (one) => change(one) });

const operation = (toy: number): Bend => ({
  operations: (all) => all.with(1, Uint8Array.of(toy, 2)),
});

const bytes = (change: (one: Uint8Array) => Uint8Array): Bend => ({
  bytes: (all) => all.with(1, change(all[1]!)),
});

const known = (change: (from: Known, made: SignedStep) => Partial<Known>): Bend => ({
  known: (from, made) => ({ ...from, ...change(from, made) }),
});

/** A step is known so many places after the claim's own: an honest one, but for the change. */
export const knownStep = (
  distance: number,
  change: (made: SignedStep) => Partial<KnownStep>,
): Bend =>
  known(({ stepAt }, made) => ({
    stepAt: (seq) =>
      seq === made.step.seq + distance
        ? { ...neighbour(made, distance), ...change(made) }
        : stepAt(seq),
  }));

/** The honest neighbour of a step. */
function neighbour({ step, slots }: SignedStep, distance: number): KnownStep {
  const statement = stepStatement(step, slots);
  if (distance < 0) {
    return { statement: step.previous, before: zero32, after: step.before, previous: zero32 };
  }
  if (distance === 0) {
    return { statement, before: step.before, after: step.after, previous: step.previous };
  }
  return {
    statement: named('the step after'),
    before: step.after,
    after: zero32,
    previous: statement,
  };
}

/** Signed again, by the keys that the author has, over what `change` made of it. */
const resigned = (suite: Suite, kind: Kind, on: Uint8Array): Bend => ({
  signed: (signed) => ({
    ...signed,
    signature: signAs(
      { suite },
      author.working,
      kind,
      stepStatement(signed.step, signed.slots),
      on,
    ),
  }),
});

const stray = { key: noteKey(named('stray')), before: zero32, after: named('a stray leaf') };
const otherLane = { ...laneBefore, head: named('another head'), index: laneBefore.index + 1 };
/** Two entries of this many bytes and the two honest ones are one byte more than a run may have. */
const big = new Uint8Array((limits.runBytesMax - 2 * (79 + 2)) / 2 - 79 + 1).fill(toys.plain);
const thirdParty = actor('a third party');

/** Another key of the author's is in force at the step, which it signs with its own all the same. */
function otherKey(keys: (mine: Uint8Array, other: Uint8Array) => Partial<Known['author']>): Bend {
  return {
    signed: (made) => ({ ...made, further: [...made.further, furtherBy(made, author)] }),
    known: (from) => ({
      ...from,
      author: {
        ...from.author,
        ...keys(author.working.publicKey, thirdParty.working.publicKey),
      },
    }),
  };
}

export const refusedBends: Record<Refusal, Bends> = {
  'wrong-device': [
    { step: (step) => ({ ...step, device: me.id }) },
    { step: (step) => ({ ...step, device: thirdParty.id }) },
  ],
  'wrong-cause': [
    { cause: ({ relationship, index, head }) => ({ type: 'absorb', relationship, index, head }) },
    { cause: ({ relationship, head }) => succeed(relationship, head) },
    { cause: () => ({ type: 'restore' }) },
  ],
  'wrong-relationship': [
    { cause: (cause) => ({ ...cause, relationship: flipped(cause.relationship, 31) }) },
  ],
  'old-incarnation': [{ step: (step) => ({ ...step, incarnation: step.incarnation - 1 }) }],
  'too-large': [
    { operations: (all) => [...all, big, big.subarray(1)] },
    { operations: (all) => [...all, ...plain(254)] },
    { bytes: () => Array.from({ length: limits.runEntriesMax + 1 }, () => Uint8Array.of(1)) },
  ],
  malformed: [
    bytes((one) => concat(one, Uint8Array.of(0))),
    bytes((one) => one.subarray(0, one.length - 1)),
    bytes((one) => one.with(2, 2)),
    bytes((one) => one.with(1, kinds.step)),
    bytes((one) => one.with(3, 0xff)),
    bytes(() => new Uint8Array(0)),
    { operations: () => [] },
  ],
  fork: [
    known(() => ({
      lane: otherLane,
      headOfTheirs: (index) =>
        index === otherLane.index ? otherLane.head : history.lanes[index]?.head,
    })),
  ],
  bricked: [known(({ author: by }) => ({ author: { ...by, bricked: true } }))],
  side: [second((one) => ({ ...one, side: one.side === 0 ? 1 : 0 }))],
  index: [
    second((one, { entropy }) => ({
      ...one,
      index: one.index + 1,
      entropy: nextEntropy(entropy, one.operation, one.index + 1),
    })),
    second((one, { entropy }) => ({
      ...one,
      index: one.index - 1,
      entropy: nextEntropy(entropy, one.operation, one.index - 1),
    })),
  ],
  entropy: [
    second((one) => ({ ...one, entropy: flipped(one.entropy, 31) })),
    second((one, { entropy }) => ({ ...one, entropy })),
  ],
  absorbed: [
    second((one) => ({ ...one, absorbed: myHeads[3]! })),
    each((one) => ({ ...one, absorbed: named('never written') })),
    each((one) => ({ ...one, absorbed: myHeads[0]! })),
  ],
  operation: [operation(toys.wrong)],
  head: [
    { cause: (cause) => ({ ...cause, head: flipped(cause.head) }) },
    { cause: (cause) => ({ ...cause, index: cause.index + 1 }) },
    { cause: (cause) => ({ ...cause, count: cause.count - 1 }) },
    { bytes: (all) => all.slice(0, 1) },
  ],
  'step-fork': [knownStep(0, () => ({ statement: named('another step') }))],
  'step-chain': [
    knownStep(-1, () => ({ statement: named('another step') })),
    knownStep(-1, () => ({ after: named('another root') })),
    knownStep(1, () => ({ previous: named('another step') })),
    knownStep(1, () => ({ before: named('another root') })),
  ],
  writes: [
    { writes: (all) => [...all, stray] },
    { writes: (all) => all.filter(({ key }) => key[0]! < 0x80) },
    { writes: (all) => all.map((one) => ({ ...one, key: flipped(one.key, 31) })) },
    { writes: view(({ after, ...rest }) => ({ ...rest, after: flipped(after) })) },
    { writes: view(({ before, ...rest }) => ({ ...rest, before: flipped(before) })) },
    { writes: (all) => all.map((one) => (one.key[0]! < 0x80 ? one : { ...one, after: zero32 })) },
  ],
  slots: [
    { slots: (all) => all.slice(1) },
    { slots: (all) => [...all, all[0]!] },
    { slots: (all) => all.toReversed() },
    { slots: (all) => all.with(0, { ...all[0]!, value: flipped(all[0]!.value) }) },
    { slots: (all) => all.with(1, { ...all[1]!, key: flipped(all[1]!.key) }) },
    { slots: () => [] },
    { operations: (all) => [all[0]!, ...all] },
  ],
  'proof-before': [
    { proof: (proof) => ({ ...proof, digests: flipped(proof.digests) }) },
    { step: (step) => ({ ...step, before: flipped(step.before) }) },
    { proof: (proof) => ({ ...proof, leaves: proof.leaves.slice(1) }) },
  ],
  'proof-after': [
    { step: (step) => ({ ...step, after: flipped(step.after) }) },
    { step: (step) => ({ ...step, after: step.before }) },
  ],
  key: [
    { signed: (signed) => ({ ...signed, further: [] }) },
    { signed: (signed) => ({ ...signed, further: [...signed.further, furtherBy(signed, me)] }) },
    { signed: (signed) => ({ ...signed, further: [furtherBy(signed, thirdParty)] }) },
    { signed: (signed) => ({ ...signed, further: [...signed.further, ...signed.further] }) },
  ],
  signature: [
    { signed: (signed) => ({ ...signed, signature: flipped(signed.signature, 100) }) },
    { signed: (signed) => ({ ...signed, signature: signed.signature.subarray(1) }) },
    { signed: (signed) => ({ ...signed, signature: signed.further[0]!.signature }) },
    {
      signed: (signed) => ({
        ...signed,
        further: [{ ...signed.further[0]!, signature: signed.signature }],
      }),
    },
    resigned(1, kinds.step, network),
    resigned(2, kinds.signedStep, network),
    resigned(1, kinds.signedStep, named('another network')),
  ],
  retired: [
    otherKey((mine, other) => ({
      workingKey: other,
      since: 8,
      retired: [{ workingKey: mine, since: 0, until: 8 }],
    })),
    // A key signs nothing from before it was in force either.
    otherKey((mine, other) => ({
      workingKey: mine,
      since: 9,
      retired: [{ workingKey: other, since: 0, until: 9 }],
    })),
  ],
};

export const pendingBends: Record<Pending, Bends> = {
  incarnation: [{ step: (step) => ({ ...step, incarnation: step.incarnation + 1 }) }],
  card: [
    known(({ author: by }) => ({ author: { ...by, since: 9 } })),
    known(({ author: by }) => ({
      author: {
        ...by,
        since: 20,
        retired: [
          { workingKey: older.working.publicKey, since: 0, until: 8 },
          { workingKey: older.working.publicKey, since: 9, until: 20 },
        ],
      },
    })),
  ],
  version: [bytes((one) => one.with(0, 2))],
  early: [known(() => ({ lane: history.lanes[3]! }))],
  operation: [operation(toys.unknown)],
  policy: [operation(toys.policy)],
};

function succeed(
  relationship: Uint8Array,
  start: Uint8Array,
): { type: 'succeed' } & {
  relationship: Uint8Array;
  incarnation: number;
  start: Uint8Array;
} {
  return { type: 'succeed', relationship, incarnation: 3, start };
}

function plain(count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, i) => Uint8Array.of(toys.plain, i));
}

function view<W extends { readonly key: Uint8Array }>(
  change: (write: W) => W,
): (all: readonly W[]) => readonly W[] {
  return (all) => all.map((one) => (one.key[0]! < 0x80 ? change(one) : one));
}

function furtherBy({ step, slots }: SignedStep, by: Actor): SignedStep['further'][number] {
  return {
    suite: by.suite,
    publicKey: by.working.publicKey,
    signature: signAs(by, by.working, kinds.signedStep, stepStatement(step, slots)),
  };
}
