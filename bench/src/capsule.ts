/**
 * Keeping recovery data up with payments: what one payment of a purse note has changed, sealed.
 *
 * Measured is `capsules.seal()` after each payment: the journal is read, the rows that the payment wrote
 * are read and sealed (XChaCha20-Poly1305 in JavaScript), and the capsule, the state and the journal
 * without it are kept in one commit. In memory that is computing; on disk the commit is synced in
 * both copies of the store. Sending to nodes comes afterwards and is no part of it. Two wallets in one
 * process, signed, their nodes too; the clock is that on the wall.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStore } from '@dsm/memory';
import { fileStore, installNative, nativeKem } from '@dsm/node';
import type { Store } from '@dsm/ports';
import { createWallet, localNetwork, type Relationship, type Wallet } from '@dsm/wallet';
import { judge, quantile, spread, type Report } from './report.ts';

export const question = 'How long does sealing what a payment has changed take?';

const goal = { floor: 5, target: 5, better: 'lower' } as const;
const loads = 30;
/** Each load makes ten notes: 1, 2, 4 … 512. */
const coins = [512n, 256n, 128n, 64n, 32n, 16n, 8n, 4n, 2n, 1n];
const warmUp = 20;

export async function run(report: Report): Promise<void> {
  installNative();
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  try {
    await measured(report, 'in memory', memoryStore());
    await measured(report, 'durable, on disk', await fileStore(join(folder, 'payer')));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measured(report: Report, what: string, store: Store): Promise<void> {
  const { payer, toPayee } = await prepared(store);
  const before = (await payer.capsules.status()).bytes;
  const figures: number[] = [];
  let made = 0;
  for (const coin of coins) {
    for (let i = 0; i < loads; i++) {
      const { finality } = await toPayee.pay({ token: 'ERA', amount: coin, over: 'offline' });
      if (finality !== 'pair-final') throw new Error(`the payment is ${finality}`);
      const start = performance.now();
      made += await payer.capsules.seal();
      figures.push(performance.now() - start);
    }
  }
  if (made < figures.length) throw new Error('a payment was not sealed');
  const { bytes } = await payer.capsules.status();
  const counted = figures.slice(warmUp);
  const { median, p10, p90 } = spread(counted);
  const sorted = counted.toSorted((a, b) => a - b);
  report({
    bench: 'capsule',
    what: `one payment of a purse note, sealed, ${what}`,
    payments: counted.length,
    milliseconds: rounded(median),
    p10: rounded(p10),
    p90: rounded(p90),
    p99: rounded(quantile(sorted, 0.99)),
    ...judge(median, goal),
    bytes: Math.round((bytes - before) / figures.length),
  });
  await toPayee.close();
  await payer.close();
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

async function prepared(
  store: Store,
): Promise<{ readonly payer: Wallet; readonly toPayee: Relationship }> {
  const network = await localNetwork();
  const payer = await createWallet({ name: 'payer', store, network, kem: nativeKem });
  const theirs = memoryStore();
  const payee = await createWallet({ name: 'payee', store: theirs, network, kem: nativeKem });
  const amount = coins.reduce((sum, coin) => sum + coin);
  const { id } = await payer.issue({ ticker: 'ERA', cap: amount * BigInt(loads) });
  await payee.adopt(id);
  await payee.setOfflineLimit(id, amount * BigInt(loads));
  for (let i = 0; i < loads; i++) {
    await payer.mint(id, amount);
    await payer.load(id, amount);
  }
  await payer.capsules.seal();
  return { payer, toPayee: await payer.meet(payee) };
}
