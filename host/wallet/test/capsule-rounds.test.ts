/**
 * Rounds of capsules over a store that changes meanwhile: whenever a capsule is whole, those from its
 * base on give the rows of that moment, and nothing older is needed.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { capsule, startReading } from '@dsm/identity';
import { memoryKeystore, memoryPlace, memoryStore, type MemoryPlace } from '@dsm/memory';
import { installNative, nativeKem } from '@dsm/node';
import { portableAead } from '@dsm/portable';
import type { Store, Write } from '@dsm/ports';
import fc from 'fast-check';
import { makeCapsules } from '../src/capsule-making.ts';
import { applyCapsules, openerOf } from '../src/capsule-restoring.ts';
import { pendingPrefix } from '../src/capsule-rows.ts';
import { createWallet, localNetwork } from '../src/index.ts';
import { journalOf, type Journal } from '../src/journal.ts';
import { rowKey } from '../src/rows.ts';
import { rowsIn } from './capsule-scene.ts';

installNative();

type Maker = Parameters<typeof makeCapsules>[0];

const secret = new Uint8Array(32).fill(3);
const device = new Uint8Array(32).fill(4);
const workingKey = new Uint8Array(32).fill(5);
let drawn = 0;
const maker = {
  model: {
    row: { incarnation: 0, phase: 0 },
    card: { body: { workingKey, genesis: undefined } },
    device: { id: device },
  },
  keys: { working: () => ({ publicKey: workingKey }), capsuleSecret: secret },
  aead: portableAead,
  entropy: {
    bytes: (length: number) => {
      const bytes = new Uint8Array(length);
      new DataView(bytes.buffer).setUint32(0, (drawn += 1));
      return bytes;
    },
  },
} as unknown as Maker;

/** The row of a wallet, which a restore asks for. */
async function walletRow(): Promise<Write> {
  const place = memoryPlace();
  const [store, keystore, network] = [
    memoryStore({ place }),
    memoryKeystore(),
    await localNetwork(),
  ];
  const wallet = await createWallet({ name: 'Maya', store, keystore, network, kem: nativeKem });
  await wallet.close();
  const key = rowKey('wallet');
  const [, value] = [...place.rows.values()].find(([at]) => at.length === 1 && at[0] === key[0])!;
  return { key, value };
}

const wallet = await walletRow();

interface Scene {
  readonly place: MemoryPlace;
  readonly journal: Journal;
}

async function scene(rows: readonly Write[]): Promise<Scene> {
  const place = memoryPlace();
  const journal = await journalOf(memoryStore({ place }));
  await journal.store.commit([wallet, ...rows]);
  return { place, journal };
}

function make({ journal }: Scene): Promise<number> {
  return journal.still(async (store: Store) => {
    const made = await makeCapsules(maker, store);
    if (made > 0) journal.begin();
    return made;
  });
}

async function made({ journal }: Scene): Promise<readonly Uint8Array[]> {
  const rows = await journal.still((store) => store.scan(pendingPrefix));
  return rows.map(([, bytes]) => bytes);
}

/** Reads from the base that the last one names; undefined if it names none. */
async function readBack(capsules: readonly Uint8Array[]): Promise<MemoryPlace | undefined> {
  const last = capsule.decode(capsules.at(-1)!);
  assert.ok(last.ok);
  const { base, counter } = last.value;
  if (base === undefined) return undefined;
  const place = memoryPlace();
  await applyCapsules(capsules.slice(base), {
    store: memoryStore({ place }),
    open: openerOf(portableAead, secret),
    start: startReading(device, 0),
    newest: counter,
    secret: undefined,
  });
  return place;
}

const tables = [0x04, 0x06, 0x0a, 0x0c];

function row(at: number, kilobytes: number | undefined): Write {
  const key = Uint8Array.of(tables[at % tables.length]!, (at * 89) & 0xff, at);
  const size = kilobytes === undefined ? 0 : 1_024 * kilobytes;
  return { key, value: kilobytes === undefined ? undefined : new Uint8Array(size).fill(at) };
}

test('whatever changes while a round goes on, whole capsules give the rows of their moment', async () => {
  const size = fc.option(fc.integer({ min: 0, max: 220 }), { nil: undefined });
  const commit = fc.array(fc.tuple(fc.nat(30), size), { maxLength: 5 });
  const days = fc.array(fc.record({ commits: fc.array(commit, { maxLength: 3 }) }), {
    minLength: 4,
    maxLength: 14,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(commit, { maxLength: 6 }), days, async (before, all) => {
      const at = await scene(before.flat().map(([key, kilobytes]) => row(key, kilobytes)));
      for (const { commits } of all) {
        for (const rows of commits) {
          await at.journal.store.commit(rows.map(([key, kilobytes]) => row(key, kilobytes)));
        }
        if ((await make(at)) === 0) continue;
        const back = await readBack(await made(at));
        if (back !== undefined) assert.deepEqual(rowsIn(back), rowsIn(at.place));
      }
      while ((await make(at)) > 0);
      const back = await readBack(await made(at));
      assert.deepEqual(rowsIn(back!), rowsIn(at.place));
    }),
    { numRuns: 8 },
  );
});

test('changes that outgrow the base make a new one, and what came before is not needed', async () => {
  const at = await scene([row(1, 100), row(2, 100)]);
  assert.equal(await make(at), 1);
  for (let i = 0; i < 16; i++) {
    await at.journal.store.commit([row(3, 100)]);
    await make(at);
  }
  const last = capsule.decode((await made(at)).at(-1)!);
  assert.ok(last.ok && last.value.base! > 10, `${last.ok && last.value.base}`);
  assert.deepEqual(rowsIn((await readBack(await made(at)))!), rowsIn(at.place));
});

test('more changes than one making takes are said in several, and only the last is whole', async () => {
  const at = await scene([row(0, 1)]);
  await make(at);
  for (let i = 1; i < 31; i++) await at.journal.store.commit([row(i, 200)]);
  await make(at);
  await assert.rejects(readBack(await made(at)), { code: 'integrity' });
  while ((await make(at)) > 0);
  assert.deepEqual(rowsIn((await readBack(await made(at)))!), rowsIn(at.place));
});

test('a large store is gone through a part at a time, and comes back', async () => {
  const many = (from: number): Write[] =>
    Array.from({ length: 100 }, (_, i) => row(from + i, 100)).map(({ key, value }, i) => ({
      key: Uint8Array.of(...key, from >> 8, i),
      value,
    }));
  const at = await scene(many(0));
  let makings = 0;
  while ((await make(at)) > 0) makings += 1;
  assert.ok(makings >= 2, `${makings} makings`);
  assert.deepEqual(rowsIn((await readBack(await made(at)))!), rowsIn(at.place));
  // From here on it is known to be large, and a table is no longer read at once.
  for (let i = 0; i < 3; i++) {
    await at.journal.store.commit(many(600 + i));
    while ((await make(at)) > 0);
  }
  const last = capsule.decode((await made(at)).at(-1)!);
  assert.ok(last.ok && last.value.base! > makings, 'a second round has come through');
  assert.deepEqual(rowsIn((await readBack(await made(at)))!), rowsIn(at.place));
});
