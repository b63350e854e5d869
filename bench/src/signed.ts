/**
 * A bilateral transition with all its signatures.
 *
 * One piece of work is a whole trade through the core's state machine, every message encoded and
 * decoded: the peer's countersignature, the proposer's step, the peer's absorb step. Three
 * signatures made and three verified. A memo of 16 bytes, 1,000 relationships used in turn, in
 * memory. The line without signatures shows what the rest of that costs.
 */

import { nativeHash, nativeSignatures } from '@dsm/node';
import { installHash, installSignatures, type Signatures, type Suite } from '@dsm/primitive';
import { encodeOperation } from '@dsm/protocols';
import { pair, unsigned } from './pair.ts';
import { judge, type Goal, type Report } from './report.ts';
import { trade } from './trade.ts';
import { rateColumns, takeTurns, type Contender } from './turns.ts';

const goal: Goal = { floor: 300, target: 480, better: 'higher' };
const relationships = 1_000;

export const question =
  'How many bilateral transitions per second with all their signatures, both sides?';

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  const none = 'whole trade as messages; unsigned, in memory';
  const contenders = [
    trades('suite 1, ML-DSA-65; 3 signed, 3 verified, in memory', nativeSignatures, 1, 200),
    trades('suite 2, SLH-DSA-SHA2-128f; 3 signed, 3 verified, in memory', nativeSignatures, 2, 5),
    trades(none, unsigned, 1, 2_000),
  ];
  const rates = await takeTurns(contenders, 9);
  for (const [i, { name }] of contenders.entries()) {
    const columns = rateColumns(rates[i]!);
    const judged = i === 0 ? judge(columns.perSecond, goal) : {};
    report({ bench: 'signed', what: name, relationships, ...columns, ...judged });
  }
}

function trades(name: string, by: Signatures, suite: Suite, count: number): Contender {
  installSignatures(by);
  const [one, two] = pair(suite, relationships);
  const operation = encodeOperation({ type: 'memo', text: 'a memo: 16 bytes' });
  installSignatures(unsigned);
  for (let at = 0; at < relationships; at++) trade(one, two, at, operation);
  let next = 0;
  return {
    name,
    count,
    work: () => {
      installSignatures(by);
      for (let i = 0; i < count; i++) {
        const at = next++ % relationships;
        if (Math.floor(next / relationships) % 2 === 0) trade(two, one, at, operation);
        else trade(one, two, at, operation);
      }
    },
  };
}
