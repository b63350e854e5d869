/** Vectors of the acceptance predicate: every line of its table, with all that it may look at. */

import {
  concat,
  entry,
  nextEntry,
  signedStep,
  sideOf,
  type Entry,
  type SignedStep,
  type Step,
} from '@dsm/primitive';
import type { Appended } from '@dsm/bilateral';
import { encodeOperation } from '@dsm/protocols';
import type { Draft } from './draft.ts';
import {
  after,
  appended,
  heard,
  memoOperation,
  payment,
  signedRun,
  stage,
  type Stage,
} from './scenario.ts';
import { coinBytes, coinId, euroBytes, noteFor } from './tokens.ts';
import { alice, bob, carol, drawn, network, type Actor } from './world.ts';

export interface Tale {
  readonly payer: Actor;
  readonly early: Stage;
  readonly first: Appended;
  readonly middle: Stage;
  readonly second: Appended;
  /** What the payee knows. */
  readonly known: Readonly<Record<string, unknown>>;
}

function tale(payer: Actor, noteKey = payer.key): Tale {
  const note = noteFor(payer, coinId, { key: noteKey });
  const early = heard(stage(payer, bob, [note]), bob, payer, [memoOperation('good day')]);
  const first = appended(early, [memoOperation('hello')]);
  const middle = after(early, first);
  const operations = [memoOperation('now'), encodeOperation(payment(note, payer, bob))];
  const second = appended(middle, operations);
  const { relationship } = middle;
  const { step, statement } = first.run;
  const known = {
    network,
    relationship: relationship.key,
    author: {
      device: payer.id,
      peer: bob.id,
      incarnation: 0,
      suite: payer.suite,
      workingKey: payer.workingKey,
      since: 0,
      retired: [],
      bricked: false,
    },
    lane: relationship.mine,
    side: sideOf(payer.id, bob.id),
    absorbed: { index: 1, head: relationship.theirs.head },
    mineStart: relationship.theirs.start,
    mine: [
      { index: 0, head: relationship.theirs.start },
      { index: 1, head: relationship.theirs.head },
      { index: 2, head: drawn('a later head of the payee') },
    ],
    theirs: [{ index: 1, head: relationship.mine.head }],
    steps: [{ seq: 5, statement, before: step.before, after: step.after, previous: step.previous }],
    policies: [euroBytes, coinBytes],
  };
  return { payer, early, first, middle, second, known };
}

const plain = tale(carol);
const { entries } = plain.second.run;
const claimed = signedRun(carol, plain.second);
const author = plain.known['author'] as object;
const decoded = entries.map((bytes) => {
  const one = entry.decode(bytes);
  if (!one.ok) throw new RangeError('an own entry does not decode');
  return one.value;
});

interface Change {
  readonly entries?: readonly Uint8Array[];
  readonly signed?: SignedStep;
  readonly step?: Partial<Step>;
  readonly known?: object;
  readonly signature?: true;
}

export function draft(name: string, comment: string, expect: string, change: Change = {}): Draft {
  const { signed = claimed, known = {}, step = {}, signature } = change;
  return {
    name,
    comment,
    check: 'accept',
    bytes: signedStep.encode({ ...signed, step: { ...signed.step, ...step } }),
    given: { entries: change.entries ?? entries, known: { ...plain.known, ...known } },
    ...(signature === undefined ? {} : { signature }),
    expect,
  };
}

/** The run with another operation or field in one entry; the step no longer fits, which comes later. */
const withEntry = (i: number, change: Partial<Entry>): readonly Uint8Array[] =>
  entries.with(i, entry.encode({ ...decoded[i]!, ...change }));
const withOperation = (operation: Uint8Array): readonly Uint8Array[] => {
  const { relationship } = plain.middle;
  const next = nextEntry(relationship.mine, decoded[0]!.side, relationship.theirs.head, operation);
  return [entry.encode(next)];
};

const { cause, writes, proof } = claimed.step;
if (cause.type !== 'append') throw new RangeError('a run is appended');
const { slots } = claimed;
const otherSlot = { key: drawn('slot key'), value: drawn('slot value') };
const early = signedRun(carol, plain.first);
const long = memoOperation('x'.repeat(9_000));

const ahead = (step: number): object => ({
  steps: [
    {
      seq: step,
      statement: drawn('s'),
      before: drawn('b'),
      after: drawn('a'),
      previous: drawn('p'),
    },
  ],
});

