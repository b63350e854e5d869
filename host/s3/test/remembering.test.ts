/** A shelf that remembers says what the shelf behind it says, asks it less, and keeps no more than it may. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { StoreError } from '@dsm/ports';
import { memoryShelf, type SegmentShelf } from '@dsm/segment-log';
import { remembering } from '@dsm/s3';

const blockBytes = 16;

interface Watched extends SegmentShelf {
  readonly reads: (readonly [offset: number, length: number])[];
}

function watched(shelf: SegmentShelf = memoryShelf()): Watched {
  const reads: (readonly [number, number])[] = [];
  return {
    ...shelf,
    reads,
    get: async (name, offset, length) => {
      reads.push([offset, length]);
      return shelf.get(name, offset, length);
    },
  };
}

function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}

test('it answers as the shelf behind it, whatever is asked in whatever order', async () => {
  const step = fc.record({
    name: fc.constantFrom('a', 'b'),
    act: fc.constantFrom('put', 'get', 'get', 'get', 'remove'),
    size: fc.nat(100),
    offset: fc.nat(110),
    length: fc.nat(60),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 4 }),
      async (steps, blocks) => {
        const plain = memoryShelf();
        const shelf = remembering(plain, { blockBytes, bytesMax: blocks * blockBytes });
        for (const { name, act, size, offset, length } of steps) {
          // A name stands for one string of bytes as long as it stands for any.
          const stands = (await plain.list()).some((on) => on.name === name);
          if (act === 'put' && !stands) await shelf.put(name, counting(size));
          if (act === 'remove') await shelf.remove(name);
          if (act !== 'get') continue;
          const [expected, found] = await Promise.allSettled([
            plain.get(name, offset, length),
            shelf.get(name, offset, length),
          ]);
          assert.deepEqual(found, expected);
        }
      },
    ),
  );
});

test('what was read is not asked for again, and neighbours come along', async () => {
  const behind = watched();
  const shelf = remembering(behind, { blockBytes, bytesMax: 4 * blockBytes });
  await shelf.put('a', counting(40));
  await shelf.get('a', 20, 4);
  await shelf.get('a', 16, 16);
  await shelf.get('a', 33, 7);
  await shelf.get('a', 30, 10);
  assert.deepEqual(behind.reads, [
    [16, 16],
    [32, 8],
  ]);
});

test('readers of one moment share one request', async () => {
  const behind = watched();
  const shelf = remembering(behind, { blockBytes, bytesMax: blockBytes });
  await shelf.put('a', counting(16));
  await Promise.all(Array.from({ length: 10 }, (_, i) => shelf.get('a', i, 2)));
  assert.equal(behind.reads.length, 1);
});

test('what was read longest ago is forgotten first', async () => {
  const behind = watched();
  const shelf = remembering(behind, { blockBytes, bytesMax: 2 * blockBytes });
  await shelf.put('a', counting(48));
  for (const offset of [0, 16, 0, 32, 0, 16]) await shelf.get('a', offset, 1);
  assert.deepEqual(
    behind.reads.map(([offset]) => offset),
    [0, 16, 32, 16],
  );
});

test('a read that is longer than all that may be kept passes by', async () => {
  const behind = watched();
  const shelf = remembering(behind, { blockBytes, bytesMax: 2 * blockBytes });
  await shelf.put('a', counting(100));
  assert.deepEqual(await shelf.get('a', 1, 90), counting(100).subarray(1, 91));
  assert.deepEqual(behind.reads, [[1, 90]]);
});

test('a failure is not remembered', async () => {
  const plain = memoryShelf();
  let fails = true;
  const shelf = remembering(
    {
      ...plain,
      get: async (name, offset, length) => {
        if (fails) throw new StoreError('lost', 'away');
        return plain.get(name, offset, length);
      },
    },
    { blockBytes, bytesMax: blockBytes },
  );
  await shelf.put('a', counting(16));
  await assert.rejects(shelf.get('a', 0, 1), StoreError);
  fails = false;
  assert.deepEqual(await shelf.get('a', 0, 1), counting(1));
});

test('the caller may change what it was given', async () => {
  const shelf = remembering(memoryShelf(), { blockBytes, bytesMax: blockBytes });
  await shelf.put('a', counting(16));
  (await shelf.get('a', 0, 16)).fill(0);
  assert.deepEqual(await shelf.get('a', 0, 16), counting(16));
});

test('a memory without room for a block is a fault of the caller', () => {
  assert.throws(() => remembering(memoryShelf(), { blockBytes, bytesMax: 15 }), RangeError);
});
