/** Every flow, cut after each of its effects: what was done is known to nobody. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flows, ownFlows, preparedWorld, runCut } from './cut-flows.ts';

const prepared = preparedWorld();

for (const flow of [...flows, ...ownFlows]) {
  test(`${flow.name}: an effect that nobody learned of happened once`, async (t) => {
    const world = await prepared;
    let cuts = 0;
    while ((await runCut(world, flow, { at: cuts + 1, after: true })).reached) cuts += 1;
    t.diagnostic(`${cuts} cut points`);
    assert.ok(cuts >= 5, 'the flow has effects to cut');
  });
}
