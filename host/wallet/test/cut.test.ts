/** Every flow, cut before each of its effects: it completed or never was, and nobody is stuck. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flows, ownFlows, preparedWorld, runCut } from './cut-flows.ts';

const prepared = preparedWorld();

for (const flow of [...flows, ...ownFlows]) {
  test(`${flow.name}: any cut leaves all of it or nothing`, async (t) => {
    const world = await prepared;
    let cuts = 0;
    while ((await runCut(world, flow, { at: cuts + 1, after: false })).reached) cuts += 1;
    t.diagnostic(`${cuts} cut points`);
    assert.ok(cuts >= 5, 'the flow has effects to cut');
  });
}
