/** The segment log passes the suite of engines: on a disk in memory, on a real one, on a full one. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { memoryDisk, seededEntropy } from '@dsm/memory';
import { nativeHash } from '@dsm/node';
import { StoreError, type Engine } from '@dsm/ports';
import {
  engineConformance,
  engineCrashConformance,
  engineDiskConformance,
  smallDisk,
  type EngineUnderTest,
} from '@dsm/ports/conformance';
import { installHash } from '@dsm/primitive';
import { openSegmentLog, segmentLog } from '@dsm/segment-log';

installHash(nativeHash);

/** Few kilobytes make a segment, so that every test rotates and compacts. */
const segmentBytes = 16_384;

for (const [name, options] of [
  ['in memory', {}],
  ['in memory, small segments', { segmentBytes }],
] as const) {
  const inMemory = async (): Promise<EngineUnderTest> => {
    const disk = memoryDisk({ seed: name });
    let isHeld = false;
    const open = async (): Promise<Engine> => {
      // The lock is that of the folder; a disk in memory has none.
      if (isHeld) throw new StoreError('busy', 'another engine is open');
      isHeld = true;
      const entropy = seededEntropy(name);
      const engine = await segmentLog({ disk: disk.start(), entropy, ...options });
      return {
        ...engine,
        close: async () => {
          await engine.close();
          isHeld = false;
        },
      };
    };
    return {
      engine: await open(),
      reopen: open,
      disk: { fill: (left = 0) => disk.leaveRoom(left), free: () => disk.leaveRoom(Infinity) },
    };
  };
  engineConformance(`segment log ${name}`, inMemory, { runs: 50 });
  engineDiskConformance(`segment log ${name}, full`, inMemory);
}

async function inFolder(parent: string): Promise<EngineUnderTest> {
  const folder = mkdtempSync(join(parent, 'dsm-log-'));
  return {
    engine: await openSegmentLog(folder, { segmentBytes }),
    reopen: () => openSegmentLog(folder, { segmentBytes }),
    dispose: () => rmSync(folder, { recursive: true }),
  };
}

engineConformance('segment log in a folder', () => inFolder(tmpdir()), { runs: 3 });

const disk = smallDisk(32 * 1_048_576);
after(disk.unmount);
engineDiskConformance(
  'segment log on a small disk',
  async () => ({ ...(await inFolder(disk.folder)), disk }),
  disk.lacks === undefined ? {} : { skip: disk.lacks },
);

engineCrashConformance('segment log', async () => {
  const place = mkdtempSync(join(tmpdir(), 'dsm-log-'));
  return {
    program: fileURLToPath(new URL('./fixtures/segment-log-loop.ts', import.meta.url)),
    place,
    open: () => openSegmentLog(place, { segmentBytes: 1_048_576 }),
    dispose: () => rmSync(place, { recursive: true }),
  };
});
