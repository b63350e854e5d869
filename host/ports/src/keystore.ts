/**
 * The keystore: one secret, sealed at rest. Every key of a wallet or a node is derived from it.
 *
 * locked   the passphrase does not open it
 * exists   there is a secret already; it is never overwritten
 * damaged  what is stored is no sealed secret
 * full, read-only, lost  as in `StoreError`
 */

export interface Keystore {
  /** The secret, or `undefined` if none was created yet. Rejects with `KeystoreError`. */
  readonly open: () => Promise<Uint8Array | undefined>;
  /** Keep `secret` (32 bytes) durably, once. */
  readonly create: (secret: Uint8Array) => Promise<void>;
}

export const keystoreErrorCodes = [
  'locked',
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
