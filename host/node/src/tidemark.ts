/**
 * A tidemark beside a database: the number of the last group that it acknowledged.
 *
 * A database that finds a damaged end of its log takes it for a power cut and goes on from before it,
 * without a word. A file that was put back from a copy it cannot tell either. The tidemark knows that
 * there was more. It is written after each group and synced at making and closing: a process that dies
 * leaves it exact; after a power cut it may lack the last groups, and never tells of one that was not
 * durable.
 *
 *     OFFSET  SIZE  FIELD OF EACH OF TWO PLACES, AT 0 AND 4,096, WRITTEN IN TURN
 *          0     8  number of the group
 *          8    24  the first bytes of BLAKE3 of bytes 0…7
 */

import { closeSync, existsSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs';
import { StoreError } from '@dsm/ports';
import { equal } from '@dsm/primitive';
import { nativeHash } from './hash.ts';
import { storeError } from './store-error.ts';

export interface Tidemark {
  /** Group `sequence` is durable. Throws `StoreError`. */
  readonly reached: (sequence: number) => void;
  readonly close: () => void;
}

const placeBytes = 32;
const numberBytes = 8;
/** No block of a disk holds both. */
const apartBytes = 4_096;

/**
 * Makes the tidemark of a database that is about to be made. Durable once the folder is synced. Throws
 * `rotten` if there is one already that tells of groups: then the database is gone.
 */
export function createTidemark(path: string): void {
  const file = openSync(path, existsSync(path) ? 'r+' : 'w+', 0o600);
  try {
    if ((numberIn(file) ?? 0) > 0) {
      throw new StoreError('rotten', `the database that this belongs to is gone: ${path}`);
    }
    for (const number of [0, 1]) writeSync(file, placeOf(0), 0, placeBytes, number * apartBytes);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Throws `rotten` if the database is at `sequence` although more was acknowledged. */
export function openTidemark(path: string, sequence: number): Tidemark {
  if (!existsSync(path)) {
    throw new StoreError('rotten', `the tidemark of what was acknowledged is gone: ${path}`);
  }
  const file = openSync(path, 'r+');
  const known = numberIn(file);
  if (known === undefined || known > sequence) {
    closeSync(file);
    const sentence =
      known === undefined
        ? 'the tidemark of what was acknowledged is damaged'
        : 'this is an older state than was acknowledged';
    throw new StoreError('rotten', `${sentence}: ${path}`);
  }
  const reached = (number: number): void => {
    try {
      writeSync(file, placeOf(number), 0, placeBytes, (number % 2) * apartBytes);
    } catch (error) {
      // On a full disk the tidemark knows of an earlier group, and that is still true.
      const translated = storeError(error, path);
      if (translated.code !== 'full') throw translated;
    }
  };
  reached(sequence);
  return {
    reached,
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
  for (const at of [0, apartBytes]) {
    const place = new Uint8Array(placeBytes);
    if (readSync(file, place, 0, placeBytes, at) < placeBytes) continue;
    const number = Number(new DataView(place.buffer).getBigUint64(0));
    if (equal(placeOf(number), place)) numbers.push(number);
  }
  return numbers.length === 0 ? undefined : Math.max(...numbers);
}
