/** Choosing the fast implementations of this platform. */

import { portableSignatures } from '@dsm/portable';
import { installHash, installSignatures } from '@dsm/primitive';
import { warmupSimd } from 'blake3-jit';
import { nativeHash } from './hash.ts';
import { nativeSignatures, nativeSignaturesAvailable } from './signatures.ts';

/**
 * Install the fast hash and signatures into the core, once, at start. A Node without these
 * signatures gets the portable ones: the same bytes, slower; `signatures().name` says which.
 */
export function installNative(): void {
  // The SIMD code is made and compiled now, so that no first large hash has to wait for it.
  warmupSimd();
  installHash(nativeHash);
  installSignatures(nativeSignaturesAvailable() ? nativeSignatures : portableSignatures);
}
