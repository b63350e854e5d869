/**
 * Group commit: whatever is asked for in one turn, or while the disk is busy with earlier commits,
 * shares one transaction and one sync.
 */

import { StoreError, type Write } from '@dsm/ports';
import { keyOf } from '@dsm/primitive';
import type { Change, Mirrored } from './mirror.ts';
import { reserveBytes } from './reserve.ts';

export interface GroupCommit {
  /** Resolves when the commit is durable. Rejects with `StoreError`. */
  readonly ask: (writes: readonly Write[]) => Promise<void>;
  /** Make visible, though not yet durable, what was asked for. Throws once the copies failed. */
  readonly writeAsked: () => void;
  /** Resolves when nothing is under way. */
  readonly finished: () => Promise<void>;
}

/** A transaction takes commits until they hold this much: it can be taken back, and none is slow. */
const transactionBytesMax = reserveBytes;

interface Request {
  readonly changes: readonly Change[];
  readonly bytes: number;
  /** It was in a group that the disk had no room for. */
  readonly isAlone: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export function groupCommit(mirrored: Mirrored): GroupCommit {
  const asked: Request[] = [];
  let written: Request[] = [];
  let fault: Error | undefined;
  let pumping: Promise<void> | undefined;

  /** Nothing works after this: only opening the store again can tell what is there. */
  const fail = (error: Error, requests: readonly Request[]): void => {
    fault ??= error;
    const others = [...written.splice(0), ...asked.splice(0)];
    for (const request of [...requests, ...others]) request.reject(error);
  };
  const writeTogether = (group: readonly Request[]): void => {
    try {
      mirrored.write(merged(group));
      written.push(...group);
    } catch (thrown) {
      const error = thrown as Error;
      const isFull = error instanceof StoreError && error.code === 'full';
      if (!isFull) fail(error, group);
      else if (group.length === 1) written.push(refused(group[0]!, error));
      // A large commit must not take small ones with it.
      else asked.unshift(...group.map((request) => ({ ...request, isAlone: true })));
    }
  };
  const writeAsked = (): void => {
    while (asked.length > 0) writeTogether(nextGroup(asked));
  };
  const pump = async (): Promise<void> => {
    while (asked.length > 0 || written.length > 0) {
      writeAsked();
      const batch = written;
      written = [];
      try {
        if (batch.length > 0) await mirrored.sync();
        for (const request of batch) request.resolve();
      } catch (error) {
        fail(error as Error, batch);
      }
      // Whoever was waiting asks again in the meantime, and all of them share a transaction.
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    pumping = undefined;
  };
  return {
    ask: (writes) => {
      if (fault !== undefined) return Promise.reject(fault);
      const { changes, bytes } = copied(writes);
      pumping ??= Promise.resolve().then(pump);
      return new Promise<void>((resolve, reject) => {
        asked.push({ changes, bytes, isAlone: false, resolve, reject });
      });
    },
    writeAsked: () => {
      writeAsked();
      if (fault !== undefined) throw fault;
    },
    finished: () => pumping ?? Promise.resolve(),
  };
}

/** It is answered in its turn, when it is durable that nothing of it was kept. */
function refused(request: Request, error: Error): Request {
  return { ...request, resolve: () => request.reject(error) };
}

/** Takes the first commits out of `asked`: one, and as many more as fit. */
function nextGroup(asked: Request[]): Request[] {
  let count = 1;
  let bytes = asked[0]!.bytes;
  while (count < asked.length && !asked[0]!.isAlone) {
    bytes += asked[count]!.bytes;
    if (bytes > transactionBytesMax) break;
    count += 1;
  }
  return asked.splice(0, count);
}

function merged(group: readonly Request[]): readonly Change[] {
  if (group.length === 1) return group[0]!.changes;
  return latest(group.flatMap(({ changes }) => changes));
}

function copied(writes: readonly Write[]): { changes: readonly Change[]; bytes: number } {
  let bytes = 0;
  const changes = writes.map(({ key, value }): Change => {
    bytes += key.length + (value?.length ?? 0);
    return { key: key.slice(), value: value?.slice() };
  });
  return { changes: latest(changes), bytes };
}

/** The last change of each key. */
function latest(changes: readonly Change[]): readonly Change[] {
  return [...new Map(changes.map((change) => [keyOf(change.key), change])).values()];
}
