/**
 * Failing system calls of what is kept in files: every call of a life fails once in each way in which it can,
 * and the disk becomes full at every call and stays so.
 */

import { join } from 'node:path';
import { constants } from 'node:os';
import { rmSync } from 'node:fs';
import { digestOf, heldAfter } from './contents.ts';
import { endOf } from './images.ts';
import { imageOf, liveInFiles, type FileLife, type FileLived } from './file-life.ts';
import type { Judge } from './file-judge.ts';
import type { Commit } from './history.ts';
import { codeOf } from './log-life.ts';
import type { Shim, SystemCall, SystemFault } from './shim.ts';
import type { Subject } from './subjects.ts';
import type { Tally } from './tally.ts';
import type { Image } from './trace.ts';

interface NamedFault extends Omit<SystemFault, 'at'> {
  readonly name: string;
}

const { EIO, ENOSPC, EMFILE } = constants.errno;
const failed: NamedFault = { name: 'EIO', errno: EIO, happens: 'not' };
const failedDone: NamedFault = { name: 'EIO, done', errno: EIO, happens: 'all' };
const failedHalf: NamedFault = { name: 'EIO, half', errno: EIO, happens: 'half' };
const full: NamedFault = { name: 'ENOSPC', errno: ENOSPC, happens: 'not' };
const fullHalf: NamedFault = { name: 'ENOSPC, half', errno: ENOSPC, happens: 'half' };
const fullFromHere: NamedFault = {
  name: 'ENOSPC from here on',
  errno: ENOSPC,
  happens: 'notFromHereOn',
};
const short: NamedFault = { name: 'short write', errno: 0, happens: 'short' };
const tooMany: NamedFault = { name: 'EMFILE', errno: EMFILE, happens: 'not' };

/** Which faults each call can meet. */
export const faultsOf: Readonly<Record<SystemCall, readonly NamedFault[]>> = {
  none: [],
  open: [failed, tooMany],
  create: [failed, full, fullFromHere, tooMany],
  write: [failed, failedHalf, failedDone, full, fullHalf, fullFromHere, short],
  truncate: [failed, failedDone],
  sync: [failed, failedDone],
  rename: [failed, failedDone, full],
  remove: [failed, failedDone],
  syncFolder: [failed, failedDone],
  link: [],
  mkdir: [],
  read: [failed],
  close: [failed],
  syncFailed: [],
};

export interface FileFaultsOptions {
  readonly commits: number;
  readonly stride: number;
}

export async function fileFaults(
  subject: Subject,
  place: string,
  shim: Shim,
  judge: Judge,
  options: FileFaultsOptions,
  tally: Tally,
): Promise<void> {
  const folder = (of: string): string => join(place, `${subject.name} faults ${of}`);
  const fresh: FileLife = {
    subject,
    seed: `${subject.name} faults`,
    image: new Map(),
    commits: options.commits,
  };
  const whole = await liveInFiles(fresh, folder('whole'), shim);
  const image = imageOf(folder('whole'));
  const again: FileLife = { ...fresh, seed: `${fresh.seed} again`, image };
  const second = await liveInFiles(again, folder('second'), shim);
  let runs = 0;
  for (const [life, lived, before] of [
    [fresh, whole, []],
    [again, second, whole.commits],
  ] as const) {
    for (let at = 0; at < lived.calls.length; at += options.stride) {
      for (const fault of faultsOf[lived.calls[at]!]) {
        runs += 1;
        const here = folder(`run ${runs}`);
        const run = await liveInFiles(life, here, shim, { ...fault, at });
        const what = `${fault.name} at call ${at} (${lived.calls[at]!})`;
        await judgeRun(life, before, run, here, { name: fault.name, what }, judge, tally);
        rmSync(here, { recursive: true, force: true });
      }
    }
    tally.progress(`${subject.name}, failing calls: ${runs} runs`);
  }
}

async function judgeRun(
  life: FileLife,
  before: readonly Commit[],
  run: FileLived,
  folder: string,
  { name: fault, what }: { readonly name: string; readonly what: string },
  judge: Judge,
  tally: Tally,
): Promise<void> {
  if (run.failed === 0) return;
  tally.point(life.subject.name, fault);
  const where = `${life.seed}, ${what}`;
  for (const error of [run.refused, run.closed]) {
    if (error !== undefined && codeOf(error) === undefined) {
      tally.find(`a failing call becomes no typed error: ${where}`);
    }
  }
  const allowed = allowedAfter(before, run);
  if (run.served !== undefined && !allowed.has(run.served)) {
    tally.find(`after a failing call it serves something else (${run.served}): ${where}`);
  }
  for (const [name, image] of imagesAfter(life, run, folder)) {
    const found = await judge.open(life.subject, image, true);
    tally.image(life.subject.name);
    if (found.fault !== undefined) {
      tally.find(`after a failing call ${found.fault}: ${where}, ${name}`);
    } else if (!allowed.has(found.digest)) {
      tally.find(`neither the old nor the new state after a failing call: ${where}, ${name}`);
    }
  }
}

/** What the process leaves, and what is left of it once the power has gone too. */
function imagesAfter(
  life: FileLife,
  { events, numbers }: FileLived,
  folder: string,
): readonly (readonly [string, Image])[] {
  return [
    ['end of the process', imageOf(folder)],
    ['power cut', endOf(life.image, numbers, events).sure],
  ];
}

/** All that was acknowledged, nothing that was refused, and of the rest the first so many. */
function allowedAfter(
  before: readonly Commit[],
  { commits, outcomes }: FileLived,
): ReadonlySet<string> {
  const tried = commits.filter((_, n) => outcomes[n] !== 'refused');
  const known = outcomes.filter((outcome) => outcome !== 'refused');
  const sure = known.lastIndexOf('acknowledged') + 1;
  const digests = new Set<string>();
  for (let number = sure; number <= tried.length; number++) {
    digests.add(digestOf(heldAfter([...before, ...tried.slice(0, number)])));
  }
  return digests;
}
