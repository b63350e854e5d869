/** A segment log in a folder of this machine, held by this process alone. */

import { lockDirectory, nodeDisk, nodeEntropy } from '@dsm/node';
import { checkLog, type CheckOptions, type LogReport } from './check.ts';
import { segmentLog, type SegmentLog, type SegmentLogOptions } from './segment-log.ts';

export type OpenSegmentLogOptions = Omit<SegmentLogOptions, 'disk' | 'entropy'>;

/** Makes the folder if it is not there. Rejects with `busy` if another process has it open. */
export async function openSegmentLog(
  folder: string,
  options: OpenSegmentLogOptions = {},
): Promise<SegmentLog> {
  const lock = await lockDirectory(folder);
  try {
    const disk = await nodeDisk(folder);
    const log = await segmentLog({ ...options, disk, entropy: nodeEntropy });
    return { ...log, close: () => log.close().finally(lock.release) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** Checks the log in a folder, while nobody has it open. */
export async function checkSegmentLog(
  folder: string,
  options: CheckOptions = {},
): Promise<LogReport> {
  const lock = await lockDirectory(folder);
  try {
    return await checkLog(await nodeDisk(folder), options);
  } finally {
    await lock.release();
  }
}
