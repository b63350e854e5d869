/** ML-KEM-768 (FIPS 203) by Node's OpenSSL. */

import crypto, { type KeyObject } from 'node:crypto';
import type { Kem } from '@dsm/ports';
import { checkKemSeed, kemSizes } from '@dsm/portable';

const asymmetricKeyType = 'ml-kem-768';

/** True if this Node can import raw ML-KEM keys and encapsulate. */
export function nativeKemAvailable(): boolean {
  if (typeof crypto.encapsulate !== 'function') return false;
  // All zeros is a valid public key: every coefficient is below the modulus.
  return publicKeyObject(new Uint8Array(kemSizes.publicKey)) !== undefined;
}

export const nativeKem: Kem = {
  name: 'node:crypto',
  keyPair: (seed) => {
    checkKemSeed(seed);
    const key = crypto.createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType });
    const publicKey = crypto.createPublicKey(key).export({ format: 'raw-public' });
    return {
      publicKey: new Uint8Array(publicKey),
      decapsulate: (ciphertext) =>
        ciphertext.length === kemSizes.ciphertext
          ? new Uint8Array(crypto.decapsulate(key, ciphertext))
          : undefined,
    };
  },
  encapsulate: (publicKey) => {
    if (publicKey.length !== kemSizes.publicKey) return undefined;
    const key = publicKeyObject(publicKey);
    if (key === undefined) return undefined;
    const { ciphertext, sharedKey } = crypto.encapsulate(key);
    return { ciphertext: new Uint8Array(ciphertext), secret: new Uint8Array(sharedKey) };
  },
};

function publicKeyObject(bytes: Uint8Array): KeyObject | undefined {
  try {
    return crypto.createPublicKey({ key: bytes, format: 'raw-public', asymmetricKeyType });
  } catch {
    // The length is right, so OpenSSL found a coefficient that is not below the modulus: a
    // stranger's public key that is none.
    return undefined;
  }
}
