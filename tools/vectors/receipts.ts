/** Vectors of stitched receipts. */

import {
  card,
  cardDevice,
  concat,
  consentDigest,
  kinds,
  limits,
  receipt,
  type Consent,
  type Receipt,
} from '@dsm/primitive';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { consented, first, firstSigned, pay, payConsent, paySigned, plain } from './objects.ts';
import { appended, memoOperation, signedRun, stage } from './scenario.ts';
import {
  alice,
  aliceCardBytes,
  bob,
  bobCard,
  bodyOf,
  cardOf,
  carol,
  drawn,
  fakeSignature,
  puppet,
  signed,
} from './world.ts';

const receiptValue: Receipt = {
  before: pay.run.before,
  entries: pay.run.entries,
  countersignature: consented,
  writer: paySigned,
  peer: {
    step: {
      ...plain,
      device: bob.id,
      cause: {
        type: 'absorb',
        relationship: pay.relationship.key,
        index: pay.relationship.mine.index,
        head: pay.relationship.mine.head,
      },
    },
    slots: [],
    signature: fakeSignature,
    further: [],
  },
};
const receiptBytes = receipt.encode(receiptValue);
const optionAt = 2 + 32 + 2 + 4 + pay.run.entries[0]!.length;
const without = { ...receiptValue, countersignature: undefined, peer: undefined };

const spoiltReceipt = (
  name: string,
  comment: string,
  changes: Partial<Receipt>,
  expect: string,
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes: receipt.encode({ ...without, ...changes }),
  given: { writer: card.encode(cardOf(carol, bodyOf(carol, 'carol'))), peer: card.encode(bobCard) },
  expect,
});
const { peer } = receiptValue;

/** Alice signs, and so does her peer: a device of another root with her working key. */
const made = appended(stage(alice, { ...alice, id: puppet('mirror').id }, []), [
  memoOperation('signed'),
]);
const writer = signedRun(alice, made);
const peerCard = cardOf(bob, bodyOf(bob, 'mirror', { suite: 1, workingKey: alice.workingKey }));
const ofAlice: Receipt = {
  before: made.run.before,
  entries: made.run.entries,
  countersignature: undefined,
  writer,
  peer: undefined,
};

function signedReceipt(
  name: string,
  comment: string,
  value: Receipt,
  expect: 'ok' | 'signature' | 'countersignature',
): Draft {
  const given = { writer: aliceCardBytes, peer: card.encode(peerCard) };
  const bytes = receipt.encode(value);
  return { name, comment, check: 'check', bytes, given, signature: true, expect };
}

function consentedBy(
  name: string,
  comment: string,
  changes: Partial<Consent>,
  expect: 'ok' | 'countersignature' = 'countersignature',
): Draft {
  const consent: Consent = {
    ...payConsent,
    head: made.relationship.mine.head,
    proposer: alice.id,
    peer: cardDevice(peerCard),
    ...changes,
  };
  const signature = signed(alice, kinds.countersignature, consentDigest(consent));
  const value = { ...ofAlice, countersignature: { consent, signature } };
  return signedReceipt(name, comment, value, expect);
}

/** The card of Alice, or of her peer, in a later generation that begins after step `since`. */
const later = (generation: number, since: number): Uint8Array => {
  const changes = { generation, since, previous: drawn('the step before') };
  return card.encode(cardOf(alice, bodyOf(alice, 'alice', changes)));
};
const { seq } = writer.step;

function underCards(
  name: string,
  comment: string,
  cards: Readonly<Record<string, Uint8Array>>,
  expect: 'ok' | 'generation',
): Draft {
  const given = { writer: aliceCardBytes, peer: card.encode(peerCard), ...cards };
  const bytes = receipt.encode(ofAlice);
  return { name, comment, check: 'check', bytes, given, signature: true, expect };
}

const aboutGenerations: readonly Draft[] = [
  underCards(
    'after the step before',
    'The card’s key signs the very next step.',
    { writer: later(1, seq - 1) },
    'ok',
  ),
  underCards(
    'before the card',
    'An earlier key was in force at the step.',
    { writer: later(1, seq) },
    'generation',
  ),
  underCards(
    'the last step of a key',
    'The next generation begins after it.',
    { writerNext: later(1, seq) },
    'ok',
  ),
  underCards(
    'after the key was replaced',
    'The next generation was in force at the step.',
    { writerNext: later(1, seq - 1) },
    'generation',
  ),
  underCards(
    'a generation left out',
    'The one between may have been in force at the step.',
    { writerNext: later(2, seq) },
    'generation',
  ),
  underCards(
    'the next card of another device',
    'It says nothing of this one.',
    { writerNext: card.encode(bobCard) },
    'generation',
  ),
];

