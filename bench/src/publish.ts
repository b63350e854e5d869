/**
 * Durable publishing of objects of 1 KiB, 32 in flight: our nodes against stores that agree on
 * everything (etcd, PostgreSQL with a synchronous standby) and one that does not sync (JetStream).
 *
 * All are started here, each server a process of its own on this machine and its disk, one client in
 * this process. They take turns within every round, in changing order, so that a slow moment of the
 * disk hits all. Objects are random and new each time. What a store has done when it answers stands in
 * the column `promise`. A publish of ours is answered when q nodes have the object durably; the others
 * get it too, and a turn is over only when the last of them has it. An object of ours is checked
 * against its address at every node; the others put their writes into one order, which nobody here
 * needs.
 */

import { randomBytes } from 'node:crypto';
import { installNative } from '@dsm/node';
import { processorMs } from './processor.ts';
import { ours } from './publish-dsm.ts';
import { startEtcd } from './publish-etcd.ts';
import { startJetStream } from './publish-jetstream.ts';
import { startPostgres } from './publish-postgres.ts';
import type { Publisher, Started } from './publishers.ts';
import { programAt } from './servers.ts';
import {
  judge,
  quantile,
  spread,
  type Goal,
  type Line,
  type Options,
  type Report,
} from './report.ts';
import { rate } from './turns.ts';

export const question = 'How many objects of 1 KiB are published durably per second, 32 in flight?';

const rounds = 9;
const objectBytes = 1_024;
const objectsPerTurn = 3_000;
const inFlight = 32;

interface Rival {
  readonly start: () => Promise<Started>;
  readonly goal: Goal;
}

const rivals: readonly Rival[] = [
  { start: startEtcd, goal: { floor: 3, target: 6, better: 'higher' } },
  { start: startPostgres, goal: { floor: 2, target: 3, better: 'higher' } },
  { start: startJetStream, goal: { floor: 1, target: 1.5, better: 'higher' } },
];

interface Contender {
  readonly publisher: Publisher;
  /** How much faster than this one ours has promised to be. */
  readonly goal?: Goal;
  readonly turns: Turn[];
}

interface Turn {
  readonly perSecond: number;
  readonly clientMicros: number;
  readonly serverMicros: number;
  /** Milliseconds that half of the publishes took, and all but one in a hundred. */
  readonly waited: number;
  readonly waitedLong: number;
}

export async function run(report: Report, { peers }: Options): Promise<void> {
  installNative();
  const contenders: Contender[] = [];
  const canStart = programAt('setpriv') !== undefined;
  try {
    for (const publisher of await ours()) contenders.push({ publisher, turns: [] });
    for (const { start, goal } of peers ? rivals : []) {
      const started = canStart ? await start() : 'others are started by setpriv, which Linux has';
      if (typeof started === 'string') report({ bench: 'publish, left out', why: started });
      else contenders.push({ publisher: started, goal, turns: [] });
    }
    await inTurns(contenders);
    for (const contender of contenders) report(figures(contender));
    for (const line of comparisons(contenders)) report(line);
  } finally {
    for (const { publisher } of contenders) await publisher.stop();
  }
}

/** The first round warms up. Nobody always comes after the same one. */
async function inTurns(contenders: readonly Contender[]): Promise<void> {
  for (let round = 0; round <= rounds; round++) {
    const first = round % contenders.length;
    for (const { publisher, turns } of [
      ...contenders.slice(first),
      ...contenders.slice(0, first),
    ]) {
      const turn = await turnOf(publisher);
      if (round > 0) turns.push(turn);
    }
  }
}

async function turnOf({ publish, settled, pids }: Publisher): Promise<Turn> {
  const objects = Array.from({ length: objectsPerTurn }, () => randomBytes(objectBytes));
  const names = objects.map(() => randomBytes(32));
  const waits: number[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < objectsPerTurn; i = next++) {
      const start = performance.now();
      await publish(names[i]!, objects[i]!);
      waits.push(performance.now() - start);
    }
  };
  const serverMs = processorMs(pids);
  const client = process.cpuUsage();
  const start = performance.now();
  await Promise.all(Array.from({ length: inFlight }, worker));
  await settled?.();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(client);
  const sorted = waits.toSorted((a, b) => a - b);
  return {
    perSecond: rate(objectsPerTurn, ms),
    clientMicros: (user + system) / objectsPerTurn,
    serverMicros: ((processorMs(pids) - serverMs) * 1_000) / objectsPerTurn,
    waited: quantile(sorted, 0.5),
    waitedLong: quantile(sorted, 0.99),
  };
}

function figures({ publisher, turns }: Contender): Line {
  const median = (of: (turn: Turn) => number): number => spread(turns.map(of)).median;
  const hundredths = (value: number): number => Math.round(value * 100) / 100;
  return {
    bench: 'publish',
    what: publisher.name,
    ...spread(turns.map(({ perSecond }) => perSecond)),
    waitedMs: hundredths(median(({ waited }) => waited)),
    p99Ms: hundredths(median(({ waitedLong }) => waitedLong)),
    clientMicros: Math.round(median(({ clientMicros }) => clientMicros)),
    serverMicros: Math.round(median(({ serverMicros }) => serverMicros)),
    promise: publisher.promise,
  };
}

/** Times as fast: the median over the rounds of the ratio within a round. */
function comparisons(contenders: readonly Contender[]): Line[] {
  const own = contenders.filter(({ goal }) => goal === undefined);
  return contenders.flatMap(({ publisher, goal, turns }) =>
    own.flatMap((mine) => {
      if (goal === undefined) return [];
      const ratios = mine.turns.map((turn, i) => turn.perSecond / turns[i]!.perSecond);
      const times = Math.round(spread(ratios).median * 100) / 100;
      const what = `${mine.publisher.name}, against ${publisher.name}`;
      return { bench: 'publish, times as fast', what, times, ...judge(times, goal) };
    }),
  );
}
