/**
 * A stream, cut before each effect of either side: what was signed is paid once, what was not never
 * was, both name the same payment, and the stream goes on from its mark.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Stream, Wallet } from '../src/index.ts';
import { met, preparedWorld, runCut, type Flow } from './cut-flows.ts';
import { call, copyWorld, networkIn, walletIn, type World } from './world.ts';

const transfers = 10;

/** Maya has set 100 apart for the cafe, which takes six of them unsigned. */
async function fundedWorld(): Promise<World> {
  const world = copyWorld(await preparedWorld());
  const network = await networkIn(world);
  const maya = await walletIn(network, world.devices.get('maya')!, 'Maya');
  const cafe = await walletIn(network, world.devices.get('cafe')!, 'Cafe');
  const { relationship, over } = await call(maya, cafe);
  const toCafe = await relationship;
  await toCafe.fund('ERA', 100n);
  await toCafe.close();
  await over;
  await cafe.setUnsignedMax('ERA', 6n);
  await Promise.all([maya.sync(), cafe.sync()]);
  await Promise.all([maya.close(), cafe.close()]);
  return world;
}

/** Transfer number n is of n units, so that a repeat or a loss shows in the sum. */
async function goOn(stream: Stream): Promise<void> {
  for (let n = stream.signed.transfers + 1; n <= transfers; n++) await stream.send(BigInt(n));
  await stream.close();
}

function sumTo(count: number): bigint {
  return BigInt((count * (count + 1)) / 2);
}

async function wholeAtLast(maya: Wallet, cafe: Wallet): Promise<void> {
  const signed = 100n - maya.contact('Cafe').edge('ERA').mine;
  const counts = Array.from({ length: transfers + 1 }, (_, n) => n);
  assert.ok(counts.map(sumTo).includes(signed), `${signed} is a sum of the first transfers`);
  assert.equal(cafe.contact('Maya').edge('ERA').mine, signed);
  const { relationship, over } = await call(maya, cafe);
  await goOn(await (await relationship).stream({ token: 'ERA', every: { count: 3 } }));
  await (await relationship).close();
  await over;
  assert.equal(cafe.contact('Maya').edge('ERA').mine, sumTo(transfers));
  const [payment, ...others] = cafe.history().filter((one) => one.over === 'edge');
  assert.equal(others.length, 0);
  assert.deepEqual([payment!.amount, payment!.transfers], [sumTo(transfers), transfers]);
}

const prepared = fundedWorld();

for (const victim of ['maya', 'cafe'] as const) {
  const flow: Flow = {
    name: `stream, ${victim} dies`,
    victim,
    act: (stage) =>
      met(stage, async (toCafe) =>
        goOn(await toCafe.stream({ token: 'ERA', every: { count: 3 } })),
      ),
    holds: wholeAtLast,
  };
  test(`${flow.name}: any cut loses and repeats nothing that was signed`, async (t) => {
    const world = await prepared;
    for (const after of [false, true]) {
      let cuts = 0;
      while ((await runCut(world, flow, { at: cuts + 1, after })).reached) cuts += 1;
      t.diagnostic(`${cuts} cut points, ${after ? 'after' : 'before'} the effect`);
      assert.ok(cuts >= 10, 'the flow has effects to cut');
    }
  });
}
