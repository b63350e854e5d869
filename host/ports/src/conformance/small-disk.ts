/** A disk so small that a test can fill it: a file system in memory, which only root can mount. */

import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallDisk {
  readonly folder: string;
  /** Why there is none here. */
  readonly lacks: string | undefined;
  /** Takes all room, but for about `left` bytes. */
  readonly fill: (left?: number) => void;
  readonly free: () => void;
  readonly unmount: () => void;
}

export function smallDisk(bytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'dsm-disk-'));
  const filler = join(folder, 'filler');
  const options = ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder];
  const isMounted = process.getuid?.() === 0 && spawnSync('mount', options).status === 0;
  return {
    folder,
    lacks: isMounted ? undefined : 'a small disk can only be mounted by root on Linux',
    fill: (left = 0) => {
      truncateSync(filler, Math.max(0, allThereIs(filler) - left));
    },
    free: () => rmSync(filler, { force: true }),
    unmount: () => {
      if (isMounted) execFileSync('umount', ['--lazy', folder]);
      rmSync(folder, { recursive: true });
    },
  };
}

/** Makes the file as long as it can be; its length. */
function allThereIs(path: string): number {
  const block = new Uint8Array(65_536);
  let size = 0;
  writeFileSync(path, '');
  for (let piece = block.length; piece > 0; piece >>= 4) {
    try {
      for (;;) {
        writeFileSync(path, block.subarray(0, piece), { flag: 'a' });
        size += piece;
      }
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    }
  }
  return size;
}
