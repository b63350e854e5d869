/**
 * What was asked for and is not durable yet: the queue of commits, and the values that reads must see.
 */

import { StoreError } from '@dsm/ports';
import type { Prepared } from './group.ts';

export interface Request {
  readonly writes: readonly Prepared[];
  readonly bytes: number;
  /** It was in a group that could not be written as a whole. */
  readonly isAlone: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface Asked {
  readonly ask: (writes: readonly Prepared[]) => Promise<void>;
  /** The last write of shelf and key that is not durable yet. */
  readonly latest: (name: string) => Prepared | undefined;
  /** Resolves when nothing is under way. */
  readonly finished: () => Promise<void>;
  /** What made the log unusable, if anything has. */
  readonly fault: () => StoreError | undefined;
}

/** A group takes commits until they hold this much. */
const groupBytesMax = 4_194_304;

/** `write` makes a group durable and visible, or rejects and has done nothing. */
export function asked(write: (writes: Iterable<Prepared>) => Promise<void>): Asked {
  const waiting: Request[] = [];
  /** By name the last write asked for: of many with one name the others are of no interest. */
  const pending = new Map<string, Prepared>();
  let fault: StoreError | undefined;
  let pumping: Promise<void> | undefined;

  const forget = (request: Request): void => {
    for (const prepared of request.writes) {
      if (pending.get(prepared.name) === prepared) pending.delete(prepared.name);
    }
  };
  /** A group is answered as a whole. If it has no room, or meets rot, its commits are tried one by one. */
  const perform = async (group: readonly Request[]): Promise<void> => {
    try {
      await write(writesOf(group));
    } catch (thrown) {
      const error = thrown as Error;
      if (!isHarmless(error)) {
        fault = lost(error);
        for (const request of [...group, ...waiting.splice(0)]) request.reject(fault);
        pending.clear();
      } else if (group.length > 1) {
        waiting.unshift(...group.map((request) => ({ ...request, isAlone: true })));
      } else {
        forget(group[0]!);
        group[0]!.reject(error);
      }
      return;
    }
    for (const request of group) {
      forget(request);
      request.resolve();
    }
  };
  const pump = async (): Promise<void> => {
    while (waiting.length > 0) {
      await perform(nextGroup(waiting));
      // Whoever was waiting asks again in the meantime, and all of them share a group.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    pumping = undefined;
  };
  return {
    ask: (writes) => {
      if (fault !== undefined) return Promise.reject(fault);
      const bytes = writes.reduce((sum, { record }) => sum + record.length, 0);
      for (const prepared of writes) {
        if (prepared.movedFrom === undefined) pending.set(prepared.name, prepared);
      }
      pumping ??= Promise.resolve().then(pump);
      return new Promise((resolve, reject) => {
        waiting.push({ writes, bytes, isAlone: false, resolve, reject });
      });
    },
    latest: (name) => pending.get(name),
    finished: () => pumping ?? Promise.resolve(),
    fault: () => fault,
  };
}

function* writesOf(group: readonly Request[]): Generator<Prepared> {
  for (const { writes } of group) yield* writes;
}

/** Failures after which the log is what it was before. */
function isHarmless(error: Error): boolean {
  return error instanceof StoreError && (error.code === 'full' || error.code === 'rotten');
}

function lost(cause: Error): StoreError {
  return new StoreError('lost', 'the disk failed: open the log again', { cause });
}

/** Takes the first commits out of `waiting`: one, and as many more as fit. */
function nextGroup(waiting: Request[]): readonly Request[] {
  let count = 1;
  let { bytes } = waiting[0]!;
  while (count < waiting.length && !waiting[0]!.isAlone && !waiting[count]!.isAlone) {
    bytes += waiting[count]!.bytes;
    if (bytes > groupBytesMax) break;
    count += 1;
  }
  return waiting.splice(0, count);
}
