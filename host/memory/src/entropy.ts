/**
 * Randomness that repeats: the same seed gives the same bytes. For tests and simulations only.
 *
 *     block n = BLAKE3( 32-byte digest of the seed ‖ n as u64 )
 */

import { address, concat, encodeWith, u64, utf8 } from '@dsm/primitive';
import type { Entropy } from '@dsm/ports';

/** Each call starts with a new block and drops the rest of its last one. */
export function seededEntropy(seed: string | number): Entropy {
  const root = address(utf8(`seeded entropy ${seed}`));
  let counter = 0;
  return {
    bytes: (length) => {
      if (!Number.isSafeInteger(length) || length < 0) {
        throw new RangeError(`${length} is no number of bytes`);
      }
      const out = new Uint8Array(length);
      for (let at = 0; at < length; at += 32) {
        const block = address(concat(root, encodeWith(u64, counter)));
        counter += 1;
        out.set(block.subarray(0, Math.min(32, length - at)), at);
      }
      return out;
    },
  };
}
