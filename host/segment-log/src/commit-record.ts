/**
 * The commit record: it ends a group of records and makes all of them count.
 *
 *     value    OFFSET  SIZE  FIELD
 *                   0     8  sequence   of this commit, from 1
 *                   8     8  proof      the first bytes of BLAKE3( id ‖ segment u32 ‖ offset u32 ‖ sequence u64 )
 *                  16        totals     records u64, bytes u64, of each shelf of the header's bits, ascending
 *
 *     digest = BLAKE3( id ‖ digest of the commit before ‖ bits ‖ value ‖ headers of the group's records )
 *
 * The digests are a chain: a commit fixes all before it, by the checksums in the headers. The proof
 * tells a commit of this log at this place from bytes that look like one: only who knows the id of
 * the log can make it. Recovery looks for it behind damage, where the chain is lost.
 */

import { concat, equal, reader, writer } from '@dsm/primitive';
import type { ShelfTotals } from '@dsm/ports';
import { digestOf } from './digest.ts';
import {
  encodeRecord,
  headerBytes,
  keyAtRecord,
  recordBytes,
  recordKinds,
  u32At,
  valueAtRecord,
  type RecordHeader,
} from './record.ts';
import type { LogState } from './segment-header.ts';

const proofBytes = 8;
const fixedBytes = 8 + proofBytes;
const totalsBytes = 16;

/** Where a commit record stands. */
export interface CommitPlace {
  readonly id: Uint8Array;
  readonly segment: number;
  readonly offset: number;
}

/** The longest commit record: that of a group which changes all shelves. */
export const commitRecordBytesMax: number = recordBytes(fixedBytes + 8 * totalsBytes);

/** The commit record for a group, and the state after it. `headers` are those of its records. */
export function encodeCommit(
  before: LogState,
  totals: readonly ShelfTotals[],
  headers: Uint8Array,
  place: CommitPlace,
): { readonly record: Uint8Array; readonly after: LogState } {
  const sequence = before.sequence + 1;
  let bits = 0;
  const out = writer(fixedBytes + totals.length * totalsBytes);
  out.u64(sequence);
  out.raw(proof(place, sequence));
  for (const [shelf, { records, bytes }] of totals.entries()) {
    const old = before.totals[shelf]!;
    if (old.records === records && old.bytes === bytes) continue;
    bits |= 1 << shelf;
    out.u64(records);
    out.u64(bytes);
  }
  const value = out.view();
  const digest = chained(place.id, before.digest, bits, value, headers);
  const record = encodeRecord(recordKinds.commit, bits, digest, value);
  return { record, after: { sequence, digest, totals } };
}

/** The state after the commit record at `at`, or undefined if it does not follow from `before`. */
export function followCommit(
  before: LogState,
  bytes: Uint8Array,
  at: number,
  header: RecordHeader,
  headers: Uint8Array,
  { id }: Pick<CommitPlace, 'id'>,
): LogState | undefined {
  const value = valueAtRecord(bytes, at, header.length);
  const after = statedCommit(before, bytes, at, header);
  const digest = chained(id, before.digest, header.shelf, value, headers);
  const follows = after?.sequence === before.sequence + 1 && equal(digest, after.digest);
  return follows ? after : undefined;
}

/** The state after a commit record, as it says itself; undefined if it says nothing that makes sense. */
export function statedCommit(
  before: LogState,
  bytes: Uint8Array,
  at: number,
  header: RecordHeader,
): LogState | undefined {
  const from = reader(valueAtRecord(bytes, at, header.length));
  const sequence = from.u64();
  from.raw(proofBytes);
  const totals = before.totals.map((old, shelf) =>
    (header.shelf & (1 << shelf)) === 0 ? old : { records: from.u64(), bytes: from.u64() },
  );
  return from.bad() ? undefined : { sequence, digest: keyAtRecord(bytes, at).slice(), totals };
}

/** The sequence of the commit that this log made at this place, if one stands there; its group need not be known. */
export function ownCommitAt(
  bytes: Uint8Array,
  at: number,
  header: RecordHeader,
  place: CommitPlace,
): number | undefined {
  const end = at + headerBytes + fixedBytes;
  const isCommit = header.kind === recordKinds.commit && header.length >= fixedBytes;
  if (!isCommit || end > bytes.length) return undefined;
  const value = bytes.subarray(at + headerBytes, end);
  const sequence = u32At(value, 0) * 0x100000000 + u32At(value, 4);
  if (!Number.isSafeInteger(sequence)) return undefined;
  return equal(proof(place, sequence), value.subarray(8)) ? sequence : undefined;
}

function proof({ id, segment, offset }: CommitPlace, sequence: number): Uint8Array {
  const out = writer(id.length + 16);
  out.raw(id);
  out.u32(segment);
  out.u32(offset);
  out.u64(sequence);
  return digestOf(out.view()).subarray(0, proofBytes);
}

function chained(
  id: Uint8Array,
  before: Uint8Array,
  bits: number,
  value: Uint8Array,
  headers: Uint8Array,
): Uint8Array {
  return digestOf(concat(id, before, Uint8Array.of(bits), value, headers));
}
