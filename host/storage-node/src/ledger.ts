/**
 * What a node has used, counted exactly: every commit carries the totals that it leads to, so they
 * survive a restart and never need a walk over the store.
 */

import { admits } from '@dsm/availability';
import { NodeError, StoreError, type Store, type Write } from '@dsm/ports';
import { equal } from '@dsm/primitive';
import {
  decodeTotals,
  encodeTotals,
  totalsKey,
  type Totals,
  type TotalsRow,
  type VotedUnder,
} from './rows.ts';

export interface Ledger {
  readonly totals: () => Totals;
  /** True if the store's votes are of this registry; the first one asked for settles it for good. */
  readonly isUnder: (registry: VotedUnder) => boolean;
  /** Throws once the disk has failed: what the store shows then may not be durable. */
  readonly whileSound: () => void;
  /** True if there is room for `bytes` more. */
  readonly hasRoom: (bytes: number) => boolean;
  /** Commit `write` with what it changes; resolves once both are durable. */
  readonly commit: (write: Write, change: Partial<Totals>) => Promise<void>;
}

const nothingYet: Totals = { objects: 0, slots: 0, usedBytes: 0, slotConflicts: 0 };

/** The ledger of a store. A store that another node has used is refused. */
export async function openLedger(
  store: Store,
  node: Uint8Array,
  capacityBytes: number,
): Promise<Ledger> {
  const bytes = await translated(store.get(totalsKey));
  const found = bytes === undefined ? undefined : decodeTotals(bytes);
  if (bytes !== undefined && found === undefined) {
    throw new NodeError('unreachable', 'the totals in the store cannot be read');
  }
  if (found !== undefined && !equal(found.node, node)) {
    throw new NodeError('refused', 'the store belongs to a node with another vote key');
  }
  let row: TotalsRow = found ?? { version: 1, node, ...nothingYet, votedUnder: undefined };
  let isLost = false;
  const whileSound = (): void => {
    if (isLost) throw new NodeError('unreachable', 'the disk failed; restart the node');
  };
  return {
    totals: () => {
      const { objects, slots, usedBytes, slotConflicts } = row;
      return { objects, slots, usedBytes, slotConflicts };
    },
    isUnder: ({ lineage, version }) => {
      row = { ...row, votedUnder: row.votedUnder ?? { lineage, version } };
      const under = row.votedUnder;
      return under?.version === version && equal(under.lineage, lineage);
    },
    whileSound,
    hasRoom: (more) => admits(row.usedBytes, more, capacityBytes),
    commit: async (write, change) => {
      whileSound();
      row = { ...row, ...sum(row, change, 1) };
      try {
        await store.commit([write, { key: totalsKey, value: encodeTotals(row) }]);
      } catch (error) {
        row = { ...row, ...sum(row, change, -1) };
        isLost ||= !(error instanceof StoreError && error.code === 'full');
        throw nodeError(error);
      }
    },
  };
}

/** The store's failures as the node's. */
export async function translated<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw nodeError(error);
  }
}

function nodeError(cause: unknown): unknown {
  if (!(cause instanceof StoreError)) return cause;
  const { code, message } = cause;
  return new NodeError(code === 'full' ? 'full' : 'unreachable', message, { cause });
}

function sum(totals: Totals, change: Partial<Totals>, sign: 1 | -1): Totals {
  return {
    objects: totals.objects + sign * (change.objects ?? 0),
    slots: totals.slots + sign * (change.slots ?? 0),
    usedBytes: totals.usedBytes + sign * (change.usedBytes ?? 0),
    slotConflicts: totals.slotConflicts + sign * (change.slotConflicts ?? 0),
  };
}
