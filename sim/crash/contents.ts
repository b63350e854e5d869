/**
 * What a store or an engine holds, as the checks see it: the model of a history of commits, and what is
 * read back, both as one text that can be compared. It shares no code with what it judges.
 */

import { createHash } from 'node:crypto';
import { shelvesMax, type Engine, type EngineWrite } from '@dsm/ports';

/** Contents by shelf and key. */
export type Held = ReadonlyMap<string, Uint8Array>;

export function nameOf(shelf: number, key: Uint8Array): string {
  return `${shelf} ${Buffer.from(key).toString('latin1')}`;
}

/** What is held after these commits, in this order. */
export function heldAfter(commits: readonly (readonly EngineWrite[])[]): Held {
  const held = new Map<string, Uint8Array>();
  for (const { shelf, key, value } of commits.flat()) {
    if (value === undefined) held.delete(nameOf(shelf, key));
    else held.set(nameOf(shelf, key), value);
  }
  return held;
}

/** One text for one content. */
export function digestOf(held: Held): string {
  const hash = createHash('sha1');
  for (const name of [...held.keys()].toSorted()) {
    const value = held.get(name)!;
    hash.update(`${name.length} ${value.length} `).update(name, 'latin1').update(value);
  }
  return hash.digest('base64');
}

/** Everything that can be read, shelf by shelf. Throws if sizes or totals do not agree with it. */
export async function heldBy(engine: Engine, shelves: readonly number[]): Promise<Held> {
  const held = new Map<string, Uint8Array>();
  for (const shelf of shelves) {
    let records = 0;
    let bytes = 0;
    for await (const { key, size } of engine.entries(shelf, new Uint8Array(0), 0)) {
      const value = await engine.get(shelf, key);
      if (value?.length !== size)
        throw new Error(`a size is not that of its value on shelf ${shelf}`);
      held.set(nameOf(shelf, key), value);
      records += 1;
      bytes += size;
    }
    const totals = engine.totals(shelf);
    if (totals.records !== records || totals.bytes !== bytes) {
      throw new Error(
        `totals say ${totals.records} records of ${totals.bytes} bytes on shelf ${shelf}, ` +
          `there are ${records} of ${bytes}`,
      );
    }
  }
  for (let shelf = 0; shelf < shelvesMax; shelf++) {
    if (!shelves.includes(shelf) && engine.totals(shelf).records !== 0) {
      throw new Error(`totals say that there is something on shelf ${shelf}`);
    }
  }
  return held;
}
