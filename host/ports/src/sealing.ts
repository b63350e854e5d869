/**
 * Encryption. Never part of a commitment: no rule of the protocol looks at sealed bytes.
 *
 * `Kem` is ML-KEM-768 (FIPS 203): public key 1,184 bytes, ciphertext 1,088, shared secret 32, seed 64.
 * `Aead` is XChaCha20-Poly1305: key 32, nonce 24, tag 16 bytes at the end of the ciphertext.
 */

export interface Kem {
  readonly name: string;
  /** The same 64-byte seed (d ‖ z) gives the same pair in every implementation. */
  readonly keyPair: (seed: Uint8Array) => KemKeyPair;
  /** `undefined` if the public key is none. Draws its randomness from the platform. */
  readonly encapsulate: (publicKey: Uint8Array) => Encapsulated | undefined;
}

export interface KemKeyPair {
  readonly publicKey: Uint8Array;
  /** The shared secret; for a foreign ciphertext a secret that nobody knows; `undefined` for a wrong length. */
  readonly decapsulate: (ciphertext: Uint8Array) => Uint8Array | undefined;
}

export interface Encapsulated {
  readonly ciphertext: Uint8Array;
  readonly secret: Uint8Array;
}

export interface Aead {
  readonly name: string;
  readonly seal: (
    key: Uint8Array,
    nonce: Uint8Array,
    plaintext: Uint8Array,
    associated: Uint8Array,
  ) => Uint8Array;
  /** `undefined` if the bytes were not sealed under this key, nonce and associated data. */
  readonly open: (
    key: Uint8Array,
    nonce: Uint8Array,
    ciphertext: Uint8Array,
    associated: Uint8Array,
  ) => Uint8Array | undefined;
}
