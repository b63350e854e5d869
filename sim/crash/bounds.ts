/** How much a run does: the quick one in a minute or two, the long one for a report. */

import type { FileFaultsOptions } from './file-faults.ts';
import type { FilePointsOptions } from './file-points.ts';
import type { KillsOptions } from './kills.ts';
import type { LogFaultsOptions } from './log-faults.ts';
import type { LogPointsOptions } from './log-points.ts';
import type { RotOptions } from './rot.ts';
import type { Subject } from './subjects.ts';

export interface Bounds {
  readonly rot: RotOptions;
  readonly kills: KillsOptions;
  readonly log: LogPointsOptions;
  readonly logFaults: LogFaultsOptions;
  readonly files: (subject: Subject) => FilePointsOptions;
  readonly fileFaults: (subject: Subject) => FileFaultsOptions;
}

const files: FilePointsOptions = {
  everyByteUpTo: 128,
  stride: 9,
  subsetsUpTo: 4,
  lives: 1,
  commits: 6,
  sample: 12,
  writtenAgain: 4,
};

/** LMDB writes whole pages, and believes that a sector is there as a whole or not at all. */
function assumed({ name }: Subject): Pick<FilePointsOptions, 'sectorsAreWhole'> {
  return { sectorsAreWhole: name === 'lmdb' };
}

export const quick: Bounds = {
  rot: { flips: 40 },
  kills: { kills: 8 },
  log: { everyByteUpTo: 900, stride: 7, subsetsUpTo: 4, seeds: 5, commits: 36, writtenAgain: 16 },
  logFaults: { seeds: 2, stride: 9 },
  files: (subject) => ({
    ...files,
    ...assumed(subject),
    sample: { wallet: 24, sqlite: 12, lmdb: 2, log: 1 }[subject.name],
  }),
  fileFaults: ({ name }) => ({ commits: 3, stride: name === 'wallet' ? 2 : 1 }),
};

export const long: Bounds = {
  rot: { flips: 2000 },
  kills: { kills: 500 },
  log: { everyByteUpTo: 4_096, stride: 1, subsetsUpTo: 6, seeds: 84, commits: 36, writtenAgain: 4 },
  logFaults: { seeds: 8, stride: 1 },
  files: (subject) => ({
    ...files,
    ...assumed(subject),
    everyByteUpTo: 4_200,
    subsetsUpTo: 6,
    lives: 3,
    commits: subject.name === 'log' ? 60 : 12,
    sample: subject.name === 'wallet' ? 8 : 2,
  }),
  fileFaults: () => ({ commits: 9, stride: 1 }),
};

/** A few seconds: for tests, and for seeded bugs. */
export const tiny: Bounds = {
  rot: { flips: 6 },
  kills: { kills: 3 },
  log: { everyByteUpTo: 900, stride: 61, subsetsUpTo: 3, seeds: 2, commits: 30, writtenAgain: 8 },
  logFaults: { seeds: 1, stride: 23 },
  files: (subject) => ({
    ...files,
    ...assumed(subject),
    commits: 4,
    sample: subject.name === 'log' || subject.name === 'lmdb' ? 4 : 60,
  }),
  fileFaults: ({ name }) => ({
    commits: 3,
    stride: { wallet: 7, sqlite: 5, lmdb: 1, log: 1 }[name],
  }),
};

export const bounds: Readonly<Record<string, Bounds>> = { quick, long, tiny };
