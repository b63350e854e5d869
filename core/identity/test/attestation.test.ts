/** Attestations as bytes, what a challenge depends on, and signatures out of DER. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installPortable } from '@dsm/portable';
import { bindingLevels } from '@dsm/primitive';
import {
  attestation,
  attestationChallenge,
  attestationKeyDigest,
  type Attestation,
  type AttestationQuestion,
} from '../src/attestation.ts';
import { plainSignature } from '../src/der-signature.ts';

installPortable();

const bytes = (fill: number, length = 32): Uint8Array => new Uint8Array(length).fill(fill);
const plain: Attestation = {
  level: 'tpm',
  key: { algorithm: 1, publicKey: bytes(1, 91) },
  proof: { type: 'plain', signature: bytes(2, 64) },
};
const question: AttestationQuestion = {
  nonce: bytes(1),
  asker: bytes(2),
  asked: bytes(3),
  card: bytes(4),
};

test('an attestation comes back from its bytes, of either kind of proof', () => {
  const assertion: Attestation = {
    ...plain,
    level: 'passkey',
    proof: {
      type: 'assertion',
      authenticatorData: bytes(5, 37),
      clientData: bytes(6, 120),
      signature: bytes(7, 64),
    },
  };
  for (const one of [plain, assertion]) {
    assert.deepEqual(attestation.decode(attestation.encode(one)), { ok: true, value: one });
  }
});

test('unknown levels, algorithms and proofs are refused', () => {
  const encoded = attestation.encode(plain);
  assert.deepEqual([encoded[2], encoded[3], encoded[8 + 91]], [3, 1, 1]);
  for (const at of [2, 3, 8 + 91]) {
    const changed = encoded.map((byte, i) => (i === at ? 9 : byte));
    assert.deepEqual(attestation.decode(changed), { ok: false, refusal: 'malformed' });
  }
});

test('a challenge is for one nonce, one pair in these roles, one card and one level', () => {
  const challenges = [
    attestationChallenge(question, 'tpm'),
    attestationChallenge({ ...question, nonce: bytes(9) }, 'tpm'),
    attestationChallenge({ ...question, asker: bytes(9) }, 'tpm'),
    attestationChallenge({ ...question, asked: bytes(9) }, 'tpm'),
    attestationChallenge({ ...question, asker: question.asked, asked: question.asker }, 'tpm'),
    attestationChallenge({ ...question, card: bytes(9) }, 'tpm'),
    ...bindingLevels.slice(0, 3).map((level) => attestationChallenge(question, level)),
  ];
  assert.equal(new Set(challenges.map((one) => one.join())).size, challenges.length);
});

test('a key is named with its algorithm', () => {
  const { publicKey } = plain.key;
  assert.notDeepEqual(
    attestationKeyDigest({ algorithm: 1, publicKey }),
    attestationKeyDigest({ algorithm: 2, publicKey }),
  );
});

test('DER becomes r and s of 32 bytes each, whatever zeros it has', () => {
  const r = [0x00, ...bytes(0x81)];
  const der = Uint8Array.of(0x30, 2 + r.length + 3, 2, r.length, ...r, 2, 1, 5);
  const expected = new Uint8Array(64);
  expected.fill(0x81, 0, 32);
  expected[63] = 5;
  assert.deepEqual(plainSignature(der), expected);
  // An integer of zeros alone ends where it ends.
  const zero = Uint8Array.of(0x30, 6, 2, 1, 0, 2, 1, 7);
  assert.deepEqual(plainSignature(zero), new Uint8Array(64).with(63, 7));
});

test('what is no DER signature is none', () => {
  const good = Uint8Array.of(0x30, 6, 2, 1, 1, 2, 1, 1);
  assert.ok(plainSignature(good) !== undefined);
  const wrong = [
    [],
    [0x30],
    [0x31, 6, 2, 1, 1, 2, 1, 1],
    [0x30, 7, 2, 1, 1, 2, 1, 1],
    [0x30, 6, 3, 1, 1, 2, 1, 1],
    [0x30, 6, 2, 9, 1, 2, 1, 1],
    [0x30, 7, 2, 1, 1, 2, 1, 1, 0],
    [0x30, 3, 2, 1, 1],
    [0x30, 38, 2, 33, ...bytes(1, 33), 2, 1, 1],
  ];
  for (const one of wrong) assert.equal(plainSignature(Uint8Array.from(one)), undefined);
});