export const receiptDrafts: readonly Draft[] = [
  { name: 'complete', comment: 'Countersigned, with the steps of both.', bytes: receiptBytes },
  {
    name: 'from one side',
    comment: 'The peer’s step may arrive later.',
    bytes: receipt.encode(without),
  },
  {
    name: 'two entries',
    comment: 'The head is that of the last entry.',
    bytes: receipt.encode({
      ...without,
      before: first.run.before,
      entries: first.run.entries,
      writer: firstSigned,
    }),
  },
  ...spoiled(receiptBytes, limits.receiptBytesMax),
  malformed(
    'no entries',
    'A receipt is about at least one.',
    concat(receiptBytes.slice(0, 34), number(2, 0), receiptBytes.slice(optionAt)),
  ),
  malformed('257 entries', 'More than a run may have.', patched(receiptBytes, 34, number(2, 257))),
  malformed('option byte 2', 'An option is 0 or 1.', patched(receiptBytes, optionAt, number(1, 2))),
  malformed(
    'a countersignature of another kind',
    'An object inside has its own kind.',
    patched(receiptBytes, optionAt + 2, number(1, 5)),
  ),
  spoiltReceipt(
    'another head',
    'The writer’s step names another head than the entries lead to.',
    { before: drawn('elsewhere') },
    'head',
  ),
  spoiltReceipt('no append', 'The writer’s step is of another cause.', { writer: peer! }, 'head'),
  spoiltReceipt(
    'another absorption',
    'The peer’s step absorbs another head.',
    {
      peer: {
        ...peer!,
        step: {
          ...peer!.step,
          cause: { type: 'absorb', relationship: drawn('rel'), index: 1, head: drawn('x') },
        },
      },
    },
    'absorb',
  ),
  spoiltReceipt(
    'the peer appends',
    'The peer’s step is of another cause.',
    { peer: paySigned },
    'absorb',
  ),
  spoiltReceipt(
    'a stranger’s step',
    'The step is not by the device of the card.',
    { writer: { ...paySigned, step: { ...pay.run.step, device: alice.id } } },
    'device',
  ),
  spoiltReceipt(
    'another incarnation',
    'The card is that of another incarnation.',
    { writer: { ...paySigned, step: { ...pay.run.step, incarnation: 1 } } },
    'device',
  ),
  spoiltReceipt(
    'another root before',
    'The proof does not give it.',
    { writer: { ...paySigned, step: { ...pay.run.step, before: drawn('x') } } },
    'proof',
  ),
  spoiltReceipt(
    'another root after',
    'The proof does not give it.',
    { writer: { ...paySigned, step: { ...pay.run.step, after: drawn('x') } } },
    'proof',
  ),
  ...aboutGenerations,
  spoiltReceipt(
    'an empty proof',
    'The proof ends before its walk does.',
    {
      writer: {
        ...paySigned,
        step: { ...pay.run.step, proof: { ...pay.run.step.proof, shape: new Uint8Array(0) } },
      },
    },
    'proof',
  ),
  ...signedReceipts(),
];

function signedReceipts(): readonly Draft[] {
  const spoilt = writer.signature.with(0, writer.signature[0]! ^ 1);
  return [
    consentedBy('holds', 'Signed by both.', {}, 'ok'),
    signedReceipt('holds without consent', 'Signed by its writer.', ofAlice, 'ok'),
    signedReceipt(
      'a bit of the signature',
      'One bit of the writer’s signature is another.',
      { ...ofAlice, writer: { ...writer, signature: spoilt } },
      'signature',
    ),
    consentedBy('consent to another head', 'It is about something else.', { head: drawn('x') }),
    consentedBy('consent to another proposer', 'It is for somebody else.', { proposer: bob.id }),
    consentedBy('consent to another incarnation', 'Of the proposer.', { proposerIncarnation: 1 }),
    consentedBy('consent by another device', 'Not the peer of the card.', { peer: carol.id }),
    consentedBy('consent by another incarnation', 'Of the peer.', { peerIncarnation: 1 }),
  ];
}
