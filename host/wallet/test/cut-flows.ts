/** What is cut: one flow each, the device that dies in it, and what must hold once it is back. */

import assert from 'node:assert/strict';
import { memoryStore } from '@dsm/memory';
import type { Wallet } from '../src/index.ts';
import { life, type Cut, type Life } from './life.ts';
import { statements, type Statements } from './statements.ts';
import {
  call,
  copyWorld,
  emptyWorld,
  networkIn,
  walletIn,
  walletOver,
  type TestNetwork,
  type World,
} from './world.ts';

export interface Stage {
  readonly maya: Wallet;
  readonly cafe: Wallet;
  readonly lives: readonly [Life, Life];
  readonly statements: Statements;
  readonly network: TestNetwork;
}

export interface Flow {
  readonly name: string;
  readonly victim: 'maya' | 'cafe';
  readonly act: (stage: Stage) => Promise<unknown>;
  /** Sums that the two may have afterwards, beside the usual 1,000 of which nothing is lost. */
  readonly minted?: readonly bigint[];
  /** What else must hold once the two have settled. */
  readonly holds?: (maya: Wallet, cafe: Wallet) => Promise<void>;
  /** Rounds of syncing that it takes at least until both know; 1 unless said otherwise. */
  readonly rounds?: number;
}

/** Maya issues 1,000 and pays the cafe 200; both have coins in their purses and have met. */
export async function preparedWorld(): Promise<World> {
  const world = emptyWorld('maya', 'cafe');
  const network = await networkIn(world);
  const maya = await walletIn(network, world.devices.get('maya')!, 'Maya');
  const cafe = await walletIn(network, world.devices.get('cafe')!, 'Cafe');
  const { id } = await maya.issue({ ticker: 'ERA', cap: 5_000n });
  await maya.mint('ERA', 1_000n);
  await cafe.adopt(id);
  const { relationship, over } = await call(maya, cafe);
  const toCafe = await relationship;
  await toCafe.pay({ ERA: 200n, over: 'online' });
  await toCafe.close();
  await over;
  await maya.load('ERA', 31n);
  await cafe.load('ERA', 31n);
  await Promise.all([maya.close(), cafe.close()]);
  return world;
}

/** Meet, do something, and part; both may die at any moment of it. */
export async function met<T>(
  { maya, cafe, lives, statements: noted }: Stage,
  talk: (toCafe: ReturnType<Wallet['contact']>) => Promise<T>,
): Promise<T> {
  const { relationship, over } = await call(maya, cafe, { lives, statements: noted });
  const result = await talk(await relationship);
  await (await relationship).close();
  await over;
  return result;
}

/** The side that was called is there a few turns later. */
export async function connected(
  wallet: Wallet,
  name: string,
): Promise<ReturnType<Wallet['contact']>> {
  const relationship = wallet.contact(name);
  if (relationship.connected()) return relationship;
  await new Promise<void>((resolve) => {
    const off = wallet.on('contact', () => {
      off();
      resolve();
    });
  });
  return relationship;
}

export const flows: readonly Flow[] = (['maya', 'cafe'] as const).flatMap((victim) => [
  {
    name: `offline trade, ${victim} dies`,
    victim,
    act: (stage) => met(stage, (toCafe) => toCafe.pay({ ERA: 9n, over: 'offline' })),
  },
  {
    name: `crossing trades, ${victim} dies`,
    victim,
    act: (stage) =>
      met(stage, async (toCafe) => {
        const toMaya = await connected(stage.cafe, 'Maya');
        await Promise.all([
          toCafe.pay({ ERA: 5n, over: 'offline' }),
          toMaya.pay({ ERA: 6n, over: 'offline' }),
        ]);
      }),
  },
  {
    name: `online send over a connection, ${victim} dies`,
    victim,
    act: (stage) => met(stage, (toCafe) => toCafe.pay({ ERA: 50n, over: 'online' })),
  },
  {
    name: `online send, ${victim} dies`,
    victim,
    act: async ({ maya, cafe }: Stage) => {
      await maya.contact('Cafe').pay({ ERA: 50n, over: 'online' });
      await cafe.sync();
    },
  },
  {
    name: `offline trade and certifying, ${victim} dies`,
    victim,
    act: async (stage: Stage) => {
      await met(stage, (toCafe) => toCafe.pay({ ERA: 3n, over: 'offline' }));
      await Promise.all([stage.cafe.sync(), stage.maya.sync()]);
    },
  },
]);

export const ownFlows: readonly Flow[] = [
  { name: 'load', victim: 'maya', act: ({ maya }) => maya.load('ERA', 70n) },
  {
    name: 'mint',
    victim: 'maya',
    act: ({ maya }) => maya.mint('ERA', 500n),
    minted: [1_000n, 1_500n],
  },
];

