/**
 * What stays on the disk of a cold segment, and reading one: headers of records here, the rest there.
 *
 *     segment header ‖ headers of all puts and removes, 48 bytes each, in order ‖ footer
 *
 * So listing keys, sizes and telling keys apart asks nothing of the shelf. The file is opened for each
 * header: there may be more cold segments than files that a process may have open.
 */

import type { Disk } from '@dsm/ports';
import { concat } from '@dsm/primitive';
import {
  encodeFooter,
  footerEntryAt,
  footerEntryBytes,
  readFooter,
  trailerBytes,
  type Footer,
} from './footer.ts';
import { headerAt, headerBytes } from './record.ts';
import {
  encodeSegmentHeader,
  readSegmentHeader,
  segmentHeaderBytes,
  type SegmentHeader,
} from './segment-header.ts';
import { counted, type Source } from './segment.ts';

export interface KeptParts {
  readonly header: SegmentHeader;
  readonly footer: Footer;
}

/** The file, made from the bytes of the whole segment. */
export function encodeKept({ header, footer }: KeptParts, segment: Uint8Array): Uint8Array {
  const { entries } = footer;
  const headers: Uint8Array[] = [];
  for (let at = 0; at < entries.length; at += footerEntryBytes) {
    const { offset } = footerEntryAt(entries, at);
    headers.push(segment.subarray(offset, offset + headerBytes));
  }
  return concat(encodeSegmentHeader(header), ...headers, encodeFooter(footer));
}

/** Header and footer of the file, or undefined if it is not whole. Rejects with `rotten` if its header is damaged. */
export async function readKept(
  number: number,
  size: number,
  read: Source['read'],
): Promise<KeptParts | undefined> {
  const header = await readSegmentHeader(number, (length) => read(0, length));
  const footer = await readFooter(size, read);
  if (footer === undefined) return undefined;
  const { headersAt, entriesAt, count } = layoutOf({ header, footer });
  const isWhole = entriesAt + count * footerEntryBytes + trailerBytes === size;
  return isWhole && headersAt <= size ? { header, footer } : undefined;
}

interface Layout {
  readonly headersAt: number;
  readonly entriesAt: number;
  readonly count: number;
}

function layoutOf({ header, footer }: KeptParts): Layout {
  const headersAt = segmentHeaderBytes(header.others.length);
  const count = footer.entries.length / footerEntryBytes;
  return { headersAt, entriesAt: headersAt + count * headerBytes, count };
}

/** `far` is the segment on the shelf, `name` the file here. */
export function coldSource(disk: Disk, name: string, parts: KeptParts, far: Source): Source {
  const layout = layoutOf(parts);
  const { end } = parts.footer;
  return counted(async (offset, length) => {
    if (length > headerBytes) return far.read(offset, length);
    const kept = await keptHeader(disk, name, layout, offset, end);
    // What rots here is still there.
    const isIntact = kept !== undefined && headerAt(kept, 0) !== undefined;
    return isIntact ? kept.subarray(0, length) : far.read(offset, length);
  }, far.close);
}

/** Entries that are read together: most searches end after one or two reads. */
const windowEntries = 64;

async function keptHeader(
  disk: Disk,
  name: string,
  { headersAt, entriesAt, count }: Layout,
  offset: number,
  end: number,
): Promise<Uint8Array | undefined> {
  const file = await disk.open(name, 'existing');
  try {
    let low = { entry: 0, offset: headersAt };
    let high = { entry: count, offset: end };
    while (low.entry < high.entry) {
      const part = (offset - low.offset) / Math.max(1, high.offset - low.offset);
      const guess = low.entry + Math.floor(part * (high.entry - low.entry)) - windowEntries / 2;
      const first = Math.max(low.entry, Math.min(guess, high.entry - windowEntries));
      const last = Math.min(first + windowEntries, high.entry) - 1;
      const length = (last - first + 1) * footerEntryBytes;
      const bytes = await file.read(entriesAt + first * footerEntryBytes, length);
      const offsets = offsetsOf(bytes);
      const found = offsets.indexOf(offset);
      if (found !== -1) {
        return await file.read(headersAt + (first + found) * headerBytes, headerBytes);
      }
      if (offset < offsets[0]!) high = { entry: first, offset: offsets[0]! };
      else if (offset > offsets.at(-1)!) low = { entry: last + 1, offset: offsets.at(-1)! };
      else return undefined;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

function offsetsOf(entries: Uint8Array): readonly number[] {
  const offsets: number[] = [];
  for (let at = 0; at + footerEntryBytes <= entries.length; at += footerEntryBytes) {
    offsets.push(footerEntryAt(entries, at).offset);
  }
  return offsets;
}
