/**
 * Draining: run everything that waits for no port, now. What a promise that was kept leads to is
 * done before the scheduler picks again, so a run has no order but the one that the seed chose.
 *
 * The engine has no public call for it; its intrinsic costs a tenth of a microsecond, where a turn of
 * the event loop costs one. It works outside of promise jobs only: see `fromTheLoop`.
 */

import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--allow-natives-syntax');
// The intrinsic is no TypeScript, so it is made from text.
// oxlint-disable-next-line typescript/no-implied-eval
export const drain: () => void = new Function('%PerformMicrotaskCheckpoint()') as () => void;

const later = globalThis.setImmediate;

/** Calls `work` from the event loop itself, where `drain` works, and gives its answer. */
export function fromTheLoop<T>(work: () => T): Promise<T> {
  return new Promise((resolve, reject) => {
    later(() => {
      try {
        resolve(work());
      } catch (error) {
        reject(error as Error);
      }
    });
  });
}
