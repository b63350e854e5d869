/** A recovery that is cut at every effect, before and after it, goes on to the same result. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostPhone, runRecovery } from './recovery-cuts.ts';

for (const after of [false, true]) {
  test(`a recovery that is cut ${after ? 'after' : 'before'} any effect goes on to the same result`, async (t) => {
    const from = await lostPhone();
    let cuts = 0;
    while (await runRecovery(from, { at: cuts + 1, after })) cuts += 1;
    t.diagnostic(`${cuts} cut points`);
    assert.ok(cuts >= 30, 'a recovery has effects to cut');
  });
}
