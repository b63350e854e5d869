/** A disk that is full at any commit: it is said, nothing is half done, and it goes on with space. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryStore } from '@dsm/memory';
import { preparedWorld, settleAndJudge } from './cut-flows.ts';
import { add, listApp } from './list-app.ts';
import { met } from './market.ts';
import { statements } from './statements.ts';
import { copyWorld, networkIn, walletIn } from './world.ts';

const prepared = preparedWorld();

const acts = {
  'pay offline': ['maya', 'cafe'],
  'pay online': ['maya', 'cafe'],
  load: ['maya'],
  mint: ['maya'],
  'say to an app': ['maya', 'cafe'],
} as const;

for (const [act, victims] of Object.entries(acts)) {
  for (const victim of victims) {
    test(`${act}, the disk of ${victim} is full at every commit in turn`, async () => {
      let full = 0;
      while (await isFullAt(act as keyof typeof acts, victim, full + 1)) full += 1;
      assert.ok(full >= 2, 'there are commits to refuse');
    });
  }
}

/** True if there were so many commits. */
async function isFullAt(
  act: keyof typeof acts,
  victim: 'maya' | 'cafe',
  at: number,
): Promise<boolean> {
  const world = copyWorld(await prepared);
  const network = await networkIn(world);
  const said = statements();
  let [commits, isFull] = [0, false];
  const store = memoryStore({
    place: world.devices.get(victim)!,
    isFull: () => {
      commits += 1;
      isFull ||= commits === at;
      return isFull;
    },
  });
  const open = (name: 'maya' | 'cafe'): ReturnType<typeof walletIn> =>
    walletIn(network, world.devices.get(name)!, name, {
      statements: said,
      ...(name === victim ? { store } : {}),
    });
  const [maya, cafe] = [await open('maya'), await open('cafe')];
  const outcomes = {
    'pay offline': () => met(maya, cafe, (to) => to.pay({ ERA: 9n, over: 'offline' })),
    'pay online': async () => {
      await maya.contact('Cafe').pay({ ERA: 9n, over: 'online' });
      await cafe.sync();
    },
    load: () => maya.load('ERA', 10n),
    mint: () => maya.mint('ERA', 500n),
    'say to an app': async () => {
      const mine = await maya.contact('Cafe').shared(listApp().app);
      await met(maya, cafe, () => mine.act(add('tea')));
    },
  };
  const code = await outcomes[act]().then(
    () => 'done',
    (error: { code?: string }) => error.code,
  );
  const was = isFull;
  if (was && (victim === 'maya' || act === 'pay online')) {
    assert.ok(code === 'full' || code === 'done', `the owner was told ${String(code)}`);
  }
  [isFull, commits] = [false, Number.NEGATIVE_INFINITY];
  const sums = act === 'mint' ? { minted: [1_000n, 1_500n] } : {};
  const holds = async (): Promise<void> => {
    const { app } = listApp();
    const theirs = await cafe.contact('Maya').shared(app);
    assert.deepEqual((await maya.contact('Cafe').shared(app)).state(), theirs.state());
  };
  await settleAndJudge(maya, cafe, { ...sums, holds }, said);
  return was;
}
