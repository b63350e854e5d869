/**
 * Attestation: the thing that a device's secret is sealed to signs a challenge.
 *
 *     challenge = H_attest( nonce ‖ asker ‖ asked ‖ H_card(card of the asked) ‖ level )
 *     key       = algorithm ‖ SubjectPublicKeyInfo        told by its digest, H_attest-key( it )
 *     proof     = a signature of the challenge, or of a WebAuthn assertion about it
 *
 * The signature is classical (a TPM and a passkey have no other), so it authorises nothing: it shows
 * that the thing that answered before answers now. Who checks it needs SHA-256 and an elliptic curve,
 * which are the host's.
 */

import {
  bindingLevels,
  choice,
  encodeWith,
  hash,
  kinds,
  object,
  oneOf,
  struct,
  variable,
  type Coder,
  type Obj,
} from '@dsm/primitive';

/** What a secret is sealed to. */
export type BindingLevel = (typeof bindingLevels)[number];

/** 1 is ECDSA over P-256 with SHA-256, 2 is RSASSA-PKCS1-v1_5 with SHA-256. */
export type AttestationAlgorithm = 1 | 2;

export interface AttestationKey {
  readonly algorithm: AttestationAlgorithm;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
}

/** ECDSA signatures are r ‖ s, 64 bytes. */
export type AttestationProof =
  | { readonly type: 'plain'; readonly signature: Uint8Array }
  | {
      readonly type: 'assertion';
      readonly authenticatorData: Uint8Array;
      readonly clientData: Uint8Array;
      readonly signature: Uint8Array;
    };

export interface Attestation {
  readonly level: BindingLevel;
  readonly key: AttestationKey;
  readonly proof: AttestationProof;
}

export const attestationBytesMax = 4_096;

/** A level is one byte, its place in the list. */
export const bindingLevel: Coder<BindingLevel> = {
  write: (to, level) => to.u8(bindingLevels.indexOf(level)),
  read: (from) => {
    const level = bindingLevels[from.u8()];
    if (level === undefined) from.refuse();
    return level ?? 'software';
  },
};

const keyCoder = struct<AttestationKey>({ algorithm: oneOf([1, 2]), publicKey: variable(600) });
const proofCoder = choice<AttestationProof>({
  plain: [1, struct({ signature: variable(512) })],
  assertion: [
    2,
    struct({
      authenticatorData: variable(1_024),
      clientData: variable(1_024),
      signature: variable(512),
    }),
  ],
});

export const attestation: Obj<Attestation> = object(
  kinds.attestation,
  attestationBytesMax,
  struct({ level: bindingLevel, key: keyCoder, proof: proofCoder }),
);

/** Names a key: on a card, and where a peer remembers it. */
export function attestationKeyDigest(key: AttestationKey): Uint8Array {
  return hash('attest-key', encodeWith(keyCoder, key));
}

/** Who asks whom, about what. The roles are in it: nobody's own challenge answers it. */
export interface AttestationQuestion {
  readonly nonce: Uint8Array;
  readonly asker: Uint8Array;
  readonly asked: Uint8Array;
  /** The digest of what the asked device's newest card certifies. */
  readonly card: Uint8Array;
}

/** The 32 bytes that are signed. */
export function attestationChallenge(
  { nonce, asker, asked, card }: AttestationQuestion,
  level: BindingLevel,
): Uint8Array {
  return hash('attest', nonce, asker, asked, card, encodeWith(bindingLevel, level));
}
