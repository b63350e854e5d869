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
  /** Sets room aside; the answer gives it back. Undefined if there is none. */
  readonly reserve: (bytes: number, shelf: 'object' | 'slot') => (() => void) | undefined;
  /** True if there is room for `bytes` more. */
  readonly has: (bytes: number, shelf: 'object' | 'slot') => boolean;
}

/** One part in twenty of the capacity is kept for slots. */
const slotShare = 20;

export function roomOf(engine: Engine, capacityBytes: number): Room {
  const forObjects = capacityBytes - Math.floor(capacityBytes / slotShare);
  let underWay = 0;
  const used = (): number => totalsOf(engine).usedBytes + underWay;
  const has: Room['has'] = (bytes, shelf) =>
    admits(used(), bytes, shelf === 'slot' ? capacityBytes : forObjects);
  return {
    used,
    has,
    reserve: (bytes, shelf) => {
      if (!has(Math.max(bytes, 0), shelf)) return undefined;
      underWay += bytes;
      return () => {
        underWay -= bytes;
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
