/**
 * A city: many devices that do everything at random, some of them cheats, and somebody who counts.
 *
 * A cheat lives in several copies of one wallet, so it spends purse notes twice, writes two histories
 * on one lane, leaves and funds escrows from old states. Honest devices crash, come back and gossip.
 * The teller looks at all stores at once, which nobody in the network can, and counts what the nodes
 * would still let be spent.
 */

import { keyOf, type SlotPlace } from '@dsm/primitive';
import { exitPlace, noteId, noteKinds, spendPlace, type Note } from '@dsm/protocols';
import { memoryKeystore, memoryStore, seededEntropy } from '@dsm/memory';
import { DsmError, type Payment, type Wallet } from '../src/index.ts';
import { readTable } from '../src/model.ts';
import { quorum } from '../src/quorum.ts';
import { escrowRow, noteRow, originRow } from '../src/rows.ts';
import { copied, met, opened, stall, type Stall } from './market.ts';
import { emptyWorld, networkIn, type TestNetwork } from './world.ts';

export interface Citizen {
  readonly name: string;
  readonly stall: Stall;
  readonly isCheat: boolean;
  wallet: Wallet;
  /** Copies of a cheat's directory, each alive. */
  readonly copies: { readonly stall: Stall; readonly wallet: Wallet }[];
}

export interface City {
  readonly network: TestNetwork;
  readonly bank: Citizen;
  readonly citizens: readonly Citizen[];
  readonly minted: bigint;
  burnt: bigint;
  /** How often each act did something, and how often each code refused one. */
  readonly acts: Map<string, number>;
  readonly refusals: Map<string, number>;
}

/** Whole numbers below `max`, the same for the same seed. */
export function dice(seed: number): (max: number) => number {
  let state = seed >>> 0;
  return (max) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % max;
  };
}

/** Every citizen has met the bank, adopted its token and been paid 100, of which 31 in the purse. */
export async function foundedCity(honest: number, cheats: number): Promise<City> {
  const { nodes } = emptyWorld();
  const network = await networkIn({ nodes });
  const bank = await citizen(network, 'Bank', false);
  const { id } = await bank.wallet.issue({ ticker: 'ERA', cap: 1_000_000n, burn: true });
  const each = 100n;
  const minted = each * BigInt(honest + cheats);
  const citizens: Citizen[] = [];
  for (let n = 0; n < honest + cheats; n++) {
    const name = n < honest ? `Honest ${n}` : `Cheat ${n}`;
    const one = await citizen(network, name, n >= honest);
    citizens.push(one);
    await one.wallet.adopt(id);
    await bank.wallet.mint('ERA', each);
    await met(bank.wallet, one.wallet, (to) => to.pay({ ERA: each, over: 'online' }));
    await one.wallet.sync();
    await one.wallet.load('ERA', 31n);
  }
  const none = { acts: new Map<string, number>(), refusals: new Map<string, number>() };
  return { network, bank, citizens, minted, burnt: 0n, ...none };
}

async function citizen(network: TestNetwork, name: string, isCheat: boolean): Promise<Citizen> {
  // The ids decide who speaks first, so they are the same in every run.
  const place = { ...stall(name), keystore: memoryKeystore(seededEntropy(name).bytes(32)) };
  return { name, stall: place, isCheat, wallet: await opened(network, place), copies: [] };
}

type Act = (city: City, roll: (max: number) => number) => Promise<void>;

/** An act and how often it is chosen. */
const acts: readonly (readonly [name: string, weight: number, act: Act])[] = [
  ['pay offline', 6, (city, roll) => pay(city, roll, 'offline')],
  ['pay online', 3, (city, roll) => pay(city, roll, 'online')],
  ['pay over the edge', 6, payOverEdge],
  ['stream', 3, stream],
  ['route', 3, route],
  ['fund', 3, fund],
  ['exit', 1, exit],
  ['load', 2, load],
  ['burn', 1, burn],
  ['gossip', 2, gossip],
  ['sync', 3, syncOne],
  ['restart', 1, restart],
  ['copy', 1, copy],
];

const weights = acts.reduce((sum, [, weight]) => sum + weight, 0);

/** One thing happens. What a wallet refuses is counted; anything else is a fault. */
export async function turn(city: City, roll: (max: number) => number): Promise<void> {
  let left = roll(weights);
  const [name, , act] = acts.find(([, weight]) => (left -= weight) < 0)!;
  try {
    await act(city, roll);
    count(city.acts, name);
  } catch (error) {
    if (!(error instanceof DsmError)) throw error;
    count(city.refusals, `${name}: ${error.code}`);
  }
}

