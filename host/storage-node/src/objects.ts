/** The objects of a node: immutable bytes under their BLAKE3, kept while somebody's claim lasts. */

import {
  isUsual,
  recordSize,
  release as releaseObject,
  releasedBy,
  usualTerms,
  type Terms,
} from '@dsm/availability';
import { NodeError, type Engine } from '@dsm/ports';
import { address as addressOf, hash, keyOf, limits } from '@dsm/primitive';
import { claimsIn, claimsWrite } from './claims.ts';
import type { Quotas } from './quotas.ts';
import { translated, type Room } from './room.ts';
import { shelves } from './rows.ts';
import type { Turns } from './turns.ts';

export interface Objects {
  readonly put: (bytes: Uint8Array, terms?: Terms) => Promise<'new' | 'same'>;
  readonly get: (address: Uint8Array) => Promise<Uint8Array | undefined>;
  /** The size of an object that is here. */
  readonly sizeOf: (address: Uint8Array) => Promise<number | undefined>;
  /** H_possess(nonce ‖ bytes), which only who has the bytes can say. */
  readonly possess: (nonce: Uint8Array, address: Uint8Array) => Promise<Uint8Array | undefined>;
  /** The claims on an object, or undefined if it is not here. */
  readonly terms: (address: Uint8Array) => Promise<readonly Terms[] | undefined>;
  /** Ends the claims of whoever has signed; the object goes with the last one. */
  readonly release: (bytes: Uint8Array) => Promise<void>;
  /** Ends the claims of an owner whose word the caller has seen. */
  readonly forget: (address: Uint8Array, owner: Uint8Array) => Promise<void>;
  /** Drops every object on which no claim lasts under the version; answers how many. */
  readonly sweep: (version: number) => Promise<number>;
}

export const objectRefusals: Readonly<Record<'size' | 'release', string>> = {
  size: `an object has at most ${limits.objectBytesMax} bytes`,
  release: 'the bytes are no release that its owner has signed',
};

export interface ObjectParts {
  readonly engine: Engine;
  readonly room: Room;
  readonly inTurn: Turns;
  readonly quotas: Quotas;
  readonly network: Uint8Array;
}

export function objectsIn({ engine, room, inTurn, quotas, network }: ObjectParts): Objects {
  const claims = claimsIn(engine);
  const sizeOf = (address: Uint8Array): Promise<number | undefined> =>
    translated(engine.sizeOf(shelves.objects, address));
  const keep = async (
    key: Uint8Array,
    value: Uint8Array,
    terms: Terms,
  ): Promise<'new' | 'same'> => {
    if ((await sizeOf(key)) !== undefined) {
      await claims.add(key, terms);
      return 'same';
    }
    const size = recordSize(value.length);
    const giveBack = room.reserve(size, 'object');
    if (giveBack === undefined) throw new NodeError('full', 'no room for the object');
    let isKept = false;
    try {
      // The charge is counted in the order of the commits: nothing is waited for in between.
      const charged = quotas.charge(key, size);
      const claim = isUsual(terms) ? [] : [claimsWrite(key, [terms])];
      await translated(
        engine.commit([{ shelf: shelves.objects, key, value }, ...claim, ...charged]),
      );
      isKept = true;
    } finally {
      giveBack(isKept);
    }
    return 'new';
  };
  const forget = (address: Uint8Array, owner: Uint8Array): Promise<void> =>
    inTurn(keyOf(address), async () => {
      if ((await sizeOf(address)) !== undefined) await claims.end(address, owner);
    });
  return {
    sizeOf,
    forget,
    put: async (given, terms = usualTerms) => {
      if (given.length > limits.objectBytesMax) throw refused('size');
      // The caller may change its bytes while the disk works.
      const bytes = given.slice();
      const address = addressOf(bytes);
      return inTurn(keyOf(address), () => keep(address, bytes, terms));
    },
    get: (address) =>
      inTurn(keyOf(address), () => translated(engine.get(shelves.objects, address))),
    possess: async (nonce, address) => {
      const bytes = await translated(engine.get(shelves.objects, address));
      return bytes === undefined ? undefined : hash('possess', nonce, bytes);
    },
    terms: async (address) => {
      const isHere = (await sizeOf(address)) !== undefined;
      return isHere ? claims.on(address) : undefined;
    },
    release: async (bytes) => {
      const decoded = releaseObject.decode(bytes);
      const owner = decoded.ok ? releasedBy(decoded.value, network) : undefined;
      if (!decoded.ok || owner === undefined) throw refused('release');
      await forget(decoded.value.address, owner);
    },
    sweep: async (version) => {
      let dropped = 0;
      for await (const { key } of engine.entries(shelves.claims, key0, 0)) {
        const isDropped = await inTurn(keyOf(key), () => claims.expire(key, version));
        dropped += isDropped ? 1 : 0;
      }
      return dropped;
    },
  };
}

const key0 = new Uint8Array(32);

function refused(reason: keyof typeof objectRefusals): NodeError {
  return new NodeError('refused', objectRefusals[reason]);
}
