/**
 * A population: devices that are kept as bytes and revived when it is their turn.
 */

import { nativeHash } from '@dsm/node';
import { concat } from '@dsm/primitive';
import { arena } from './arena.ts';
import { asBytes, meet, party, revived, type Party } from './party.ts';
import { transition } from './transition.ts';

export interface Population {
  readonly count: number;
  readonly get: (number: number) => Party;
  readonly put: (party: Party) => void;
  /** One transition between two of them; its bytes on the wire, or why it was refused. */
  readonly transact: (from: number, to: number) => number | string;
  /** One digest over all devices, in the order of their numbers. */
  readonly digest: () => Uint8Array;
  /** Bytes that all devices have, and those that are taken for them. */
  readonly usedBytes: () => number;
  readonly takenBytes: () => number;
}

/** What the places and steps of one transition each way add to a record. */
const spareBytes = 448;

/** Devices `first` + 2i and the one after it have met: a matching of the whole population. */
export function matched(count: number, first = 0): Population {
  const kept = arena(count, spareBytes);
  const get = (number: number): Party => revived(kept.get(number - first));
  const put = (one: Party): void => kept.put(one.number - first, asBytes(one));
  for (let number = first; number + 1 < first + count; number += 2) {
    const [one, other] = [party(number), party(number + 1)];
    meet(one, other);
    put(one);
    put(other);
  }
  return {
    count,
    get,
    put,
    transact: (from, to) => {
      const [a, b] = [get(from), get(to)];
      const outcome = transition(a, b);
      put(a);
      put(b);
      return outcome;
    },
    digest: () => {
      let digest: Uint8Array = new Uint8Array(32);
      for (let number = 0; number < count; number++) {
        digest = nativeHash.blake3(concat(digest, kept.get(number)));
      }
      return digest;
    },
    usedBytes: kept.usedBytes,
    takenBytes: kept.takenBytes,
  };
}
