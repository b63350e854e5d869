/**
 * Crash points of the segment log: power cuts at every event of a life, at every byte of its writes,
 * and of the lives that begin with what such a cut left behind.
 */

import { createHash } from 'node:crypto';
import { dice } from '@dsm/memory';
import { checkLog } from '@dsm/segment-log';
import { digestOf, heldAfter, heldBy } from './contents.ts';
import { allowedBy, usedShelves, type Commit } from './history.ts';
import { crashPoints, type ImageOptions } from './images.ts';
import { filesOf, live, openOn, type Lived, type LogLife } from './log-life.ts';
import { tracedDisk } from './traced-disk.ts';
import type { Image, TraceEvent } from './trace.ts';
import type { Tally } from './tally.ts';

export interface LogPointsOptions extends ImageOptions {
  readonly seeds: number;
  /** Of a life. */
  readonly commits: number;
  /** Of the images so many-th is written to again after it was opened, and opened once more. */
  readonly writtenAgain: number;
}

/** What an image holds when it is opened. */
interface Opened {
  readonly digest: string;
  readonly fault: string | undefined;
}

/** Judges the lives of so many seeds; each is lived once more from an image that it left. */
export async function logPoints(options: LogPointsOptions, tally: Tally): Promise<void> {
  for (let seed = 0; seed < options.seeds; seed++) {
    const hasShelf = seed % 3 === 1;
    const first: LogLife = {
      seed: `log ${seed}`,
      image: new Map(),
      hasShelf,
      commits: hasShelf ? 70 : 36,
    };
    const left = await judged(first, [], options, tally);
    if (left === undefined) continue;
    const again: LogLife = {
      ...first,
      ...left,
      seed: `log ${seed} again`,
      commits: options.commits >> 1,
    };
    await judged(again, left.before, options, tally);
    if (!hasShelf) await judgedRepair(first, options, tally);
    tally.progress(`segment log, life ${seed + 1} of ${options.seeds}`);
  }
}

export interface Left {
  readonly image: Image;
  readonly before: readonly Commit[];
}

/** A check that mends a footer and a header may itself be cut short: the contents are the same. */
async function judgedRepair(life: LogLife, options: ImageOptions, tally: Tally): Promise<void> {
  const whole = (await live(life)).disk.image();
  const image = withSmallDamage(whole);
  const before = await openedImage(whole, false, false);
  const events: TraceEvent[] = [];
  const disk = tracedDisk({ image, onEvent: (event) => void events.push(event) });
  const { findings } = await checkLog(disk.disk, { repair: true });
  const repaired = findings.filter(({ isRepaired }) => isRepaired).map(({ kind }) => kind);
  if (!repaired.includes('record') || !repaired.includes('hint')) {
    tally.find(`a check repairs only this: ${repaired.join(', ')}`);
  }
  for (const point of crashPoints(image, disk.numbers, events, options)) {
    tally.point('segment log', `${point.how}, in repair`);
    const mended = tracedDisk({ image: point.image });
    await checkLog(mended.disk, { repair: true });
    const { digest, fault } = await openedImage(mended.image(), false, false);
    tally.image('segment log');
    if (fault === undefined && digest === before.digest) continue;
    tally.find(`a check that is cut short changes the log: ${fault ?? 'other contents'}`);
  }
}

/** In two sealed segments one bit is changed: of the footer of one, of the first record header of the other. */
function withSmallDamage(image: Image): Image {
  const names = [...image.keys()].filter((name) => name.endsWith('.segment')).toSorted();
  const [first, second] = names.map((name) => image.get(name)!.slice());
  if (second === undefined || names.length < 3) throw new RangeError('the life has few segments');
  first![first!.length - 1]! ^= 1;
  const others = new DataView(second.buffer).getUint32(12);
  second[Math.ceil((232 + 4 * others) / 16) * 16 + 11]! ^= 1;
  return new Map([...image, [names[0]!, first!], [names[1]!, second]]);
}

/** Lives, and judges. Gives an image of the life that has something uncovered in it, to live on from. */
async function judged(
  life: LogLife,
  before: readonly Commit[],
  options: LogPointsOptions,
  tally: Tally,
): Promise<Left | undefined> {
  const lived = await live(life);
  if (lived.refused === undefined && lived.closed === undefined) {
    return judgeLife(life, lived, before, options, tally);
  }
  const error = String(lived.refused ?? lived.closed);
  tally.find(`a log that nothing disturbs fails: segment log, ${life.seed}: ${error}`);
  return undefined;
}

