/**
 * Proof data of a note payment at 1,000 relationships: roots and proofs, both sides.
 *
 * Counted are the offer's root and proof, the roots before and after and the proof of the commit's
 * step, and the consent's root and proof. Not counted: entries, leaves that the operation opens,
 * signatures; the payee's absorb step, which comes later and completes the receipt, is a column of
 * its own.
 */

import { proofCoder, encodeWith, type Multiproof } from '@dsm/primitive';
import { payments, relationships } from './note-payment.ts';
import { judge, spread, type Report } from './report.ts';
import type { Said } from './trade.ts';

const goal = { floor: 1_800, target: 1_500, better: 'lower' } as const;

export const question = 'How many bytes of roots and proofs does a note payment carry, both sides?';

export function run(report: Report): Promise<void> {
  line(report, 'one note, exact; unsigned part, in memory', 1, false, true);
  line(report, 'one note, with change; unsigned part, in memory', 1, true, false);
  line(report, 'three notes, exact; unsigned part, in memory', 3, false, false);
  return Promise.resolve();
}

function line(report: Report, what: string, inputs: number, change: boolean, goals: boolean): void {
  const counted = payments(inputs, change).map(countedIn);
  const { median, p10, p90 } = spread(counted.map((each) => each.total));
  const part = (name: 'offer' | 'consent' | 'commit' | 'absorbed'): number =>
    spread(counted.map((each) => each[name])).median;
  report({
    bench: 'proof-data',
    what,
    relationships,
    bytes: median,
    p10,
    p90,
    ...(goals ? judge(median, goal) : {}),
    offer: part('offer'),
    consent: part('consent'),
    commit: part('commit'),
    absorbedLater: part('absorbed'),
  });
}

interface Counted {
  readonly offer: number;
  readonly consent: number;
  readonly commit: number;
  readonly absorbed: number;
  readonly total: number;
}

function countedIn(said: readonly Said[]): Counted {
  const counted = { offer: 0, consent: 0, commit: 0, absorbed: 0 };
  for (const { message } of said) {
    if (message.type === 'offer') counted.offer = 32 + bytesOf(message.proof);
    if (message.type === 'consent') counted.consent = 32 + bytesOf(message.proof);
    if (message.type === 'commit') counted.commit = 64 + bytesOf(message.signed.step.proof);
    if (message.type === 'absorbed') counted.absorbed = 64 + bytesOf(message.signed.step.proof);
  }
  return { ...counted, total: counted.offer + counted.consent + counted.commit };
}

function bytesOf(proof: Multiproof): number {
  return encodeWith(proofCoder, proof).length;
}
