/**
 * Transitions of one lane: operation of 64 bytes → entropy → canonical entry → head.
 *
 * `laneWriter` lays the same bytes out in place; `nextEntry`, `entry.encode` and `advance` are the
 * general way, with an object for each entry. Unsigned, in memory: a lane is signed by steps, of
 * which one covers up to 256 entries. Both ways must end at one head.
 */

import { nativeHash } from '@dsm/node';
import {
  advance,
  entry,
  equal,
  installHash,
  laneWriter,
  nextEntry,
  openLane,
  zero32,
  type Lane,
} from '@dsm/primitive';
import { judge, type Report } from './report.ts';
import { rateColumns, takeTurns, type Contender } from './turns.ts';

const goal = { floor: 1_500_000, target: 3_000_000, better: 'higher' } as const;
const count = 500_000;
const rounds = 11;

export const question =
  'How many transitions does one lane make per second, with the product’s own encoder?';

export async function run(report: Report): Promise<void> {
  installHash(nativeHash);
  const operation = Uint8Array.from({ length: 64 }, (_, i) => i);
  const contenders = [inPlace(operation), general(operation)];
  const rates = await takeTurns(contenders, rounds);
  if (!equal(contenders[0]!.head(), contenders[1]!.head())) throw new Error('the heads differ');
  for (const [i, { name }] of contenders.entries()) {
    const columns = rateColumns(rates[i]!);
    const judged = i === 0 ? judge(columns.perSecond, goal) : {};
    report({ bench: 'chain', what: name, ...columns, ...judged });
  }
}

interface Walker extends Contender {
  readonly head: () => Uint8Array;
}

function start(): Lane {
  return openLane(zero32, zero32, 0, zero32, { key: zero32, spoolKey: zero32 });
}

function inPlace(operation: Uint8Array): Walker {
  const { append, lane } = laneWriter(start(), 0, zero32);
  return {
    name: 'laneWriter.append, unsigned, in memory',
    count,
    head: () => lane().head,
    work: () => {
      for (let i = 0; i < count; i++) append(operation);
    },
  };
}

function general(operation: Uint8Array): Walker {
  let lane = start();
  return {
    name: 'nextEntry, entry.encode, advance; unsigned, in memory',
    count,
    head: () => lane.head,
    work: () => {
      for (let i = 0; i < count; i++) {
        const next = nextEntry(lane, 0, zero32, operation);
        lane = advance(lane, next, entry.encode(next));
      }
    },
  };
}
