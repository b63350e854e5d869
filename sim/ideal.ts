/**
 * Ideal signatures: a hash over key, context and message, in 32 bytes that are repeated to the size
 * of the real ones. Everything that a rule sees is as with real ones: sizes, keys, contexts, and
 * that nothing else verifies. Whoever has the public key could forge them; the programs here give
 * cheats what they may sign and no more.
 *
 * Making and checking one costs one hash, so a space of millions of statements can be walked. Every
 * figure that rests on them says so.
 */

import { nativeHash } from '@dsm/node';
import {
  concat,
  installHash,
  installSignatures,
  sizes,
  type SecretKey,
  type Signatures,
} from '@dsm/primitive';

interface IdealKey extends SecretKey {
  readonly publicKey: Uint8Array;
}

export const idealSignatures: Signatures = {
  name: 'ideal',
  keyPair: (algorithm, seed) => {
    const publicKey = stretched(nativeHash.blake3(seed), sizes[algorithm].publicKey);
    const hidden = (): '[secret]' => '[secret]';
    const secretKey: IdealKey = { algorithm, publicKey, toString: hidden, toJSON: hidden };
    return { publicKey, secretKey };
  },
  sign: (key, message, context) =>
    stretched(tag((key as IdealKey).publicKey, message, context), sizes[key.algorithm].signature),
  verify: (algorithm, publicKey, message, signature, context) => {
    if (signature.length !== sizes[algorithm].signature) return false;
    const expected = tag(publicKey, message, context);
    for (let i = 0; i < signature.length; i++) {
      if (signature[i] !== expected[i % 32]) return false;
    }
    return true;
  },
};

/** The fast hash and ideal signatures, for the whole process. */
export function installIdeal(): void {
  installHash(nativeHash);
  installSignatures(idealSignatures);
}

function tag(publicKey: Uint8Array, message: Uint8Array, context: Uint8Array): Uint8Array {
  return nativeHash.blake3(concat(publicKey.subarray(0, 32), context, message));
}

function stretched(seed: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 32) bytes.set(seed.subarray(0, length - at), at);
  return bytes;
}
