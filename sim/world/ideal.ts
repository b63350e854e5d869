/**
 * Ideal sealing: bytes that lie open behind a tag, and secrets agreed by a hash. As with ideal
 * signatures (../ideal.ts) every rule sees what it would see; nothing here keeps anything secret, and
 * the choice of randomness belongs to the seed.
 */

import { concat } from '@dsm/primitive';
import { nativeHash } from '@dsm/node';
import type { Aead, Kem } from '@dsm/ports';
import type { Random } from './random.ts';

const tagBytes = 16;

export const idealAead: Aead = {
  name: 'ideal',
  seal: (key, nonce, plaintext, associated) =>
    concat(plaintext, tag(key, nonce, plaintext, associated)),
  open: (key, nonce, ciphertext, associated) => {
    if (ciphertext.length < tagBytes) return undefined;
    const plaintext = ciphertext.slice(0, -tagBytes);
    const expected = tag(key, nonce, plaintext, associated);
    const given = ciphertext.subarray(-tagBytes);
    return expected.every((byte, i) => byte === given[i]) ? plaintext : undefined;
  },
};

/** Whoever has the seed of a pair can open what was made for it, as with the real one. */
export function idealKem(random: Random): Kem {
  return {
    name: 'ideal',
    keyPair: (seed) => {
      const publicKey = repeated(nativeHash.blake3(seed), 1_184);
      return {
        publicKey,
        decapsulate: (ciphertext) =>
          ciphertext.length === 1_088 ? secretOf(publicKey, ciphertext) : undefined,
      };
    },
    encapsulate: (publicKey) => {
      if (publicKey.length !== 1_184) return undefined;
      const ciphertext = repeated(random.bytes(32), 1_088);
      return { ciphertext, secret: secretOf(publicKey, ciphertext) };
    },
  };
}

function secretOf(publicKey: Uint8Array, ciphertext: Uint8Array): Uint8Array {
  return nativeHash.blake3(concat(publicKey.subarray(0, 32), ciphertext));
}

function tag(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  return nativeHash.blake3(concat(key, nonce, associated, plaintext)).subarray(0, tagBytes);
}

function repeated(seed: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) bytes.set(seed.subarray(0, length - at), at);
  return bytes;
}