export interface Outcome {
  /** False if the flow was over before the cut came. */
  readonly reached: boolean;
}

/** One case: copy the world, run the flow until the cut, come back, settle, judge. */
export async function runCut(prepared: World, flow: Flow, cut: Cut): Promise<Outcome> {
  const world = copyWorld(prepared);
  const said = statements();
  const dying = life(cut);
  const lives: [Life, Life] = flow.victim === 'maya' ? [dying, life()] : [life(), dying];
  const network = await networkIn(world);
  const maya = await walletIn(network, world.devices.get('maya')!, 'Maya', {
    life: lives[0],
    statements: said,
  });
  const cafe = await walletIn(network, world.devices.get('cafe')!, 'Cafe', {
    life: lives[1],
    statements: said,
  });
  const opened = dying.count();
  assert.equal(opened, 0, 'opening a wallet changes nothing');
  const acting = flow.act({ maya, cafe, lives, statements: said, network });
  // After the death the survivor may see its side fail, which is as good as done.
  const quiet = acting.catch((error: unknown) => {
    if (!dying.isOver()) throw error;
  });
  await Promise.race([quiet, dying.death]);
  const survivor = flow.victim === 'maya' ? cafe : maya;
  await survivor.close();
  if (!dying.isOver()) await (flow.victim === 'maya' ? maya : cafe).close();
  const again = copyWorld(world);
  const later = await networkIn(again);
  const back = (name: string): Promise<Wallet> =>
    walletOver(later, memoryStore({ place: again.devices.get(name)! }), said);
  await settleAndJudge(await back('maya'), await back('cafe'), flow, said);
  return { reached: dying.isOver() };
}

/** Both are back on their places: they meet and sync until nothing waits, and nothing is lost. */
export async function settleAndJudge(
  maya: Wallet,
  cafe: Wallet,
  { minted, holds, rounds = 1 }: Pick<Flow, 'minted' | 'holds' | 'rounds'>,
  said: Statements,
): Promise<void> {
  await settle(maya, cafe, said, rounds);
  await judge(maya, cafe, minted, said);
  await holds?.(maya, cafe);
  // Nobody is stuck: the two go on.
  if (minted !== undefined) {
    const before = await maya.balance('ERA');
    await maya.mint('ERA', 7n);
    assert.equal(await maya.balance('ERA'), before + 7n);
  }
  const { relationship, over } = await call(maya, cafe, { statements: said });
  const paid = await (await relationship).pay({ ERA: 1n, over: 'offline' });
  assert.equal(paid.finality, 'pair-final');
  await (await relationship).close();
  await over;
  await settle(maya, cafe, said);
  await judge(
    maya,
    cafe,
    minted?.map((sum) => sum + 7n),
    said,
  );
  await Promise.all([maya.close(), cafe.close()]);
}

async function settle(maya: Wallet, cafe: Wallet, said: Statements, rounds = 1): Promise<void> {
  for (let round = 1; round <= 4; round++) {
    const { relationship, over } = await call(maya, cafe, { statements: said });
    await (await relationship).close();
    await over;
    await Promise.all([maya.sync(), cafe.sync()]);
    const waits = [maya, cafe].flatMap((wallet) => [...wallet.inbox(), ...wallet.outbox()]);
    if (round >= rounds && waits.length === 0) return;
  }
}

async function judge(
  maya: Wallet,
  cafe: Wallet,
  sums: readonly bigint[] | undefined,
  said: Statements,
): Promise<void> {
  for (const wallet of [maya, cafe]) {
    assert.deepEqual([...wallet.inbox(), ...wallet.outbox()], [], 'nothing waits any more');
    assert.deepEqual(wallet.alarms(), []);
    assert.deepEqual((await wallet.verify()).faults, []);
    const [balance] = wallet.balances();
    assert.equal(balance!.uncertified, 0n);
  }
  assert.deepEqual(said.contradictions(), []);
  assert.deepEqual(listed(maya, 'out'), listed(cafe, 'in'));
  assert.deepEqual(listed(maya, 'in'), listed(cafe, 'out'));
  const total = (await maya.balance('ERA')) + (await cafe.balance('ERA'));
  assert.ok((sums ?? [1_000n]).includes(total), `${total} are there`);
}

function listed(wallet: Wallet, direction: 'in' | 'out'): readonly unknown[] {
  return wallet
    .history()
    .filter((payment) => payment.direction === direction)
    .map(({ id, amount, finality }) => ({ id, amount, finality }))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}
