/**
 * Turning back one bit of a damaged record header.
 *
 * A record whose header is damaged is worse than one whose value is: nobody knows whose it is, so every
 * key that might be its own says that it is rotten, and nothing can be listed. But both checksums of the
 * record cover the header, and the digest of its commit does, too. So each of its 384 bits is turned over in
 * turn: at most one way fits both, and the caller lets it stand only if the chain of commits then holds.
 */

import type { Gap } from './check-records.ts';
import { headerAt, headerBytes, recordBytes, valueIsIntact } from './record.ts';

/** The header that stood at the start of these bytes, which are one record; undefined if no one bit makes it. */
export function headerWithOneBitTurned(record: Uint8Array): Uint8Array | undefined {
  const tried = record.slice();
  for (let bit = 0; bit < headerBytes * 8; bit++) {
    const at = bit >> 3;
    tried[at]! ^= 1 << (bit & 7);
    const header = headerAt(tried, 0);
    const isWhole = header !== undefined && recordBytes(header.length) === record.length;
    if (isWhole && valueIsIntact(tried, 0, header)) return tried.slice(0, headerBytes);
    tried[at]! ^= 1 << (bit & 7);
  }
  return undefined;
}

/** Larger than any record: what is longer is no single one. */
const gapBytesMax = 8_388_608;

/** What to write where to mend the damaged record, if that is known. */
export async function mendingOf(
  read: (offset: number, length: number) => Promise<Uint8Array>,
  { offset, end }: Gap,
): Promise<{ readonly offset: number; readonly header: Uint8Array } | undefined> {
  if (end - offset < headerBytes || end - offset > gapBytesMax) return undefined;
  const header = headerWithOneBitTurned(await read(offset, end - offset));
  return header && { offset, header };
}
