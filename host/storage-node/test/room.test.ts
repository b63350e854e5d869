/** Admission is exact also in a burst, whenever the engine counts what is under way. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordSize } from '@dsm/availability';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { NodeError, type Engine } from '@dsm/ports';
import { oneNode } from './one-node.ts';

installNative();

const objectBytes = 1_000;
const places = 50;
/** Nineteen parts of twenty are for objects. */
const capacity = Math.ceil((places * recordSize(objectBytes) * 20) / 19);

/** An engine that counts a commit only when it is over. */
function countsLate(): Engine {
  const engine = memoryEngine();
  const totals = new Map<number, ReturnType<Engine['totals']>>();
  return {
    ...engine,
    totals: (shelf) => totals.get(shelf) ?? { records: 0, bytes: 0 },
    commit: async (writes) => {
      await engine.commit(writes);
      for (const { shelf } of writes) totals.set(shelf, engine.totals(shelf));
    },
  };
}

for (const [name, engine] of [
  ['at once', memoryEngine],
  ['late', countsLate],
] as const) {
  test(`a burst fills the node to the last object, with an engine that counts ${name}`, async () => {
    const { node } = await oneNode(capacity, engine());
    const puts = Array.from({ length: 2 * places }, async (_, i) => {
      try {
        await node.putObject(new Uint8Array(objectBytes).fill(i));
        return true;
      } catch (error) {
        assert.ok(error instanceof NodeError && error.code === 'full');
        return false;
      }
    });
    const kept = (await Promise.all(puts)).filter(Boolean);
    assert.equal(kept.length, places);
    assert.equal(node.metrics().usedBytes, places * recordSize(objectBytes));
  });
}