const aboutStep: readonly Draft[] = [
  draft('another device', 'The step is not by the peer.', 'wrong-device', {
    step: { device: alice.id },
  }),
  draft('another cause', 'The step absorbs.', 'wrong-cause', {
    step: {
      cause: { type: 'absorb', relationship: cause.relationship, index: 3, head: cause.head },
    },
  }),
  draft('another relationship', 'The step is about somebody else.', 'wrong-relationship', {
    step: { cause: { ...cause, relationship: drawn('rel') } },
  }),
  draft('an old incarnation', 'The device has certified a later one.', 'old-incarnation', {
    known: { author: { ...author, incarnation: 1 } },
  }),
  draft('a new incarnation', 'Its card is not here yet.', 'pending incarnation', {
    step: { incarnation: 1 },
  }),
  draft(
    'a key of whom nothing is known',
    'The card that was in force is missing.',
    'pending card',
    {
      known: { author: { ...author, since: claimed.step.seq } },
    },
  ),
  draft('a key between two that are known', 'One generation is missing.', 'pending card', {
    known: {
      author: {
        ...author,
        since: claimed.step.seq + 4,
        retired: [
          { workingKey: drawn('one', 32), since: 0, until: claimed.step.seq - 1 },
          {
            workingKey: drawn('three', 32),
            since: claimed.step.seq,
            until: claimed.step.seq + 4,
          },
        ],
      },
    },
  }),
  draft(
    'device before relationship',
    'Both are wrong: the first line of the table decides.',
    'wrong-device',
    {
      step: { device: alice.id, cause: { ...cause, relationship: drawn('rel') } },
    },
  ),
];

const aboutEntries: readonly Draft[] = [
  draft('257 entries', 'More than a run may have; nothing is decoded.', 'too-large', {
    entries: Array.from({ length: 257 }, () => new Uint8Array(0)),
  }),
  draft('16,385 bytes', 'More than a run may have; nothing is decoded.', 'too-large', {
    entries: [new Uint8Array(16_000), new Uint8Array(385)],
  }),
  draft('an empty run', 'No entry.', 'malformed', { entries: [] }),
  draft('an entry cut off', 'Its last byte is missing.', 'malformed', {
    entries: [entries[0]!.slice(0, -1)],
  }),
  draft('an entry of another kind', 'A step.', 'malformed', { entries: [entries[0]!.with(1, 2)] }),
  draft('an entry too large', 'Within the run, and yet too large for an entry.', 'malformed', {
    entries: [concat(entries[0]!, new Uint8Array(12_368))],
  }),
  draft('an entry of version 2', 'Newer than this table.', 'pending version', {
    entries: [entries[0]!.with(0, 2)],
  }),
  draft('too early', 'The entry before it is not here.', 'pending early', {
    entries: entries.slice(1),
  }),
  draft('again', 'The same run once more: no second effect.', 'already-accepted', {
    entries: plain.first.run.entries,
    signed: early,
  }),
  draft('a fork', 'Another entry stands at index 1.', 'fork', {
    entries: [entry.encode({ ...decoded[0]!, index: 1 })],
  }),
  draft('a run across the end', 'It starts with what is known and goes on.', 'index', {
    entries: [...plain.first.run.entries, ...entries],
  }),
  draft('index 0', 'The first entry is 1.', 'index', {
    entries: [entry.encode({ ...decoded[0]!, index: 0 })],
  }),
  draft('a bricked device', 'There is evidence against it.', 'bricked', {
    known: { author: { ...author, bricked: true } },
  }),
  draft('again, by a bricked device', 'What was absorbed stays absorbed.', 'already-accepted', {
    entries: plain.first.run.entries,
    signed: early,
    known: { author: { ...author, bricked: true } },
  }),
  draft('the other side', 'The entry is written as if by the payee.', 'side', {
    entries: withEntry(0, { side: decoded[0]!.side === 0 ? 1 : 0 }),
  }),
  draft('an index left out', 'The second entry has the third index.', 'index', {
    entries: withEntry(1, { index: 4 }),
  }),
  draft('an index twice', 'The second entry has the first index.', 'index', {
    entries: withEntry(1, { index: 2 }),
  }),
  draft('another entropy', 'It does not follow.', 'entropy', {
    entries: withEntry(0, { entropy: drawn('x') }),
  }),
  draft('another operation', 'The entropy belongs to another one.', 'entropy', {
    entries: withEntry(0, { operation: memoOperation('later') }),
  }),
  draft('two heads absorbed', 'Within one run.', 'absorbed', {
    entries: withEntry(1, { absorbed: drawn('x') }),
  }),
  draft('a head never written', 'The payee never wrote the absorbed head.', 'absorbed', {
    known: { mine: [{ index: 0, head: drawn('other') }] },
  }),
  draft('a head gone back', 'The writer had absorbed more before.', 'absorbed', {
    known: { absorbed: { index: 2, head: drawn('a later head of the payee') } },
  }),
  draft('an unknown operation', 'Newer than this table.', 'pending operation', {
    entries: withOperation(Uint8Array.of(200)),
  }),
  draft('an operation that is none', 'A memo of one byte less.', 'operation', {
    entries: withOperation(memoOperation('hello').slice(0, -1)),
  }),
  draft('an unknown token', 'Its policy is not here.', 'pending policy', {
    known: { policies: [] },
  }),
  draft('value from nothing', 'More goes out than in.', 'operation', {
    entries: withOperation(
      encodeOperation({
        ...payment(noteFor(carol, coinId), carol, bob),
        outputs: [{ owner: bob.id, key: bob.key, amount: 101n, kind: 0, depth: 1, receipts: 2 }],
      } as never),
    ),
  }),
  draft(
    'as large as a run may be',
    'Then refused for its step: the operation is a long memo.',
    'head',
    {
      entries: withOperation(long),
    },
  ),
];

