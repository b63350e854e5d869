/** Vectors of acceptance across changes of keys. */

import type { SignedStep } from '@dsm/primitive';
import { draft, real, realSigned } from './accept.ts';
import type { Draft } from './draft.ts';
import { alice, drawn } from './world.ts';

/** Alice as the payee knows her once other keys have come before or after the one that signs here. */
const ofAlice = real.known['author'] as object;
const { seq } = realSigned.step;
const another = drawn('another working key', 1_952);
const bySeveral = (
  name: string,
  comment: string,
  expect: string,
  keys: object,
  signed: SignedStep = realSigned,
): Draft => ({
  ...draft(name, comment, expect, {
    entries: real.second.run.entries,
    signed,
    known: { ...real.known, author: { ...ofAlice, ...keys } },
  }),
  signature: true,
});
/** The note that the run spends names Alice's key, whichever is in force. */
const withFurther: SignedStep = {
  ...realSigned,
  further: [{ suite: 1, publicKey: alice.workingKey, signature: realSigned.signature }],
};

export const generationAcceptances: readonly Draft[] = [
  bySeveral('signed before a change of keys', 'The key was in force at this step.', 'ok', {
    workingKey: another,
    since: seq,
    retired: [{ workingKey: alice.workingKey, since: 0, until: seq }],
  }),
  bySeveral('signed after a change of keys', 'The key is in force since the step before.', 'ok', {
    since: seq - 1,
    retired: [{ workingKey: another, since: 0, until: seq - 1 }],
  }),
  bySeveral(
    'signed by a key that was replaced',
    'Another key is in force since the step before.',
    'retired',
    {
      workingKey: another,
      since: seq - 1,
      retired: [{ workingKey: alice.workingKey, since: 0, until: seq - 1 }],
    },
    withFurther,
  ),
  bySeveral(
    'signed by a key that was not in force yet',
    'It signs later steps.',
    'retired',
    { since: seq, retired: [{ workingKey: another, since: 0, until: seq }] },
    withFurther,
  ),
];
