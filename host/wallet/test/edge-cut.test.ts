/** What happens on an edge, cut before each effect: all of it or nothing, and nobody is stuck. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { met, preparedWorld, runCut, type Flow, type Stage } from './cut-flows.ts';
import { call, copyWorld, networkIn, walletIn, type World } from './world.ts';

/** The prepared world, and ten set apart in each direction, three of which Maya has paid. */
async function worldWithEdge(): Promise<World> {
  const world = copyWorld(await preparedWorld());
  const network = await networkIn(world);
  const maya = await walletIn(network, world.devices.get('maya')!, 'Maya');
  const cafe = await walletIn(network, world.devices.get('cafe')!, 'Cafe');
  await maya.contact('Cafe').fund('ERA', 10n);
  await cafe.contact('Maya').fund('ERA', 10n);
  await Promise.all([maya.sync(), cafe.sync()]);
  const { relationship, over } = await call(maya, cafe);
  await (await relationship).pay({ ERA: 3n, over: 'edge' });
  await (await relationship).close();
  await over;
  await Promise.all([maya.close(), cafe.close()]);
  return world;
}

const prepared = worldWithEdge();

const flows: readonly Flow[] = (['maya', 'cafe'] as const).flatMap((victim) => [
  {
    name: `funding over a connection, ${victim} dies`,
    victim,
    act: (stage: Stage) => met(stage, (toCafe) => toCafe.fund('ERA', 20n)),
  },
  {
    name: `paying over the edge, ${victim} dies`,
    victim,
    act: (stage: Stage) => met(stage, (toCafe) => toCafe.pay({ ERA: 4n, over: 'edge' })),
  },
  {
    name: `paying over the edge to one who is off, ${victim} dies`,
    victim,
    act: async ({ maya, cafe }: Stage) => {
      await maya.contact('Cafe').pay({ ERA: 4n, over: 'edge' });
      await cafe.sync();
    },
  },
  {
    name: `leaving and collecting, ${victim} dies`,
    victim,
    rounds: 2,
    act: async ({ maya, cafe }: Stage) => {
      await cafe.contact('Maya').exit('ERA');
      await maya.sync();
    },
  },
]);

for (const flow of flows) {
  test(`${flow.name}: any cut leaves all of it or nothing`, async (t) => {
    const world = await prepared;
    let cuts = 0;
    while ((await runCut(world, flow, { at: cuts + 1, after: false })).reached) cuts += 1;
    t.diagnostic(`${cuts} cut points`);
    assert.ok(cuts >= 3, 'the flow has effects to cut');
  });
}
