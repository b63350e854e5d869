/**
 * A payment over three hops: four wallets in one process, connected by loopback.
 *
 * Measured is `payInvoice` of the payer, from the wish to the claim that it has signed: three locks
 * are signed, said, checked and absorbed, the recipient opens the last one, and the preimage comes
 * back over both relays, each of which pays the hop behind it. Nothing goes to a node. Half a blink
 * lies between payments, as between people. `cpuMilliseconds` is what all four wallets take together
 * for one payment, whatever else the machine does meanwhile.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileStore, installNative, nativeKem } from '@dsm/node';
import { createWallet, localNetwork, memory, type Wallet, type WalletOptions } from '@dsm/wallet';
import { judge, spread, type Report } from './report.ts';

const goal = { floor: 150, target: 50, better: 'lower' } as const;
const names = ['Ann', 'Bob', 'Cyd', 'Dan'] as const;
const payments = 80;
const warmups = 10;
const pauseMs = 40;
const amount = 10n;
const fundedEach = 1_000_000n;

export const question = 'How long does a payment over three hops take?';

export async function run(report: Report): Promise<void> {
  installNative();
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  try {
    const stores = {
      'memory stores': () => Promise.resolve(memory()),
      'file stores': (name: string) => fileStore(join(folder, name)),
    };
    for (const [what, storeOf] of Object.entries(stores)) {
      const wallets = await line(storeOf);
      const { paid, cpu } = await measured(wallets);
      const { median, p10, p90 } = spread(paid);
      report({
        bench: 'route',
        what: `three hops, four wallets in one process, ${what}; signed`,
        payments,
        milliseconds: rounded(median),
        p10: rounded(p10),
        p90: rounded(p90),
        cpuMilliseconds: rounded(cpu),
        ...(what === 'memory stores' ? judge(median, goal) : {}),
      });
      for (const wallet of wallets) await wallet.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

const rounded = (ms: number): number => Math.round(ms * 100) / 100;

/** Four wallets, each with an edge to the next, all connected and telling each other of edges. */
async function line(
  storeOf: (name: string) => Promise<WalletOptions['store']>,
): Promise<readonly Wallet[]> {
  const network = await localNetwork();
  const wallets: Wallet[] = [];
  for (const name of names) {
    wallets.push(await createWallet({ name, store: await storeOf(name), network, kem: nativeKem }));
  }
  for (const wallet of wallets) await network.fund(wallet, { ERA: fundedEach });
  for (const [i, wallet] of wallets.slice(0, -1).entries()) {
    const next = wallets[i + 1]!;
    const to = await wallet.meet(next);
    await to.fund('ERA', fundedEach);
    await next.sync();
    await to.disclose({ edges: true, fee: { flat: 1n, perMillion: 0 } });
    await next.contact(wallet.id.name).disclose({ edges: true, fee: { flat: 1n, perMillion: 0 } });
  }
  while (wallets[0]!.contact('Bob').disclosure().told < 2) await setTimeout(1);
  return wallets;
}

async function measured(
  wallets: readonly Wallet[],
): Promise<{ readonly paid: readonly number[]; readonly cpu: number }> {
  const [payer, recipient] = [wallets[0]!, wallets.at(-1)!];
  const paid: number[] = [];
  let before = process.cpuUsage();
  for (let i = 0; i < payments + warmups; i++) {
    const text = await recipient.invoice({ ERA: amount });
    await setTimeout(pauseMs);
    if (i === warmups) before = process.cpuUsage();
    const start = performance.now();
    const route = await payer.payInvoice(text, { maxFee: 2n });
    const took = performance.now() - start;
    if (route.state !== 'paid') throw new Error(`the route is ${route.state}: ${route.waiting}`);
    if (i >= warmups) paid.push(took);
  }
  const { user, system } = process.cpuUsage(before);
  return { paid, cpu: (user + system) / 1_000 / payments };
}
