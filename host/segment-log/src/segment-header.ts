/**
 * The header of a segment: what the log was when the segment began.
 *
 *     OFFSET  SIZE  FIELD
 *          0     8  "DSM-SEG" ‖ format, 1
 *          8     4  number      of this segment; none is used twice
 *         12     4  count       of the other segments that are part of the log
 *         16    16  id          of the log, drawn when it was made; it never leaves the disk
 *         32     8  sequence    commits before this segment
 *         40    32  digest      of the last of them; zero if there is none
 *         72   128  totals      of each of the 8 shelves: records u64, bytes u64
 *        200        numbers     of the other segments, ascending, 4 bytes each; then zeros up to a
 *                               multiple of 16
 *              32  BLAKE3 of all before
 *
 * So the newest segment names all others: one that is lost is missed.
 */

import { reader, writer } from '@dsm/primitive';
import { shelvesMax, StoreError, type ShelfTotals } from '@dsm/ports';
import { checked, digestBytes, withDigest } from './digest.ts';
import { unitBytes } from './record.ts';

/** What is known of a log between two commits. */
export interface LogState {
  /** Commits so far. */
  readonly sequence: number;
  /** Of the last commit; it fixes everything before it. */
  readonly digest: Uint8Array;
  /** By shelf. */
  readonly totals: readonly ShelfTotals[];
}

export interface SegmentHeader {
  readonly number: number;
  readonly id: Uint8Array;
  readonly state: LogState;
  /** The other segments, ascending. */
  readonly others: readonly number[];
}

export const idBytes = 16;
const magic = Uint8Array.from('DSM-SEG', (letter) => letter.charCodeAt(0));
const format = 1;
const fixedBytes = 200;
/** More segments than fit into the index: a header that claims them is none. */
const othersMax = 262_144;

export const noCommits: LogState = {
  sequence: 0,
  digest: new Uint8Array(digestBytes),
  totals: Array.from({ length: shelvesMax }, () => ({ records: 0, bytes: 0 })),
};

export function segmentHeaderBytes(others: number): number {
  const bytes = fixedBytes + 4 * others + digestBytes;
  return Math.ceil(bytes / unitBytes) * unitBytes;
}

export function encodeSegmentHeader({ number, id, state, others }: SegmentHeader): Uint8Array {
  const out = writer(segmentHeaderBytes(others.length));
  out.raw(magic);
  out.u8(format);
  out.u32(number);
  out.u32(others.length);
  out.raw(id);
  out.u64(state.sequence);
  out.raw(state.digest);
  for (const { records, bytes } of state.totals) {
    out.u64(records);
    out.u64(bytes);
  }
  for (const other of others) out.u32(other);
  const padding = segmentHeaderBytes(others.length) - fixedBytes - 4 * others.length - digestBytes;
  out.raw(new Uint8Array(padding));
  return withDigest(out.view());
}

/**
 * Reads the header through `read`, which gives up to so many bytes from the start of the file.
 * Rejects with `rotten`, or with `version` if a newer program wrote it.
 */
export async function readSegmentHeader(
  number: number,
  read: (length: number) => Promise<Uint8Array>,
): Promise<SegmentHeader> {
  const damaged = (): StoreError =>
    new StoreError('rotten', `the header of segment ${number} is damaged`);
  const fixed = await read(fixedBytes);
  if (fixed.length < fixedBytes || magic.some((byte, i) => fixed[i] !== byte)) throw damaged();
  if (fixed[magic.length]! > format) {
    throw new StoreError('version', `segment ${number} was written by a newer version`);
  }
  const count = new DataView(fixed.buffer, fixed.byteOffset).getUint32(12);
  if (fixed[magic.length] !== format || count > othersMax) throw damaged();
  const whole = await read(segmentHeaderBytes(count));
  const bytes = whole.length < segmentHeaderBytes(count) ? undefined : checked(whole);
  const header = bytes === undefined ? undefined : decodeChecked(bytes, count);
  if (header?.number !== number) throw damaged();
  return header;
}

/** Undefined if a number in it is larger than any that is counted to. */
function decodeChecked(bytes: Uint8Array, count: number): SegmentHeader | undefined {
  const from = reader(bytes);
  from.raw(magic.length + 1);
  const number = from.u32();
  from.u32();
  const id = from.raw(idBytes);
  const sequence = from.u64();
  const digest = from.raw(digestBytes);
  const totals = Array.from({ length: shelvesMax }, () => ({
    records: from.u64(),
    bytes: from.u64(),
  }));
  const others = Array.from({ length: count }, () => from.u32());
  return from.bad() ? undefined : { number, id, state: { sequence, digest, totals }, others };
}