/** Judges every crash point of a life. */
export async function judgeLife(
  life: LogLife,
  lived: Lived,
  before: readonly Commit[],
  options: LogPointsOptions,
  tally: Tally,
): Promise<Left | undefined> {
  const where = `segment log, ${life.seed}`;
  const { isAllowed } = allowedBy(before, lived.commits);
  const { length } = lived.commits;
  if (!isAllowed(lived.served ?? '', length, length)) {
    tally.find(`a log that nothing disturbs serves something else (${lived.served}): ${where}`);
  }
  const known = new Map<string, Opened>();
  const digests = digestsByBytes();
  const roll = dice(`left ${life.seed}`);
  let left: Left | undefined;
  for (const point of crashPoints(life.image, lived.disk.numbers, lived.events, options)) {
    tally.point('segment log', point.how);
    const name = imageName(point.image, digests);
    let opened = known.get(name);
    if (opened === undefined) {
      const isWritten = known.size % options.writtenAgain === 0;
      opened = await openedImage(point.image, life.hasShelf, isWritten);
      known.set(name, opened);
      tally.image('segment log');
    }
    const { fault, digest } = opened;
    const at = `${where}, event ${point.at} (${lived.events[point.at]!.op}), ${point.how}`;
    if (fault !== undefined) tally.find(`${fault}: ${at}`);
    else if (!isAllowed(digest, point.acknowledged, point.asked)) {
      const sentence = `neither the old nor the new state after ${point.acknowledged} to ${point.asked} commits`;
      tally.find(`${sentence}: ${at}`);
    } else if (point.how !== 'whole' && roll(400) === 0) {
      left = { image: point.image, before: commitsOf(before, lived.commits, digest) };
    }
  }
  return left;
}

/** The commits that leave what is held. */
function commitsOf(
  before: readonly Commit[],
  commits: readonly Commit[],
  digest: string,
): readonly Commit[] {
  for (let number = commits.length; number >= 0; number--) {
    const all = [...before, ...commits.slice(0, number)];
    if (digestOf(heldAfter(all)) === digest) return all;
  }
  throw new RangeError('no number of commits leaves that');
}

/** Opens the image; if it is also written to, the commit must be there when it is opened again. */
async function openedImage(image: Image, hasShelf: boolean, isWritten: boolean): Promise<Opened> {
  let digest = '';
  try {
    const disk = tracedDisk({ image: filesOf(image) });
    const log = await openOn(disk, image, hasShelf);
    digest = digestOf(await heldBy(log, usedShelves));
    const damage = isWritten && !hasShelf ? await damageIn(disk.image()) : undefined;
    if (!isWritten || damage !== undefined) {
      await log.close();
      return { digest, fault: damage };
    }
    const key = new Uint8Array(32).fill(7);
    await log.commit([{ shelf: usedShelves[0], key, value: key }]);
    await log.settled();
    const held = digestOf(await heldBy(log, usedShelves));
    await log.close();
    // What upkeep moved to the shelf of the first opening is not on that of the image.
    const isKept = hasShelf || held === (await digestIn(disk.image()));
    return { digest, fault: isKept ? undefined : 'a commit after a power cut is not kept' };
  } catch (error) {
    return { digest, fault: `a power cut makes the log refuse (${String(error)})` };
  }
}

async function digestIn(image: Image): Promise<string> {
  const log = await openOn(tracedDisk({ image }), image, false);
  const digest = digestOf(await heldBy(log, usedShelves));
  await log.close();
  return digest;
}

async function damageIn(image: Image): Promise<string | undefined> {
  const { findings } = await checkLog(tracedDisk({ image }).disk);
  const damage = findings.find(({ isHarmless }) => !isHarmless);
  return damage && `a check finds damage after a power cut (${damage.sentence})`;
}

type DigestOf = (bytes: Uint8Array) => string;

/** Most files of an image are the very ones of the image before. */
export function digestsByBytes(): DigestOf {
  const known = new WeakMap<Uint8Array, string>();
  return (bytes) => {
    let digest = known.get(bytes);
    if (digest === undefined) {
      digest = createHash('sha1').update(bytes).digest('latin1');
      known.set(bytes, digest);
    }
    return digest;
  };
}

/** One text for one image. */
export function imageName(image: Image, digest: DigestOf): string {
  return [...image]
    .map(([name, bytes]) => `${name} ${digest(bytes)}`)
    .toSorted()
    .join('\n');
}
