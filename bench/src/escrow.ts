/**
 * Payments over an escrow: bytes on the wire, proof data, computing of both sides, and Lightning's.
 *
 * One payment is one message and its acknowledgement; the payee's own step, said later, completes
 * the receipt and is a column of its own in bytes, and in the time: two signatures are made and two
 * verified for each payment, one and one of them before the payee is paid. A thousand relationships,
 * used in turn, in both maps. The two networks do not promise the same: after a payment over an
 * escrow nothing of the payer's can take it back, and the payee leaves alone, as with a channel; no
 * chain has to be watched, and the payer's rest waits for the payee without a time.
 */

import { nativeHash, nativeSignatures } from '@dsm/node';
import {
  encodeWith,
  installHash,
  installSignatures,
  proofCoder,
  type Signatures,
} from '@dsm/primitive';
import { counted } from './counted.ts';
import { escrowPayer } from './escrow-payment.ts';
import { ldkPair, enforceable, type LdkPair } from './ldk-peer.ts';
import { unsigned } from './pair.ts';
import { judge, spread, type Options, type Report } from './report.ts';
import type { Said } from './trade.ts';
import { rateColumns, takeTurns, type Contender } from './turns.ts';

const relationships = 1_000;
const sample = 200;
const rounds = 9;
const frameBytes = 4;

const wireGoal = { floor: 8_000, target: 4_500, better: 'lower' } as const;
const proofGoal = { floor: 500, target: 400, better: 'lower' } as const;
const timesGoal = { floor: 3, target: 4, better: 'higher' } as const;

export const question =
  'What does a payment over an escrow take, in bytes and computing, and against Lightning?';

export async function run(report: Report, options: Options = { peers: true }): Promise<void> {
  installHash(nativeHash);
  bytes(report);
  await computing(report, options);
}

function bytes(report: Report): void {
  installSignatures(unsigned);
  const pay = escrowPayer(relationships);
  for (let at = 0; at < relationships; at++) pay();
  const handed = Array.from({ length: sample }, () => pay());
  const framed = (type: string): readonly number[] =>
    handed.map((said) => {
      const one = said.find(({ message }) => message.type === type);
      return one === undefined ? 0 : one.bytes.length + frameBytes;
    });
  const [commit, ack] = [framed('commit'), framed('ack')];
  const wire = spread(commit.map((each, i) => each + ack[i]!));
  const bench = 'escrow';
  report({
    bench,
    what: 'bytes on the wire, commit and ack; suite 1',
    relationships,
    figure: wire.median,
    p10: wire.p10,
    p90: wire.p90,
    ...judge(wire.median, wireGoal),
    commit: spread(commit).median,
    ack: spread(ack).median,
    absorbedLater: spread(framed('absorbed')).median,
  });
  const proof = spread(handed.map(proofBytes));
  report({
    bench,
    what: 'bytes of proof data: roots before and after, and the proof of the step',
    relationships,
    figure: proof.median,
    p10: proof.p10,
    p90: proof.p90,
    ...judge(proof.median, proofGoal),
    withoutRoots: proof.median - 64,
  });
}

function proofBytes(said: readonly Said[]): number {
  const commit = said[0]!.message;
  if (commit.type !== 'commit') throw new Error('nothing was committed');
  return 64 + encodeWith(proofCoder, commit.signed.step.proof).length;
}

async function computing(report: Report, { peers }: Options): Promise<void> {
  const counter = counted(nativeSignatures);
  const contenders = [
    payments('payment and absorb step; suite 1, signed, in memory', counter.signatures, 100),
    payments('what is not signature; unsigned, in memory', unsigned, 400),
  ];
  const peer = peers ? await ldkPair() : undefined;
  if (peer === undefined) {
    report({ bench: 'escrow', missing: 'lightningdevkit', why: 'not installed, or --no-peers' });
  } else contenders.push(keysend(peer, 40));
  const rates = await takeTurns(contenders, rounds);
  const all = contenders[0]!.count * (rounds + 1);
  const { signed, verified } = counter.taken();
  for (const [i, { name }] of contenders.entries()) {
    const columns = rateColumns(rates[i]!);
    const times = Math.round((rates[0]!.median / columns.perSecond) * 10) / 10;
    report({
      bench: 'escrow',
      what: name,
      ...columns,
      ...(i === 0 ? { signed: signed / all, verified: verified / all } : {}),
      ...(i === 2 ? { oursTimes: times, ...judge(times, timesGoal) } : {}),
    });
  }
}

function payments(name: string, by: Signatures, count: number): Contender {
  installSignatures(by);
  const pay = escrowPayer(relationships);
  return {
    name,
    count,
    work: () => {
      installSignatures(by);
      for (let i = 0; i < count; i++) pay();
    },
  };
}

/** One payment after the other over one channel. */
function keysend(pair: LdkPair, count: number): Contender {
  return {
    name: 'LDK, keysend of 1,000 sat, one after the other; in memory',
    count,
    prepare: pair.collect,
    work: async () => {
      await pair.pay({ count, inFlight: 1, millisatoshis: enforceable });
    },
  };
}
