/**
 * The bounds of the device spaces.
 */

import { openCast } from './devices-cast.ts';
import { deviceSpace } from './devices.ts';
import type { Bound } from './space.ts';

const uncovered: readonly string[] = [];

export const deviceBounds: Readonly<Record<string, Bound>> = {
  small: {
    about: 'two honest devices and one that may do anything, one payment, no crash',
    open: () =>
      deviceSpace({
        cast: openCast([
          { name: 'ada', online: [8n], purse: [] },
          { name: 'bob', online: [4n], purse: [] },
          { name: 'mal', online: [64n], purse: [16n] },
        ]),
        honest: 2,
        wishes: [{ by: 0, to: 1, amount: 5n }],
        crashes: [0, 0],
        cancels: [0, 0],
        adversary: { laneMax: 1, stepsMax: 2, words: 1, amounts: [16n], forges: true },
      }),
    must: [],
    uncovered,
    store: 'exact',
  },
};
