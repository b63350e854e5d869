/**
 * The memory that a segment log of a million objects needs, as a program of its own: `node --expose-gc`.
 * Prints `MemoryFigures` as JSON.
 */

import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nativeHash } from '@dsm/node';
import { installHash } from '@dsm/primitive';
import { openSegmentLog } from '@dsm/segment-log';

export interface MemoryFigures {
  /** Heap and buffers. */
  readonly bytesOfObject: number;
  /** By the resident set, which also holds what the process has not given back. */
  readonly residentOfObject: number;
  /** How long opening the same log again took. */
  readonly reopenMs: number;
}

const objects = 1_000_000;
const objectsOfCommit = 1_000;
const valueBytes = 1_024;

if (process.argv[1] === import.meta.filename) console.log(JSON.stringify(await measured()));

async function measured(): Promise<MemoryFigures> {
  installHash(nativeHash);
  const folder = await mkdtemp(join(tmpdir(), 'dsm-bench-'));
  try {
    const first = await openSegmentLog(folder);
    await fill(first.commit);
    await first.close();
    const before = used();
    const start = performance.now();
    const log = await openSegmentLog(folder);
    const reopenMs = Math.round(performance.now() - start);
    const after = used();
    if (log.totals(1).records !== objects) throw new Error('objects are missing');
    await log.close();
    return {
      bytesOfObject: Math.round(((after.bytes - before.bytes) / objects) * 10) / 10,
      residentOfObject: Math.round(((after.resident - before.resident) / objects) * 10) / 10,
      reopenMs,
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Commit = Awaited<ReturnType<typeof openSegmentLog>>['commit'];

async function fill(commit: Commit): Promise<void> {
  const value = randomBytes(valueBytes);
  for (let done = 0; done < objects; done += objectsOfCommit) {
    const keys = Array.from({ length: objectsOfCommit }, () => randomBytes(32));
    await commit(keys.map((key) => ({ shelf: 1, key, value })));
  }
}

function used(): { readonly bytes: number; readonly resident: number } {
  for (let i = 0; i < 3; i++) globalThis.gc!();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { bytes: heapUsed + external, resident: rss };
}
