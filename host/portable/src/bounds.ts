/**
 * What every implementation of `Signatures` checks before it computes, so that all of them refuse
 * the same arguments in the same way: own arguments throw, foreign ones make `verify` false.
 */

import { sizes, type Algorithm } from '@dsm/primitive';

/** FIPS 204 and 205: the context string is at most 255 bytes. */
export const contextBytesMax = 255;

/** Throws unless `seed` is as long as the algorithm wants it. */
export function checkSeed(algorithm: Algorithm, seed: Uint8Array): void {
  const expected = sizes[algorithm].seed;
  if (seed.length !== expected) {
    throw new RangeError(
      `seed of ${algorithm}: expected ${expected} bytes, got ${String(seed.length)}`,
    );
  }
}

/** Throws if a signature cannot carry `context`. */
export function checkContext(context: Uint8Array): void {
  if (context.length > contextBytesMax) {
    throw new RangeError(`context: ${context.length} bytes exceed ${contextBytesMax}`);
  }
}

/** True if the lengths are those of a signature; false is the answer of `verify`. */
export function isVerifiable(
  algorithm: Algorithm,
  publicKey: Uint8Array,
  signature: Uint8Array,
  context: Uint8Array,
): boolean {
  const size = sizes[algorithm];
  return (
    publicKey.length === size.publicKey &&
    signature.length === size.signature &&
    context.length <= contextBytesMax
  );
}
