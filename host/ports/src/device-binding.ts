/**
 * A device binding: 32 bytes sealed to a thing, so that a copy of the files alone opens nowhere else.
 *
 * The thing may also hold a signing key that never leaves it, and sign challenges with that. No rule of
 * value looks at any of it: a binding makes theft harder, and a change of device visible.
 *
 * locked        the thing refuses: a wrong passphrase, a locked key ring, a finger that is not the owner's
 * locked-out    too many wrong passphrases: the thing refuses everybody for a while
 * wrong-device  sealed to another thing: these files were copied, or the thing was cleared
 * not-here      there is no such thing at this machine now
 * missing       the software to reach it is not installed
 * damaged       the bytes are none that this binding has sealed
 * failed        the thing did not do it; the sentence says what it said
 */

import type { AttestationKey, AttestationProof, BindingLevel } from '@dsm/identity';

export type { AttestationKey, AttestationProof, BindingLevel } from '@dsm/identity';

/** A key of the thing that signs challenges and is never seen. */
export interface Attestor {
  readonly key: AttestationKey;
  /** The proof for a challenge of 32 bytes. Rejects with `BindingError`. */
  readonly attest: (challenge: Uint8Array) => Promise<AttestationProof>;
}

export interface Unsealed {
  readonly secret: Uint8Array;
  /** Undefined if the thing signs nothing. */
  readonly attestor: Attestor | undefined;
  /** False if the thing, not the bytes of the seal, would have to be copied, and cannot be. */
  readonly clonable: boolean;
}

export interface DeviceBinding {
  readonly level: BindingLevel;
  /**
   * Seals 32 bytes. `auth`, 32 bytes from the passphrase, is asked for by the thing itself if it can,
   * which then counts wrong guesses; others take no notice of it.
   */
  readonly seal: (secret: Uint8Array, auth: Uint8Array) => Promise<Uint8Array>;
  readonly open: (sealed: Uint8Array, auth: Uint8Array) => Promise<Unsealed>;
  /** The thing forgets what was sealed, if it keeps anything: the bytes open nowhere any more. */
  readonly forget: (sealed: Uint8Array) => Promise<void>;
}

/** No seal has more bytes than this. */
export const sealedBytesMax = 4_096;

export const bindingErrorCodes = [
  'locked',
  'locked-out',
  'wrong-device',
  'not-here',
  'missing',
  'damaged',
  'failed',
] as const;
export type BindingErrorCode = (typeof bindingErrorCodes)[number];

export class BindingError extends Error {
  readonly code: BindingErrorCode;
  constructor(code: BindingErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'BindingError';
    this.code = code;
  }
}
