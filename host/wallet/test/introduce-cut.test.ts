/**
 * Introductions cut at every effect of the one who introduces himself, and of the one who reads:
 * once both are back, there is one contact, and what was paid has come once.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import type { Wallet } from '../src/index.ts';
import { life, type Cut, type Life } from './life.ts';
import { statements, type Statements } from './statements.ts';
import {
  copyWorld,
  emptyWorld,
  meetAndPart,
  networkIn,
  walletIn,
  walletOver,
  type World,
} from './world.ts';

const soak = process.env['DSM_TEST_LONG'] === '1';

type Act = (maya: Wallet, ben: Wallet) => Promise<unknown>;

/** Maya holds 100; Ben is listed, and neither knows the other. */
async function prepared(before: Act = async () => undefined): Promise<World> {
  const world = emptyWorld('maya', 'ben');
  const network = await networkIn(world);
  const maya = await walletIn(network, world.devices.get('maya')!, 'Maya');
  const ben = await walletIn(network, world.devices.get('ben')!, 'Ben');
  await maya.issue({ ticker: 'ERA', cap: 500n });
  await maya.mint('ERA', 100n);
  await ben.directory.publish('ben');
  await before(maya, ben);
  await Promise.all([maya.close(), ben.close()]);
  return world;
}

const introduces: Act = async (maya) => {
  const ben = await maya.directory.introduce('ben');
  await ben.pay({ ERA: 9n });
};

const reads: Act = async (_, ben) => {
  await ben.sync();
};

const listsAnew: Act = async (_, ben) => {
  await ben.directory.invite();
  await ben.directory.publish('ben the baker');
};

async function runCut(from: World, victim: 'maya' | 'ben', act: Act, cut: Cut): Promise<boolean> {
  const world = copyWorld(from);
  const said = statements();
  const dying = life(cut);
  const lives: readonly [Life, Life] = victim === 'maya' ? [dying, life()] : [life(), dying];
  const network = await networkIn(world);
  const [maya, ben] = await Promise.all(
    (['Maya', 'Ben'] as const).map((name, i) =>
      walletIn(network, world.devices.get(name.toLowerCase())!, name, {
        life: lives[i]!,
        statements: said,
      }),
    ),
  );
  const acting = act(maya!, ben!).catch((error: unknown) => {
    if (!dying.isOver()) throw error;
  });
  await Promise.race([acting, dying.death]);
  await (victim === 'maya' ? ben! : maya!).close();
  if (!dying.isOver()) await (victim === 'maya' ? maya! : ben!).close();
  await settled(copyWorld(world), said);
  return dying.isOver();
}

/** Both come back: whatever was begun is ended, or begun again. */
async function settled(world: World, said: Statements): Promise<void> {
  const network = await networkIn(world);
  const back = (name: string): Promise<Wallet> =>
    walletOver(network, memoryStore({ place: world.devices.get(name)! }), said);
  const [maya, ben] = [await back('maya'), await back('ben')];
  for (const wallet of [ben, maya, ben]) await wallet.sync();
  const toBen = await maya.directory.introduce('ben');
  if (maya.history().length === 0) await toBen.pay({ ERA: 9n });
  for (const wallet of [maya, ben, maya]) await wallet.sync();
  const theirs = ben.history().map(({ amount, finality, peer }) => [amount, finality, peer]);
  assert.deepEqual(theirs, [[9n, 'certified', 'Maya']]);
  assert.deepEqual(
    [maya.contacts().length, ben.contacts().length, await maya.balance('ERA')],
    [1, 1, 91n],
  );
  await ben.contact('Maya').pay({ ERA: 2n });
  for (const wallet of [maya, ben, maya]) await wallet.sync();
  assert.equal(maya.directory.status().unanswered, 0);
  await meetAndPart(maya, ben);
  for (const wallet of [maya, ben]) {
    assert.deepEqual((await wallet.verify()).faults, []);
    assert.deepEqual([wallet.alarms(), wallet.outbox()], [[], []]);
  }
  assert.deepEqual(said.contradictions(), []);
  await Promise.all([maya.close(), ben.close()]);
}

const flows: readonly (readonly [string, 'maya' | 'ben', Act, Act?])[] = [
  ['the introducer dies while it introduces itself and pays', 'maya', introduces],
  ['the receiver dies while it reads', 'ben', reads, introduces],
  ['the receiver dies while it makes a new invitation', 'ben', listsAnew, introduces],
];

for (const [name, victim, act, before] of flows) {
  test(`${name}: both go on`, async () => {
    const world = await prepared(before);
    // Each effect costs a whole world: all of them in the long run, every fifth here.
    const stride = soak ? 1 : 5;
    let cuts = 0;
    for (let at = 1; ; at += stride) {
      if (!(await runCut(world, victim, act, { at, after: at % 2 === 0 }))) break;
      if (soak) await runCut(world, victim, act, { at, after: at % 2 !== 0 });
      cuts += 1;
    }
    assert.ok(cuts >= 3, `${cuts} cuts`);
  });
}
