/** One life of a store or engine in a folder, with what the shim saw of it, as a trace. */

import {
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  closeSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { dice, type Dice } from '@dsm/memory';
import { randomCommit, type Commit } from './history.ts';
import { codeOf, servedBy, type Outcome } from './log-life.ts';
import type { Shim, SystemCall, SystemFault, TraceRecord } from './shim.ts';
import type { Subject } from './subjects.ts';
import type { Image, TraceEvent } from './trace.ts';

export interface FileLife {
  readonly subject: Subject;
  readonly seed: string;
  readonly image: Image;
  readonly commits: number;
}

export interface FileLived {
  readonly commits: readonly Commit[];
  readonly outcomes: readonly Outcome[];
  readonly refused: unknown;
  readonly closed: unknown;
  /** What it served at its end, if it still served. */
  readonly served: string | undefined;
  readonly calls: readonly SystemCall[];
  readonly failed: number;
  readonly records: readonly TraceRecord[];
  readonly events: readonly TraceEvent[];
  /** By name the number of each file that was there at the start. */
  readonly numbers: ReadonlyMap<string, number>;
}

const inFlight = 2;

/** Lives it in `folder`, which becomes the image first. */
export async function liveInFiles(
  life: FileLife,
  folder: string,
  shim: Shim,
  fault?: SystemFault,
): Promise<FileLived> {
  putImage(folder, life.image);
  const numbers = new Map(
    [...life.image.keys()].map((name) => [name, statSync(join(folder, name)).ino]),
  );
  const roll = dice(life.seed);
  const commits: Commit[] = [];
  const outcomes: Outcome[] = [];
  const told: { readonly position: number; readonly event: TraceEvent }[] = [];
  let acknowledged = 0;
  const tell = (): void => {
    const event = { op: 'told', asked: commits.length, acknowledged } as const;
    told.push({ position: shim.position(), event });
  };
  shim.watch(folder, fault);
  let refused: unknown;
  let closed: unknown;
  let served: string | undefined;
  try {
    const open = await life.subject.open(folder);
    const lane = async (): Promise<void> => {
      while (commits.length < life.commits) {
        const commit = nextCommit(life.subject, roll, commits.length + 1);
        commits.push(commit);
        const number = commits.length;
        tell();
        try {
          await open.commit(commit);
          outcomes[number - 1] = 'acknowledged';
          acknowledged = Math.max(acknowledged, number);
          tell();
        } catch (error) {
          outcomes[number - 1] = codeOf(error) === 'full' ? 'refused' : 'unknown';
        }
      }
    };
    await Promise.all(Array.from({ length: inFlight }, lane));
    served = await servedBy(open.held);
    closed = await open.close().catch((error: unknown) => error);
  } catch (error) {
    refused = error;
  }
  const watched = shim.unwatch();
  const events = merged(watched.records, told);
  return { commits, outcomes, refused, closed, served, ...watched, events, numbers };
}

function nextCommit({ large, largest }: Subject, roll: Dice, number: number): Commit {
  if (large === undefined || number !== 3) return randomCommit(roll, number, largest);
  return [{ shelf: 0, key: new Uint8Array(32).fill(9), value: new Uint8Array(large).fill(9) }];
}

/** What was told stands behind everything that had been written down by then. */
function merged(
  records: readonly TraceRecord[],
  told: readonly { readonly position: number; readonly event: TraceEvent }[],
): readonly TraceEvent[] {
  const events: TraceEvent[] = [];
  let next = 0;
  for (const { position, event } of records) {
    for (; next < told.length && told[next]!.position <= position; next++) {
      events.push(told[next]!.event);
    }
    if (event.op !== 'open') events.push(event);
  }
  return [...events, ...told.slice(next).map(({ event }) => event)];
}

const zeros = Buffer.alloc(65_536);
const soundLengths = new WeakMap<Uint8Array, number>();

/** How long a file is without the zeros at its end. */
function soundLength(bytes: Uint8Array): number {
  let length = soundLengths.get(bytes);
  if (length === undefined) {
    length = bytes.length;
    while (length >= zeros.length && zeros.equals(bytes.subarray(length - zeros.length, length))) {
      length -= zeros.length;
    }
    while (length > 0 && bytes[length - 1] === 0) length -= 1;
    soundLengths.set(bytes, length);
  }
  return length;
}

/** Makes the folder anew with these files. Zeros at the end of a file are no work for the machine. */
export function putImage(folder: string, image: Image): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of image) {
    const file = openSync(join(folder, name), 'w', 0o600);
    const length = soundLength(bytes);
    if (length > 0) writeSync(file, bytes, 0, length, 0);
    if (length < bytes.length) ftruncateSync(file, bytes.length);
    closeSync(file);
  }
}

export function imageOf(folder: string): Image {
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder).map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]),
  );
}
