/**
 * Our payments against Lightning's: LDK, compiled to WebAssembly, in the same run.
 *
 * Both have two parties on this one thread, no disk and no latency. Ours is a purse note handed over
 * as in `interactive.ts`, three ML-DSA-65 signatures in OpenSSL; theirs a keysend over one direct
 * channel, ECDSA in WebAssembly, with the log records that LDK composes whether anybody reads them or
 * not. The two do not promise the same: theirs is final for the payee at once and needs a channel
 * funded on a chain and watched; ours is pair-final, between devices that need not have funded anything.
 * Contenders take turns within every round. `oursTimes` is our rate over theirs.
 */

import { nativeHash, nativeSignatures } from '@dsm/node';
import { installHash, installSignatures } from '@dsm/primitive';
import { notePayer } from './interactive.ts';
import { dust, enforceable, ldkPair, type LdkPair, type LdkTraffic } from './ldk-peer.ts';
import { judge, type Options, type Report } from './report.ts';
import type { Said } from './trade.ts';
import { rateColumns, takeTurns, type Contender } from './turns.ts';

const timesGoal = { floor: 3, target: 4, better: 'higher' } as const;
const rounds = 7;

export const question = 'How do payments compare with Lightning’s, two nodes of LDK on one thread?';

export interface Measured extends Contender {
  readonly inFlight: number;
  /** For one payment. */
  readonly traffic: () => Partial<LdkTraffic>;
}

export async function run(report: Report, options: Options = { peers: true }): Promise<void> {
  const bench = 'ldk';
  const contenders = [notes(100)];
  const pair = options.peers ? await ldkPair() : undefined;
  if (pair === undefined) {
    report({ bench, missing: 'lightningdevkit', why: 'not installed, or --no-peers' });
  } else contenders.push(...keysends(pair));
  const rates = await takeTurns(contenders, rounds);
  for (const [i, { name, inFlight, traffic }] of contenders.entries()) {
    const columns = rateColumns(rates[i]!);
    const times = Math.round((rates[0]!.median / columns.perSecond) * 10) / 10;
    report({
      bench,
      contender: name,
      inFlight,
      ...columns,
      ...traffic(),
      ...(i > 0 ? { oursTimes: times } : {}),
      // One of theirs after the other is what one of ours after the other is promised against.
      ...(i === 1 ? judge(times, timesGoal) : {}),
    });
  }
}

function notes(count: number): Measured {
  installHash(nativeHash);
  const pay = notePayer(nativeSignatures, count * (rounds + 1));
  let said: readonly Said[] = [];
  return {
    name: 'dsm, purse note, 3 signed and 3 verified; suite 1, in memory',
    count,
    inFlight: 1,
    work: () => {
      installSignatures(nativeSignatures);
      for (let i = 0; i < count; i++) said = pay();
    },
    traffic: () => {
      const wireBytes = said.reduce((sum, { bytes }) => sum + bytes.length + 4, 0);
      return { wireBytes, writes: said.length };
    },
  };
}

function keysends(pair: LdkPair): readonly Measured[] {
  const sizes = [
    { called: '1,000 sat', millisatoshis: enforceable },
    { called: '1 sat, dust', millisatoshis: dust },
  ];
  const loads = [
    { inFlight: 1, count: 40 },
    { inFlight: 10, count: 100 },
    { inFlight: 50, count: 200 },
    { inFlight: 200, count: 400 },
  ];
  return sizes.flatMap(({ called, millisatoshis }) =>
    loads.map((load) =>
      keysend(pair, `LDK, keysend of ${called}; in memory`, { ...load, millisatoshis }),
    ),
  );
}

/** A contender for any bench that compares with Lightning. `payments.count` is its round. */
export function keysend(
  pair: LdkPair,
  name: string,
  payments: Parameters<LdkPair['pay']>[0],
): Measured {
  const { count, inFlight } = payments;
  let traffic: LdkTraffic | undefined;
  return {
    name,
    count,
    inFlight,
    prepare: pair.collect,
    work: async () => {
      traffic = await pair.pay(payments);
    },
    traffic: () =>
      traffic === undefined
        ? {}
        : {
            wireBytes: Math.round(traffic.wireBytes / count),
            writes: Math.round((traffic.writes / count) * 10) / 10,
            monitorUpdates: Math.round((traffic.monitorUpdates / count) * 10) / 10,
          },
  };
}
