/** A change of keys, cut before and after each of its effects. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutRotations } from './rotation-cuts.ts';

for (const after of [false, true]) {
  test(`a change of keys that is cut ${after ? 'after' : 'before'} any effect is continued, or never was`, async (t) => {
    const run = await cutRotations();
    let cuts = 0;
    while (await run({ at: cuts + 1, after })) cuts += 1;
    t.diagnostic(`${cuts} cut points`);
    assert.ok(cuts >= 5, 'a change of keys has effects to cut');
  });
}
