/** A change of keys, cut around the commit that puts them in force. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cutRotations } from './rotation-cuts.ts';

test('a change of keys happens in one commit: cut before it nothing has happened, after it all the rest follows', async () => {
  const run = await cutRotations();
  assert.ok(await run({ at: 1, after: false }));
  assert.ok(await run({ at: 1, after: true }));
  assert.ok(await run({ at: 3, after: true }));
});
