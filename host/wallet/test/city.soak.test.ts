/** A city of fifty devices, eight of them cheats in several copies. */

import { test } from 'node:test';
import { cityHolds } from './city-rules.ts';

for (const seed of [11, 12]) {
  test(`forty-two honest devices and eight cheats, seed ${seed}: nothing is made of nothing`, (t) =>
    cityHolds(t, { honest: 42, cheats: 8, turns: 1_500, seed }));
}
