/**
 * Restoring from capsules: rows into an empty store, in the order in which they were written.
 *
 * The row of the wallet itself comes last. A restore that is cut has left rows that belong to
 * nobody: the next one removes them first.
 */

import {
  changedRow,
  endReading,
  capsuleRefusals,
  readCapsule,
  type CapsuleReading,
  type CapsuleRefusal,
  type OpenBox,
  type RowChange,
} from '@dsm/identity';
import { keyOf } from '@dsm/primitive';
import type { Aead, Store, Write } from '@dsm/ports';
import { isInCapsules } from './capsule-rows.ts';
import { DsmError } from './errors.ts';
import { decodeRow } from './model.ts';
import { checkFormat } from './open.ts';
import { rowKey, tables, walletRow } from './rows.ts';

/** Bytes of rows that are kept in one commit. */
const commitBytesMax = 4_194_304;

export function openerOf(aead: Aead, secret: Uint8Array): OpenBox {
  return (nonce, box, associated) => aead.open(secret, nonce, box, associated);
}

export function refusalOf(refusal: CapsuleRefusal): DsmError {
  return new DsmError('integrity', capsuleRefusals[refusal]);
}

export interface Applied {
  readonly rows: number;
  readonly bytes: number;
}

export interface Applying {
  readonly store: Store;
  readonly open: OpenBox;
  readonly start: CapsuleReading;
  /** Counter of the newest capsule that is known. */
  readonly newest: number;
  /** What the wallet’s secret is, if no keystore holds it. */
  readonly secret: Uint8Array | undefined;
  /** The row of the secrets of a wallet from words, if its keystore is the one that sealed it. */
  readonly sealed?: Uint8Array;
  readonly onCapsule?: (so: Applied) => void;
}

/** Read all capsules into an empty store, which holds a restored wallet then. */
export async function applyCapsules(
  capsules: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  { store, open, start, newest, secret, sealed, onCapsule }: Applying,
): Promise<Applied> {
  await emptied(store);
  const rows = overlay(store);
  let reading = start;
  let bytes = 0;
  for await (const one of capsules) {
    const step = readCapsule(reading, one, open);
    if (step.type === 'refused') throw refusalOf(step.refusal);
    reading = step.reading;
    bytes += one.length;
    for (const change of step.changes) await rows.change(change);
    await rows.keep(commitBytesMax);
    onCapsule?.({ rows: rows.count(), bytes });
  }
  const refusal = endReading(reading, newest);
  if (refusal !== undefined) throw refusalOf(refusal);
  await rows.end(secret, sealed);
  return { rows: rows.count(), bytes };
}

/** Refuses a store with a wallet, and removes what a restore that was cut has left in any other. */
async function emptied(store: Store): Promise<void> {
  if ((await store.get(rowKey('wallet'))) !== undefined) {
    throw new DsmError('exists', 'there is a wallet here already: restore into an empty place');
  }
  for (const table of Object.values(tables)) {
    const rows = await store.scan(Uint8Array.of(table));
    if (rows.length > 0) await store.commit(rows.map(([key]) => ({ key, value: undefined })));
  }
}

interface Overlay {
  readonly change: (change: RowChange) => Promise<void>;
  /** Keep what has come together, if it is more than that. */
  readonly keep: (bytes: number) => Promise<void>;
  /** Keep the rest, and the row of the wallet with it. */
  readonly end: (secret: Uint8Array | undefined, sealed: Uint8Array | undefined) => Promise<void>;
  readonly count: () => number;
}

/** Rows on their way into the store. The one of the wallet waits for the end. */
function overlay(store: Store): Overlay {
  const waiting = new Map<string, Write>();
  const walletKey = keyOf(rowKey('wallet'));
  let wallet: Uint8Array | undefined;
  let [size, count] = [0, 0];
  const before = async (key: Uint8Array): Promise<Uint8Array | undefined> => {
    const there = waiting.get(keyOf(key));
    return there === undefined ? store.get(key) : there.value;
  };
  const keep = async (bytes: number): Promise<void> => {
    if (size <= bytes) return;
    await store.commit([...waiting.values()]);
    waiting.clear();
    size = 0;
  };
  return {
    keep,
    count: () => count,
    change: async (change) => {
      const { key, put } = change;
      if (!isInCapsules(key)) throw refusalOf('body');
      const old = put !== undefined && put.from > 0 ? await before(key) : undefined;
      const changed = changedRow(old, change);
      if (changed === 'body') throw refusalOf('body');
      count += 1;
      if (keyOf(key) === walletKey) {
        wallet = changed.value;
        return;
      }
      waiting.set(keyOf(key), { key, value: changed.value });
      size += key.length + (changed.value?.length ?? 0);
    },
    end: async (secret, sealed) => {
      if (wallet === undefined) throw new DsmError('integrity', 'the capsules hold no wallet');
      checkFormat(wallet);
      const row = decodeRow(walletRow, wallet, 'wallet');
      const key = rowKey('wallet');
      const last = { key, value: walletRow.encode({ ...row, phase: 1, secret }) };
      const kept = sealed === undefined ? [] : [{ key: rowKey('secrets'), value: sealed }];
      await store.commit([...waiting.values(), ...kept, last]);
    },
  };
}
