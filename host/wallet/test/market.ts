/** A market: Maya who issues and pays, a cafe and a bazaar that take her token. */

import {
  memoryKeystore,
  memoryPlace,
  memoryStore,
  type MemoryEnginePlace,
  type MemoryPlace,
} from '@dsm/memory';
import { nativeKem } from '@dsm/node';
import type { Keystore, Store } from '@dsm/ports';
import { createWallet, type Payment, type Wallet } from '../src/index.ts';
import { call, copyOf, copyOfNode, emptyWorld, networkIn, type TestNetwork } from './world.ts';

export interface Stall {
  readonly name: string;
  readonly place: MemoryPlace;
  readonly keystore: Keystore;
}

export interface Market {
  readonly nodes: readonly MemoryEnginePlace[];
  readonly network: TestNetwork;
  readonly maya: Wallet;
  readonly cafe: Wallet;
  readonly bazaar: Wallet;
  readonly stalls: Readonly<Record<'maya' | 'cafe' | 'bazaar', Stall>>;
}

export function stall(name: string): Stall {
  return { name, place: memoryPlace(), keystore: memoryKeystore() };
}

export function opened(
  network: TestNetwork,
  { name, place, keystore }: Stall,
  store: Store = memoryStore({ place }),
): Promise<Wallet> {
  return createWallet({ name, store, network, keystore, kem: nativeKem });
}

/** The same directory once more, as a thief or a careless owner makes it. */
export function copied({ name, place, keystore }: Stall): Stall {
  return { name, place: copyOf(place), keystore };
}

interface MarketPlace {
  readonly nodes: readonly MemoryEnginePlace[];
  readonly stalls: Market['stalls'];
}

let prepared: Promise<MarketPlace> | undefined;

/** Maya has 1,000, of which 63 lie in her purse; all three have met. Each market is a fresh copy. */
export async function market(): Promise<Market> {
  prepared ??= firstMarket();
  const { nodes: kept, stalls: first } = await prepared;
  const nodes = kept.map(copyOfNode);
  const network = await networkIn({ nodes });
  const stalls = {
    maya: copied(first.maya),
    cafe: copied(first.cafe),
    bazaar: copied(first.bazaar),
  };
  const [maya, cafe, bazaar] = [
    await opened(network, stalls.maya),
    await opened(network, stalls.cafe),
    await opened(network, stalls.bazaar),
  ];
  return { nodes, network, maya, cafe, bazaar, stalls };
}

async function firstMarket(): Promise<MarketPlace> {
  const { nodes } = emptyWorld();
  const network = await networkIn({ nodes });
  const stalls = { maya: stall('Maya'), cafe: stall('Cafe'), bazaar: stall('Bazaar') };
  const [maya, cafe, bazaar] = [
    await opened(network, stalls.maya),
    await opened(network, stalls.cafe),
    await opened(network, stalls.bazaar),
  ];
  const { id } = await maya.issue({
    ticker: 'ERA',
    cap: 100_000n,
    depthMax: 64,
    receiptsMax: 4_096,
  });
  await maya.mint('ERA', 1_000n);
  for (const merchant of [cafe, bazaar]) {
    await merchant.adopt(id);
    await met(maya, merchant);
  }
  await maya.load('ERA', 63n);
  await Promise.all([maya.close(), cafe.close(), bazaar.close()]);
  return { nodes, stalls };
}

/** Meet, do something over the line, and part. */
export async function met<T = void>(
  a: Wallet,
  b: Wallet,
  talk: (toB: ReturnType<Wallet['contact']>) => Promise<T> = async () => undefined as T,
): Promise<T> {
  const { relationship, over, cut } = await call(a, b);
  try {
    const toB = await relationship;
    const result = await talk(toB);
    await toB.close();
    await over;
    return result;
  } finally {
    await cut();
  }
}

export function paid(
  a: Wallet,
  b: Wallet,
  amount: bigint,
  over: 'offline' | 'online',
): Promise<Payment> {
  return met(a, b, (toB) => toB.pay({ ERA: amount, over }));
}

export function finalities(wallet: Wallet): readonly string[] {
  return wallet.history().map(({ finality }) => finality);
}
