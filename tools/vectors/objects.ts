/** Vectors of the objects of the execution plane: entries, proofs, steps, consent, receipts, cards. */

import {
  compare,
  concat,
  countersignature,
  deviceMap,
  entry,
  limits,
  proofObject,
  signedStep,
  step,
  type Consent,
  type Countersignature,
  type SignedStep,
  type Step,
} from '@dsm/primitive';
import { manyPairs } from './derive.ts';
import { framed, malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { after, appended, memoOperation, payment, signedRun, stage } from './scenario.ts';
import { euroId, noteFor } from './tokens.ts';
import type { Appended } from '@dsm/bilateral';
import { encodeOperation } from '@dsm/protocols';
import { bob, carol, drawn, fakeSignature } from './world.ts';

const hello = entry.encode({
  side: 0,
  index: 1,
  entropy: drawn('entropy'),
  absorbed: drawn('absorbed'),
  operation: memoOperation('hello'),
});
const before = { before: drawn('head before') };
/** Counts and lengths that no bytes follow. */
const beyond: readonly number[] = [0xff_ff, 0xffff_ffff, 0x8000_0000];
const above53: readonly bigint[] = [2n ** 53n, 2n ** 64n - 1n];

export const entries: readonly Draft[] = [
  { name: 'a memo', comment: 'The first entry of a lane.', bytes: hello, given: before },
  {
    name: 'the greatest index',
    comment: '2⁵³ − 1, and an empty operation: what it means is not judged here.',
    bytes: concat(patched(hello, 3, number(8, 2n ** 53n - 1n)).slice(0, 75), number(4, 0)),
    given: before,
  },
  {
    name: 'the longest operation',
    comment: '12,288 bytes.',
    bytes: concat(hello.slice(0, 75), framed(drawn('long', limits.operationBytesMax))),
    given: before,
  },
  ...spoiled(hello, limits.operationBytesMax + 79),
  malformed('side 2', 'There are two sides.', patched(hello, 2, number(1, 2))),
  ...above53.map((index) =>
    malformed(`index ${index}`, 'A u64 above 2⁵³ − 1.', patched(hello, 3, number(8, index))),
  ),
  malformed(
    'length one more',
    'The operation goes on after the end.',
    patched(hello, 75, number(4, hello.length - 78)),
  ),
  malformed(
    'length one less',
    'A byte follows the operation.',
    patched(hello, 75, number(4, hello.length - 80)),
  ),
  ...beyond.map((length) =>
    malformed(
      `length ${length}`,
      'A length far beyond the end.',
      patched(hello, 75, number(4, length)),
    ),
  ),
];

const pairs = manyPairs(40);
const map = deviceMap();
map.apply(pairs);
const two = proofObject.encode({
  ...map.prove([drawn('absent')]),
  shape: new Uint8Array(3),
  digests: drawn('digests', 64),
  leaves: [pairs[0]!, pairs[1]!].toSorted((a, b) => (a.key[0]! < b.key[0]! ? -1 : 1)),
});
const leavesAt = 2 + 1 + 2 + 3 + 2 + 64 + 2;
const firstLeaf = two.slice(leavesAt, leavesAt + 64);
const secondLeaf = two.slice(leavesAt + 64);

export const proofObjects: readonly Draft[] = [
  {
    name: 'one key',
    comment: 'The proof of one key among forty.',
    bytes: proofObject.encode(map.prove([pairs[0]!.key])),
  },
  {
    name: 'many keys',
    comment: 'One proof of twenty keys.',
    bytes: proofObject.encode(
      map.prove(
        pairs
          .slice(0, 20)
          .map(({ key }) => key)
          .toSorted((a, b) => compare(a, b)),
      ),
    ),
  },
  { name: 'two leaves', comment: 'Canonical bytes, though it evaluates to nothing.', bytes: two },
  ...spoiled(two, 1_064_969),
  malformed('no keys', 'A proof covers at least one key.', patched(two, 2, number(1, 0))),
  malformed('129 keys', 'A proof covers at most 128 keys.', patched(two, 2, number(1, 129))),
  malformed(
    '8,193 bytes of shape',
    'More than a shape may have.',
    concat(two.slice(0, 3), number(2, 8_193), new Uint8Array(8_193), number(2, 0), number(2, 0)),
  ),
  malformed(
    'shape beyond the end',
    'A count that no bytes follow.',
    patched(two, 3, number(2, 8_192)),
  ),
  malformed(
    'digests beyond the end',
    'A count that no bytes follow.',
    patched(two, 8, number(2, 32_768)),
  ),
  malformed('32,769 digests', 'More than a proof may have.', patched(two, 8, number(2, 32_769))),
  malformed(
    '129 leaves',
    'More than a proof may have.',
    patched(two, leavesAt - 2, number(2, 129)),
  ),
  malformed(
    'leaves beyond the end',
    'A count that no bytes follow.',
    patched(two, leavesAt - 2, number(2, 3)),
  ),
  malformed(
    'leaves descend',
    'A set has one order.',
    concat(two.slice(0, leavesAt), secondLeaf, firstLeaf),
  ),
  malformed(
    'a leaf twice',
    'A set has no repeats.',
    concat(two.slice(0, leavesAt), firstLeaf, firstLeaf),
  ),
  malformed(
    'a key twice',
    'Two values of one key.',
    concat(two.slice(0, leavesAt), firstLeaf, firstLeaf.with(63, 0)),
  ),
];

const note = noteFor(carol, euroId);
const opened = stage(carol, bob, [note]);
export const first: Appended = appended(opened, [
  memoOperation('hello'),
  memoOperation('are you there?'),
]);
export const firstSigned: SignedStep = signedRun(carol, first);
const spender = after(opened, first);
export const pay: Appended = appended(spender, [encodeOperation(payment(note, carol, bob))]);
export const paySigned: SignedStep = signedRun(carol, pay);
export const plain: Step = first.run.step;
const plainBytes = step.encode(plain);
const payBytes = step.encode(pay.run.step);

const causes: readonly (readonly [string, Step['cause']])[] = [
  ['absorb', { type: 'absorb', relationship: drawn('rel'), index: 9, head: drawn('head') }],
  [
    'succeed',
    { type: 'succeed', relationship: drawn('rel'), incarnation: 2, start: drawn('start') },
  ],
  ['restore', { type: 'restore' }],
];
const writesAt = 219;
const firstWrite = payBytes.slice(writesAt + 2, writesAt + 98);
const secondWrite = payBytes.slice(writesAt + 98, writesAt + 194);
const rest = payBytes.slice(writesAt + 194);

export const steps: readonly Draft[] = [
  { name: 'append a memo', comment: 'One write: the leaf of the relationship.', bytes: plainBytes },
  {
    name: 'append a payment',
    comment: 'Three writes: the relationship, a note spent, change.',
    bytes: payBytes,
  },
  ...causes.map(([name, cause]) => ({
    name,
    comment: 'Another cause; what it demands of the writes is not judged here.',
    bytes: step.encode({ ...plain, cause }),
  })),
  {
    name: 'a proof that fails',
    comment: 'Decodes; the roots are refused.',
    bytes: step.encode({ ...plain, proof: { ...plain.proof, shape: new Uint8Array(0) } }),
  },
  ...spoiled(plainBytes, limits.receiptBytesMax),
  ...above53.map((seq) =>
    malformed(`seq ${seq}`, 'A u64 above 2⁵³ − 1.', patched(plainBytes, 38, number(8, seq))),
  ),
  ...[0, 5, 255].map((tag) =>
    malformed(`cause ${tag}`, 'No cause has this tag.', patched(plainBytes, 142, number(1, tag))),
  ),
  malformed(
    'no writes',
    'A step writes at least one leaf.',
    concat(plainBytes.slice(0, writesAt), number(2, 0), plainBytes.slice(writesAt + 98)),
  ),
  malformed(
    '129 writes',
    'More than a step may write.',
    patched(plainBytes, writesAt, number(2, 129)),
  ),
  malformed(
    'writes descend',
    'A set has one order.',
    concat(payBytes.slice(0, writesAt + 2), secondWrite, firstWrite, rest),
  ),
  malformed(
    'a write twice',
    'A set has no repeats.',
    concat(payBytes.slice(0, writesAt + 2), firstWrite, firstWrite, rest),
  ),
];

const further = [{ suite: 2 as const, publicKey: bob.workingKey, signature: fakeSignature }];
const furtherSigned: SignedStep = { ...paySigned, further };
const signedBytes = signedStep.encode(furtherSigned);
/** Where the step ends and the slot list begins. */
const slotsAt = 2 + payBytes.length;
const signatureAt = slotsAt + 2 + 64 * pay.run.slots.length;
const furtherAt = signatureAt + 4 + fakeSignature.length;

export const signedSteps: readonly Draft[] = [
  { name: 'no slots', comment: 'A memo fills no slot.', bytes: signedStep.encode(firstSigned) },
  { name: 'a slot', comment: 'A spend.', bytes: signedStep.encode(paySigned) },
  { name: 'a further signature', comment: 'By an older working key.', bytes: signedBytes },
  ...spoiled(signedBytes, limits.receiptBytesMax),
  malformed(
    'the step has version 2',
    'An object inside is read as strictly.',
    patched(signedBytes, 2, number(1, 2)),
  ),
  malformed(
    'the step is of another kind',
    'An object inside has its own kind.',
    patched(signedBytes, 3, number(1, 3)),
  ),
  malformed(
    '41 slots',
    'More than a step may name.',
    concat(
      signedBytes.slice(0, slotsAt),
      number(2, 41),
      new Uint8Array(64 * 41),
      signedBytes.slice(signatureAt),
    ),
  ),
  malformed(
    'slots beyond the end',
    'A count that no bytes follow.',
    patched(signedBytes, slotsAt, number(2, 40)),
  ),
  ...beyond.map((length) =>
    malformed(
      `signature of ${length} bytes`,
      'A length beyond the end.',
      patched(signedBytes, signatureAt, number(4, length)),
    ),
  ),
  malformed(
    'a signature too long',
    '17,089 bytes, though they are there.',
    concat(
      signedBytes.slice(0, signatureAt),
      framed(new Uint8Array(17_089)),
      signedBytes.slice(furtherAt),
    ),
  ),
  malformed(
    'five further signatures',
    'More than four.',
    patched(signedBytes, furtherAt, number(2, 5)),
  ),
  ...[0, 3].map((suite) =>
    malformed(
      `suite ${suite}`,
      'There are suites 1 and 2.',
      patched(signedBytes, furtherAt + 2, number(1, suite)),
    ),
  ),
];

export const payConsent: Consent = {
  head: pay.relationship.mine.head,
  proposer: carol.id,
  proposerIncarnation: 0,
  peer: bob.id,
  peerIncarnation: 0,
  root: drawn('root of bob'),
  seq: 12,
};
export const consented: Countersignature = { consent: payConsent, signature: fakeSignature };
const consentBytes = countersignature.encode(consented);

export const countersignatures: readonly Draft[] = [
  { name: 'consent', comment: 'Of a peer with a root and a step.', bytes: consentBytes },
  {
    name: 'later incarnations',
    comment: 'The greatest numbers.',
    bytes: countersignature.encode({
      ...consented,
      consent: {
        ...payConsent,
        proposerIncarnation: 0xffff_ffff,
        peerIncarnation: 2,
        seq: 2 ** 53 - 1,
      },
    }),
  },
  ...spoiled(consentBytes, limits.signatureBytesMax + 256),
  ...above53.map((seq) =>
    malformed(`seq ${seq}`, 'A u64 above 2⁵³ − 1.', patched(consentBytes, 138, number(8, seq))),
  ),
  malformed(
    'signature beyond the end',
    'A length beyond the end.',
    patched(consentBytes, 146, number(4, 17)),
  ),
];
