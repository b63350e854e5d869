/** A log of several small segments on a disk in memory, closed in order, and what it holds. */

import assert from 'node:assert/strict';
import { dice, memoryDisk, seededEntropy, type MemoryDisk } from '@dsm/memory';
import type { Engine, EngineWrite } from '@dsm/ports';
import { keyOf } from '@dsm/primitive';
import { segmentLog, type SegmentLog, type SegmentLogOptions } from '@dsm/segment-log';

export interface ClosedLog {
  readonly disk: MemoryDisk;
  /** By shelf and key. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
}

export function openOn(
  disk: MemoryDisk,
  options: Partial<SegmentLogOptions> = {},
): Promise<SegmentLog> {
  return segmentLog({
    disk: disk.start(),
    entropy: seededEntropy('log'),
    segmentBytes: 2_048,
    compactBelow: 0,
    ...options,
  });
}

export function keyNumber(n: number): Uint8Array {
  const key = new Uint8Array(32);
  const view = new DataView(key.buffer);
  view.setUint32(0, Math.imul(n, 2_654_435_761));
  view.setUint32(20, n);
  return key;
}

/** Some fifty records over a few segments, some replaced, some removed. */
export async function closedLog(options: Partial<SegmentLogOptions> = {}): Promise<ClosedLog> {
  const disk = memoryDisk({ seed: 'closed' });
  const log = await openOn(disk, options);
  const roll = dice('closed');
  const contents = new Map<string, Uint8Array>();
  for (let n = 0; n < 60; n++) {
    const writes = Array.from({ length: 1 + roll(2) }, (): EngineWrite => {
      const shelf = roll(2);
      const key = keyNumber(roll(30));
      const value = roll(6) === 0 ? undefined : new Uint8Array(roll(150)).fill(n);
      return { shelf, key, value };
    });
    await log.commit(writes);
    for (const { shelf, key, value } of writes) {
      if (value === undefined) contents.delete(`${shelf} ${keyOf(key)}`);
      else contents.set(`${shelf} ${keyOf(key)}`, value);
    }
  }
  await log.settled();
  await log.close();
  return { disk, contents };
}

/** Compares everything that can be read, and gives how many records say that they are rotten. */
export async function assertHolds(
  log: Engine,
  contents: ReadonlyMap<string, Uint8Array>,
): Promise<number> {
  let rotten = 0;
  for (let n = 0; n < 60; n++) {
    const shelf = n % 2;
    const key = keyNumber(n >> 1);
    const read = await log.get(shelf, key).catch((error: unknown) => error);
    if (!(read instanceof Error)) assert.deepEqual(read, contents.get(`${shelf} ${keyOf(key)}`));
    else if ((read as { code?: unknown }).code === 'rotten') rotten += 1;
    else throw read;
  }
  return rotten;
}
