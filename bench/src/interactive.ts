/**
 * One interactive note payment, both sides on one thread.
 *
 * One piece of work is a purse note handed over from offer to ack through the core's state machine,
 * every message encoded and decoded, and the payee's absorb step as well, which a real payee takes
 * after the payment is done; the second line is without the signature of that. A thousand relationships, used in turn, in both maps; the payer's notes beside them.
 * Signatures are counted, and timed by the clock on the wall, where they are made and verified.
 */

import { nativeHash, nativeSignatures } from '@dsm/node';
import { installHash, installSignatures, type Signatures } from '@dsm/primitive';
import { encodeOperation, type Note } from '@dsm/protocols';
import { counted } from './counted.ts';
import { paymentOf, relationships } from './note-payment.ts';
import { giveNotes, pair, unsigned } from './pair.ts';
import { judge, type Report } from './report.ts';
import { trade, type Said } from './trade.ts';
import { takeTurns, type Contender } from './turns.ts';

const goal = { floor: 3, target: 2.2, better: 'lower' } as const;
const rounds = 11;

export const question = 'How much computing does one interactive note payment take, both sides?';

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  const counter = counted(nativeSignatures);
  const contenders = [
    payments('offer to absorb step; suite 1, signed, in memory', counter.signatures, 100),
    payments('offer to ack; suite 1, signed, in memory', withoutThird(nativeSignatures), 100),
    payments('what is not signature; unsigned, in memory', unsigned, 400),
  ];
  const rates = await takeTurns(contenders, rounds);
  const all = contenders[0]!.count * (rounds + 1);
  const { signed, verified, signMs, verifyMs } = counter.taken();
  const signatures = {
    signed: signed / all,
    verified: verified / all,
    signMs: rounded(signMs / signed),
    verifyMs: rounded(verifyMs / verified),
  };
  for (const [i, { name }] of contenders.entries()) {
    const { median, p10, p90, wall } = rates[i]!;
    const milliseconds = inMs(median);
    report({
      bench: 'interactive',
      what: name,
      relationships,
      milliseconds,
      p10: inMs(p90),
      p90: inMs(p10),
      wallMilliseconds: inMs(wall),
      ...(i === 0 ? { ...judge(milliseconds, goal), ...signatures } : {}),
      ...(i === 1 ? { ...judge(milliseconds, goal), signed: 2, verified: 2 } : {}),
    });
  }
}

const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;
const inMs = (perSecond: number): number => rounded(1_000 / perSecond);

/** A payer with enough purse notes of 1 to pay in every round; each payment spends one, exactly. */
function payments(name: string, by: Signatures, count: number): Contender {
  const pay = notePayer(by, count * (rounds + 1));
  return {
    name,
    count,
    work: () => {
      installSignatures(by);
      for (let i = 0; i < count; i++) pay();
    },
  };
}

/** Makes one payment a call, at most `notes` of them, and answers with what was said. */
export function notePayer(by: Signatures, notes: number): () => readonly Said[] {
  installSignatures(by);
  const [payer, payee] = pair(1, relationships);
  const purse: readonly Note[] = giveNotes(
    payer,
    Array.from({ length: notes }, () => 1n),
  );
  installSignatures(unsigned);
  const greeting = encodeOperation({ type: 'memo', text: 'hello' });
  for (let at = 0; at < relationships; at++) trade(payer, payee, at, greeting);
  let next = 0;
  return () => {
    const note = purse[next];
    if (note === undefined) throw new RangeError('the purse is empty');
    const at = (next++ * 619) % relationships;
    return trade(payer, payee, at, paymentOf(payer, payee, [note], false));
  };
}

/**
 * The signature of the absorb step left out, which is the third to be made and the third to be
 * verified in each payment: what remains is what the two wait for.
 */
function withoutThird(by: Signatures): Signatures {
  let signed = 0;
  let verified = 0;
  return {
    ...by,
    sign: (...args) => (++signed % 3 === 0 ? unsigned : by).sign(...args),
    verify: (...args) => (++verified % 3 === 0 ? unsigned : by).verify(...args),
  };
}
