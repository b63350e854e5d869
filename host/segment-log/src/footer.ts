/**
 * The footer of a sealed segment: a hint from which the index is rebuilt without reading records.
 *
 *     entries, 12 bytes for each put and remove, in order:
 *        OFFSET  SIZE  FIELD
 *             0     4  the first 32 bits of the key
 *             4     2  its mark
 *             6     1  shelf; plus 16 if it is a remove
 *             7     5  offset in units of 16 bytes, 22 bits ‖ length of the record in units, 18 bits
 *     trailer, 88 bytes, at the end of the file:
 *             0     8  "DSM-HINT"
 *             8     4  count of entries
 *            12     4  end          of the records, in bytes
 *            16     8  sequence     of the last commit
 *            24    32  digest       of the last commit
 *            56    32  BLAKE3 of entries and trailer before it
 *
 * It is a pure function of the records, so a damaged one is made again from them.
 */

import { concat, reader, writer, ascii, equal } from '@dsm/primitive';
import { checked, digestBytes, withDigest } from './digest.ts';
import { putU32, recordKinds, u32At, unitBytes } from './record.ts';

export const footerEntryBytes = 12;
export const trailerBytes = 88;
const magic = ascii('DSM-HINT');
const removeBit = 16;
const lengthUnits = 0x40000;

export interface FooterEntry {
  readonly prefix: number;
  readonly mark: number;
  readonly shelf: number;
  readonly isRemove: boolean;
  /** Of the record in the segment, in bytes. */
  readonly offset: number;
  /** Of the whole record, in bytes. */
  readonly length: number;
}

export interface Footer {
  /** One behind the other. */
  readonly entries: Uint8Array;
  /** Where the records of the segment end. */
  readonly end: number;
  readonly sequence: number;
  readonly digest: Uint8Array;
}

/** Entries of the records that were written so far. */
export interface FooterEntries {
  readonly add: (entry: FooterEntry) => void;
  /** Those of another footer. */
  readonly addAll: (entries: Uint8Array) => void;
  readonly count: () => number;
  readonly bytes: () => Uint8Array;
}

export function footerEntries(): FooterEntries {
  let bytes = new Uint8Array(footerEntryBytes * 64);
  let end = 0;
  const claim = (length: number): number => {
    end += length;
    if (end > bytes.length) {
      const larger = new Uint8Array(Math.max(end, bytes.length * 2));
      larger.set(bytes);
      bytes = larger;
    }
    return end - length;
  };
  return {
    add: (entry) => {
      const at = claim(footerEntryBytes);
      putEntry(bytes, at, entry);
    },
    addAll: (entries) => {
      const at = claim(entries.length);
      bytes.set(entries, at);
    },
    count: () => end / footerEntryBytes,
    bytes: () => bytes.subarray(0, end),
  };
}

function putEntry(bytes: Uint8Array, at: number, entry: FooterEntry): void {
  const place = (entry.offset / unitBytes) * lengthUnits + entry.length / unitBytes;
  putU32(bytes, at, entry.prefix);
  bytes[at + 4] = entry.mark >>> 8;
  bytes[at + 5] = entry.mark;
  bytes[at + 6] = entry.shelf + (entry.isRemove ? removeBit : 0);
  bytes[at + 7] = Math.floor(place / 0x100000000);
  putU32(bytes, at + 8, place % 0x100000000);
}

export function footerEntryAt(entries: Uint8Array, at: number): FooterEntry {
  const place = entries[at + 7]! * 0x100000000 + u32At(entries, at + 8);
  return {
    prefix: u32At(entries, at),
    mark: entries[at + 4]! * 256 + entries[at + 5]!,
    shelf: entries[at + 6]! & (removeBit - 1),
    isRemove: entries[at + 6]! >= removeBit,
    offset: Math.floor(place / lengthUnits) * unitBytes,
    length: (place % lengthUnits) * unitBytes,
  };
}

/** Whether records of this kind have an entry. */
export function hasEntry(kind: number): boolean {
  return kind === recordKinds.put || kind === recordKinds.remove;
}

export function encodeFooter({ entries, end, sequence, digest }: Footer): Uint8Array {
  const out = writer(trailerBytes);
  out.raw(magic);
  out.u32(entries.length / footerEntryBytes);
  out.u32(end);
  out.u64(sequence);
  out.raw(digest);
  return withDigest(concat(entries, out.view()));
}

/**
 * The footer at the end of a file of `size` bytes, or undefined if none is intact there. `read` gives up to
 * so many bytes from an offset.
 */
export async function readFooter(
  size: number,
  read: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<Footer | undefined> {
  if (size < trailerBytes) return undefined;
  const trailer = await read(size - trailerBytes, trailerBytes);
  if (trailer.length < trailerBytes || !equal(trailer.subarray(0, 8), magic)) return undefined;
  const length = u32At(trailer, 8) * footerEntryBytes + trailerBytes;
  if (length > size) return undefined;
  const body = checked(await read(size - length, length));
  if (body === undefined) return undefined;
  const entries = body.subarray(0, length - trailerBytes);
  const from = reader(body.subarray(entries.length));
  from.raw(magic.length + 4);
  const [end, sequence, digest] = [from.u32(), from.u64(), from.raw(digestBytes)];
  return from.bad() ? undefined : { entries, end, sequence, digest };
}
