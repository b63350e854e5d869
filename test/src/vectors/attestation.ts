/** Judges of attestations: their bytes, what a challenge is, and the MAC of an answer. */

import {
  attestation,
  attestationChallenge,
  attestationKeyDigest,
  type AttestationQuestion,
} from '@dsm/identity';
import { attestMac } from '@dsm/bilateral';
import { bindingLevels } from '@dsm/primitive';
import { toJson, type Finding, type Given, type Judge } from './case.ts';
import { decoding } from './objects.ts';

function challenged(bytes: Uint8Array, given: Given): Finding {
  const question: AttestationQuestion = {
    nonce: given.bytes('nonce'),
    asker: given.bytes('asker'),
    asked: given.bytes('asked'),
    card: given.bytes('card'),
  };
  const ackKey = given.bytes('ackKey');
  const mac = (answer: Uint8Array | undefined): Uint8Array =>
    attestMac({ ackKey }, question.nonce, question.asked, answer);
  const challenges = bindingLevels.map((level) => attestationChallenge(question, level));
  return {
    expect: 'ok',
    derived: toJson({ challenges, mac: mac(bytes), macOfNone: mac(undefined) }),
  };
}

export const attestationJudges: Readonly<Record<string, Readonly<Record<string, Judge>>>> = {
  attestation: {
    decode: decoding(attestation, ({ key }) => ({ key: attestationKeyDigest(key) })),
    challenge: challenged,
  },
};
