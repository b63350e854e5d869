/** The claims on a node's objects: who wants what kept until when, and what goes when nobody does. */

import {
  claimed,
  claimsCoder,
  isOver,
  usualTerms,
  withoutOwner,
  type Terms,
} from '@dsm/availability';
import { NodeError, type Engine, type EngineWrite } from '@dsm/ports';
import { encodeWith, reader } from '@dsm/primitive';
import { translated } from './room.ts';
import { shelves } from './rows.ts';

/** All of them are called in the turn of the object. */
export interface Claims {
  readonly on: (address: Uint8Array) => Promise<readonly Terms[]>;
  readonly add: (address: Uint8Array, terms: Terms) => Promise<void>;
  /** Ends the claims of an owner; the object goes with the last one. */
  readonly end: (address: Uint8Array, owner: Uint8Array) => Promise<void>;
  /** Drops the object if no claim lasts under the version; true if it did. */
  readonly expire: (address: Uint8Array, version: number) => Promise<boolean>;
}

export function claimsIn(engine: Engine): Claims {
  const on = async (address: Uint8Array): Promise<readonly Terms[]> => {
    const row = await translated(engine.get(shelves.claims, address));
    return row === undefined ? [usualTerms] : decoded(row);
  };
  const set = (address: Uint8Array, claims: readonly Terms[]): Promise<void> =>
    translated(engine.commit([claimsWrite(address, claims)]));
  const drop = (key: Uint8Array): Promise<void> =>
    translated(
      engine.commit([
        { shelf: shelves.objects, key, value: undefined },
        { shelf: shelves.claims, key, value: undefined },
      ]),
    );
  return {
    on,
    add: async (address, terms) => {
      const before = await on(address);
      const after = claimed(before, terms);
      if (after !== before) await set(address, after);
    },
    end: async (address, owner) => {
      const before = await on(address);
      const after = withoutOwner(before, owner);
      if (after.length === 0) await drop(address);
      else if (after.length < before.length) await set(address, after);
    },
    expire: async (address, version) => {
      if (!isOver(await on(address), version)) return false;
      await drop(address);
      return true;
    },
  };
}

export function claimsWrite(key: Uint8Array, claims: readonly Terms[]): EngineWrite {
  return { shelf: shelves.claims, key, value: encodeWith(claimsCoder, claims) };
}

function decoded(row: Uint8Array): readonly Terms[] {
  const from = reader(row);
  const claims = claimsCoder.read(from);
  if (from.bad()) throw new NodeError('unreachable', 'the claims on an object cannot be read');
  return claims;
}
