/** BLAKE3 in plain JavaScript (@noble/hashes): runs wherever JavaScript runs, and is the reference. */

import type { Hash } from '@dsm/primitive';
import { blake3 } from '@noble/hashes/blake3.js';

export const portableHash: Hash = {
  name: 'noble',
  blake3: (input) => blake3(input),
  blake3Into: (input, output, offset) => {
    if (offset < 0 || offset + 32 > output.length) {
      throw new RangeError(`no 32 bytes at ${offset} of ${output.length}`);
    }
    output.set(blake3(input), offset);
  },
};
