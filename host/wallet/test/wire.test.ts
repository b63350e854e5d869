/** Wires that lose, repeat, swap, cut and change messages: no crash, no second effect, no loss. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preparedWorld } from './cut-flows.ts';
import { oneWire, wires } from './wire-cases.ts';

const prepared = preparedWorld();
const first = Number(process.env['SEED'] ?? 1) * 1_000;

for (const [name, rates] of Object.entries(wires)) {
  test(`a wire that ${name}: both agree after a clean meeting`, async () => {
    let paid = 0;
    for (let seed = first; seed < first + 6; seed++)
      paid += await oneWire(await prepared, seed, rates);
    assert.ok(paid < 18, 'the wire does its harm');
  });
}
