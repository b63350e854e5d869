/** Ten thousand seeds of power cuts, kills and failing syncs. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeHash } from '@dsm/node';
import { installHash } from '@dsm/primitive';
import { cutEverywhere, ends, playSeeds } from './cut-scene.ts';

installHash(nativeHash);

const seeds = 10_000;

test(`${seeds} seeds of lives that are cut short anywhere`, async () => {
  assert.ok((await playSeeds(1_000, seeds)) > seeds * 40);
});

for (const end of ends) {
  test(`${end} at every operation of a life, recovery among them`, () => cutEverywhere(end, 1));
}
