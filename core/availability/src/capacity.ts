/**
 * Admission by capacity (seed 000, definitions 17 and 18).
 *
 *     admit(n, o) = 1   iff   used(n) + size(o) ≤ capacity(n)
 *
 * A record counts with its bytes and a fixed overhead for its key, its frame and its place in an
 * index: without it, a million empty objects would cost nothing.
 */

/** What a record costs beside its bytes. */
export const recordOverheadBytes = 128;

/** The size of a record as capacity counts it. */
export function recordSize(bytes: number): number {
  return count(bytes) + recordOverheadBytes;
}

/** True if a node that uses `used` of its capacity has room for `size` more. */
export function admits(used: number, size: number, capacity: number): boolean {
  return count(used) + count(size) <= count(capacity);
}

function count(bytes: number): number {
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new RangeError(`${bytes} is no size`);
  return bytes;
}
