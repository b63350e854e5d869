/** The objects of a node: immutable bytes under their BLAKE3, with the terms on which they are kept. */

import { recordSize, usualTerms, type Terms } from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import { address as addressOf, hash, keyOf, limits } from '@dsm/primitive';
import { translated, type Room } from './room.ts';
import { decodeObjectRow, encodeObjectRow, shelves } from './rows.ts';
import type { Turns } from './turns.ts';

export interface Objects {
  readonly put: (bytes: Uint8Array, terms?: Terms) => Promise<'new' | 'same'>;
  readonly get: (address: Uint8Array) => Promise<Uint8Array | undefined>;
  /** The size of an object that is here. */
  readonly sizeOf: (address: Uint8Array) => Promise<number | undefined>;
  /** H_possess(nonce ‖ bytes), which only who has the bytes can say. */
  readonly possess: (nonce: Uint8Array, address: Uint8Array) => Promise<Uint8Array | undefined>;
}

export function objectsIn(engine: Engine, room: Room, inTurn: Turns): Objects {
  const rowOf = (address: Uint8Array): Promise<Uint8Array | undefined> =>
    translated(engine.get(shelves.objects, address));
  const keep = async (
    key: Uint8Array,
    bytes: Uint8Array,
    terms: Terms,
  ): Promise<'new' | 'same'> => {
    if ((await translated(engine.sizeOf(shelves.objects, key))) !== undefined) return 'same';
    const value = encodeObjectRow({ terms, bytes });
    const giveBack = room.reserve(recordSize(value.length), 'object');
    if (giveBack === undefined) throw new NodeError('full', 'no room for the object');
    try {
      await translated(engine.commit([{ shelf: shelves.objects, key, value }]));
    } finally {
      giveBack();
    }
    return 'new';
  };
  const get = (address: Uint8Array): Promise<Uint8Array | undefined> =>
    inTurn(keyOf(address), async () => {
      const row = await rowOf(address);
      return row === undefined ? undefined : decodeObjectRow(row).bytes;
    });
  return {
    put: async (given, terms = usualTerms) => {
      if (given.length > limits.objectBytesMax) {
        throw new NodeError('refused', `an object has at most ${limits.objectBytesMax} bytes`);
      }
      // The caller may change its bytes while the disk works.
      const bytes = given.slice();
      const address = addressOf(bytes);
      return inTurn(keyOf(address), () => keep(address, bytes, terms));
    },
    get,
    sizeOf: async (address) => (await get(address))?.length,
    possess: async (nonce, address) => {
      const bytes = await get(address);
      return bytes === undefined ? undefined : hash('possess', nonce, bytes);
    },
  };
}
