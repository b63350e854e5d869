/** ML-KEM-768 (FIPS 203) in plain JavaScript (@noble/post-quantum). */

import type { Encapsulated, Kem } from '@dsm/ports';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';

/** Bytes of what goes into and out of ML-KEM-768. */
export const kemSizes = { seed: 64, publicKey: 1_184, ciphertext: 1_088, secret: 32 } as const;

export const portableKem: Kem = {
  name: 'noble',
  keyPair: (seed) => {
    checkKemSeed(seed);
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    return {
      publicKey,
      decapsulate: (ciphertext) =>
        ciphertext.length === kemSizes.ciphertext
          ? ml_kem768.decapsulate(ciphertext, secretKey)
          : undefined,
    };
  },
  encapsulate: (publicKey) => {
    if (publicKey.length !== kemSizes.publicKey) return undefined;
    return encapsulated(publicKey);
  },
};

/** Throws unless `seed` is d ‖ z. */
export function checkKemSeed(seed: Uint8Array): void {
  if (seed.length !== kemSizes.seed) {
    throw new RangeError(`seed of ml-kem-768: expected ${kemSizes.seed} bytes, got ${seed.length}`);
  }
}

function encapsulated(publicKey: Uint8Array): Encapsulated | undefined {
  const message = globalThis.crypto.getRandomValues(new Uint8Array(32));
  try {
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, message);
    return { ciphertext: cipherText, secret: sharedSecret };
  } catch {
    // Both lengths are right, so the library refused a coefficient that is not below the modulus:
    // a stranger's public key that is none.
    return undefined;
  } finally {
    message.fill(0);
  }
}
