/**
 * Admission (seed 000, definition 18): exact, with what is under way set aside.
 *
 * Objects may take all of the capacity but a part that is kept for slots: slots never spill, so a
 * node that strangers have filled with objects can still vote.
 */

import { admits } from '@dsm/availability';
import { StoreError, NodeError, type Engine } from '@dsm/ports';
import { totalsOf } from './rows.ts';

export interface Room {
  /** Bytes used by what is durable, and by what is under way. */
  readonly used: () => number;
  /**
   * Sets room aside until the answer is called, which says whether it was used. Undefined if there is
   * none.
   */
  readonly reserve: (
    bytes: number,
    shelf: 'object' | 'slot',
  ) => ((isUsed: boolean) => void) | undefined;
  /** True if there is room for `bytes` more. */
  readonly has: (bytes: number, shelf: 'object' | 'slot') => boolean;
}

/** One part in twenty of the capacity is kept for slots. */
const slotShare = 20;

export function roomOf(engine: Engine, capacityBytes: number): Room {
  const forObjects = capacityBytes - Math.floor(capacityBytes / slotShare);
  // An engine may count a commit before it is over, so its totals are looked at when none is under way.
  const since = { totals: 0, settled: 0, underWay: 0, count: 0 };
  const used = (): number =>
    since.count === 0 ? totalsOf(engine).usedBytes : since.totals + since.settled + since.underWay;
  const has: Room['has'] = (bytes, shelf) =>
    admits(used(), bytes, shelf === 'slot' ? capacityBytes : forObjects);
  return {
    used,
    has,
    reserve: (bytes, shelf) => {
      if (!has(Math.max(bytes, 0), shelf)) return undefined;
      if (since.count === 0) [since.totals, since.settled] = [used(), 0];
      since.count += 1;
      since.underWay += bytes;
      return (isUsed) => {
        since.count -= 1;
        since.underWay -= bytes;
        if (isUsed) since.settled += bytes;
      };
    },
  };
}

/** The failures of an engine as the node's. */
export async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw nodeError(error);
  }
}

function nodeError(cause: unknown): unknown {
  if (!(cause instanceof StoreError)) return cause;
  const { code, message } = cause;
  return new NodeError(code === 'full' ? 'full' : 'unreachable', message, { cause });
}
