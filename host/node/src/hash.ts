/**
 * BLAKE3, the fast one (blake3-jit): JavaScript that the engine compiles well below 4 KiB, and
 * WebAssembly SIMD, made at run time, above. Ten times as fast as the portable twin; figures and
 * the alternatives are in docs/decisions/0002-hash.md.
 */

import type { Hash } from '@dsm/primitive';
import { hash, hashInto } from 'blake3-jit';

export const nativeHash: Hash = {
  name: 'blake3-jit',
  blake3: (input) => hash(input),
  blake3Into: (input, output, offset) => {
    if (offset < 0 || offset + 32 > output.length) {
      throw new RangeError(`no 32 bytes at ${offset} of ${output.length}`);
    }
    hashInto(input, offset === 0 ? output : output.subarray(offset));
  },
};
