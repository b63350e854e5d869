/** Power cuts, kills and failing syncs at every operation: nothing acknowledged is lost, nothing is half there. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeHash } from '@dsm/node';
import { installHash } from '@dsm/primitive';
import { cutEverywhere, ends, playSeeds } from './cut-scene.ts';

installHash(nativeHash);

const seeds = 150;

test(`${seeds} seeds of lives that are cut short anywhere`, async () => {
  assert.ok((await playSeeds(0, seeds)) > seeds * 40);
});

for (const end of ends) {
  test(`${end} at operations of a life, recovery among them, one in eleven`, () =>
    cutEverywhere(end, 11));
}
