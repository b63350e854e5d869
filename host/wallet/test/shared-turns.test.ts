/**
 * Shared state over a while: two wallets act, meet, sync, pay and start again in an order that a seed
 * draws. What a wallet follows is at any time what it would read anew, and in the end both agree.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededEntropy } from '@dsm/memory';
import type { Shared, Wallet } from '../src/index.ts';
import { add, drop, listApp, type Said, type Words } from './list-app.ts';
import { market, met, opened, type Stall, type Market } from './market.ts';

interface Side {
  readonly stall: Stall;
  readonly other: string;
  wallet: Wallet;
  list: Shared<Words, Said>;
}

type Name = 'maya' | 'cafe';

const others = { maya: 'Cafe', cafe: 'Maya' } as const;

async function sideOf({ network, stalls }: Market, name: Name, wallet?: Wallet): Promise<Side> {
  const [stall, other] = [stalls[name], others[name]];
  const open = wallet ?? (await opened(network, stall));
  return { stall, other, wallet: open, list: await open.contact(other).shared(listApp().app) };
}

/** Close the wallet and open it again: the state is found once more, from the store alone. */
async function startAgain(all: Market, name: Name, side: Side): Promise<Side> {
  const followed = [side.list.state(), await side.list.history()];
  await side.wallet.close();
  const again = await sideOf(all, name);
  assert.deepEqual([again.list.state(), await again.list.history()], followed);
  return again;
}

/** One turn of one side. An operation that its reducer does not take just then is a turn, too. */
async function acted(side: Side, below: (bound: number) => number): Promise<void> {
  const words = side.list.state();
  const word = (): Said =>
    below(2) === 0 && words.length > 0
      ? drop(words[below(words.length)]!.word)
      : add(`word ${below(40)}`);
  const said = Array.from({ length: 1 + below(2) }, word);
  const options = below(5) === 0 ? { pay: { ERA: 1n } } : {};
  await side.list.actAll(said, options).catch((error: unknown) => {
    const { code } = error as { code?: string };
    assert.ok(code === 'refused' || code === 'insufficient-funds', String(error));
  });
}

for (const seed of [1, 2, 3]) {
  test(`turns drawn by seed ${seed}`, async (t) => {
    const entropy = seededEntropy(`shared turns ${process.env['SEED'] ?? ''} ${seed}`);
    const below = (bound: number): number =>
      new DataView(entropy.bytes(4).buffer).getUint32(0) % bound;
    const all = await market();
    const sides = {
      maya: await sideOf(all, 'maya', all.maya),
      cafe: await sideOf(all, 'cafe', all.cafe),
    };
    for (let turn = 0; turn < 150; turn++) {
      const name = below(2) === 0 ? 'maya' : 'cafe';
      const { maya, cafe } = sides;
      const what = below(10);
      if (what === 0) sides[name] = await startAgain(all, name, sides[name]);
      else if (what === 1) await sides[name].wallet.sync();
      else if (what === 2) await met(maya.wallet, cafe.wallet);
      else if (what === 3) {
        await met(maya.wallet, cafe.wallet, () =>
          Promise.all([acted(maya, below), acted(cafe, below), acted(maya, below)]),
        );
      } else await acted(sides[name], below);
    }
    await met(sides.maya.wallet, sides.cafe.wallet);
    assert.deepEqual(sides.maya.list.state(), sides.cafe.list.state());
    const order = async ({ list }: Side): Promise<unknown> =>
      (await list.history()).map((act) => ({ ...act, settled: true }));
    assert.deepEqual(await order(sides.maya), await order(sides.cafe));
    const history = await sides.maya.list.history();
    const crossed = history.filter(({ outcome }) => outcome === 'refused').length;
    const paid = history.filter(({ given }) => given.length > 0).length;
    t.diagnostic(`${history.length} acts, ${crossed} refused for what crossed them, ${paid} paid`);
    assert.ok(history.length > 30 && crossed > 0 && paid > 0);
    for (const name of ['maya', 'cafe'] as const) await startAgain(all, name, sides[name]);
  });
}
