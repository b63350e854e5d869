/** A small city, cheats included: value is conserved, and losses are proved. */

import { test } from 'node:test';
import { cityHolds } from './city-rules.ts';

for (const seed of [1, 2, 3]) {
  test(`seven honest devices and two cheats, seed ${seed}: nothing is made of nothing`, (t) =>
    cityHolds(t, { honest: 7, cheats: 2, turns: 120, seed }));
}
