/**
 * Sealed parcels: what travels through storage nodes that may not read it.
 *
 *     version ‖ kind ‖ ML-KEM-768 ciphertext (1,088) ‖ nonce (24) ‖ box
 *     key = H_seal( shared secret ‖ ciphertext )       box = XChaCha20-Poly1305(key, nonce, padded)
 *     padded = u32 length ‖ plaintext ‖ zeros, up to a power of two of at least 4 KiB
 *
 * No rule of the protocol looks at sealed bytes: they are never part of a commitment.
 */

import { fixed, hash, kinds, limits, object, struct, variable, type Obj } from '@dsm/primitive';
import type { Aead, Entropy, Kem, KemKeyPair } from '@dsm/ports';

interface Sealed {
  readonly ciphertext: Uint8Array;
  readonly nonce: Uint8Array;
  readonly box: Uint8Array;
}

const sealed: Obj<Sealed> = object(
  kinds.sealed,
  limits.objectBytesMax,
  struct({ ciphertext: fixed(1_088), nonce: fixed(24), box: variable(limits.objectBytesMax) }),
);

/** Largest plaintext that fits an object of a node after padding. */
export const sealedBytesMax = 524_000;

const none = new Uint8Array(0);

export function seal(
  { kem, aead, entropy }: { kem: Kem; aead: Aead; entropy: Entropy },
  to: Uint8Array,
  plaintext: Uint8Array,
): Uint8Array | undefined {
  const fresh = kem.encapsulate(to);
  if (fresh === undefined) return undefined;
  const { ciphertext, secret } = fresh;
  const nonce = entropy.bytes(24);
  const box = aead.seal(hash('seal', secret, ciphertext), nonce, padded(plaintext), none);
  return sealed.encode({ ciphertext, nonce, box });
}

/** The plaintext, or undefined if the bytes were sealed to none of these keys. */
export function unseal(
  aead: Aead,
  by: readonly KemKeyPair[],
  bytes: Uint8Array,
): Uint8Array | undefined {
  const openers = by.map((pair) => ({ pair }));
  return unsealBy(aead, openers, bytes)?.plaintext;
}

/** The plaintext with whoever could open it, or undefined if none of them can. */
export function unsealBy<By extends { readonly pair: KemKeyPair }>(
  aead: Aead,
  openers: readonly By[],
  bytes: Uint8Array,
): { readonly plaintext: Uint8Array; readonly by: By } | undefined {
  const decoded = sealed.decode(bytes);
  if (!decoded.ok) return undefined;
  for (const by of openers) {
    const plaintext = unsealWith(aead, by.pair, decoded.value);
    if (plaintext !== undefined) return { plaintext, by };
  }
  return undefined;
}

function unsealWith(
  aead: Aead,
  by: KemKeyPair,
  { ciphertext, nonce, box }: Sealed,
): Uint8Array | undefined {
  const secret = by.decapsulate(ciphertext);
  if (secret === undefined) return undefined;
  const plain = aead.open(hash('seal', secret, ciphertext), nonce, box, none);
  if (plain === undefined || plain.length < 4) return undefined;
  const length = new DataView(plain.buffer, plain.byteOffset).getUint32(0);
  return length > plain.length - 4 ? undefined : plain.slice(4, 4 + length);
}

function padded(plaintext: Uint8Array): Uint8Array {
  let size = 4_096;
  while (size < plaintext.length + 4) size *= 2;
  const bytes = new Uint8Array(size);
  new DataView(bytes.buffer).setUint32(0, plaintext.length);
  bytes.set(plaintext, 4);
  return bytes;
}
