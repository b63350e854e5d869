/**
 * Signatures that cost a hash, for explorations that make millions of statements. Whoever has the
 * public key could forge them; an exploration gives cheats what they may sign and no more.
 */

import { test } from 'node:test';
import { installPortable } from '@dsm/portable';
import { concat, implementation, installSignatures, sizes, type SecretKey } from '@dsm/primitive';

interface CheapKey extends SecretKey {
  readonly publicKey: Uint8Array;
}

/** A test under cheap signatures; the others of the process keep the real ones. */
export function cheapTest(name: string, body: () => void): void {
  test(name, () => {
    installPortable();
    installCheapSignatures();
    try {
      body();
    } finally {
      installPortable();
    }
  });
}

/** What is made once, under cheap signatures, when it is first asked for. */
export function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}

function installCheapSignatures(): void {
  const blake3 = (...parts: readonly Uint8Array[]): Uint8Array =>
    implementation().blake3(concat(...parts));
  const tag = (publicKey: Uint8Array, message: Uint8Array, context: Uint8Array): Uint8Array =>
    blake3(publicKey.subarray(0, 32), message, context);
  installSignatures({
    name: 'cheap',
    keyPair: (algorithm, seed) => {
      const publicKey = new Uint8Array(sizes[algorithm].publicKey);
      publicKey.set(blake3(seed));
      const hidden = (): '[secret]' => '[secret]';
      const secretKey: CheapKey = { algorithm, publicKey, toString: hidden, toJSON: hidden };
      return { publicKey, secretKey };
    },
    sign: (key, message, context) => {
      const signature = new Uint8Array(sizes[key.algorithm].signature);
      signature.set(tag((key as CheapKey).publicKey, message, context));
      return signature;
    },
    verify: (_algorithm, publicKey, message, signature, context) =>
      tag(publicKey, message, context).every((byte, i) => byte === signature[i]),
  });
}
