/**
 * What a copy of a store says about itself: checksums of rows and the summary of all of them.
 *
 *     row checksum   BLAKE3( u32 length of key ‖ key ‖ value )
 *
 *     OFFSET  SIZE  FIELD OF THE SUMMARY
 *          0     2  format         1
 *          2    16  store          drawn when the store was made
 *         18     8  sequence       grows with every transaction
 *         26     8  rows
 *         34    32  digest         exclusive or of all row checksums
 *         66    32  BLAKE3 of bytes 0…65
 *
 * All formats begin with the format and end with the checksum of what stands before it, so that
 * a newer one is told from a damaged one. Docs: docs/spec/store.md.
 */

import {
  bytes32,
  concat,
  encodeWith,
  equal,
  fixed,
  reader,
  struct,
  u16,
  u64,
  type Coder,
} from '@dsm/primitive';
import { nativeHash } from './hash.ts';

export interface Summary {
  /** Tells the copies of one store from those of another. */
  readonly store: Uint8Array;
  /** No number is used twice in one copy. */
  readonly sequence: number;
  readonly rows: number;
  readonly digest: Uint8Array;
}

export type DecodedSummary =
  | { readonly is: 'summary'; readonly summary: Summary }
  | { readonly is: 'newer'; readonly format: number }
  | { readonly is: 'damaged' };

const storeFormat = 1;
const checksumBytes = 32;

const coder: Coder<Summary> = struct<Summary>({
  store: fixed(16),
  sequence: u64,
  rows: u64,
  digest: bytes32,
});

export function encodeSummary(summary: Summary): Uint8Array {
  const body = concat(encodeWith(u16, storeFormat), encodeWith(coder, summary));
  return concat(body, nativeHash.blake3(body));
}

export function decodeSummary(bytes: Uint8Array): DecodedSummary {
  const end = bytes.length - checksumBytes;
  if (end < 2) return { is: 'damaged' };
  if (!equal(nativeHash.blake3(bytes.subarray(0, end)), bytes.subarray(end))) {
    return { is: 'damaged' };
  }
  const from = reader(bytes.subarray(0, end));
  const format = u16.read(from);
  if (format > storeFormat) return { is: 'newer', format };
  const summary = coder.read(from);
  const isWhole = format === storeFormat && !from.bad() && from.left() === 0;
  return isWhole ? { is: 'summary', summary } : { is: 'damaged' };
}

/** Laid out by hand in one buffer: opening a store does this for every row of both copies. */
export function rowChecksum(key: Uint8Array, value: Uint8Array): Uint8Array {
  const length = 4 + key.length + value.length;
  const bytes = length <= scratch.length ? scratch : new Uint8Array(length);
  new DataView(bytes.buffer).setUint32(0, key.length);
  bytes.set(key, 4);
  bytes.set(value, 4 + key.length);
  return nativeHash.blake3(bytes.subarray(0, length));
}

const scratch = new Uint8Array(8_192);

/** Put a row into `digest`, or take it out again: exclusive or does both. */
export function toggle(digest: Uint8Array, checksum: Uint8Array): void {
  for (let i = 0; i < checksumBytes; i++) digest[i]! ^= checksum[i]!;
}
