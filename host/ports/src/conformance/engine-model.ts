/**
 * What an engine is compared with: maps, random commits, and the questions that tell them apart.
 */

import assert from 'node:assert/strict';
import { compare, keyOf } from '@dsm/primitive';
import { shelvesMax, type Engine, type EngineEntry, type EngineWrite } from '../engine.ts';

/** Gives a number from 0 up to, and without, `below`. */
export type Dice = (below: number) => number;

interface ModelEngine {
  readonly apply: (writes: readonly EngineWrite[]) => void;
  readonly get: (shelf: number, key: Uint8Array) => Uint8Array | undefined;
  /** In ascending order of the key. */
  readonly records: (shelf: number) => readonly (EngineEntry & { readonly value: Uint8Array })[];
}

/** Dice that fall the same way in every run (the generator of Lehmer, modulus 2³¹ − 1). */
export function seededDice(seed: number): Dice {
  let state = (seed % 2_147_483_646) + 1;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}

/** Key number `n`, spread over the keys, so that their order is not that of the numbers. */
export function keyAt(n: number): Uint8Array {
  const key = new Uint8Array(32);
  const view = new DataView(key.buffer);
  view.setUint32(0, Math.imul(n, 2_654_435_761));
  view.setUint32(28, n);
  return key;
}

/** All that `entries` gives. */
export async function entriesOf(
  engine: Engine,
  shelf: number,
  prefix: Uint8Array = new Uint8Array(0),
  bits = 0,
): Promise<readonly EngineEntry[]> {
  const found: EngineEntry[] = [];
  for await (const entry of engine.entries(shelf, prefix, bits)) found.push(entry);
  return found;
}

/** Commits side by side, reads between them, and now and then a new opening; closed at the end. */
export async function randomHistory(
  first: Engine,
  reopen: () => Promise<Engine>,
  dice: Dice,
): Promise<void> {
  const model = modelEngine();
  let engine = first;
  for (let round = 0; round < 8; round++) {
    await randomRound(engine, model, dice);
    if (dice(3) === 0) {
      await engine.close();
      engine = await reopen();
    }
    await sameAsModel(engine, model, dice);
  }
  await engine.close();
}

async function randomRound(engine: Engine, model: ModelEngine, dice: Dice): Promise<void> {
  const under: Promise<void>[] = [];
  for (let n = dice(20); n > 0; n--) {
    const writes = randomCommit(dice);
    under.push(engine.commit(writes));
    model.apply(writes);
    if (dice(4) === 0) await sameAsModel(engine, model, dice);
  }
  await sameAsModel(engine, model, dice);
  await Promise.all(under);
  for (const shelf of [0, 3, 6]) {
    const records = model.records(shelf);
    const bytes = records.reduce((sum, { size }) => sum + size, 0);
    assert.deepEqual(engine.totals(shelf), { records: records.length, bytes });
  }
}

function modelEngine(): ModelEngine {
  const shelves = Array.from(
    { length: shelvesMax },
    () => new Map<string, readonly [Uint8Array, Uint8Array]>(),
  );
  return {
    apply: (writes) => {
      for (const { shelf, key, value } of writes) {
        if (value === undefined) shelves[shelf]!.delete(keyOf(key));
        else shelves[shelf]!.set(keyOf(key), [key, value]);
      }
    },
    get: (shelf, key) => shelves[shelf]!.get(keyOf(key))?.[1],
    records: (shelf) =>
      [...shelves[shelf]!.values()]
        .map(([key, value]) => ({ key, value, size: value.length }))
        .toSorted((a, b) => compare(a.key, b.key)),
  };
}

/** Few keys on three shelves, so that writes meet. */
function randomCommit(dice: Dice): readonly EngineWrite[] {
  return Array.from({ length: dice(8) }, (): EngineWrite => {
    const shelf = dice(3) * 3;
    const key = keyAt(dice(40));
    if (dice(4) === 0) return { shelf, key, value: undefined };
    const length = dice(20) === 0 ? 5_000 + dice(100_000) : dice(200);
    return { shelf, key, value: new Uint8Array(length).fill(dice(256)) };
  });
}

/** Everything that can be asked, asked at once, as it stands now. */
async function sameAsModel(engine: Engine, model: ModelEngine, dice: Dice): Promise<void> {
  const shelf = dice(3) * 3;
  const key = keyAt(dice(40));
  const prefix = keyAt(dice(40));
  const bits = [0, 1, 3, 8, 13, 256][dice(6)]!;
  const records = model.records(shelf);
  const expected = model.get(shelf, key);
  const asked = Promise.all([
    engine.get(shelf, key),
    engine.sizeOf(shelf, key),
    entriesOf(engine, shelf, prefix, bits),
    entriesOf(engine, shelf),
  ]);
  const [value, size, under, all] = await asked;
  assert.deepEqual(value, expected);
  assert.equal(size, expected?.length);
  const listed = records.map((record) => ({ key: record.key, size: record.size }));
  assert.deepEqual(all, listed);
  assert.deepEqual(
    under,
    listed.filter((entry) => sharedBits(entry.key, prefix) >= bits),
  );
}

/** How many bits two keys begin with together. */
export function sharedBits(a: Uint8Array, b: Uint8Array): number {
  for (let bit = 0; bit < 256; bit++) {
    const mask = 128 >> (bit & 7);
    if (((a[bit >> 3]! ^ b[bit >> 3]!) & mask) !== 0) return bit;
  }
  return 256;
}
