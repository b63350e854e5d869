/** The vote map of a closed version over many slots: its pages come to its root, whatever came later. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  fallsTo,
  firstRegistry,
  votePage,
  voteMapRoot,
  voteRowDigest,
  voteRowKey,
  type Stood,
  type VoteRow,
} from '@dsm/availability';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import type { Engine, EngineWrite } from '@dsm/ports';
import { filled } from '@dsm/ports/conformance';
import {
  address,
  compare,
  encodeWith,
  equal,
  groupIndexOf,
  limits,
  slotKey,
  u32,
  type Registry,
  type SlotPlace,
} from '@dsm/primitive';
import { encodeSlotRow, shelves } from '../src/rows.ts';
import { closedMap, pageOf, votedSlots } from '../src/vote-map.ts';

installNative();

const count = 3_000;

function registryOf(nodes: number, version: number): Registry {
  const cards = Array.from({ length: nodes }, (_, i) => ({
    suite: 1 as const,
    id: filled(i + 1),
    voteKey: new Uint8Array(1_952).fill(i + 1),
    address: `node-${i}`,
    capacityBytes: 1_000,
  }));
  const registry = firstRegistry({ network: filled(42), nodes: cards })!;
  // Both are of one lineage, so that a slot keeps its group.
  return { ...registry, first: filled(9), version };
}

const [before, after] = [registryOf(8, 4), registryOf(12, 5)];

function placeOf(number: number): SlotPlace {
  return { kind: 1, writer: filled(7), position: address(encodeWith(u32, number)) };
}

/** A row as a node keeps it; what its writer has signed is not looked at here. */
function rowOf(number: number, history: readonly Stood[]): EngineWrite {
  const place = placeOf(number);
  const values = history
    .flatMap((one) => one.values)
    .map((value) => ({
      value,
      hints: [],
      authorisation: {
        suite: 1 as const,
        publicKey: new Uint8Array(1_952),
        body: filled(1),
        path: [],
        signature: new Uint8Array(3_309),
        backing: undefined,
      },
    }));
  const state = { place, vote: undefined, values };
  const value = encodeSlotRow({ state, standing: 1, history });
  return { shelf: shelves.slots, key: slotKey(place), value };
}

async function filledEngine(): Promise<Engine> {
  const engine = memoryEngine();
  const numbers = Array.from({ length: count }, (_, i) => i);
  await engine.commit(
    numbers.map((i) => rowOf(i, [{ version: 1 + (i % 6), values: [filled(i % 251)] }])),
  );
  return engine;
}

test('the slots of a map are those of the group that stood by then, each once, ascending', async () => {
  const engine = await filledEngine();
  for (const group of [0, 1]) {
    const keys: Uint8Array[] = [];
    for await (const { key } of votedSlots(engine, before, group)) keys.push(key);
    const expected = Array.from({ length: count }, (_, i) => i)
      .filter((i) => 1 + (i % 6) <= before.version)
      .map((i) => slotKey(placeOf(i)))
      .filter((key) => groupIndexOf(before, key) === group)
      .toSorted(compare);
    assert.deepEqual(keys, expected);
  }
});

test('pages come to the root that is closed, full where the asking group takes over', async () => {
  const engine = await filledEngine();
  const closed = await closedMap(engine, before, 0);
  for (const asking of [0, 1, 2]) {
    const rows: VoteRow[] = [];
    let pages = 0;
    let start: Uint8Array | undefined;
    for (let isLast = false; !isLast; pages++) {
      const asked = { registry: before, group: 0, next: after, asking, after: start };
      const page = await pageOf(engine, asked);
      assert.ok(encodeWith(votePage, page).length <= limits.objectBytesMax);
      rows.push(...page.rows);
      isLast = page.last === 1;
      start = voteRowKey(page.rows.at(-1)!);
    }
    const leaves = rows.map((row) => ({ key: voteRowKey(row), value: voteRowDigest(row) }));
    assert.deepEqual(voteMapRoot(leaves), closed.root);
    assert.equal(rows.length, closed.slots);
    const full = rows.filter(({ type }) => type === 'values');
    assert.equal(full.length, rows.filter((row) => fallsTo(after, asking, voteRowKey(row))).length);
    assert.ok(asking === 1 ? full.length === 0 : full.length > 0);
    assert.ok(asking === 0 ? pages > 3 : pages >= 1);
  }
});

test('what is written under later versions changes no closed map', async () => {
  const engine = await filledEngine();
  const closed = await closedMap(engine, before, 0);
  const later = Array.from({ length: count }, (_, i) => i).filter((i) => 1 + (i % 6) <= 4);
  await engine.commit(
    later.map((i) =>
      rowOf(i, [
        { version: 1 + (i % 6), values: [filled(i % 251)] },
        { version: 5, values: [filled(252)] },
      ]),
    ),
  );
  await engine.commit([rowOf(count, [{ version: 5, values: [filled(1)] }])]);
  const again = await closedMap(engine, before, 0);
  assert.ok(equal(again.root, closed.root) && again.slots === closed.slots);
});
