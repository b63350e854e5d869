/** Dice that fall the same way in every run of one seed, and quickly: for simulations only. */

import { seededEntropy } from './entropy.ts';

/** A whole number from 0 to below `bound`, which is at least 1 and at most 2^32. */
export type Dice = (bound: number) => number;

const drawnBytes = 1_024;

export function dice(seed: string | number): Dice {
  const entropy = seededEntropy(`dice ${seed}`);
  let drawn: DataView = new DataView(new ArrayBuffer(0));
  let at = 0;
  return (bound) => {
    if (at === drawn.byteLength) {
      drawn = new DataView(entropy.bytes(drawnBytes).buffer);
      at = 0;
    }
    at += 4;
    return drawn.getUint32(at - 4) % bound;
  };
}
