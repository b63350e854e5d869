/**
 * Signature suites, by number, inside signed bytes, never negotiated downwards.
 *
 *     suite  root (certifies)        working (signs steps)    public key   signature
 *         1  SLH-DSA-SHA2-128s       ML-DSA-65                32 / 1,952   7,856 /  3,309
 *         2  SLH-DSA-SHA2-128f       SLH-DSA-SHA2-128f        32 / 32     17,088 / 17,088
 *
 * FIPS 204 and 205, pure (not pre-hashed). The context string of both standards carries
 * kind ‖ suite ‖ network (34 bytes), so a signature made for one kind, suite or network is none
 * for another. The host installs the implementation; two of them agree (host/portable, host/node).
 */

import { concat } from './bytes.ts';
import { oneOf, type Coder } from './codec.ts';
import { hash } from './hash.ts';
import type { Kind } from './kinds.ts';

export const algorithms = ['ml-dsa-65', 'slh-dsa-sha2-128s', 'slh-dsa-sha2-128f'] as const;
export type Algorithm = (typeof algorithms)[number];

export type Suite = 1 | 2;

export const suiteCoder: Coder<Suite> = oneOf([1, 2]);

/** The digest that names a public key in notes, rules and slots, for its whole life. */
export function keyDigest(suite: Suite, publicKey: Uint8Array): Uint8Array {
  return hash('working-key', Uint8Array.of(suite), publicKey);
}

export const suites: Readonly<
  Record<Suite, { readonly root: Algorithm; readonly working: Algorithm }>
> = {
  1: { root: 'slh-dsa-sha2-128s', working: 'ml-dsa-65' },
  2: { root: 'slh-dsa-sha2-128f', working: 'slh-dsa-sha2-128f' },
};

/** Bytes of: the seed that makes a key pair, the public key, the secret key and a signature. */
export const sizes: Readonly<Record<Algorithm, KeySizes>> = {
  'ml-dsa-65': { seed: 32, publicKey: 1_952, signature: 3_309 },
  'slh-dsa-sha2-128s': { seed: 48, publicKey: 32, signature: 7_856 },
  'slh-dsa-sha2-128f': { seed: 48, publicKey: 32, signature: 17_088 },
};

export interface KeySizes {
  readonly seed: number;
  readonly publicKey: number;
  readonly signature: number;
}

/** A secret key: an opaque thing of its implementation whose printed form is `[secret]`. */
export interface SecretKey {
  readonly algorithm: Algorithm;
  readonly toString: () => '[secret]';
  readonly toJSON: () => '[secret]';
}

export interface KeyPair {
  readonly publicKey: Uint8Array;
  readonly secretKey: SecretKey;
}

/** FIPS 204 and 205. `verify` answers false for anything that is not a signature, and never throws. */
export interface Signatures {
  readonly name: string;
  /** The same seed gives the same pair in every implementation. */
  readonly keyPair: (algorithm: Algorithm, seed: Uint8Array) => KeyPair;
  readonly sign: (key: SecretKey, message: Uint8Array, context: Uint8Array) => Uint8Array;
  readonly verify: (
    algorithm: Algorithm,
    publicKey: Uint8Array,
    message: Uint8Array,
    signature: Uint8Array,
    context: Uint8Array,
  ) => boolean;
}

let installed: Signatures | undefined;

/** Choose the implementation, once, at start. */
export function installSignatures(signatures: Signatures): void {
  installed = signatures;
}

/** The installed signatures. Using them before a host has installed any is a programmer's fault. */
export function signatures(): Signatures {
  if (installed === undefined) throw new Error('no signatures: call installSignatures first');
  return installed;
}

/** What a signature is bound to beside its message: kind ‖ suite ‖ network, 34 bytes. */
export function signatureContext(kind: Kind, suite: Suite, network: Uint8Array): Uint8Array {
  return concat(Uint8Array.of(kind, suite), network);
}

/** True if `signature` is one by the working key `publicKey` of the suite over `digest`. */
export function verifyWorking(
  kind: Kind,
  suite: Suite,
  network: Uint8Array,
  publicKey: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verifyAs(suites[suite].working, kind, suite, network, publicKey, digest, signature);
}

/** True if `signature` is one by the root key `publicKey` of the suite over `digest`. */
export function verifyRoot(
  kind: Kind,
  suite: Suite,
  network: Uint8Array,
  publicKey: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  return verifyAs(suites[suite].root, kind, suite, network, publicKey, digest, signature);
}

function verifyAs(
  algorithm: Algorithm,
  kind: Kind,
  suite: Suite,
  network: Uint8Array,
  publicKey: Uint8Array,
  digest: Uint8Array,
  signature: Uint8Array,
): boolean {
  const size = sizes[algorithm];
  if (publicKey.length !== size.publicKey || signature.length !== size.signature) return false;
  const context = signatureContext(kind, suite, network);
  return signatures().verify(algorithm, publicKey, digest, signature, context);
}
