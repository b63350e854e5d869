/**
 * One life of a segment log on a traced disk: opened, written to, closed; small segments, so that it
 * seals, begins, empties and removes them, and moves some to a shelf.
 */

import { dice, seededEntropy } from '@dsm/memory';
import { memoryShelf, segmentLog, type SegmentLog, type SegmentShelf } from '@dsm/segment-log';
import { digestOf, heldBy, type Held } from './contents.ts';
import { randomCommit, usedShelves, type Commit } from './history.ts';
import { tracedDisk, type TracedDisk, type TracedDiskOptions } from './traced-disk.ts';
import type { Image, TraceEvent } from './trace.ts';

export interface LogLife {
  readonly seed: string;
  readonly image: Image;
  readonly hasShelf: boolean;
  readonly commits: number;
}

/** What one commit came to. */
export type Outcome = 'acknowledged' | 'refused' | 'unknown';

export interface Lived {
  readonly commits: readonly Commit[];
  readonly outcomes: readonly Outcome[];
  readonly events: readonly TraceEvent[];
  readonly disk: TracedDisk;
  /** What opening was refused with, if it was. */
  readonly refused: unknown;
  readonly closed: unknown;
  /** What it served at its end, if it still served. */
  readonly served: string | undefined;
}

const inFlight = 3;
const largestValue = 700;

/** Opens the log of an image, on a disk that begins with its files. */
export async function openOn(
  disk: TracedDisk,
  image: Image,
  hasShelf: boolean,
  onEvent: (event: TraceEvent) => void = () => {},
): Promise<SegmentLog> {
  return segmentLog({
    disk: disk.disk,
    entropy: seededEntropy('log'),
    segmentBytes: 2_048,
    compactBelow: 0.8,
    ...(hasShelf && { shelf: await shelfOf(image, onEvent), localSegmentsMax: 1 }),
  });
}

/** Lives it to its end, whatever fails on the way. */
export async function live(life: LogLife, meets?: TracedDiskOptions['meets']): Promise<Lived> {
  const roll = dice(life.seed);
  const commits: Commit[] = [];
  const outcomes: Outcome[] = [];
  const events: TraceEvent[] = [];
  let acknowledged = 0;
  const told = (): void => {
    events.push({ op: 'told', asked: commits.length, acknowledged });
  };
  const onEvent = (event: TraceEvent): void => void events.push(event);
  const disk = tracedDisk({
    image: filesOf(life.image),
    onEvent,
    ...(meets !== undefined && { meets }),
  });
  const lived = { commits, outcomes, events, disk };
  let log: SegmentLog;
  try {
    log = await openOn(disk, life.image, life.hasShelf, onEvent);
  } catch (refused) {
    return { ...lived, refused, closed: undefined, served: undefined };
  }
  const lane = async (): Promise<void> => {
    while (commits.length < life.commits) {
      const commit = randomCommit(roll, commits.length + 1, largestValue);
      commits.push(commit);
      const number = commits.length;
      told();
      try {
        await log.commit(commit);
        outcomes[number - 1] = 'acknowledged';
        acknowledged = Math.max(acknowledged, number);
        told();
      } catch (error) {
        outcomes[number - 1] = codeOf(error) === 'full' ? 'refused' : 'unknown';
      }
    }
  };
  await Promise.all(Array.from({ length: inFlight }, lane));
  await log.settled();
  const served = await servedBy(() => heldBy(log, usedShelves));
  const closed = await log.close().catch((error: unknown) => error);
  return { ...lived, refused: undefined, closed, served };
}

/** Segments on the shelf are files of an image whose names begin so. */
const shelfPrefix = 'shelf ';

/** The files of an image that lie on the disk. */
export function filesOf(image: Image): Image {
  return new Map([...image].filter(([name]) => !name.startsWith(shelfPrefix)));
}

/** The shelf of an image, whose changes are durable when they resolve. */
async function shelfOf(image: Image, onEvent: (event: TraceEvent) => void): Promise<SegmentShelf> {
  const shelf = memoryShelf();
  for (const [name, bytes] of image) {
    if (name.startsWith(shelfPrefix)) await shelf.put(name.slice(shelfPrefix.length), bytes);
  }
  return {
    ...shelf,
    put: async (name, bytes) => {
      await shelf.put(name, bytes);
      onEvent({ op: 'shelved', name: shelfPrefix + name, bytes });
    },
    remove: async (name) => {
      await shelf.remove(name);
      onEvent({ op: 'shelved', name: shelfPrefix + name, bytes: undefined });
    },
  };
}

/** What is served, as one text, or what is wrong with it; undefined if it says that it serves nothing more. */
export async function servedBy(held: () => Promise<Held>): Promise<string | undefined> {
  try {
    return digestOf(await held());
  } catch (error) {
    return codeOf(error) === undefined ? String(error) : undefined;
  }
}

export function codeOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
}
