/**
 * The disk of a storage node under the scheduler: `host/memory`'s disk, which tears, fails and rots,
 * each operation of which happens when the seed picks it. It may also lie: say that something is
 * durable and forget it with the power.
 */

import { memoryDisk, type MemoryDisk } from '@dsm/memory';
import type { Disk, DiskFile } from '@dsm/ports';
import type { Life, Schedule } from './schedule.ts';

export interface SimulatedDisk {
  readonly medium: MemoryDisk;
  /** So many of the next syncs do nothing and say that they did. */
  lies: number;
}

export function simulatedDisk(seed: string, files: ReadonlyMap<string, Uint8Array>): SimulatedDisk {
  const medium = memoryDisk({ seed });
  for (const [name, bytes] of files) medium.replace(name, bytes);
  return { medium, lies: 0 };
}

export function filesOf({ medium }: SimulatedDisk): ReadonlyMap<string, Uint8Array> {
  return new Map(medium.names().map((name) => [name, medium.contents(name)!]));
}

/** The disk as a process sees it that starts now. */
export function scheduledDisk(
  simulated: SimulatedDisk,
  life: Life,
  schedule: Schedule,
  happened: (what: string) => void,
): Disk {
  const disk = simulated.medium.start();
  const later = <T>(operate: () => Promise<T>): Promise<T> =>
    new Promise((resolve, reject) => {
      schedule.add(life, 'disk', () => void operate().then(resolve, reject));
    });
  const sync = (perform: () => Promise<void>): Promise<void> =>
    later(async () => {
      if (simulated.lies === 0) return perform();
      simulated.lies -= 1;
      happened('a disk lied about a sync');
    });
  const scheduled = (file: DiskFile): DiskFile => ({
    size: () => later(() => file.size()),
    read: (offset, length) => later(() => file.read(offset, length)),
    write: (offset, parts) => {
      // Whoever writes may use its buffers again once it has asked.
      const kept = parts.map((part) => part.slice());
      return later(() => file.write(offset, kept));
    },
    sync: () => sync(() => file.sync()),
    truncate: (size) => later(() => file.truncate(size)),
    close: () => file.close(),
  });
  return {
    list: () => later(() => disk.list()),
    open: async (name, mode) => scheduled(await later(() => disk.open(name, mode))),
    rename: (from, to) => later(() => disk.rename(from, to)),
    remove: (name) => later(() => disk.remove(name)),
    syncFolder: () => sync(() => disk.syncFolder()),
  };
}
