/**
 * An offline trade over loopback: two processes, two wallets on file stores, TCP between them.
 *
 * Measured is `pay(… over: 'offline')` of the payer: propose, offer, consent, commit, ack, with every
 * commit of both wallets durable and every signature made and checked. Each payment spends one purse
 * note exactly; contact and lineage are known. Both wallets have lost their nodes. Half a blink lies
 * between payments, as between people: the payee signs its absorb step meanwhile.
 */

import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { registry as registryObject } from '@dsm/primitive';
import { fileStore, installNative, tcpTransport } from '@dsm/node';
import { createWallet, localNetwork, openWallet, type Relationship } from '@dsm/wallet';
import { unreachable } from './payee.ts';
import { judge, spread, type Report } from './report.ts';

const goal = { floor: 50, target: 15, better: 'lower' } as const;
const loads = 12;
/** Each load makes ten notes: 1, 2, 4 … 512. */
const loadAmount = 1_023n;
const coins = [512n, 256n, 128n, 64n, 32n, 16n, 8n, 4n, 2n];
const pauseMs = 40;

export const question = 'How long does an offline payment take from propose to ack?';

export async function run(report: Report): Promise<void> {
  installNative();
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  let payee: ChildProcess | undefined;
  try {
    await prepare(folder);
    payee = fork(new URL('payee.ts', import.meta.url), [folder], { execArgv: [] });
    const [address] = (await once(payee, 'message')) as [string];
    const { latencies, wireBytes } = await pay(folder, address);
    const { median, p10, p90 } = spread(latencies);
    report({
      bench: 'offline',
      what: 'two processes, TCP on loopback; signed, durable',
      payments: latencies.length,
      milliseconds: rounded(median),
      p10: rounded(p10),
      p90: rounded(p90),
      ...judge(median, goal),
      wireBytes: spread(wireBytes).median,
    });
  } finally {
    payee?.kill();
    await rm(folder, { recursive: true });
  }
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

/** Everything that needs the nodes: a token, loaded purse notes, two wallets that know each other. */
async function prepare(folder: string): Promise<void> {
  const network = await localNetwork();
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'registry'), registryObject.encode(network.registry));
  const at = (name: string): Promise<Awaited<ReturnType<typeof fileStore>>> =>
    fileStore(join(folder, name));
  const payer = await createWallet({ name: 'payer', store: await at('payer'), network });
  const payee = await createWallet({ name: 'payee', store: await at('payee'), network });
  // A note for each load: the lineage behind the change of many loads would grow too deep.
  for (let i = 0; i < loads; i++) await network.fund(payer, { ERA: loadAmount });
  const { id } = payer.token('ERA');
  await payee.adopt(id);
  await payee.setOfflineLimit(id, loadAmount * BigInt(loads));
  for (let i = 0; i < loads; i++) await payer.load(id, loadAmount);
  const relationship = await payer.meet(payee);
  await relationship.close();
  await payer.close();
  await payee.close();
}

async function pay(
  folder: string,
  address: string,
): Promise<{ readonly latencies: readonly number[]; readonly wireBytes: readonly number[] }> {
  const store = await fileStore(join(folder, 'payer'));
  const network = await unreachable(folder);
  const wallet = await openWallet({ store, network });
  const relationship = await wallet.meet(await tcpTransport().connect(address));
  // One note of each load: from here on the payee knows every lineage, and the engine is warm.
  for (let i = 0; i < loads; i++) await timed(relationship, 1n);
  const latencies: number[] = [];
  const wireBytes: number[] = [];
  for (const coin of coins) {
    for (let i = 0; i < loads; i++) {
      const paid = await timed(relationship, coin);
      latencies.push(paid.ms);
      wireBytes.push(paid.wireBytes);
    }
  }
  await relationship.close();
  await wallet.close();
  return { latencies, wireBytes };
}

async function timed(
  relationship: Relationship,
  amount: bigint,
): Promise<{ readonly ms: number; readonly wireBytes: number }> {
  await setTimeout(pauseMs);
  const start = performance.now();
  const { finality, wireBytes } = await relationship.pay({ token: 'ERA', amount, over: 'offline' });
  const ms = performance.now() - start;
  if (finality !== 'pair-final') throw new Error(`the payment is ${finality}`);
  return { ms, wireBytes };
}
