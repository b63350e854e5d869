/**
 * ML-DSA and SLH-DSA by Node's OpenSSL, pure and hedged; five times and more as fast as the
 * portable twin (docs/decisions/0003-signatures.md).
 *
 * OpenSSL takes a seed for ML-DSA only. A SLH-DSA secret key is SK.seed ‖ SK.prf ‖ PK.seed ‖ PK.root
 * and a pair from a seed needs the root of the top tree, which nothing in OpenSSL's interface gives:
 * the portable twin computes it (about 140 ms for 128s), and the last few roots are remembered. A
 * root is public; it is found again by the hash of its seed, so no secret outlives its key here.
 *
 * Importing a public key of ML-DSA costs 7 % of a verification, so the last keys are remembered.
 */

import crypto, { type KeyObject } from 'node:crypto';
import {
  checkContext,
  checkSeed,
  isVerifiable,
  portableSignatures,
  secretKeys,
  type SecretKeys,
} from '@dsm/portable';
import { algorithms, concat, keyOf, sizes, type Algorithm, type Signatures } from '@dsm/primitive';
import { nativeHash } from './hash.ts';

const publicKeysMax = 256;
const rootsMax = 64;

/** A cached key under the first 32 bytes of its encoding: random for both algorithms. */
interface PublicKey {
  readonly bytes: Uint8Array;
  readonly key: KeyObject;
}

const keys: SecretKeys<KeyObject> = secretKeys('node:crypto');
const publicKeys = new Map<string, PublicKey>();
const roots = new Map<string, Uint8Array>();

/** True if this Node has all three algorithms and their raw key formats. */
export function nativeSignaturesAvailable(): boolean {
  try {
    for (const algorithm of algorithms) {
      importPublicKey(algorithm, new Uint8Array(sizes[algorithm].publicKey));
    }
    return true;
  } catch {
    // Older versions of Node or OpenSSL know neither the names nor the format.
    return false;
  }
}

export const nativeSignatures: Signatures = {
  name: 'node:crypto',
  keyPair: (algorithm, seed) => {
    checkSeed(algorithm, seed);
    const key = privateKey(algorithm, seed);
    const publicKey = crypto.createPublicKey(key).export({ format: 'raw-public' });
    return { publicKey: new Uint8Array(publicKey), secretKey: keys.wrap(algorithm, key) };
  },
  sign: (secretKey, message, context) => {
    const key = keys.unwrap(secretKey);
    checkContext(context);
    return new Uint8Array(crypto.sign(null, message, { key, context }));
  },
  verify: (algorithm, publicKey, message, signature, context) => {
    if (!isVerifiable(algorithm, publicKey, signature, context)) return false;
    const key = publicKeyObject(algorithm, publicKey);
    return crypto.verify(null, message, { key, context }, signature);
  },
};

function privateKey(asymmetricKeyType: Algorithm, seed: Uint8Array): KeyObject {
  if (asymmetricKeyType === 'ml-dsa-65') {
    return crypto.createPrivateKey({ key: seed, format: 'raw-seed', asymmetricKeyType });
  }
  const key = concat(seed, root(asymmetricKeyType, seed));
  try {
    return crypto.createPrivateKey({ key, format: 'raw-private', asymmetricKeyType });
  } finally {
    key.fill(0);
  }
}

function root(algorithm: Algorithm, seed: Uint8Array): Uint8Array {
  const name = `${algorithm} ${keyOf(nativeHash.blake3(seed))}`;
  const known = roots.get(name);
  const found = known ?? portableSignatures.keyPair(algorithm, seed).publicKey.slice(16);
  remember(roots, name, found, rootsMax);
  return found;
}

function publicKeyObject(algorithm: Algorithm, bytes: Uint8Array): KeyObject {
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, 32).toString('latin1');
  const name = `${algorithm} ${head}`;
  const known = publicKeys.get(name);
  const entry =
    known !== undefined && Buffer.compare(known.bytes, bytes) === 0
      ? known
      : { bytes: new Uint8Array(bytes), key: importPublicKey(algorithm, bytes) };
  remember(publicKeys, name, entry, publicKeysMax);
  return entry.key;
}

/** Keeps the last `max` entries in the order of their use. */
function remember<T>(cache: Map<string, T>, name: string, value: T, max: number): void {
  cache.delete(name);
  cache.set(name, value);
  if (cache.size > max) cache.delete(cache.keys().next().value!);
}

function importPublicKey(asymmetricKeyType: Algorithm, key: Uint8Array): KeyObject {
  return crypto.createPublicKey({ key, format: 'raw-public', asymmetricKeyType });
}
