/**
 * The bounds of the device spaces.
 */

import { openCast, type Cast } from './devices-cast.ts';
import { deviceSpace, type DeviceBound } from './devices.ts';
import type { Bound, Space } from './space.ts';

/** Two honest devices with a little money, and one that holds much, a purse note of 16 among it. */
function withCheat(): Cast {
  return openCast([
    { name: 'ada', online: [8n], purse: [] },
    { name: 'bob', online: [4n], purse: [] },
    { name: 'mal', online: [64n], purse: [16n] },
  ]);
}

function allHonest(): Cast {
  return openCast([
    { name: 'ada', online: [8n], purse: [] },
    { name: 'bob', online: [4n], purse: [2n] },
    { name: 'cyd', online: [], purse: [] },
  ]);
}

/** Two honest devices alone, of which one has been restored and one has more than the other takes. */
function withRestored(): Cast {
  return openCast([
    { name: 'ada', online: [40n], purse: [] },
    { name: 'bob', online: [4n], purse: [], incarnation: 1 },
    { name: 'mal', online: [64n], purse: [16n] },
  ]);
}

type Changes = Partial<Omit<DeviceBound, 'honest'>>;

const quiet = { wishes: [], crashes: [0, 0, 0], cancels: [0, 0, 0] } as const;
const words = { laneMax: 1, stepsMax: 1, words: 1, amounts: [], forges: true } as const;
const cheat = { laneMax: 1, stepsMax: 2, words: 0, amounts: [16n], forges: true } as const;

const against = (changes: Changes) => (): Space =>
  deviceSpace({ ...quiet, cast: withCheat(), honest: 2, ...changes });
export const among = (changes: Changes) => (): Space =>
  deviceSpace({ ...quiet, cast: allHonest(), honest: 3, ...changes });

const forks = against({ adversary: cheat });

const uncovered = [
  'Restores of old backups and new incarnations are not in these spaces.',
  'Escrows, locks, lineage and certificates are not in these spaces: notes are absorbed as the core absorbs them, whatever their standing.',
  'Runs of more than one entry come from the adversary alone.',
  'The maps of the adversary are those of its clones; it never shows the root of a map that no clone has had, other than by a forgery that does not add up.',
  'Of the adversary’s consents to one offer, which differ in its own root alone, one is explored.',
];

export const deviceBounds: Readonly<Record<string, Bound>> = {
  small: {
    about:
      'small device spaces, one after the other: forks and forgeries against two, crashes between two, payments to a cheat',
    open: forks,
    further: [
      against({ wishes: [{ by: 0, to: 2, amount: 5n }], adversary: { ...cheat, stepsMax: 1 } }),
      against({
        wishes: [
          { by: 0, to: 1, amount: 5n },
          { by: 1, to: 0 },
        ],
        crashes: [1, 0],
        cancels: [1, 0],
      }),
      against({
        wishes: [{ by: 0, to: 1, amount: 5n }],
        crashes: [0, 1],
        adversary: { ...words, amounts: [40n], to: [0] },
      }),
      against({
        cast: withRestored(),
        wishes: [
          { by: 0, to: 1, amount: 40n },
          { by: 0, to: 1 },
        ],
        adversary: { ...words, words: 0, to: [0] },
      }),
      against({ adversary: { ...words, laneMax: 2, stepsMax: 3, forges: false, to: [0] } }),
    ],
    must: [],
    uncovered,
    store: 'exact',
  },
};
