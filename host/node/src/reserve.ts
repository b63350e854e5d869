/**
 * Room that a store keeps in hand: a file of zeros that is given up when the disk is full, so that a
 * commit which one copy has and the other has no room for can be taken back.
 */

import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';

const reserveBytes = 1_048_576;

export interface Reserve {
  readonly exists: () => boolean;
  /** Make it again if it is gone and there is room. */
  readonly keep: () => void;
  readonly drop: () => void;
}

export function reserveOf(path: string): Reserve {
  let isKept = false;
  return {
    exists: () => existsSync(path),
    keep: () => {
      if (isKept) return;
      try {
        const isThere = existsSync(path) && statSync(path).size === reserveBytes;
        if (!isThere) writeFileSync(path, new Uint8Array(reserveBytes), { mode: 0o600 });
        isKept = true;
      } catch {
        // A disk without this room is as good as full: the reserve is made when there is room.
      }
    },
    drop: () => {
      isKept = false;
      rmSync(path, { force: true });
    },
  };
}
