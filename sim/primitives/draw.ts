/** A seeded source of cases: the same seed draws the same bytes, numbers and damages. */

import { nativeHash } from '@dsm/node';

export interface Draw {
  /** An integer from 0 to below `bound`. */
  readonly below: (bound: number) => number;
  readonly bytes: (length: number) => Uint8Array;
  /** The bytes with something changed: bits, a whole byte, a run of bytes, or nothing at all. */
  readonly damaged: (bytes: Uint8Array) => Uint8Array;
}

export function draw(seed: number, name: string): Draw {
  // A small generator (sfc32), seeded through the hash: quick, and good enough to choose cases.
  const start = new DataView(
    nativeHash.blake3(new TextEncoder().encode(`${seed} ${name}`)).slice().buffer,
  );
  let [a, b, c, n] = [0, 4, 8, 12].map((at) => start.getUint32(at)) as [
    number,
    number,
    number,
    number,
  ];
  const next = (): number => {
    const sum = (a + b + n) | 0;
    n = (n + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return sum >>> 0;
  };
  const below = (bound: number): number => Math.floor((next() / 0x100000000) * bound);
  const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, () => next());
  const damaged = (original: Uint8Array): Uint8Array => {
    const changed = original.slice();
    if (changed.length === 0) return changed;
    const at = below(changed.length);
    switch (below(5)) {
      case 0:
        break;
      case 1:
        changed[at] = next();
        break;
      case 2:
        changed.fill(next() & 1 ? 0xff : 0, at, at + 1 + below(64));
        break;
      default:
        for (let i = below(3); i >= 0; i--) changed[below(changed.length)]! ^= 1 << below(8);
    }
    return changed;
  };
  return { below, bytes, damaged };
}
