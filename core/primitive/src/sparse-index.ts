/**
 * The sparse index (seed 001): checkpoints of a lane every k entries, so that a look-up walks fewer
 * than k entries from the nearest one at or before it.
 *
 *     checkpoint(m) = max { i·k : i·k ≤ m }
 *
 * It serves local look-ups and never a proof. (The seed writes `<`, which leaves m = 0 without a
 * checkpoint and makes every look-up of a checkpoint walk k entries.)
 */

import { advance, entry, type Lane } from './entry.ts';
import { limits } from './limits.ts';

/** The index of the nearest checkpoint at or before `index`; 0 is the start of the lane. */
export function checkpointBefore(index: number): number {
  return index - (index % limits.checkpointInterval);
}

/** True if the lane is kept at this index. */
export function isCheckpoint(index: number): boolean {
  return index % limits.checkpointInterval === 0;
}

/** The lane after `entries`, walked from a checkpoint; undefined if the bytes are no entries. */
export function walk(from: Lane, entries: readonly Uint8Array[]): Lane | undefined {
  let lane = from;
  for (const bytes of entries) {
    const decoded = entry.decode(bytes);
    if (!decoded.ok || decoded.value.index !== lane.index + 1) return undefined;
    lane = advance(lane, decoded.value, bytes);
  }
  return lane;
}
