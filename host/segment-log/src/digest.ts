/** BLAKE3 as this format uses it: over bytes that nobody outside ever sees, so without a domain. */

import { concat, equal, implementation } from '@dsm/primitive';

export const digestBytes = 32;

export function digestOf(...parts: readonly Uint8Array[]): Uint8Array {
  return implementation().blake3(parts.length === 1 ? parts[0]! : concat(...parts));
}

/** The bytes, and their digest behind them. */
export function withDigest(bytes: Uint8Array): Uint8Array {
  return concat(bytes, digestOf(bytes));
}

/** The bytes before the digest, or undefined if it is not theirs. */
export function checked(bytes: Uint8Array): Uint8Array | undefined {
  const end = bytes.length - digestBytes;
  if (end < 0) return undefined;
  const body = bytes.subarray(0, end);
  return equal(digestOf(body), bytes.subarray(end)) ? body : undefined;
}
