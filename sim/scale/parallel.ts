/**
 * Theorem 3 of seed 000 to the letter: two halves of a matching advance at the same time, each in a
 * thread of its own that shares nothing with the other. The devices are the same, byte for byte, as
 * when one thread does all of it.
 */

import { Worker, isMainThread, workerData } from 'node:worker_threads';
import { equal } from '@dsm/primitive';
import { installIdeal } from '../ideal.ts';
import { findings, type Claim, type Outcome, type Scale } from './claim.ts';
import { rounded } from './measure.ts';
import { matched } from './population.ts';

export const parallel: Claim = {
  name: 'parallel',
  place: 'theorem 3',
  words:
    'For any matching M, DSM can accept one valid transition on every relationship in M in parallel. ' +
    'This independence holds under any scheduler Sched.',
  prove,
};

/** The devices of a half, and where its thread leaves its digest and how long the transitions took. */
interface Half {
  readonly from: number;
  readonly count: number;
  readonly done: Int32Array;
  readonly digest: Uint8Array;
  readonly millis: Float64Array;
}

/** A thread that has not ended by then has failed. */
const patienceMs = 600_000;

function prove({ quick, devices }: Scale): Outcome {
  const found = findings();
  const count = Math.min(devices, quick ? 400 : 40_000);
  const halves = [halfOf(0, count / 2), halfOf(count / 2, count / 2)];
  for (const half of halves) advance(half);
  const alone = halves.map(({ digest, millis }) => ({
    digest: digest.slice(),
    millis: millis[0]!,
  }));
  const threads = [halfOf(0, count / 2), halfOf(count / 2, count / 2)];
  for (const half of threads) new Worker(new URL(import.meta.url), { workerData: half });
  for (const [i, { done, digest, from }] of threads.entries()) {
    const ended = Atomics.wait(done, 0, 0, patienceMs) !== 'timed-out';
    found.check(
      ended && equal(digest, alone[i]!.digest),
      'same-in-parallel',
      `the devices from ${from} on differ from those of one thread`,
    );
  }
  const one = alone.reduce((sum, { millis }) => sum + millis, 0);
  const both = Math.max(...threads.map(({ millis }) => millis[0]!));
  return {
    bound: `${count} devices, one transition each way in every pair, in one thread and in two`,
    figures: {
      'seconds in one thread': rounded(one / 1_000, 2),
      'seconds in two at once': rounded(both / 1_000, 2),
      'times as fast': rounded(one / both, 2),
    },
    findings: found.list(),
    uncovered: [
      'Two cores that others use as well: how much faster two threads are says more of them than of us.',
    ],
    charts: [],
  };
}

function halfOf(from: number, count: number): Half {
  return {
    from,
    count,
    done: new Int32Array(new SharedArrayBuffer(4)),
    digest: new Uint8Array(new SharedArrayBuffer(32)),
    millis: new Float64Array(new SharedArrayBuffer(8)),
  };
}

function advance({ from, count, digest, millis }: Half): void {
  const population = matched(count, from);
  const start = performance.now();
  for (let number = from; number < from + count; number += 2) {
    population.transact(number, number + 1);
    population.transact(number + 1, number);
  }
  millis[0] = performance.now() - start;
  digest.set(population.digest());
}

if (!isMainThread) {
  const half = workerData as Half;
  installIdeal();
  try {
    advance(half);
  } finally {
    // A half that failed has no digest, which is the finding; nobody waits for it.
    Atomics.store(half.done, 0, 1);
    Atomics.notify(half.done, 0);
  }
}
