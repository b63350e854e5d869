/** The bounds that the explorer shares with Spin: `npm run formal -- spin` compares the counts. */

import { commonSlot } from './common-slot.ts';
import { commonTrade } from './common-trade.ts';
import type { Bound } from './space.ts';

const uncovered = ['These bounds are small: they are there to be counted twice.'];

export const commonBounds: Readonly<Record<string, Bound>> = {
  'common-trade': {
    about: 'two honest devices, one trade each way, crashes without end: shared with Spin',
    open: commonTrade,
    must: [
      ...['offer', 'consent', 'refuse', 'commit', 'ack', 'absorbed'].map((name) => `send ${name}`),
      ...['committed', 'received', 'repeated', 'acked', 'cancelled', 'declined'].map(
        (name) => `tell ${name}`,
      ),
    ],
    uncovered,
    store: 'exact',
  },
  'common-slot': {
    about: 'a slot in a group of four with a liar, two values, two readers: shared with Spin',
    open: commonSlot,
    must: ['write new', 'write same', 'write later', 'vote heard', 'certified'],
    uncovered,
    store: 'exact',
  },
};
