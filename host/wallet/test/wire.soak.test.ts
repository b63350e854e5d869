/** Many more wires that misbehave, and crossing payments over each. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { preparedWorld } from './cut-flows.ts';
import { oneWire, wires } from './wire-cases.ts';

const prepared = preparedWorld();
const first = Number(process.env['SEED'] ?? 1) * 1_000 + 100;

for (const [name, rates] of Object.entries(wires)) {
  test(`a wire that ${name}, over many seeds`, async () => {
    let paid = 0;
    for (let seed = first; seed < first + 100; seed++)
      paid += await oneWire(await prepared, seed, rates);
    assert.ok(paid < 300, 'the wire does its harm');
  });
}