const aboutMap: readonly Draft[] = [
  draft('another head', 'The step names another one.', 'head', {
    step: { cause: { ...cause, head: drawn('x') } },
  }),
  draft('another count', 'The step names another one.', 'head', {
    step: { cause: { ...cause, count: 1 } },
  }),
  draft('another index', 'The step names another one.', 'head', {
    step: { cause: { ...cause, index: 4 } },
  }),
  draft('a step known otherwise', 'Another step has this number.', 'step-fork', {
    known: ahead(6),
  }),
  draft('another step before', 'The known step before is not named.', 'step-chain', {
    known: ahead(5),
  }),
  draft('another step after', 'The known step after names another one.', 'step-chain', {
    known: ahead(7),
  }),
  draft('another root before', 'Not the root after the known step before.', 'step-chain', {
    step: { before: drawn('x') },
  }),
  draft('a write less', 'The note stays in the map.', 'writes', {
    step: { writes: writes.slice(0, 2) },
  }),
  draft('a write more', 'Another leaf moves.', 'writes', {
    step: {
      writes: [
        ...writes,
        { key: new Uint8Array(32).fill(255), before: drawn('b'), after: drawn('a') },
      ],
    },
  }),
  draft('the relationship alone', 'Neither note nor change.', 'writes', {
    step: { writes: writes.slice(0, 1) },
  }),
  draft('another leaf before', 'Not the view that the payee knows.', 'writes', {
    step: { writes: writes.with(0, { ...writes[0]!, before: drawn('x') }) },
  }),
  draft('another leaf after', 'Not the view that the run leads to.', 'writes', {
    step: { writes: writes.with(0, { ...writes[0]!, after: drawn('x') }) },
  }),
  draft('change that is absent', 'The writer’s own note has no leaf.', 'writes', {
    step: {
      writes: writes.map((write) =>
        write.before.every((byte) => byte === 0) ? { ...write, after: new Uint8Array(32) } : write,
      ),
    },
  }),
  draft('no slots', 'The spend is not named.', 'slots', { signed: { ...claimed, slots: [] } }),
  draft('another value', 'The spend names another head.', 'slots', {
    signed: { ...claimed, slots: slots.with(0, { ...slots[0]!, value: drawn('x') }) },
  }),
  draft('another key', 'The spend of another note.', 'slots', {
    signed: { ...claimed, slots: slots.with(0, { ...slots[0]!, key: drawn('x') }) },
  }),
  draft('a slot more', 'A slot that the run does not demand.', 'slots', {
    signed: { ...claimed, slots: [...slots, otherSlot] },
  }),
  draft('a slot more, first', 'A slot that the run does not demand.', 'slots', {
    signed: { ...claimed, slots: [otherSlot, ...slots] },
  }),
  draft('not the root before', 'The proof gives another one.', 'proof-before', {
    step: { before: drawn('x') },
    known: { steps: [] },
  }),
  draft('a proof of fewer keys', 'The proof covers one key less than is written.', 'proof-before', {
    step: { proof: { ...proof, keys: proof.keys - 1 } },
  }),
  draft('not the root after', 'The proof gives another one.', 'proof-after', {
    step: { after: drawn('x') },
  }),
];

const byOldKey = tale(carol, alice.key);
const oldKey = signedRun(carol, byOldKey.second);
const idle = { suite: 2 as const, publicKey: bob.workingKey, signature: new Uint8Array(0) };
export const real: Tale = tale(alice);
export const aliceKnown: Readonly<Record<string, unknown>> = real.known;
export const realSigned: SignedStep = signedRun(alice, real.second);
const spoilt = realSigned.signature.with(0, realSigned.signature[0]! ^ 1);

const realDraft = (name: string, comment: string, expect: string, signed: SignedStep): Draft => ({
  ...draft(name, comment, expect, { entries: real.second.run.entries, signed, known: real.known }),
  signature: true,
});

const aboutKeys: readonly Draft[] = [
  draft('a key that has not signed', 'The note names an older key.', 'key', {
    entries: byOldKey.second.run.entries,
    signed: oldKey,
    known: byOldKey.known,
  }),
  draft('a key without a slot', 'A further signature that nothing needs.', 'key', {
    signed: { ...claimed, further: [idle] },
  }),
  draft('no signature', 'Everything else holds.', 'signature', { signature: true }),
  realDraft('accepted', 'A memo and a payment.', 'ok', realSigned),
  realDraft('a bit of the signature', 'One bit is another.', 'signature', {
    ...realSigned,
    signature: spoilt,
  }),
];

export const acceptances: readonly Draft[] = [
  ...aboutStep,
  ...aboutEntries,
  ...aboutMap,
  ...aboutKeys,
];
