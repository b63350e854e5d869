/**
 * The journal: which rows have been written since they were last sealed in a capsule.
 *
 * It stands between a wallet and its store, so no commit goes by unseen: the keys are written in the
 * same commit as the rows. Whatever ends the process, the journal says what the capsules lack. Nothing
 * is written while the wallet has no capsules.
 */

import { encodeWith } from '@dsm/primitive';
import type { Store, Write } from '@dsm/ports';
import {
  isInCapsules,
  journalKey,
  journalKeysMax,
  journalPrefix,
  journalRow,
  numberIn,
  stateIn,
} from './capsule-rows.ts';

export interface Journal {
  /** The store for everybody else: what is committed here is noted. */
  readonly store: Store;
  /**
   * Do this while no commit is under way and none begins: what is read is of one moment. The store
   * that is handed in notes nothing.
   */
  readonly still: <T>(look: (store: Store) => Promise<T>) => Promise<T>;
  /** From now on keys are noted; called where the first state is kept. */
  readonly begin: () => void;
  /** True if the wallet has capsules. */
  readonly isOn: () => boolean;
}

export async function journalOf(inner: Store): Promise<Journal> {
  let isOn = (await stateIn(inner)) !== undefined;
  const noted = isOn ? await inner.scan(journalPrefix) : [];
  let next = noted.length === 0 ? 0 : numberIn(noted.at(-1)![0]) + 1;
  let underWay = 0;
  /** Resolves when the look that is under way is over; whoever waits comes in order. */
  let turn: Promise<void> | undefined;
  let idle: (() => void) | undefined;

  const note = (writes: readonly Write[]): readonly Write[] => {
    const keys = writes.map(({ key }) => key).filter(isInCapsules);
    const rows: Write[] = [];
    for (let from = 0; from < keys.length; from += journalKeysMax) {
      const some = keys.slice(from, from + journalKeysMax);
      rows.push({ key: journalKey(next), value: encodeWith(journalRow, some) });
      next += 1;
    }
    return rows;
  };
  const written = async (writes: readonly Write[]): Promise<void> => {
    underWay += 1;
    try {
      await inner.commit(isOn ? [...writes, ...note(writes)] : writes);
    } finally {
      underWay -= 1;
      if (underWay === 0) idle?.();
    }
  };
  const inTurn = async <T>(act: () => Promise<T>): Promise<T> => {
    while (turn !== undefined) await turn;
    return act();
  };
  return {
    store: {
      get: (key) => (turn === undefined ? inner.get(key) : inTurn(() => inner.get(key))),
      scan: (prefix) =>
        turn === undefined ? inner.scan(prefix) : inTurn(() => inner.scan(prefix)),
      commit: (writes) => (turn === undefined ? written(writes) : inTurn(() => written(writes))),
      close: () => inTurn(() => inner.close()),
    },
    still: async (look) => {
      while (turn !== undefined) await turn;
      let over = (): void => undefined;
      turn = new Promise((resolve) => {
        over = resolve;
      });
      try {
        if (underWay > 0) {
          await new Promise<void>((resolve) => {
            idle = resolve;
          });
        }
        return await look(inner);
      } finally {
        idle = undefined;
        turn = undefined;
        over();
      }
    },
    begin: () => {
      isOn = true;
    },
    isOn: () => isOn,
  };
}
