/** An examination names every damaged record; objects may be dropped, slots never are. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryEngine } from '@dsm/memory';
import { installNative } from '@dsm/node';
import { StoreError, type Engine } from '@dsm/ports';
import { slotAuthor } from '@dsm/ports/conformance';
import { address, keyOf, slotKey } from '@dsm/primitive';
import { examineNode, shelves } from '../src/index.ts';
import { network, oneNode } from './one-node.ts';

installNative();

const author = slotAuthor(network, 1);

async function filledEngine(): Promise<Engine> {
  const engine = memoryEngine();
  const { node } = await oneNode(1 << 20, engine);
  for (let i = 0; i < 20; i++) await node.putObject(new Uint8Array(i));
  for (const position of [1, 2, 3]) await node.writeSlot(author.encoded(position, 9));
  return engine;
}

test('what is whole is found whole', async () => {
  const engine = await filledEngine();
  assert.deepEqual(await examineNode(engine), {
    objects: 20,
    slots: 3,
    damage: [],
    isCounted: true,
    dropped: 0,
  });
});

test('wrong and unreadable records are named; only objects are dropped', async () => {
  const engine = await filledEngine();
  const [object, rotten] = [5, 6].map((length) => address(new Uint8Array(length)));
  const [slot, other] = [1, 2].map((position) => slotKey(author.place(position)));
  const row = await engine.get(shelves.slots, other!);
  await engine.commit([
    { shelf: shelves.objects, key: object!, value: new Uint8Array(7) },
    { shelf: shelves.slots, key: slot!, value: row },
  ]);
  const failing: Engine = {
    ...engine,
    get: async (shelf, key) => {
      if (keyOf(key) === keyOf(rotten!)) throw new StoreError('rotten', 'the checksum differs');
      return engine.get(shelf, key);
    },
  };
  const found = await examineNode(failing);
  const byKey = new Map(found.damage.map(({ key, kind, type }) => [keyOf(key), `${kind} ${type}`]));
  assert.equal(byKey.get(keyOf(object!)), 'object wrong');
  assert.equal(byKey.get(keyOf(rotten!)), 'object unreadable');
  assert.equal(byKey.get(keyOf(slot!)), 'slot wrong');
  assert.equal(byKey.size, 3);
  const mended = await examineNode(failing, { dropObjects: true });
  assert.equal(mended.dropped, 2);
  const after = await examineNode(engine);
  assert.deepEqual([after.objects, after.slots, after.damage.length], [18, 3, 1]);
});

test('a count that is not what is there is noticed; an engine that is gone rejects', async () => {
  const engine = await filledEngine();
  const miscounting: Engine = {
    ...engine,
    totals: (shelf) => ({ ...engine.totals(shelf), records: 1 }),
  };
  assert.equal((await examineNode(miscounting)).isCounted, false);
  const gone: Engine = {
    ...engine,
    get: () => Promise.reject(new StoreError('lost', 'the disk is gone')),
  };
  await assert.rejects(examineNode(gone), StoreError);
});
