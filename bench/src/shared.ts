/**
 * Shared state: acts put in order and reduced, by the device that learns them.
 *
 * In turns: each act rests on all before it, so none is ever reduced twice. Crossed: both devices say
 * 64 acts while apart and then learn the other's one by one, which is the dearest way to learn them;
 * the reductions that this takes are counted beside the rate. Each is measured after few settled acts
 * and after many: the history is to make no difference. The state is one number and an operation four
 * bytes, so what is measured is the order, not the app. Unsigned, in memory; signatures, entries and
 * the store are in the other benches.
 */

import { nativeHash } from '@dsm/node';
import { address, encodeWith, installHash, u32, type Side } from '@dsm/primitive';
import { extended, settledBy, timeline, type Act, type App, type Timeline } from '@dsm/protocols';
import type { Report } from './report.ts';
import { rateColumns, takeTurns, type Contender } from './turns.ts';

const rounds = 11;
const crossing = 64;
const few = 100;
const many = 100_000;

export const question = 'How many acts of a shared state are put in order and reduced per second?';

let reductions = 0;

const sum: App<number, number> = {
  name: 'sum',
  version: 1,
  rules: 'adds',
  id: new Uint8Array(32),
  initial: 0,
  operation: u32,
  reduce: (state, more) => {
    reductions += 1;
    return (state + more) % 1_000_003;
  },
};

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  const contenders = [few, many].flatMap((before) => [inTurns(before), crossed(before)]);
  const rates = await takeTurns(contenders, rounds);
  for (const [i, { name, count, work }] of contenders.entries()) {
    reductions = 0;
    await work(0);
    const reductionsPerAct = Math.round((reductions / count) * 10) / 10;
    report({ bench: 'shared', what: name, ...rateColumns(rates[i]!), reductionsPerAct });
  }
}

function inTurns(before: number): Contender {
  const start = settledAfter(before);
  const acts = turnsFrom(before, 2_000);
  return {
    name: `in turns, after ${before} settled acts; unsigned, in memory`,
    count: acts.length * 100,
    work: () => {
      for (let i = 0; i < 100; i++) learned(start, acts);
    },
  };
}

/** What the lower device does: its own acts are there, the higher one's come one by one. */
function crossed(before: number): Contender {
  const start = settledAfter(before);
  const own = Array.from({ length: crossing }, (_, i) => actAt(0, before + 1 + i, before));
  const theirs = Array.from({ length: crossing }, (_, i) => actAt(1, before + 1 + i, before));
  const apart = extended(sum, start, own);
  return {
    name: `${crossing} crossed ${crossing}, after ${before} settled acts; unsigned, in memory`,
    count: crossing * 400,
    work: () => {
      for (let i = 0; i < 400; i++) learned(apart, theirs);
    },
  };
}

function learned(from: Timeline<number>, acts: readonly Act[]): Timeline<number> {
  let line = from;
  for (const act of acts) {
    line = extended(sum, line, [act]);
    if (act.side === 1) line = settledBy(line, 1, act.after);
  }
  return line;
}

function settledAfter(count: number): Timeline<number> {
  return learned(timeline(sum.initial), turnsFrom(0, count));
}

/** Acts that take turns, each resting on the one before. */
function turnsFrom(before: number, count: number): Act[] {
  return Array.from({ length: count }, (_, i) =>
    actAt(i % 2 === 0 ? 0 : 1, before + 1 + i, before + i),
  );
}

function actAt(side: Side, index: number, after: number): Act {
  const data = encodeWith(u32, index);
  const head = address(Uint8Array.of(side, ...data));
  const device = new Uint8Array(32).fill(side);
  const operations = [{ index, data }];
  return { side, author: device, peer: device, index, head, after, operations, given: [] };
}
