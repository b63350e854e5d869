/**
 * Transfers of a stream over an escrow, one signature for each run, against Lightning in the same run.
 *
 * In the figure, both sides on this one thread, 1,000 relationships used in turn (stream-pair.ts): every
 * transfer added by the payer and read by the payee out of frames of 64; for each run the total with
 * entry, step and both proofs appended, signed with ML-DSA-65 and verified, every rule of `accept`, the
 * payee's own step stated, the ack; all messages encoded and decoded. The payee signs its newest step,
 * and the payer verifies that, once for 64 runs. Not in it: disk, latency, and the funding of
 * the escrow, which is certified once by the nodes. A transfer that is not signed yet is no payment: the
 * rate is of transfers that were signed and verified.
 *
 * LDK has a channel that was funded before; its batched payments are keysends, 50 or 200 in flight, each
 * with signatures and revocations of its own rounds. Its payments are routable by anyone, ours go to the payee
 * of the escrow. `oursTimes` is our rate over theirs.
 */

import { nativeHash, nativeSignatures } from '@dsm/node';
import { installHash, installSignatures } from '@dsm/primitive';
import { dust, enforceable, ldkPair, type LdkPair } from './ldk-peer.ts';
import { unsigned } from './pair.ts';
import { judge, type Options, type Report } from './report.ts';
import {
  hearAck,
  hearTicks,
  layTicks,
  settleRuns,
  stateRun,
  streams,
  takeRun,
  type Streams,
} from './stream-pair.ts';
import { rateColumns, takeTurns, type Contender } from './turns.ts';

const goal = { floor: 100_000, target: 250_000, better: 'higher' } as const;
const timesGoal = { floor: 100, target: 1_000, better: 'higher' } as const;
const bytesGoal = { floor: 8, target: 8, better: 'lower' } as const;
const relationships = 1_000;
const runsOfBurst = 64;
const rounds = 9;
const runLengths = [256, 1_024, 4_096] as const;

export const question = 'How many signed transfers of a stream per second, both sides together?';

interface Traffic {
  ticks: number;
  signed: number;
  transfers: number;
}

interface Ours extends Contender {
  readonly isSigned: boolean;
  readonly ticksOfRun: number;
  readonly traffic: Traffic;
}

export async function run(report: Report, options: Options = { peers: true }): Promise<void> {
  const bench = 'stream';
  installHash(nativeHash);
  const ours = [
    ...runLengths.map((ticks) => streaming(ticks, true)),
    ...runLengths.slice(0, 1).map((ticks) => streaming(ticks, false)),
  ];
  const peer = options.peers ? await ldkPair() : undefined;
  if (peer === undefined) {
    report({ bench, missing: 'lightningdevkit', why: 'not installed, or --no-peers' });
  }
  const theirs = peer === undefined ? [] : keysends(peer);
  const rates = await takeTurns([...ours, ...theirs], rounds);
  for (const [i, { name, ticksOfRun, isSigned, traffic }] of ours.entries()) {
    const columns = rateColumns(rates[i]!);
    const judged = ticksOfRun === 256 && isSigned ? judge(columns.perSecond, goal) : {};
    report({ bench, what: name, ticksOfRun, ...columns, ...bytesOf(traffic), ...judged });
  }
  const each = bytesOf(ours[0]!.traffic).tickBytes;
  const what = 'bytes of a transfer as it is said, before its signature';
  report({ bench, what, tickBytes: each, ...judge(each, bytesGoal) });
  for (const [i, { name }] of theirs.entries()) {
    const columns = rateColumns(rates[ours.length + i]!);
    const oursTimes = Math.round(rates[0]!.median / columns.perSecond);
    report({ bench, what: name, ...columns, oursTimes, ...judge(oursTimes, timesGoal) });
  }
}

function bytesOf({ ticks, signed, transfers }: Traffic): {
  readonly tickBytes: number;
  readonly allBytes: number;
} {
  const each = (bytes: number): number => Math.round((bytes / transfers) * 100) / 100;
  return { tickBytes: each(ticks), allBytes: each(ticks + signed) };
}

function streaming(ticksOfRun: number, isSigned: boolean): Ours {
  const by = isSigned ? nativeSignatures : unsigned;
  installSignatures(by);
  const all = streams(relationships, ticksOfRun);
  const traffic: Traffic = { ticks: 0, signed: 0, transfers: 0 };
  const bursts = Math.max(2, Math.round(65_536 / (ticksOfRun * runsOfBurst)));
  let at = 0;
  return {
    name: `over an escrow, runs of ${ticksOfRun}; ${isSigned ? 'signed' : 'without signatures'}, in memory`,
    isSigned,
    ticksOfRun,
    traffic,
    count: bursts * runsOfBurst * ticksOfRun,
    work: () => {
      installSignatures(by);
      for (let i = 0; i < bursts; i++) {
        burst(all, at, ticksOfRun, traffic);
        at = (at + 7) % relationships;
      }
    },
  };
}

function burst(all: Streams, at: number, ticksOfRun: number, traffic: Traffic): void {
  let newest: ReturnType<typeof takeRun> | undefined;
  for (let n = 0; n < runsOfBurst; n++) {
    traffic.ticks += hearTicks(all, at, layTicks(all, at, ticksOfRun));
    const { commit } = stateRun(all, at);
    newest = takeRun(all, at, commit);
    hearAck(all, at, newest.ack);
    traffic.signed += commit.length + newest.ack.length;
    traffic.transfers += ticksOfRun;
  }
  traffic.signed += settleRuns(all, newest!.change).length;
}

function keysends(pair: LdkPair): Contender[] {
  const loads = [
    { called: '1,000 sat', millisatoshis: enforceable, inFlight: 50, count: 200 },
    { called: '1,000 sat', millisatoshis: enforceable, inFlight: 200, count: 400 },
    { called: '1 sat, dust', millisatoshis: dust, inFlight: 50, count: 200 },
    { called: '1 sat, dust', millisatoshis: dust, inFlight: 200, count: 400 },
  ];
  return loads.map(({ called, ...load }) => ({
    name: `LDK, keysend of ${called}, ${load.inFlight} in flight; signed, in memory`,
    count: load.count,
    prepare: pair.collect,
    work: async () => {
      await pair.pay(load);
    },
  }));
}
