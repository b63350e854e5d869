/**
 * The checkpoint: a small file that says how far the log reaches at least.
 *
 *     OFFSET  SIZE  FIELD
 *          0     8  "DSM-LOG" ‖ format, 1
 *          8     4  segment     the newest, when this was written
 *         12     4  end         of its records then, in bytes
 *         16    16  id          of the log
 *         32     8  sequence    of the last commit then
 *         40    32  digest      of the last commit then
 *         72    32  BLAKE3 of all before
 *
 * It is replaced when a log is opened, begins a segment and is closed. A log that does not reach its
 * checkpoint has lost something, and is not opened: a newest segment that is gone or was cut short
 * after an orderly end is noticed, where the log alone would look like an older one.
 */

import { reader, writer } from '@dsm/primitive';
import { StoreError, type Disk } from '@dsm/ports';
import { checked, digestBytes, withDigest } from './digest.ts';
import { idBytes } from './segment-header.ts';

export interface Checkpoint {
  readonly segment: number;
  readonly end: number;
  readonly id: Uint8Array;
  readonly sequence: number;
  readonly digest: Uint8Array;
}

export const checkpointName = 'checkpoint';
const magic = Uint8Array.from('DSM-LOG', (letter) => letter.charCodeAt(0));
const format = 1;
const checkpointBytes = 104;
const checkpointBytesMax = 4_096;

/** A new file, durable under a name of its own before it takes the place of the old one. */
export async function placeFile(
  disk: Disk,
  name: string,
  parts: readonly Uint8Array[],
): Promise<void> {
  const made = `${name}.new`;
  const file = await disk.open(made, 'create');
  try {
    await file.truncate(0);
    await file.write(0, parts);
    await file.sync();
  } finally {
    await file.close();
  }
  await disk.rename(made, name);
  await disk.syncFolder();
}

export async function writeCheckpoint(disk: Disk, checkpoint: Checkpoint): Promise<void> {
  const out = writer(checkpointBytes);
  out.raw(magic);
  out.u8(format);
  out.u32(checkpoint.segment);
  out.u32(checkpoint.end);
  out.raw(checkpoint.id);
  out.u64(checkpoint.sequence);
  out.raw(checkpoint.digest);
  await placeFile(disk, checkpointName, [withDigest(out.view())]);
}

export async function readCheckpoint(disk: Disk): Promise<Checkpoint> {
  const file = await disk.open(checkpointName, 'existing');
  const bytes = await file.read(0, checkpointBytesMax).finally(() => file.close());
  // Every later format begins with the format, and ends with the BLAKE3 of all before.
  const body = checked(bytes);
  const isOurs = body !== undefined && magic.every((byte, i) => body[i] === byte);
  if (isOurs && body[magic.length]! > format) {
    throw new StoreError('version', 'the log was written by a newer version');
  }
  const from = reader(body ?? new Uint8Array(0));
  const isWhole = isOurs && body[magic.length] === format && bytes.length === checkpointBytes;
  from.raw(magic.length + 1);
  const read = {
    segment: from.u32(),
    end: from.u32(),
    id: from.raw(idBytes),
    sequence: from.u64(),
    digest: from.raw(digestBytes),
  };
  if (isWhole && !from.bad()) return read;
  throw new StoreError('rotten', 'the checkpoint of the log is damaged');
}
