/** The journal: what is written is noted in the same commit, and a look sees one moment. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memoryPlace, memoryStore } from '@dsm/memory';
import { firstState, capsuleState } from '@dsm/identity';
import { journalPrefix, keysIn, stateKey } from '../src/capsule-rows.ts';
import { journalOf, type Journal } from '../src/journal.ts';

const at = (...bytes: number[]): Uint8Array => Uint8Array.of(...bytes);
const put = (table: number, value = 1): { key: Uint8Array; value: Uint8Array } => ({
  key: at(table, 7),
  value: at(value),
});

async function begun(): Promise<Journal> {
  const store = memoryStore();
  await store.commit([{ key: stateKey, value: capsuleState.encode(firstState(0)) }]);
  return journalOf(store);
}

function notedIn({ still }: Journal): Promise<readonly number[][]> {
  return still(async (store) => {
    const rows = await store.scan(journalPrefix);
    return rows.map(([, value]) => keysIn(value).map((key) => key[0]!));
  });
}

test('nothing is noted while there are no capsules', async () => {
  const journal = await journalOf(memoryStore());
  await journal.store.commit([put(8)]);
  assert.deepEqual(await notedIn(journal), []);
  journal.begin();
  await journal.store.commit([put(8)]);
  assert.deepEqual(await notedIn(journal), [[8]]);
});

test('each commit is noted with what it writes, but not what no capsule holds', async () => {
  const journal = await begun();
  await journal.store.commit([put(8), put(9), put(0x11)]);
  await journal.store.commit([put(0x11), put(0x30), put(0x32)]);
  await journal.store.commit([{ key: at(8, 7), value: undefined }]);
  assert.deepEqual(await notedIn(journal), [[8, 9], [8]]);
});

test('a commit that fails notes nothing', async () => {
  const place = memoryPlace();
  const store = memoryStore({ place, isFull: (writes) => writes.some(({ key }) => key[0] === 9) });
  await store.commit([{ key: stateKey, value: capsuleState.encode(firstState(0)) }]);
  const journal = await journalOf(store);
  await assert.rejects(journal.store.commit([put(8), put(9)]), { code: 'full' });
  assert.deepEqual(await notedIn(journal), []);
  await journal.store.commit([put(8)]);
  assert.deepEqual(await notedIn(journal), [[8]]);
});

test('what is opened again goes on after the last number', async () => {
  const place = memoryPlace();
  const first = memoryStore({ place });
  await first.commit([{ key: stateKey, value: capsuleState.encode(firstState(0)) }]);
  const journal = await journalOf(first);
  await journal.store.commit([put(8)]);
  await journal.store.close();
  const again = await journalOf(memoryStore({ place }));
  await again.store.commit([put(9)]);
  assert.deepEqual(await notedIn(again), [[8], [9]]);
});

test('while somebody looks, nothing is written and nothing is half written', async () => {
  const journal = await begun();
  const seen: (number | undefined)[] = [];
  const early = journal.store.commit([put(8, 1)]);
  const look = journal.still(async (store) => {
    seen.push((await store.get(at(8, 7)))?.[0]);
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    seen.push((await store.get(at(8, 7)))?.[0], (await store.get(at(9, 7)))?.[0]);
  });
  const late = journal.store.commit([put(8, 2), put(9, 2)]);
  const read = journal.store.get(at(9, 7));
  await Promise.all([early, look, late]);
  assert.deepEqual(seen, [1, 1, undefined]);
  assert.equal((await read)?.[0], 2, 'whoever asks after a commit sees it');
});

test('many keys of one commit are noted in several rows', async () => {
  const journal = await begun();
  const writes = Array.from({ length: 5_000 }, (_, i) => ({
    key: at(8, i >> 8, i & 255),
    value: at(1),
  }));
  await journal.store.commit(writes);
  const noted = await notedIn(journal);
  assert.deepEqual(
    noted.map(({ length }) => length),
    [4_096, 904],
  );
});
