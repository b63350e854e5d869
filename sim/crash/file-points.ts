/**
 * Crash points of what is kept in files: the system calls of a life, as the shim saw them, give every state
 * that a power cut may leave of the folder; each is made, opened and read.
 */

import { join } from 'node:path';
import { dice } from '@dsm/memory';
import { allowedBy } from './history.ts';
import { crashPoints, type ImageOptions } from './images.ts';
import { liveInFiles, imageOf, type FileLife } from './file-life.ts';
import type { Judge } from './file-judge.ts';
import { digestsByBytes, imageName } from './log-points.ts';
import type { Shim } from './shim.ts';
import type { Subject } from './subjects.ts';
import type { Tally } from './tally.ts';
import type { Commit } from './history.ts';
import type { Image } from './trace.ts';

export interface FilePointsOptions extends ImageOptions {
  readonly lives: number;
  readonly commits: number;
  /** Of the crash points so many-th is judged; all of them if 1. */
  readonly sample: number;
  readonly writtenAgain: number;
}

export async function filePoints(
  subject: Subject,
  place: string,
  shim: Shim,
  judge: Judge,
  options: FilePointsOptions,
  tally: Tally,
): Promise<void> {
  for (let number = 0; number < options.lives; number++) {
    const folder = join(place, `${subject.name} ${number}`);
    const fresh: FileLife = {
      subject,
      seed: `${subject.name} ${number}`,
      image: new Map(),
      commits: options.commits,
    };
    const commits = await judged(fresh, [], folder, shim, judge, options, tally);
    const image = withBadCopy(imageOf(folder), number);
    const again: FileLife = { ...fresh, seed: `${fresh.seed} again`, image };
    await judged(again, commits, `${folder} again`, shim, judge, options, tally);
    tally.progress(`${subject.name}, life ${number + 1} of ${options.lives}`);
  }
}

/** The second life of a wallet begins with one copy cut short, so that it is cut while it mends it. */
function withBadCopy(image: Image, number: number): Image {
  const name = ['mirror.db', 'wallet.db'][number % 2]!;
  const bytes = image.get(name);
  return bytes === undefined
    ? image
    : new Map([...image, [name, bytes.subarray(0, bytes.length >> 1)]]);
}

async function judged(
  life: FileLife,
  before: readonly Commit[],
  folder: string,
  shim: Shim,
  judge: Judge,
  options: FilePointsOptions,
  tally: Tally,
): Promise<readonly Commit[]> {
  const { subject, seed } = life;
  const lived = await liveInFiles(life, folder, shim);
  if (lived.refused !== undefined || lived.closed !== undefined) {
    tally.find(`nothing disturbs ${seed}, and it fails: ${String(lived.refused ?? lived.closed)}`);
    return [];
  }
  const { isAllowed } = allowedBy(before, lived.commits);
  const known = new Map<string, { readonly digest: string; readonly fault: string | undefined }>();
  const digests = digestsByBytes();
  const roll = dice(`sample ${seed}`);
  for (const point of crashPoints(life.image, lived.numbers, lived.events, options)) {
    // Of changes of names there are few, and much depends on their order.
    const isName = ['create', 'rename', 'remove'].includes(lived.events[point.at]!.op);
    if (!isName && roll(options.sample) !== 0) continue;
    tally.point(subject.name, point.how);
    const name = imageName(point.image, digests);
    let found = known.get(name);
    if (found === undefined) {
      found = await judge.open(subject, point.image, known.size % options.writtenAgain === 0);
      known.set(name, found);
      tally.image(subject.name);
    }
    const at = `${seed}, event ${point.at} (${lived.events[point.at]!.op}), ${point.how}`;
    if (found.fault !== undefined) tally.find(`after a power cut ${found.fault}: ${at}`);
    else if (!isAllowed(found.digest, point.acknowledged, point.asked)) {
      const sentence = `neither the old nor the new state after ${point.acknowledged} to ${point.asked} commits`;
      tally.find(`${sentence}: ${at}`);
    }
  }
  return [...before, ...lived.commits];
}
