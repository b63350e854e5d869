/** A recovery that is cut at some of its effects goes on to the same result; at all of them: the soak. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lostPhone, runRecovery } from './recovery-cuts.ts';

/** The soak takes every cut. */
const stride = 9;

for (const after of [false, true]) {
  test(`a recovery that is cut ${after ? 'after' : 'before'} an effect goes on to the same result`, async (t) => {
    const from = await lostPhone();
    let cuts = 0;
    while (await runRecovery(from, { at: 1 + cuts * stride, after })) cuts += 1;
    t.diagnostic(`${cuts} cut points, of ${cuts * stride}`);
    assert.ok(cuts >= 4, 'a recovery has effects to cut');
  });
}
