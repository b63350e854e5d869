/**
 * The keystore: one secret, sealed at rest. Every key of a wallet or a node is derived from it.
 *
 * locked     the passphrase does not open it
 * elsewhere  it was sealed to a thing that is not here: see `DeviceBinding`
 * exists     there is a secret already; it is never overwritten
 * damaged    what is stored is no sealed secret
 * full, read-only, lost  as in `StoreError`
 */

import type { Attestor, BindingLevel } from './device-binding.ts';

export interface Keystore {
  /** The secret, or `undefined` if none was created yet. Rejects with `KeystoreError`. */
  readonly open: () => Promise<Uint8Array | undefined>;
  /** Keep `secret` (32 bytes) durably, once. */
  readonly create: (secret: Uint8Array) => Promise<void>;
  /** What the secret is sealed to; known once it was opened or created. Without it, to nothing. */
  readonly binding?: () => HeldBinding | undefined;
}

/** The thing that a keystore is sealed to, as the wallet may use it. */
export interface HeldBinding {
  readonly level: BindingLevel;
  /** True if whoever has the files, and perhaps the passphrase, has the secret. */
  readonly clonable: boolean;
  readonly attestor: Attestor | undefined;
}

export const keystoreErrorCodes = [
  'locked',
  'elsewhere',
  'exists',
  'damaged',
  'full',
  'read-only',
  'lost',
] as const;
export type KeystoreErrorCode = (typeof keystoreErrorCodes)[number];

export class KeystoreError extends Error {
  readonly code: KeystoreErrorCode;
  constructor(code: KeystoreErrorCode, sentence: string, options?: ErrorOptions) {
    super(sentence, options);
    this.name = 'KeystoreError';
    this.code = code;
  }
}
