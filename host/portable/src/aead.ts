/** XChaCha20-Poly1305 in plain JavaScript (@noble/ciphers). */

import type { Aead } from '@dsm/ports';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';

/** Bytes of what goes into XChaCha20-Poly1305; the tag stands at the end of the ciphertext. */
export const aeadSizes = { key: 32, nonce: 24, tag: 16 } as const;

export const portableAead: Aead = {
  name: 'noble',
  seal: (key, nonce, plaintext, associated) => {
    if (key.length !== aeadSizes.key || nonce.length !== aeadSizes.nonce) {
      throw new RangeError(`key of ${key.length} and nonce of ${nonce.length} bytes`);
    }
    return xchacha20poly1305(key, nonce, associated).encrypt(plaintext);
  },
  open: (key, nonce, ciphertext, associated) => {
    if (key.length !== aeadSizes.key) throw new RangeError(`key of ${key.length} bytes`);
    // The nonce travels with the ciphertext, so a wrong length is a stranger's doing.
    if (nonce.length !== aeadSizes.nonce || ciphertext.length < aeadSizes.tag) return undefined;
    try {
      return xchacha20poly1305(key, nonce, associated).decrypt(ciphertext);
    } catch {
      // All lengths are right, so this is the tag.
      return undefined;
    }
  },
};
