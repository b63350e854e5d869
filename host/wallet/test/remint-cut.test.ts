/**
 * Re-mints cut at every effect of the holder and of the issuer: once both are back, the holder has what
 * it had, once, and can have it made anew; nobody has stated two things.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
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

const soak = process.env['DSM_TEST_LONG'] === '1';

/** Maya holds 97 of 100 that have come three hops from the bank. */
async function prepared(): Promise<World> {
  const world = emptyWorld('bank', 'maya');
  const network = await networkIn(world);
  const bank = await walletIn(network, world.devices.get('bank')!, 'Bank');
  const maya = await walletIn(network, world.devices.get('maya')!, 'Maya');
  const { id } = await bank.issue({ ticker: 'ERA', cap: 500n, depthMax: 6 });
  await maya.adopt(id);
  const { relationship, over } = await call(bank, maya);
  await relationship;
  await bank.mint(id, 100n, { to: 'Maya' });
  await (await relationship).close();
  await over;
  for (let i = 0; i < 3; i++) await maya.contact('Bank').pay({ ERA: 1n, over: 'online' });
  await bank.sync();
  await Promise.all([bank.close(), maya.close()]);
  return world;
}

async function remints(
  maya: Wallet,
  bank: Wallet,
  lives: readonly [Life, Life],
  said: Statements,
): Promise<void> {
  const { relationship, over } = await call(maya, bank, { lives, statements: said });
  const toBank = await relationship;
  await toBank.remint('ERA');
  await toBank.close();
  await over;
}

function opened(
  network: TestNetwork,
  world: World,
  name: 'bank' | 'maya',
  alive: Life,
  said: Statements,
): Promise<Wallet> {
  const shown = name === 'bank' ? 'Bank' : 'Maya';
  return walletIn(network, world.devices.get(name)!, shown, { life: alive, statements: said });
}

async function runCut(from: World, victim: 'bank' | 'maya', cut: Cut): Promise<boolean> {
  const world = copyWorld(from);
  const said = statements();
  const dying = life(cut);
  const other = life();
  const lives: readonly [Life, Life] = victim === 'maya' ? [dying, other] : [other, dying];
  const network = await networkIn(world);
  const maya = await opened(network, world, 'maya', lives[0], said);
  const bank = await opened(network, world, 'bank', lives[1], said);
  const acting = remints(maya, bank, lives, said).catch((error: unknown) => {
    if (!dying.isOver()) throw error;
  });
  await Promise.race([acting, dying.death]);
  await (victim === 'maya' ? bank : maya).close();
  if (!dying.isOver()) await (victim === 'maya' ? maya : bank).close();
  await settled(copyWorld(world), said);
  return dying.isOver();
}

/** Both come back: whatever was begun is ended, or begun again. */
async function settled(world: World, said: Statements): Promise<void> {
  const network = await networkIn(world);
  const back = (name: string): Promise<Wallet> =>
    walletOver(network, memoryStore({ place: world.devices.get(name)! }), said);
  const [maya, bank] = [await back('maya'), await back('bank')];
  for (const wallet of [maya, bank, maya]) await wallet.sync();
  assert.equal(await maya.balance('ERA'), 97n, 'nothing is lost, and nothing comes twice');
  const { relationship, over } = await call(maya, bank, { statements: said });
  const toBank = await relationship;
  await toBank.remint('ERA').catch((error: unknown) => {
    // It was done before: what is there is fresh from the mint.
    assert.match(String(error), /fresh from the mint/);
  });
  await toBank.close();
  await over;
  await Promise.all([maya.sync(), bank.sync()]);
  const [balance] = maya.balances();
  assert.deepEqual([balance!.total, balance!.online, balance!.worn], [97n, 97n, 0n]);
  // The issuer goes on from wherever its chain stands, and the new note is as good as any.
  await bank.mint('ERA', 5n, { to: 'Maya' });
  await maya.sync();
  const paid = await maya.contact('Bank').pay({ ERA: 102n, over: 'online' });
  assert.equal(paid.finality, 'certified');
  for (const wallet of [maya, bank]) {
    assert.deepEqual((await wallet.verify()).faults, []);
    assert.deepEqual(wallet.alarms(), []);
  }
  assert.deepEqual(said.contradictions(), []);
  await Promise.all([maya.close(), bank.close()]);
}

test('a re-mint that is cut anywhere loses nothing, whichever side dies', async (t) => {
  const world = await prepared();
  for (const victim of ['maya', 'bank'] as const) {
    await t.test(victim, async () => {
      // Each effect costs a whole world: all of them in the long run, every third here.
      const stride = soak ? 1 : 3;
      let cuts = 0;
      for (let at = 1; ; at += stride) {
        const reached = await runCut(world, victim, { at, after: at % 2 === 0 });
        if (!reached) break;
        if (soak) await runCut(world, victim, { at, after: at % 2 !== 0 });
        cuts += 1;
      }
      assert.ok(cuts >= 3, `${cuts} cuts`);
    });
  }
});
