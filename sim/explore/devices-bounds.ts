/**
 * The bounds of the device spaces.
 */

import { pendings, refusals } from '@dsm/primitive';
import type { Effect, Event, Outcome } from '@dsm/bilateral';
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
const words = {
  laneMax: 1,
  stepsMax: 1,
  words: 1,
  amounts: [],
  forges: true,
  impostures: true,
} as const;
const cheat = {
  laneMax: 1,
  stepsMax: 2,
  words: 0,
  amounts: [16n],
  forges: true,
  impostures: true,
} as const;

const against = (changes: Changes) => (): Space =>
  deviceSpace({ ...quiet, cast: withCheat(), honest: 2, ...changes });
const among = (changes: Changes) => (): Space =>
  deviceSpace({ ...quiet, cast: allHonest(), honest: 3, ...changes });

const forks = against({ adversary: cheat });

const uncovered = [
  'Restores of old backups and new incarnations are not in these spaces.',
  'Escrows, locks, lineage and certificates are not in these spaces: notes are absorbed as the core absorbs them, whatever their standing.',
  'Runs of more than one entry come from the adversary alone.',
  'The maps of the adversary are those of its clones; it never shows the root of a map that no clone has had, other than by a forgery that does not add up.',
  'Of the adversary’s consents to one offer, which differ in its own root alone, one is explored.',
];

/** Closed lists: a new member of any of them does not compile until it stands here. */
const events: Readonly<Record<Event['type'], true>> = {
  propose: true,
  cancel: true,
  resume: true,
  offer: true,
  consent: true,
  refuse: true,
  commit: true,
  ack: true,
  'step-signed': true,
  'consent-signed': true,
};
const effects: Readonly<Record<Effect['do'], true>> = {
  'persist-appended': true,
  'persist-absorbed': true,
  'persist-acked': true,
  'sign-step': true,
  'sign-consent': true,
  send: true,
  tell: true,
};
const outcomes: Readonly<Record<Outcome['type'], true>> = {
  offered: true,
  committed: true,
  acked: true,
  received: true,
  repeated: true,
  declined: true,
  cancelled: true,
  unaccepted: true,
};

const named = (kind: string, names: object): readonly string[] =>
  Object.keys(names).map((name) => `${kind} ${name}`);

/** Every event, effect and outcome of a trade. */
const doings = [
  ...named('event', events),
  ...named('effect', effects),
  ...named('outcome', outcomes),
];

/** Every answer that acceptance has, and every reason why a proposer is told no. */
const answers = [
  ...named('refused', refusals),
  ...named('pending', pendings),
  ...['busy', 'limit', 'taste', 'too-late', 'fork'].map((code) => `declined ${code}`),
  'brick ada',
  'brick bob',
  'compared ada',
  'compared bob',
];

/** Spaces of some thousands of states, each for something that the large ones leave out. */
const smallSpaces: readonly (() => Space)[] = [
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
  against({
    wishes: [
      { by: 0, to: 1, amount: 5n },
      { by: 0, to: 1 },
    ],
    cancels: [1, 0],
  }),
  against({ adversary: { ...words, laneMax: 2, stepsMax: 3, forges: false, to: [0] } }),
];

const crossing = [
  { by: 0, to: 1, amount: 5n },
  { by: 1, to: 0 },
];
const onTheWay = [
  { by: 0, to: 1, amount: 5n },
  { by: 0, to: 1 },
];
const inARing = [
  { by: 0, to: 1, amount: 5n },
  { by: 1, to: 2, amount: 2n },
  { by: 2, to: 0 },
];
const twoSteps = { ...cheat, impostures: false };
const oneStep = { ...twoSteps, stepsMax: 1 };
const ring = among({ wishes: inARing });

export const deviceBounds: Readonly<Record<string, Bound>> = {
  small: {
    about:
      'small device spaces, one after the other: forks and forgeries against two, crashes between two, payments to a cheat',
    open: forks,
    further: smallSpaces,
    must: [...doings, ...answers],
    uncovered,
    store: 'exact',
  },
  verify: {
    about:
      'three devices, one dishonest whose clones take two steps: two trades and a crash of the payer while the cheat talks to the payee; one trade and a crash while it talks to both; three honest ones that pay in a ring; then the small spaces',
    open: against({
      wishes: onTheWay,
      crashes: [1, 0],
      adversary: { ...twoSteps, to: [1] },
    }),
    further: [
      against({ wishes: onTheWay.slice(0, 1), crashes: [1, 0], adversary: twoSteps }),
      ring,
      forks,
      ...smallSpaces,
    ],
    must: [...doings, ...answers],
    uncovered,
    store: 'fingerprint',
  },
  honest: {
    about:
      'three honest devices that pay each other in a ring; then two payments, a crash and a cancel',
    open: ring,
    further: [among({ wishes: inARing.slice(0, 2), crashes: [1, 0, 0], cancels: [1, 0, 0] })],
    must: doings,
    uncovered,
    store: 'fingerprint',
  },
  long: {
    about:
      'three devices, one dishonest, two crossing trades: either honest one stops once, while the cheat talks to either; three honest ones that pay in a ring, one crash; then the small spaces',
    open: against({ wishes: crossing, crashes: [1, 0], adversary: { ...oneStep, to: [0] } }),
    further: [
      against({ wishes: crossing, crashes: [1, 0], adversary: { ...oneStep, to: [1] } }),
      against({ wishes: crossing, crashes: [0, 1], adversary: { ...oneStep, to: [0] } }),
      against({ wishes: crossing, crashes: [0, 1], adversary: { ...oneStep, to: [1] } }),
      among({ wishes: inARing, crashes: [0, 1, 0] }),
      forks,
      ...smallSpaces,
    ],
    must: [...doings, ...answers],
    uncovered,
    store: 'fingerprint',
  },
};
