/** Power cuts, kills and failing syncs at every operation: nothing acknowledged is lost, nothing is half there. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nativeHash } from '@dsm/node';
import { installHash } from '@dsm/primitive';
import { play, randomScene } from './cut-scene.ts';

installHash(nativeHash);

const seeds = 300;

test(`${seeds} seeds of lives that are cut short anywhere`, async () => {
  let acknowledged = 0;
  for (let seed = 1; seed <= seeds; seed++) {
    try {
      acknowledged += (await play(randomScene(seed))).acknowledged;
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  assert.ok(acknowledged > seeds * 40);
});
