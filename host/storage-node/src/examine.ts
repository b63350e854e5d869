/**
 * Examining what a node keeps, record by record, while the node does not run: whether the engine can
 * read it, whether objects have their addresses and slots their keys, whether the count is exact.
 *
 * An object that is not what its address says is worth nothing, so it may be dropped: repair brings
 * it back from others. A slot is never dropped: a node that forgets a vote could give another.
 */

import { StoreError, type Engine, type EngineEntry } from '@dsm/ports';
import { address as addressOf, equal, slotKey } from '@dsm/primitive';
import { decodeSlotRow, shelves } from './rows.ts';

/**
 * unreadable  the engine says that the record is damaged
 * wrong       other bytes than the name of the record says
 */
export interface Damage {
  readonly kind: 'object' | 'slot';
  readonly key: Uint8Array;
  readonly type: 'unreadable' | 'wrong';
}

export interface Examined {
  readonly objects: number;
  readonly slots: number;
  readonly damage: readonly Damage[];
  /** False if the engine's count is not what is there. */
  readonly isCounted: boolean;
  /** Damaged objects that were dropped. */
  readonly dropped: number;
}

export interface ExamineOptions {
  readonly dropObjects?: boolean;
}

/** Rejects if the engine can give nothing at all. */
export async function examineNode(
  engine: Engine,
  { dropObjects = false }: ExamineOptions = {},
): Promise<Examined> {
  const objects = await examineShelf(engine, shelves.objects, (key, bytes) =>
    equal(addressOf(bytes), key),
  );
  const slots = await examineShelf(engine, shelves.slots, (key, bytes) => {
    const { state } = decodeSlotRow(bytes);
    return equal(slotKey(state.place), key);
  });
  const damage: readonly Damage[] = [
    ...objects.damage.map((one) => ({ kind: 'object' as const, ...one })),
    ...slots.damage.map((one) => ({ kind: 'slot' as const, ...one })),
  ];
  const dropped = dropObjects ? objects.damage : [];
  if (dropped.length > 0) {
    await engine.commit(
      dropped.map(({ key }) => ({ shelf: shelves.objects, key, value: undefined })),
    );
  }
  return {
    objects: objects.records,
    slots: slots.records,
    damage,
    isCounted: objects.isCounted && slots.isCounted,
    dropped: dropped.length,
  };
}

interface Shelf {
  readonly records: number;
  readonly damage: readonly Omit<Damage, 'kind'>[];
  readonly isCounted: boolean;
}

async function examineShelf(
  engine: Engine,
  shelf: number,
  isRight: (key: Uint8Array, bytes: Uint8Array) => boolean,
): Promise<Shelf> {
  const damage: Omit<Damage, 'kind'>[] = [];
  let [records, bytes] = [0, 0];
  for await (const { key, size } of engine.entries(shelf, new Uint8Array(0), 0)) {
    records += 1;
    bytes += size;
    const type = await damageOf(engine, shelf, { key, size }, isRight);
    if (type !== undefined) damage.push({ key, type });
  }
  const totals = engine.totals(shelf);
  return { records, damage, isCounted: totals.records === records && totals.bytes === bytes };
}

async function damageOf(
  engine: Engine,
  shelf: number,
  { key }: EngineEntry,
  isRight: (key: Uint8Array, bytes: Uint8Array) => boolean,
): Promise<Damage['type'] | undefined> {
  try {
    const bytes = await engine.get(shelf, key);
    return bytes !== undefined && isRight(key, bytes) ? undefined : 'wrong';
  } catch (error) {
    if (error instanceof StoreError && error.code !== 'rotten') throw error;
    return 'unreadable';
  }
}
