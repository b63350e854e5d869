/** A line of wallets for tests of routes: each has an edge with the next, and all take part. */

import assert from 'node:assert/strict';
import { bech32m } from '@scure/base';
import { invoice, type Invoice } from '@dsm/protocols';
import type { Fee, Relationship, RoutePayment, Wallet } from '../src/index.ts';
import type { MemoryPlace } from '@dsm/memory';
import {
  call,
  copyWorld,
  emptyWorld,
  networkIn,
  walletIn,
  type OpenOptions,
  type TestNetwork,
  type World,
} from './world.ts';

export const names = ['Ann', 'Bob', 'Cyd', 'Dan', 'Eve', 'Fay'] as const;
export type Name = (typeof names)[number];

/** What each relay of the line keeps. */
export const fee: Fee = { flat: 1n, perMillion: 0 };
export const fundedEach = 100n;

export interface Line {
  readonly world: World;
  readonly network: TestNetwork;
  readonly wallets: readonly Wallet[];
}

let longest: Promise<World> | undefined;

/** The longest line, made once; a shorter one is its beginning. */
export function prepared(): Promise<World> {
  longest ??= preparedLine(names.length);
  return longest;
}

/** So many wallets with edges of 100 towards the next, closed; 1,000 belong to each that pays on. */
async function preparedLine(count: number): Promise<World> {
  const world = emptyWorld(...names.slice(0, count));
  const line = await openLine(world, count);
  const [first] = line.wallets;
  const { id } = await first!.issue({ ticker: 'ERA', cap: 1_000_000n, depthMax: 32 });
  await first!.mint('ERA', BigInt(count) * 1_000n);
  for (const [i, wallet] of line.wallets.entries()) {
    if (i > 0) await wallet.adopt(id);
  }
  for (const wallet of line.wallets.slice(1, -1)) {
    await met(first!, wallet, async (to) => {
      await to.pay({ ERA: 1_000n, over: 'online' });
    });
    await wallet.sync();
  }
  for (const [i, wallet] of line.wallets.slice(0, -1).entries()) {
    const next = line.wallets[i + 1]!;
    await met(wallet, next, async (to) => {
      await to.fund('ERA', fundedEach);
      await to.disclose({ edges: true, fee });
      await next.contact(wallet.id.name).disclose({ edges: true, fee });
    });
    await next.sync();
  }
  await closeAll(line);
  return world;
}

async function met(a: Wallet, b: Wallet, talk: (to: Relationship) => Promise<void>): Promise<void> {
  const { relationship, over } = await call(a, b);
  await talk(await relationship);
  await (await relationship).close();
  await over;
}

export async function openLine(
  world: World,
  count: number,
  optionsOf: (name: Name) => OpenOptions = () => ({}),
): Promise<Line> {
  const network = await networkIn(world);
  const wallets: Wallet[] = [];
  for (const name of names.slice(0, count)) {
    wallets.push(await walletIn(network, placeOf(world, name), name, optionsOf(name)));
  }
  return { world, network, wallets };
}

/** The first wallets of what was prepared, in a copy of their own. */
export async function copyOfLine(
  count: number,
  optionsOf?: (name: Name) => OpenOptions,
): Promise<Line> {
  return openLine(copyWorld(await prepared()), count, optionsOf);
}

export function placeOf({ devices }: World, name: Name): MemoryPlace {
  return devices.get(name)!;
}

export async function closeAll({ wallets }: Line): Promise<void> {
  for (const wallet of wallets) await wallet.close();
}

/** Neighbours are connected, and everybody has heard of every edge. */
export async function connect(line: Line): Promise<void> {
  for (const [i, wallet] of line.wallets.slice(0, -1).entries()) {
    const { relationship } = await call(wallet, line.wallets[i + 1]!);
    await relationship;
  }
  const [first] = line.wallets;
  const others = line.wallets.length - 2;
  await eventually(() => first!.contact('Bob').disclosure().told >= others);
}

/** Wait until something holds, as long as something happens. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let turns = 0; turns < 50_000; turns++) {
    if (holds()) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.fail('it never holds');
}

/** What is said goes through: there is no network between the wallets, only turns of the loop. */
export async function quiet(): Promise<void> {
  for (let turns = 0; turns < 400; turns++) await new Promise((resolve) => setImmediate(resolve));
}

/** Wait until a wallet's newest route is in this state. */
export async function until(
  wallet: Wallet,
  isMeant: (route: RoutePayment | undefined) => boolean,
): Promise<RoutePayment | undefined> {
  try {
    await eventually(() => isMeant(wallet.routes().at(-1)));
  } catch {
    assert.fail(`it stays ${JSON.stringify(wallet.routes().at(-1), shown)}`);
  }
  return wallet.routes().at(-1);
}

function shown(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}

/** What every wallet has, locks left out, and what all have together with what is locked. */
export function holdings({ wallets }: Line): readonly bigint[] {
  return wallets.map((wallet) => wallet.balances()[0]?.total ?? 0n);
}

export function lockedIn({ wallets }: Line): bigint {
  return wallets.reduce(
    (sum, wallet) =>
      sum +
      wallet
        .edges()
        .flatMap(({ escrows }) => escrows)
        .filter(({ direction, state }) => direction === 'out' && state !== 'left')
        .reduce((all, { locked }) => all + locked, 0n),
    0n,
  );
}

export function sum(amounts: readonly bigint[]): bigint {
  return amounts.reduce((all, one) => all + one, 0n);
}

export function invoiceIn(text: string): Invoice {
  const { words } = bech32m.decode(text as `${string}1${string}`, 1_024);
  const decoded = invoice.decode(bech32m.fromWords(words));
  assert.ok(decoded.ok);
  return decoded.value;
}

/** The same invoice, for another amount. */
export function altered(text: string, amount: bigint): string {
  const bytes = invoice.encode({ ...invoiceIn(text), amount });
  return bech32m.encode('inv', bech32m.toWords(bytes), 1_024);
}
