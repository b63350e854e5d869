/** Dice of a test that fall the same for the same number. */

import { hash } from '@dsm/primitive';

export interface Dice {
  /** A whole number from 0 to before `end`. */
  readonly below: (end: number) => number;
  readonly bytes: (length: number) => Uint8Array;
}

export function dice(seed: number): Dice {
  let rolls = 0;
  const roll = (): Uint8Array => {
    rolls += 1;
    const about = new Uint8Array(8);
    const view = new DataView(about.buffer);
    view.setUint32(0, seed);
    view.setUint32(4, rolls);
    return hash('seal', about);
  };
  return {
    below: (end) => new DataView(roll().buffer).getUint32(0) % end,
    bytes: (length) => {
      const bytes = new Uint8Array(length);
      for (let at = 0; at < length; at += 32) bytes.set(roll().subarray(0, length - at), at);
      return bytes;
    },
  };
}
