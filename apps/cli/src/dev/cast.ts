/** Who plays: five wallets, their folders, and what they do to each other. */

import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Finality } from '@dsm/protocols';
import { device, type Device, type Outcome } from './device.ts';

export interface Cast {
  readonly mint: Device;
  readonly maya: Device;
  readonly cafe: Device;
  readonly bazaar: Device;
  readonly all: readonly Device[];
  readonly folder: string;
  /** Aborted when the play is over. */
  readonly signal: AbortSignal;
}

export interface Paid {
  readonly payment: PaymentDocument;
  readonly milliseconds: number;
}

export interface PaymentDocument {
  readonly id: string;
  readonly finality: Finality;
  readonly decimal: string;
  readonly ticker: string;
  readonly peer: string;
  readonly note: string;
  readonly wireBytes: number;
}

export interface BalanceDocument {
  readonly ticker: string;
  readonly decimals: number;
  readonly total: string;
  readonly online: string;
  readonly purse: string;
  readonly uncertified: string;
  readonly decimal: string;
}

/** Fresh wallets in a folder of this start; those of earlier starts are removed. */
export async function cast(home: string, signal: AbortSignal): Promise<Cast> {
  const runs = join(home, 'runs');
  await mkdir(runs, { recursive: true });
  const earlier = await readdir(runs);
  // Processes of an earlier start may still be writing there for a moment.
  for (const name of earlier) {
    await rm(join(runs, name), { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  }
  const last = Math.max(0, ...earlier.map(Number).filter(Number.isSafeInteger));
  const folder = join(runs, String(last + 1));
  await mkdir(folder);
  const wallet = (name: string, place: string): Device =>
    device(name, join(folder, place), { cwd: home, signal });
  const [mint, maya] = [wallet('Mint', 'mint'), wallet('Maya', 'maya')];
  const [cafe, bazaar] = [wallet('Café', 'cafe'), wallet('Bazaar', 'bazaar')];
  return { mint, maya, cafe, bazaar, all: [mint, maya, cafe, bazaar], folder, signal };
}

/** One goes to the other; afterwards each knows the other. */
export async function acquaint(host: Device, guest: Device): Promise<void> {
  const listening = host.begin('meet --listen 127.0.0.1:0 --once');
  const { address } = await listening.event<{ address: string }>('listening');
  await guest.good(`meet --to ${address}`);
  await listening.ended;
}

export interface Handover {
  readonly payer: Device;
  readonly payee: Device;
  /** What the payer's process says. */
  readonly paid: Outcome<Paid>;
  /** What the payee's process says; nothing if no payment came. */
  readonly got: PaymentDocument | undefined;
}

export interface Wanted {
  readonly amount: string;
  readonly note: string;
  /** From the purse, unless it is said. */
  readonly over?: 'offline' | 'edge';
}

/** A payment without a network, over one TCP connection between two processes. */
export async function handOver(
  payer: Device,
  payee: Device,
  { amount, note, over = 'offline' }: Wanted,
): Promise<Handover> {
  const listening = payee.begin('meet --listen 127.0.0.1:0 --once');
  const { address } = await listening.event<{ address: string }>('listening');
  const line = `pay ${payee.name} ${amount} ERA --to ${address} --over ${over} --note ${note}`;
  const paid = await payer.run<Paid>(line);
  if (paid.exit !== 0) {
    // A guest who was turned away may never have been served, so the host would go on waiting.
    await payee.off();
    return { payer, payee, paid, got: undefined };
  }
  await listening.ended;
  const id = paid.value?.payment.id ?? '';
  const got = await payee.run<{ payment: PaymentDocument }>(`receipt show ${id}`);
  return { payer, payee, paid, got: got.value?.payment };
}

/** What a wallet holds of the token; nothing is zero. */
export async function holding(one: Device): Promise<BalanceDocument | undefined> {
  const balances = await one.good<readonly BalanceDocument[]>('balance');
  return balances.find(({ ticker }) => ticker === 'ERA');
}
