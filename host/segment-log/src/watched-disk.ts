/** A disk that knows which of its files are open, so that an opening that is refused leaves none behind. */

import type { Disk, DiskFile } from '@dsm/ports';

export interface WatchedDisk {
  readonly disk: Disk;
  readonly closeAll: () => Promise<void>;
}

export function watchedDisk(disk: Disk): WatchedDisk {
  const files = new Set<DiskFile>();
  return {
    disk: {
      ...disk,
      open: async (name, mode) => {
        const file = await disk.open(name, mode);
        const watched: DiskFile = {
          ...file,
          close: () => {
            files.delete(watched);
            return file.close();
          },
        };
        files.add(watched);
        return watched;
      },
    },
    closeAll: async () => {
      for (const file of files) await file.close();
    },
  };
}
