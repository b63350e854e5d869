/**
 * What a wallet keeps of its capsules, beside the rows that go into them.
 *
 *     0x32 00              state of the sequence
 *     0x32 01 ‖ counter    a capsule that is sealed and not certified yet
 *     0x32 02 ‖ number     keys of rows that a commit has written, not sealed yet
 *
 * A capsule lies here before anybody is told of it: after a crash the same bytes are sent again, so
 * its slot never meets a second value of this device.
 */

import { concat, encodeWith, list, u64, variable, decodeWith, type Coder } from '@dsm/primitive';
import { capsuleState, rowKeyBytesMax, type CapsuleState } from '@dsm/identity';
import type { Store } from '@dsm/ports';
import { DsmError } from './errors.ts';
import { decodeRow } from './model.ts';
import { rowKey, tables, walletRow } from './rows.ts';

export const stateKey: Uint8Array = rowKey('capsule', Uint8Array.of(0));
export const pendingPrefix: Uint8Array = rowKey('capsule', Uint8Array.of(1));
export const journalPrefix: Uint8Array = rowKey('capsule', Uint8Array.of(2));

export function pendingKey(counter: number): Uint8Array {
  return concat(pendingPrefix, encodeWith(u64, counter));
}

/** Keys of one commit; more go into a further row. */
export const journalKeysMax = 4_096;

export const journalRow: Coder<readonly Uint8Array[]> = list(
  variable(rowKeyBytesMax),
  journalKeysMax,
  1,
);

export function journalKey(number: number): Uint8Array {
  return concat(journalPrefix, encodeWith(u64, number));
}

/** The number in the key of a capsule or a journal row. */
export function numberIn(key: Uint8Array): number {
  return Number(new DataView(key.buffer, key.byteOffset).getBigUint64(2));
}

export function keysIn(value: Uint8Array): readonly Uint8Array[] {
  const keys = decodeWith(journalRow, value);
  if (keys === undefined) throw new DsmError('rotten', 'a row of the capsules cannot be read');
  return keys;
}

export async function stateIn(store: Store): Promise<CapsuleState | undefined> {
  const bytes = await store.get(stateKey);
  return bytes === undefined ? undefined : decodeRow(capsuleState, bytes, 'capsule');
}

/**
 * Tables that no capsule holds: a claim belongs to the restore that makes it, secrets (0x30) are what
 * capsules are sealed under. The keys of parcels that wait are in them: without those a restored wallet would
 * have to wait for its peers, and whoever opens a capsule reads what parcels have brought anyway.
 */
const kept: ReadonlySet<number> = new Set([tables.claim, tables.secrets, tables.capsule]);

export function isInCapsules(key: Uint8Array): boolean {
  return !kept.has(key[0]!);
}

/** The first bytes of keys that capsules hold, ascending. */
export const capsuleTables: readonly number[] = Object.values(tables)
  .filter((table) => !kept.has(table))
  .toSorted((a, b) => a - b);

/** A row as it goes into a capsule: the wallet’s own without the secret. */
export function withoutSecret(key: Uint8Array, value: Uint8Array): Uint8Array {
  if (key[0] !== tables.wallet) return value;
  return walletRow.encode({ ...decodeRow(walletRow, value, 'wallet'), secret: undefined });
}
