/** Choosing the portable implementations, for platforms that have nothing faster. */

import { installHash, installSignatures } from '@dsm/primitive';
import { portableHash } from './hash.ts';
import { portableSignatures } from './signatures.ts';

/** Install the portable hash and signatures into the core, once, at start. */
export function installPortable(): void {
  installHash(portableHash);
  installSignatures(portableSignatures);
}
