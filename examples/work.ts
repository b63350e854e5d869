/**
 * Work for tokens: two programs agree on a job, one pays as it accepts, the other works once it is paid.
 *
 *     buyer    request                decline            accept + payment              (checks)
 *     seller            quote 60 ERA           quote 20                      result
 */

import { deepStrictEqual, rejects } from 'node:assert';
import {
  choice,
  createWallet,
  defineApp,
  list,
  localNetwork,
  memory,
  option,
  refuse,
  struct,
  text,
  u128,
  u32,
  type AppContext,
  type Payment,
  type Shared,
  type Wallet,
} from '@dsm/wallet';

interface Job {
  /** The operation that asked for it. */
  readonly id: string;
  readonly buyer: string;
  readonly below: number;
  readonly quote: Quote | undefined;
  readonly declined: number;
  readonly paid: bigint;
  readonly result: bigint | undefined;
}

interface Quote {
  readonly token: string;
  readonly price: bigint;
}

type Say =
  | { readonly type: 'request'; readonly below: number }
  | ({ readonly type: 'quote'; readonly job: string } & Quote)
  | { readonly type: 'decline'; readonly job: string }
  | { readonly type: 'accept'; readonly job: string }
  | { readonly type: 'result'; readonly job: string; readonly sum: bigint };

type Given = AppContext['given'][number];

const [id, name] = [text(32), text(90)];
const quote = struct<Quote>({ token: name, price: u128 });

const work = defineApp<readonly Job[], Say>({
  name: 'sum of squares',
  version: 1,
  rules: `request: a job. quote: by the other, more than nothing, while there is none.
    decline: by the buyer, the quote goes. accept: by the buyer, with all of the price in the same run.
    result: by the other, once, after that.`,
  initial: [],
  operation: choice<Say>({
    request: [1, struct({ below: u32 })],
    quote: [2, struct({ job: id, token: name, price: u128 })],
    decline: [3, struct({ job: id })],
    accept: [4, struct({ job: id })],
    result: [5, struct({ job: id, sum: u128 })],
  }),
  state: list(
    struct<Job>({
      id,
      buyer: name,
      below: u32,
      quote: option(quote),
      declined: u32,
      paid: u128,
      result: option(u128),
    }),
    10_000,
  ),
  reduce: (jobs, said, { id: at, by, given }) => {
    if (said.type === 'request') {
      const fresh = { quote: undefined, declined: 0, paid: 0n, result: undefined };
      return [...jobs, { id: at, buyer: by, below: said.below, ...fresh }];
    }
    const job = jobs.find((one) => one.id === said.job);
    if (job === undefined) return refuse('there is no such job');
    const next = answered(job, said, job.buyer === by, given);
    return typeof next === 'string' ? refuse(next) : jobs.map((one) => (one === job ? next : one));
  },
});

/** The job as it is after that, or why it cannot be said. */
function answered(
  job: Job,
  said: Exclude<Say, { type: 'request' }>,
  isBuyer: boolean,
  given: readonly Given[],
): Job | string {
  const isForBuyer = said.type === 'decline' || said.type === 'accept';
  if (isForBuyer !== isBuyer) return 'that is for the other side to say';
  if (said.type === 'quote') return quoted(job, said);
  if (said.type === 'result') {
    const isDue = job.paid > 0n && job.result === undefined;
    return isDue ? { ...job, result: said.sum } : 'there is nothing to deliver';
  }
  return said.type === 'accept' ? accepted(job, given) : declined(job);
}

function declined(job: Job): Job | string {
  if (job.quote === undefined || job.paid > 0n) return 'there is no open quote';
  return { ...job, quote: undefined, declined: job.declined + 1 };
}

function accepted(job: Job, given: readonly Given[]): Job | string {
  if (job.quote === undefined || job.paid > 0n) return 'there is no open quote';
  const { token, price } = job.quote;
  const paid = given.find((one) => one.token === token)?.amount ?? 0n;
  return paid === price ? { ...job, paid } : `the price is ${price}, not ${paid}`;
}

function quoted(job: Job, { token, price }: Quote): Job | string {
  if (price === 0n) return 'work is not free';
  return job.quote === undefined ? { ...job, quote: { token, price } } : 'there is a quote already';
}

type Desk = Shared<readonly Job[], Say>;

/** Wants a sum for at most 25, and says no to whatever costs more. */
async function buy(desk: Desk, budget: bigint): Promise<bigint> {
  const { ids } = await desk.act({ type: 'request', below: 1_000 });
  const job = ids[0]!;
  for (;;) {
    const { price } = await seen(desk, (jobs) => jobs.find((one) => one.id === job)?.quote);
    console.log('quoted', price);
    // Whoever says `accept` and pays less is not even sent: the reducer is asked first.
    const cheap = desk.act({ type: 'accept', job }, { pay: { ERA: price - 1n } });
    await rejects(cheap, { code: 'refused' });
    if (price <= budget) {
      await desk.act({ type: 'accept', job }, { pay: { ERA: price, note: job } });
      return seen(desk, (jobs) => jobs.find((one) => one.id === job)?.result);
    }
    await desk.act({ type: 'decline', job });
  }
}

/** Asks for much, then for less; works when the money is there, not when it is only announced. */
async function sell(desk: Desk, wallet: Wallet, prices: readonly bigint[]): Promise<void> {
  const token = wallet.token('ERA').id;
  for (const [turn, price] of prices.entries()) {
    const open = await seen(desk, (jobs) => jobs.find((one) => one.declined === turn));
    await desk.act({ type: 'quote', job: open.id, token, price });
  }
  const { id: job, below } = await seen(desk, (jobs) => jobs.find((one) => one.paid > 0n));
  console.log('paid', (await received(wallet, job)).finality);
  let sum = 0n;
  for (let n = 1n; n < below; n++) sum += n * n;
  await desk.act({ type: 'result', job, sum });
}

/** What `look` finds in the state, as soon as it finds something. */
function seen<Found>(
  desk: Desk,
  look: (jobs: readonly Job[]) => Found | undefined,
): Promise<Found> {
  const { promise, resolve } = Promise.withResolvers<Found>();
  const check = (): void => {
    const found = look(desk.state());
    if (found !== undefined) resolve(found);
  };
  desk.on('change', check);
  check();
  return promise;
}

/** The payment with this note, once it is good enough to work for. */
function received(wallet: Wallet, note: string): Promise<Payment> {
  const { promise, resolve } = Promise.withResolvers<Payment>();
  const check = (): void => {
    const found = wallet.history().find((payment) => payment.note === note);
    if (found?.finality === 'pair-final' || found?.finality === 'certified') resolve(found);
  };
  wallet.on('finality', check);
  check();
  return promise;
}

const network = await localNetwork({ nodes: 4 });
const alice = await createWallet({ name: 'Alice', store: memory(), network });
const bob = await createWallet({ name: 'Bob', store: memory(), network });
await network.fund(alice, { ERA: 100n });
await bob.adopt(alice.token('ERA').id);

const meeting = await alice.meet(bob);
const [buyer, seller] = [await meeting.shared(work), await bob.contact('Alice').shared(work)];
const [result] = await Promise.all([buy(buyer, 25n), sell(seller, bob, [60n, 20n])]);
console.log('result', result);
await meeting.close();
deepStrictEqual(buyer.state(), seller.state());
deepStrictEqual(result, (999n * 1_000n * 1_999n) / 6n);
deepStrictEqual(await bob.balance('ERA'), 20n);
