/**
 * A witness beside a database: the number of the last group that it acknowledged.
 *
 * A database that finds a damaged end of its log takes it for a power cut and goes on from before it,
 * without a word. A file that was put back from a copy it cannot tell either. The witness knows that
 * there was more. It is written after each group and synced at closing: a process that dies leaves it
 * exact, and after a power cut it may lack the last groups, never know of one that was not durable.
 *
 *     OFFSET  SIZE  FIELD OF EACH OF TWO PLACES, WRITTEN IN TURN
 *          0     8  number of the group
 *          8    24  the first bytes of BLAKE3 of bytes 0…7
 */

import { closeSync, existsSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { StoreError } from '@dsm/ports';
import { equal } from '@dsm/primitive';
import { nativeHash } from './hash.ts';
import { storeError } from './store-error.ts';

export interface Witness {
  /** Group `sequence` is durable. Throws `StoreError`. */
  readonly saw: (sequence: number) => void;
  readonly close: () => void;
}

const placeBytes = 32;
const numberBytes = 8;

/** Throws `rotten` if the database is at `sequence` although more was acknowledged. */
export function openWitness(path: string, sequence: number): Witness {
  if (sequence > 0 && !existsSync(path)) {
    throw new StoreError('rotten', `the witness of what was acknowledged is gone: ${path}`);
  }
  const file = openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600);
  try {
    const known = numberIn(file);
    if (sequence > 0 && known === undefined) {
      throw new StoreError('rotten', `the witness of what was acknowledged is damaged: ${path}`);
    }
    if (known !== undefined && known > sequence) {
      throw new StoreError('rotten', `this is an older state than was acknowledged: ${path}`);
    }
  } catch (error) {
    closeSync(file);
    throw error;
  }
  const saw = (number: number): void => {
    try {
      writeSync(file, placeOf(number), 0, placeBytes, (number % 2) * placeBytes);
    } catch (error) {
      // On a full disk the witness knows of an earlier group, and that is still true.
      const translated = storeError(error, path);
      if (translated.code !== 'full') throw translated;
    }
  };
  saw(sequence);
  return {
    saw,
    close: () => {
      fsyncSync(file);
      closeSync(file);
    },
  };
}

function placeOf(sequence: number): Uint8Array {
  const place = new Uint8Array(placeBytes);
  new DataView(place.buffer).setBigUint64(0, BigInt(sequence));
  const checksum = nativeHash.blake3(place.subarray(0, numberBytes));
  place.set(checksum.subarray(0, placeBytes - numberBytes), numberBytes);
  return place;
}

/** The larger of the two numbers that match their checksums. */
function numberIn(file: number): number | undefined {
  const numbers: number[] = [];
  for (const at of [0, placeBytes]) {
    const place = new Uint8Array(placeBytes);
    if (readSync(file, place, 0, placeBytes, at) < placeBytes) continue;
    const number = Number(new DataView(place.buffer).getBigUint64(0));
    if (equal(placeOf(number), place)) numbers.push(number);
  }
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}
