/** The objects of a node: immutable bytes under their BLAKE3. */

import { recordSize } from '@dsm/availability';
import { NodeError, type Store } from '@dsm/ports';
import { address as addressOf, keyOf, limits } from '@dsm/primitive';
import { translated, type Ledger } from './ledger.ts';
import { objectRow } from './rows.ts';
import type { Turns } from './turns.ts';

export interface Objects {
  readonly put: (bytes: Uint8Array) => Promise<'new' | 'same'>;
  readonly get: (address: Uint8Array) => Promise<Uint8Array | undefined>;
}

export function objectsIn(store: Store, ledger: Ledger, inTurn: Turns): Objects {
  const keep = async (row: Uint8Array, value: Uint8Array): Promise<'new' | 'same'> => {
    ledger.whileSound();
    if ((await translated(store.get(row))) !== undefined) return 'same';
    const usedBytes = recordSize(value.length);
    if (!ledger.hasRoom(usedBytes)) throw new NodeError('full', 'no room for the object');
    await ledger.commit({ key: row, value }, { objects: 1, usedBytes });
    return 'new';
  };
  return {
    put: async (bytes) => {
      if (bytes.length > limits.objectBytesMax) {
        throw new NodeError('refused', `an object has at most ${limits.objectBytesMax} bytes`);
      }
      // The caller may change its bytes while the disk works.
      const value = bytes.slice();
      const row = objectRow(addressOf(value));
      return inTurn(keyOf(row), () => keep(row, value));
    },
    get: async (address) => {
      const row = objectRow(address);
      return inTurn(keyOf(row), () => {
        ledger.whileSound();
        return translated(store.get(row));
      });
    },
  };
}