function count(to: Map<string, number>, name: string): void {
  to.set(name, (to.get(name) ?? 0) + 1);
}

/** Two different citizens; of a cheat, any of its copies. */
function two({ citizens }: City, roll: (max: number) => number): readonly [Wallet, Wallet] {
  const first = roll(citizens.length);
  // Neighbours, so that they meet again.
  const second = (first + 1 + roll(Math.min(4, citizens.length - 1))) % citizens.length;
  return [anyOf(citizens[first]!, roll), anyOf(citizens[second]!, roll)];
}

function anyOf({ wallet, copies }: Citizen, roll: (max: number) => number): Wallet {
  const chosen = roll(copies.length + 1);
  return chosen === 0 ? wallet : copies[chosen - 1]!.wallet;
}

async function pay(
  city: City,
  roll: (max: number) => number,
  over: 'offline' | 'online',
): Promise<void> {
  const [from, to] = two(city, roll);
  const amount = 1n + BigInt(roll(12));
  await met(from, to, async (relationship) => {
    // Two copies may not have the same history in mind: then no answer names the offer, and somebody parts.
    const parting = setTimeout(() => void relationship.close(), 5_000);
    try {
      await relationship.pay({ ERA: amount, over });
    } finally {
      clearTimeout(parting);
    }
  });
}

/** Somebody who has something in an edge, and the wallet at the other end of it. */
function edgeEnds(
  { citizens }: City,
  roll: (max: number) => number,
): readonly [from: Wallet, to: Wallet] | undefined {
  const first = roll(citizens.length);
  for (let n = 0; n < citizens.length; n++) {
    const from = anyOf(citizens[(first + n) % citizens.length]!, roll);
    const edge = from.edges().find(({ canPay }) => canPay > 0n);
    const to = citizens.find(({ wallet }) => wallet.id.device === edge?.device);
    if (to !== undefined) return [from, anyOf(to, roll)];
  }
  return undefined;
}

async function payOverEdge(city: City, roll: (max: number) => number): Promise<void> {
  const ends = edgeEnds(city, roll);
  const amount = 1n + BigInt(roll(6));
  if (ends === undefined) return;
  await met(...ends, (relationship) => relationship.pay({ ERA: amount, over: 'edge' }));
}

async function stream(city: City, roll: (max: number) => number): Promise<void> {
  const ends = edgeEnds(city, roll);
  const transfers = 1 + roll(8);
  if (ends === undefined) return;
  await met(...ends, async (relationship) => {
    const going = await relationship.stream({ token: 'ERA', every: { count: 3 } });
    for (let n = 0; n < transfers; n++) await going.send(1n);
    await going.close();
  });
}

/** From one end of two edges to the other, if somebody between them passes it on. */
async function route(city: City, roll: (max: number) => number): Promise<void> {
  const ends = edgeEnds(city, roll);
  if (ends === undefined) return;
  const [payer, relay] = ends;
  const onward = relay.edges().find(({ canPay }) => canPay > 0n);
  const recipient = city.citizens.find(({ wallet }) => wallet.id.device === onward?.device)?.wallet;
  if (onward === undefined || recipient === undefined || recipient === payer) return;
  await relay.contact(onward.device).disclose({ edges: true });
  await relay.contact(payer.id.device).disclose({ edges: true });
  await recipient.contact(relay.id.device).disclose({ edges: true });
  const invoice = await recipient.invoice({ ERA: 1n });
  await met(relay, recipient, () =>
    met(payer, relay, async () => {
      await payer.payInvoice(invoice, { maxFee: 1n, patienceMs: 500 });
    }),
  );
}

async function fund(city: City, roll: (max: number) => number): Promise<void> {
  const [from, to] = two(city, roll);
  const amount = 5n + BigInt(roll(20));
  await met(from, to, (relationship) => relationship.fund('ERA', amount));
}

/** Whoever has been paid over an edge leaves it, without the other. */
async function exit(city: City, roll: (max: number) => number): Promise<void> {
  const { citizens } = city;
  const who = anyOf(citizens[roll(citizens.length)]!, roll);
  const paid = who
    .edges()
    .filter(({ escrows }) =>
      escrows.some(({ direction, state }) => direction === 'in' && state === 'open'),
    );
  const edge = paid[roll(Math.max(1, paid.length))];
  if (edge !== undefined) await who.contact(edge.device).exit('ERA');
}

async function load({ citizens }: City, roll: (max: number) => number): Promise<void> {
  const who = anyOf(citizens[roll(citizens.length)]!, roll);
  await who.load('ERA', 1n + BigInt(roll(15)));
}

