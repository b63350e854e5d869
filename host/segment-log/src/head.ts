/**
 * The head of the log: appending a group, sealing a full segment, beginning the next one.
 */

import { StoreError } from '@dsm/ports';
import { placeFile, writeCheckpoint } from './checkpoint.ts';
import { encodeFooter, footerEntries } from './footer.ts';
import type { Log } from './log.ts';
import { encodeSegmentHeader } from './segment-header.ts';
import { fileSource, segmentName } from './segment.ts';

/** Makes a new segment, durably, and goes on in it. */
export async function beginSegment(log: Log, number: number): Promise<void> {
  const { disk, id, state } = log;
  const others = log.segments.all().map((segment) => segment.number);
  const header = encodeSegmentHeader({ number, id, state, others });
  await placeFile(disk, segmentName(number), [header]);
  const end = header.length;
  // Commits go into the new segment only once the checkpoint says that there is one.
  const { sequence, digest } = state;
  await writeCheckpoint(disk, { segment: number, end, id, sequence, digest });
  const file = await disk.open(segmentName(number), 'existing');
  const segment = log.segments.add({
    number,
    source: fileSource(file),
    isCold: false,
    isSealed: false,
    start: end,
    end,
    written: 0,
    live: 0,
    removes: 0,
  });
  log.head = { segment, file, entries: footerEntries(), size: end };
}

/** Writes the footer of the head, and begins the next segment. */
export async function rotate(log: Log): Promise<void> {
  const { segment, file, entries } = log.head;
  if (!segment.isSealed) {
    const { sequence, digest } = log.state;
    const footer = encodeFooter({ entries: entries.bytes(), end: segment.end, sequence, digest });
    await trim(log);
    await append(log, [footer], 0);
    await file.sync();
    segment.isSealed = true;
  }
  await beginSegment(log, segment.number + 1);
}

/**
 * Writes behind the records of the head. If the file must grow for it, it may grow by `room` bytes
 * more, which are zeros: overwriting bytes that a file has is synced faster than making it longer. A disk without room
 * is left as it was.
 */
export async function append(log: Log, parts: readonly Uint8Array[], room: number): Promise<void> {
  const { head } = log;
  const { end } = head.segment;
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const grows = end + length > head.size;
  const ahead = grows ? room : 0;
  try {
    await head.file.write(end, ahead === 0 ? parts : [...parts, ...zeros(ahead)]);
    if (grows) head.size = end + length + ahead;
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'full') throw error;
    await head.file.truncate(end);
    head.size = end;
    if (ahead === 0) throw error;
    await append(log, parts, 0);
  }
}

const zeroPiece = new Uint8Array(1_048_576);

function zeros(length: number): readonly Uint8Array[] {
  const pieces = Array.from({ length: Math.floor(length / zeroPiece.length) }, () => zeroPiece);
  return [...pieces, zeroPiece.subarray(0, length % zeroPiece.length)];
}

/** Takes away the zeros behind the records. */
export async function trim({ head }: Log): Promise<void> {
  const { end } = head.segment;
  if (head.size > end) await head.file.truncate(end);
  head.size = end;
}

/**
 * Tells later openings how far the log reaches. Without room for it the one before stands, which is true
 * as well, so a log opens and closes on a full disk.
 */
export async function keepCheckpoint(log: Log): Promise<void> {
  const { number, end } = log.head.segment;
  const { sequence, digest } = log.state;
  try {
    await writeCheckpoint(log.disk, { segment: number, end, id: log.id, sequence, digest });
  } catch (error) {
    if (!(error instanceof StoreError) || error.code !== 'full') throw error;
  }
}
