/**
 * Room that a store keeps in hand: a file of zeros that is given up when the disk is full, so that a
 * commit which one copy has and the other has no room for can be taken back. Nothing is written
 * without it.
 */

import { existsSync, statSync, truncateSync, writeFileSync } from 'node:fs';

/** As much as one transaction writes: taking back writes what it replaced. */
export const reserveBytes = 4_194_304;

export interface Reserve {
  readonly exists: () => boolean;
  /** Make sure of it. False if there is no room for it. */
  readonly keep: () => boolean;
  readonly drop: () => void;
}

export function reserveOf(path: string): Reserve {
  let isKept = false;
  return {
    exists: () => existsSync(path),
    keep: () => {
      if (isKept) return true;
      try {
        const isThere = existsSync(path) && statSync(path).size === reserveBytes;
        if (!isThere) writeFileSync(path, new Uint8Array(reserveBytes), { mode: 0o600 });
        isKept = true;
      } catch {
        // What could not be written in full must not take the room that is left. The name stays:
        // it tells that there was a store here.
        if (existsSync(path)) truncateSync(path);
      }
      return isKept;
    },
    drop: () => {
      isKept = false;
      truncateSync(path);
    },
  };
}
