/** Randomness from the operating system. */

import crypto from 'node:crypto';
import type { Entropy } from '@dsm/ports';

export const nodeEntropy: Entropy = {
  bytes: (length) => crypto.randomFillSync(new Uint8Array(length)),
};
