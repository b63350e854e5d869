/**
 * Failing calls of the segment log: every call that a life makes of its disk fails once, in each way in
 * which it can, and every disk becomes full at every call and stays so for the rest of the life.
 *
 * What was acknowledged must be there when the log is opened again, what was refused for want of room
 * must not, and what nobody knows is there whole, in order, or not at all: after the process has ended,
 * and after the power has gone too.
 */

import { digestOf, heldAfter, heldBy } from './contents.ts';
import { usedShelves, type Commit } from './history.ts';
import { endOf } from './images.ts';
import { codeOf, filesOf, live, openOn, type Lived, type LogLife } from './log-life.ts';
import { tracedDisk, type CallKind, type Fault } from './traced-disk.ts';
import type { Image } from './trace.ts';
import type { Tally } from './tally.ts';

interface NamedFault extends Fault {
  readonly name: string;
}

const failed: NamedFault = { name: 'EIO', code: 'lost', happens: 'not' };
const failedDone: NamedFault = { name: 'EIO, done', code: 'lost', happens: 'all' };
const halfFailed: NamedFault = { name: 'EIO, half', code: 'lost', happens: 'half' };
const full: NamedFault = { name: 'ENOSPC', code: 'full', happens: 'not' };
const fullHalf: NamedFault = { name: 'ENOSPC, half', code: 'full', happens: 'half' };
const rotten: NamedFault = { name: 'bad sector', code: 'rotten', happens: 'not' };
const tooMany: NamedFault = { name: 'EMFILE', code: 'lost', happens: 'not' };

/** Which faults a call of each kind can meet. A full disk may say so at any call that changes something. */
const faultsOf: Readonly<Record<CallKind, readonly NamedFault[]>> = {
  list: [failed, tooMany],
  open: [failed, full, tooMany],
  rename: [failed, failedDone, full],
  remove: [failed, failedDone],
  syncFolder: [failed, failedDone, tooMany],
  size: [failed],
  read: [failed, rotten],
  write: [failed, halfFailed, failedDone, full, fullHalf],
  sync: [failed, halfFailed, failedDone],
  truncate: [failed, failedDone],
  close: [failed],
};

export interface LogFaultsOptions {
  readonly seeds: number;
  /** Of the calls each so many-th fails. */
  readonly stride: number;
}

export async function logFaults(options: LogFaultsOptions, tally: Tally): Promise<void> {
  for (let seed = 0; seed < options.seeds; seed++) {
    const hasShelf = seed % 2 === 1;
    const fresh: LogLife = { seed: `faults ${seed}`, image: new Map(), hasShelf, commits: 30 };
    const whole = await live(fresh);
    await everyCall(fresh, [], whole, options, tally);
    // A log that is there already is opened by other calls than a new one.
    const image = whole.disk.image();
    if (hasShelf) continue;
    const again: LogLife = { ...fresh, seed: `faults ${seed} again`, image, commits: 12 };
    await everyCall(again, whole.commits, await live(again), options, tally);
    tally.progress(`segment log, failing calls, life ${seed + 1} of ${options.seeds}`);
  }
}

async function everyCall(
  life: LogLife,
  before: readonly Commit[],
  whole: Lived,
  { stride }: LogFaultsOptions,
  tally: Tally,
): Promise<void> {
  for (let at = 0; at < whole.disk.calls(); at += stride) {
    for (let which = 0; which < 5; which++) {
      let met: NamedFault | undefined;
      const lived = await live(life, (kind, number) => {
        if (number !== at) return undefined;
        met = faultsOf[kind][which];
        return met;
      });
      if (met === undefined) continue;
      await judge(life, before, lived, `${met.name} at call ${at}`, tally);
    }
    const lived = await live(life, (kind, number) => {
      const grows = kind === 'write' || kind === 'open';
      return grows && number >= at ? (kind === 'write' ? fullHalf : undefined) : undefined;
    });
    await judge(life, before, lived, `ENOSPC from call ${at} on`, tally);
  }
}

async function judge(
  life: LogLife,
  before: readonly Commit[],
  lived: Lived,
  what: string,
  tally: Tally,
): Promise<void> {
  const where = `segment log, ${life.seed}, ${what}`;
  tally.point('segment log', what.replace(/ (?:at call|from call) .*/, ''));
  for (const error of [lived.refused, lived.closed]) {
    if (error !== undefined && codeOf(error) === undefined) {
      tally.find(`a failing call becomes no typed error: ${where}`);
    }
  }
  const allowed = allowedAfter(before, lived);
  if (lived.served !== undefined && !allowed.has(lived.served)) {
    tally.find(`after a failing call it serves something else (${lived.served}): ${where}`);
  }
  for (const [name, image] of imagesAfter(life, lived)) {
    const found = await foundIn(image, life.hasShelf);
    tally.image('segment log');
    if (typeof found === 'object') {
      tally.find(
        `a failing call makes the log refuse for ever (${found.error}): ${where}, ${name}`,
      );
    } else if (!allowed.has(found)) {
      tally.find(`neither the old nor the new state after a failing call: ${where}, ${name}`);
    }
  }
}

/** What is left once the process has ended, and once the power has gone too. */
function imagesAfter(
  life: LogLife,
  { disk, events }: Lived,
): readonly (readonly [string, Image])[] {
  const { all, sure } = endOf(life.image, disk.numbers, events);
  return [
    ['end of the process', all],
    ['power cut', sure],
  ];
}

async function foundIn(
  image: Image,
  hasShelf: boolean,
): Promise<string | { readonly error: string }> {
  try {
    const log = await openOn(tracedDisk({ image: filesOf(image) }), image, hasShelf);
    const digest = digestOf(await heldBy(log, usedShelves));
    await log.commit([{ shelf: usedShelves[0], key: new Uint8Array(32), value: undefined }]);
    await log.close();
    return digest;
  } catch (error) {
    return { error: String(error) };
  }
}

/** All that was acknowledged, nothing that was refused, and of the rest the first so many. */
function allowedAfter(
  before: readonly Commit[],
  { commits, outcomes }: Lived,
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
