/** Vectors of attestations. Signatures are drawn bytes: who checks them is the host. */

import { attestation, attestationBytesMax, type Attestation } from '@dsm/identity';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { drawn } from './world.ts';

const plain: Attestation = {
  level: 'tpm',
  key: { algorithm: 1, publicKey: drawn('public key', 91) },
  proof: { type: 'plain', signature: drawn('signature', 64) },
};
const plainBytes = attestation.encode(plain);
const proofAt = 2 + 1 + 1 + 4 + 91;

export const attestations: readonly Draft[] = [
  { name: 'of a chip', comment: 'A signature of the challenge.', bytes: plainBytes },
  {
    name: 'of a passkey',
    comment: 'An assertion of WebAuthn, by an RSA key.',
    bytes: attestation.encode({
      level: 'passkey',
      key: { algorithm: 2, publicKey: drawn('RSA key', 294) },
      proof: {
        type: 'assertion',
        authenticatorData: drawn('authenticator data', 37),
        clientData: drawn('client data', 134),
        signature: drawn('RSA signature', 256),
      },
    }),
  },
  ...spoiled(plainBytes, attestationBytesMax),
  malformed('level 4', 'There are four, from 0 on.', patched(plainBytes, 2, number(1, 4))),
  malformed('algorithm 3', 'There are 1 and 2.', patched(plainBytes, 3, number(1, 3))),
  malformed('algorithm 0', 'There are 1 and 2.', patched(plainBytes, 3, number(1, 0))),
  malformed('another proof', 'There are two.', patched(plainBytes, proofAt, number(1, 3))),
  malformed(
    'a key of 601 bytes',
    'No key of these algorithms is so long.',
    attestation
      .encode({ ...plain, key: { algorithm: 2, publicKey: drawn('long key', 600) } })
      .map((byte, i) => (i === 7 ? byte + 1 : byte)),
  ),
  {
    name: 'a question',
    comment: 'What each level would sign, and the MAC of the answer and of none.',
    check: 'challenge',
    bytes: plainBytes,
    given: {
      nonce: drawn('nonce'),
      asker: drawn('asker'),
      asked: drawn('asked'),
      card: drawn('card digest'),
      ackKey: drawn('ack key'),
    },
  },
];
