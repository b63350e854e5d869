/** Two wallets on disk and one stream between them, through the SDK, for `stream-durable.ts`. */

import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileStore, nativeKem } from '@dsm/node';
import { createWallet, localNetwork, type Wallet } from '@dsm/wallet';
import type { Durable } from './stream-durable.ts';

const transfersOfRound = 32_768;

export async function streamingWallets(folder: string, ticksOfRun: number): Promise<Durable> {
  await mkdir(folder, { recursive: true });
  const network = await localNetwork();
  const wallet = async (name: string): Promise<Wallet> =>
    createWallet({ name, store: await fileStore(join(folder, name)), network, kem: nativeKem });
  const [payer, payee] = [await wallet('payer'), await wallet('payee')];
  const { id } = await payer.issue({ ticker: 'ERA', cap: 1n << 60n });
  await payer.mint('ERA', 1n << 50n);
  await payee.adopt(id);
  await payee.setUnsignedMax('ERA', 1n << 40n);
  const toPayee = await payer.meet(payee);
  await toPayee.fund('ERA', 1n << 49n);
  const stream = await toPayee.stream({ token: 'ERA', every: { count: ticksOfRun } });
  const round = async (): Promise<number> => {
    const start = performance.now();
    for (let i = 0; i < transfersOfRound; i++) await stream.send(BigInt(128 + (i % 16_000)));
    await stream.flush();
    return Math.round((transfersOfRound * 1_000) / (performance.now() - start));
  };
  return {
    name: `two wallets, SDK, one stream, runs of ${ticksOfRun}; signed, durable on both sides`,
    isGoal: false,
    round,
    close: async () => {
      await stream.close();
      await toPayee.close();
      await Promise.all([payer.close(), payee.close()]);
    },
  };
}