async function burn(city: City, roll: (max: number) => number): Promise<void> {
  // The teller must know what was destroyed, so cheats keep theirs.
  const honest = city.citizens.filter(({ isCheat }) => !isCheat);
  await honest[roll(honest.length)]!.wallet.burn('ERA', 1n);
  city.burnt += 1n;
}

async function gossip(city: City, roll: (max: number) => number): Promise<void> {
  await met(...two(city, roll));
}

async function syncOne({ citizens }: City, roll: (max: number) => number): Promise<void> {
  await anyOf(citizens[roll(citizens.length)]!, roll).sync();
}

/** The process ends and begins again. */
async function restart({ network, citizens }: City, roll: (max: number) => number): Promise<void> {
  const one = citizens[roll(citizens.length)]!;
  await one.wallet.close();
  one.wallet = await opened(network, one.stall);
}

async function copy({ network, citizens }: City, roll: (max: number) => number): Promise<void> {
  const cheats = citizens.filter(({ isCheat, copies }) => isCheat && copies.length < 3);
  const one = cheats[roll(Math.max(1, cheats.length))];
  if (one === undefined) return;
  const place = copied(one.stall);
  one.copies.push({ stall: place, wallet: await opened(network, place) });
}

/** Everybody who is honest talks to the nodes until nothing changes any more. */
export async function settled({ citizens, bank }: City): Promise<void> {
  const honest = [bank, ...citizens.filter(({ isCheat }) => !isCheat)];
  for (let round = 0; round < 4; round++) {
    for (const { wallet } of honest) await wallet.sync();
  }
}

/** What the teller finds, of the one token. */
export interface Count {
  /** Certified notes that the nodes would still let be spent, and escrows that nobody has left. */
  readonly spendable: bigint;
  /** What honest wallets call theirs: certified or edge-final. */
  readonly honestFinal: bigint;
  /** What honest wallets took offline and cannot be sure of. */
  readonly honestOpen: bigint;
}

export async function counted(city: City): Promise<Count> {
  const [honestFinal, honestOpen] = city.citizens
    .filter(({ isCheat }) => !isCheat)
    .map(({ wallet }) => wallet.balances()[0]!)
    .reduce(
      ([final, open], { total, uncertified }) => [final + total - uncertified, open + uncertified],
      [0n, 0n],
    );
  const bank = city.bank.wallet.balances()[0]!.total;
  return { spendable: await spendable(city), honestFinal: honestFinal + bank, honestOpen };
}

/** Every certified note and escrow that anybody knows, once, if its slot is free. */
async function spendable(city: City): Promise<bigint> {
  const places = [city.bank, ...city.citizens].flatMap((one) => [
    one.stall,
    ...one.copies.map(({ stall: each }) => each),
  ]);
  const found = new Map<string, { readonly note: Note; readonly place: SlotPlace }>();
  for (const { place } of places) {
    const store = memoryStore({ place: { rows: place.rows, held: false } });
    const origins = await readTable(store, 'origin', originRow);
    const certified = new Set(
      origins.filter(([, origin]) => origin.certified).map(([head]) => keyOf(head)),
    );
    const known = (note: Note): boolean => certified.has(keyOf(note.source));
    const idOf = (note: Note): string => keyOf(noteId(note.source, note.index));
    for (const [, { note }] of await readTable(store, 'note', noteRow)) {
      if (note.kind !== noteKinds.escrow && known(note)) {
        found.set(idOf(note), { note, place: spendPlace(note) });
      }
    }
    for (const [, { escrow }] of await readTable(store, 'escrow', escrowRow)) {
      const { note } = escrow;
      if (known(note)) found.set(idOf(note), { note, place: exitPlace(escrow) });
    }
  }
  const nodes = quorum(city.network.registry, city.network.nodes);
  let sum = 0n;
  for (const { note, place } of found.values()) {
    if ((await nodes.readSlot(place)).type === 'free') sum += note.amount;
  }
  return sum;
}

/** Payments that honest wallets took and lost: each must be the doing of a convicted device. */
export function losses(city: City): readonly { readonly of: Wallet; readonly payment: Payment }[] {
  return city.citizens
    .filter(({ isCheat }) => !isCheat)
    .flatMap(({ wallet }) =>
      wallet
        .history()
        .filter(({ direction, finality, over }) => {
          // What is paid over an edge that its payee has left returns to the payer.
          return direction === 'in' && finality === 'conflicted' && over !== 'edge';
        })
        .map((payment) => ({ of: wallet, payment })),
    );
}
