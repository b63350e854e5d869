/**
 * Keys as JOSE has them: what signs an SD-JWT, and what its reader needs.
 *
 *     ML-DSA-65   {"kty":"AKP","alg":"ML-DSA-65","pub":…}      FIPS 204, pure, without a context
 *     ES256       {"kty":"EC","crv":"P-256","x":…,"y":…}       classical: software that knows nothing else
 *
 * A signature of dsm has a context of 34 bytes and a JWS has none, so one key makes both and neither
 * is ever the other.
 */

import { signatures, sizes, type KeyPair } from '@dsm/primitive';

/** What signs. A wallet hands out its own (`credentials.jwsKey`). */
export interface JwsKey {
  readonly algorithm: 'ML-DSA-65' | 'ES256';
  readonly jwk: PublicJwk;
  readonly sign: (bytes: Uint8Array) => Uint8Array | Promise<Uint8Array>;
}

export type PublicJwk =
  | { readonly kty: 'AKP'; readonly alg: 'ML-DSA-65'; readonly pub: string }
  | { readonly kty: 'EC'; readonly crv: 'P-256'; readonly x: string; readonly y: string };

/** JOSE knows no context string. */
const noContext = new Uint8Array(0);

/** A pair of ML-DSA-65, such as an issuer of suite 1 has. */
export function postQuantumKey({ publicKey, secretKey }: KeyPair): JwsKey {
  if (secretKey.algorithm !== 'ml-dsa-65') {
    throw new RangeError(`JOSE has no name for ${secretKey.algorithm} here`);
  }
  return {
    algorithm: 'ML-DSA-65',
    jwk: postQuantumJwk(publicKey),
    sign: (bytes) => signatures().sign(secretKey, bytes, noContext),
  };
}

export function postQuantumJwk(publicKey: Uint8Array): PublicJwk {
  return { kty: 'AKP', alg: 'ML-DSA-65', pub: toText(publicKey) };
}

export interface ClassicalPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
}

/** A classical pair of WebCrypto (ECDSA, P-256), which the caller has: dsm makes none. */
export async function classicalKey({ privateKey, publicKey }: ClassicalPair): Promise<JwsKey> {
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', publicKey);
  return {
    algorithm: 'ES256',
    jwk: { kty: 'EC', crv: 'P-256', x, y },
    sign: async (bytes) =>
      new Uint8Array(await crypto.subtle.sign(ecdsa, privateKey, owned(bytes))),
  };
}

/** True if `signature` is one by the key. Whatever the header says, the key names the algorithm. */
export async function verifies(
  jwk: unknown,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  const key = knownJwk(jwk);
  if (key === undefined) return false;
  if (key.kty === 'AKP') {
    const publicKey = bytesIn(key.pub);
    const { publicKey: size, signature: length } = sizes['ml-dsa-65'];
    if (publicKey?.length !== size || signature.length !== length) return false;
    return signatures().verify('ml-dsa-65', publicKey, bytes, signature, noContext);
  }
  const imported = await crypto.subtle
    .importKey('jwk', { ...key }, ecdsa, false, ['verify'])
    .catch(() => undefined);
  if (imported === undefined) return false;
  return crypto.subtle.verify(ecdsa, imported, owned(signature), owned(bytes));
}

const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

/** A key that this file knows, whatever else the object says. */
function knownJwk(jwk: unknown): PublicJwk | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined;
  const { kty, alg, pub, crv, x, y } = jwk as Readonly<Record<string, unknown>>;
  if (kty === 'AKP' && alg === 'ML-DSA-65' && typeof pub === 'string') return { kty, alg, pub };
  const isPoint = typeof x === 'string' && typeof y === 'string';
  return kty === 'EC' && crv === 'P-256' && isPoint ? { kty, crv, x, y } : undefined;
}

const alphabet = { alphabet: 'base64url', omitPadding: true } as const;

export function toText(bytes: Uint8Array): string {
  return bytes.toBase64(alphabet);
}

export function bytesIn(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.fromBase64(text, { alphabet: 'base64url' });
  } catch {
    return undefined;
  }
}

/** WebCrypto wants bytes in memory of their own. */
function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
