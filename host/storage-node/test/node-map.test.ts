/** A node's map is always the map of what stands in the engine, whatever is written, fails or ends. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recordSize, subtree, type MapName, type SumEntry } from '@dsm/availability';
import { memoryEngine, memoryEnginePlace, type MemoryEnginePlace } from '@dsm/memory';
import { installNative } from '@dsm/node';
import type { Engine } from '@dsm/ports';
import { compare, hash } from '@dsm/primitive';
import fc from 'fast-check';
import { changesOf } from '../src/changes.ts';
import { nodeMap, type NodeMap } from '../src/node-map.ts';

installNative();

const bits = 9;
const maps: readonly MapName[] = [1, 2];

interface Running {
  readonly bare: Engine;
  readonly engine: Engine;
  readonly map: NodeMap;
}

async function running(
  place: MemoryEnginePlace,
  isFull: () => boolean = () => false,
): Promise<Running> {
  const bare = memoryEngine({ place, isFull });
  const changes = await changesOf(bare);
  return { bare, engine: changes.engine, map: await nodeMap(changes, bits) };
}

function keyAt(number: number): Uint8Array {
  return hash('seal', Uint8Array.of(number));
}

async function moved({ engine, map }: Running): Promise<void> {
  for (const name of maps) await map.refresh(name);
  const { writes, undo } = map.advance();
  try {
    await engine.commit(writes);
  } catch {
    undo();
  }
}

async function assertWhole({ bare, map }: Running): Promise<void> {
  for (const name of maps) {
    const all: SumEntry[] = [];
    for await (const { key, size } of bare.entries(name, keyAt(0), 0)) {
      all.push({ key, size: recordSize(size) });
    }
    const expected = subtree(
      all.toSorted((a, b) => compare(a.key, b.key)),
      0,
    );
    assert.deepEqual(map.forest(name).root(), expected);
  }
}

const actions = fc.array(
  fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('write' as const),
        shelf: fc.constantFrom(0, 1, 2, 3),
        number: fc.nat(60),
        size: fc.option(fc.nat(40), { nil: undefined }),
        isFull: fc.boolean(),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ type: fc.constant('move' as const), isFull: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('crash' as const) }) },
  ),
  { maxLength: 60 },
);

test('after any writes, full disks and crashes the roots are those of the engine', async () => {
  await fc.assert(
    fc.asyncProperty(actions, async (all) => {
      const place = memoryEnginePlace();
      let isFull = false;
      let node = await running(place, () => isFull);
      for (const action of all) {
        isFull = action.type !== 'crash' && action.isFull;
        if (action.type === 'write') {
          const value = action.size === undefined ? undefined : new Uint8Array(action.size);
          const write = { shelf: action.shelf, key: keyAt(action.number), value };
          await node.engine.commit([write]).catch(() => undefined);
        } else if (action.type === 'move') {
          await moved(node);
          if (!isFull) await assertWhole(node);
        } else {
          // Nothing is told to the old one: its memory is gone.
          place.held = false;
          node = await running(place, () => isFull);
        }
      }
      isFull = false;
      await moved(node);
      await assertWhole(node);
    }),
    { numRuns: 60 },
  );
});

test('a start reads only the slices that changed since the map was saved', async () => {
  const place = memoryEnginePlace();
  const first = await running(place);
  for (let i = 0; i < 200; i++) {
    await first.engine.commit([{ shelf: 1, key: keyAt(i), value: new Uint8Array(i) }]);
  }
  await moved(first);
  await first.engine.commit([{ shelf: 1, key: keyAt(7), value: undefined }]);
  place.held = false;
  const listed: number[] = [];
  const bare = memoryEngine({ place });
  const watched: Engine = {
    ...bare,
    entries: (shelf, prefix, count) => {
      listed.push(prefix[0]!);
      return bare.entries(shelf, prefix, count);
    },
  };
  const changes = await changesOf(watched);
  const again = { bare, engine: changes.engine, map: await nodeMap(changes, bits) };
  await moved(again);
  await assertWhole(again);
  const slice = keyAt(7)[0]!;
  assert.deepEqual(listed, [slice, slice], 'both buckets of that slice, and none beside');
});

test('writes that are under way end before their bucket is read, later ones wait', async () => {
  const place = memoryEnginePlace();
  const bare = memoryEngine({ place });
  const order: string[] = [];
  const slow: Engine = {
    ...bare,
    commit: async (writes) => {
      order.push('commit');
      await bare.commit(writes);
      order.push('durable');
    },
  };
  const changes = await changesOf(slow);
  const key = keyAt(1);
  const bucket = { shelf: 1, bits: 8, bucket: key[0]! } as const;
  const write = (value: Uint8Array): Promise<void> =>
    changes.engine.commit([{ shelf: 1, key, value }]);
  const before = write(new Uint8Array(1));
  const read = changes.still(bucket, async () => {
    order.push('read');
    await Promise.resolve();
    order.push('has read');
  });
  await Promise.resolve();
  const after = write(new Uint8Array(2));
  await Promise.all([before, read, after]);
  assert.deepEqual(order, ['commit', 'durable', 'read', 'has read', 'commit', 'durable']);
  assert.deepEqual(changes.within(1, key[0]!, 8), [bucket.bucket], 'the later one counts');
});

test('an engine that was written before there was a map is read once in whole', async () => {
  const place = memoryEnginePlace();
  const old = memoryEngine({ place });
  for (let i = 0; i < 50; i++) {
    await old.commit([{ shelf: 1, key: keyAt(i), value: new Uint8Array(i) }]);
  }
  place.held = false;
  const node = await running(place);
  await moved(node);
  await assertWhole(node);
});
