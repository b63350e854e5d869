/**
 * What an engine may be asked: shelves, keys, values and prefixes, judged the same way by all of
 * them. What is out of bounds is a fault of the caller and throws `RangeError`.
 */

import { engineValueBytesMax, shelvesMax, type EngineWrite } from './engine.ts';

/** Bytes of a key. */
export const engineKeyBytes = 32;
const keyBits = engineKeyBytes * 8;

/** Keys from one to another, both of them too. */
export interface KeyRange {
  readonly from: Uint8Array;
  readonly to: Uint8Array;
}

export function checkShelf(shelf: number): void {
  if (!Number.isInteger(shelf) || shelf < 0 || shelf >= shelvesMax) {
    throw new RangeError(`a shelf is a number from 0 to ${shelvesMax - 1}, not ${shelf}`);
  }
}

export function checkRecordKey(shelf: number, key: Uint8Array): void {
  checkShelf(shelf);
  if (key.length !== engineKeyBytes) {
    throw new RangeError(`a key of an engine has ${engineKeyBytes} bytes, not ${key.length}`);
  }
}

export function checkWrite({ shelf, key, value }: EngineWrite): void {
  checkRecordKey(shelf, key);
  if (value !== undefined && value.length > engineValueBytesMax) {
    throw new RangeError(`a value has at most ${engineValueBytesMax} bytes, not ${value.length}`);
  }
}

/** A copy of `write`, which the caller may change afterwards. */
export function checkedWrite(write: EngineWrite): EngineWrite {
  checkWrite(write);
  const { shelf, key, value } = write;
  return { shelf, key: key.slice(), value: value?.slice() };
}

/** The keys that start with the first `bits` bits of `prefix`. */
export function keyRange(prefix: Uint8Array, bits: number): KeyRange {
  const isPrefix =
    Number.isInteger(bits) &&
    bits >= 0 &&
    bits <= keyBits &&
    prefix.length <= engineKeyBytes &&
    prefix.length * 8 >= bits;
  if (!isPrefix) throw new RangeError(`no prefix of ${bits} bits in ${prefix.length} bytes`);
  const from = new Uint8Array(engineKeyBytes);
  const to = new Uint8Array(engineKeyBytes).fill(255);
  const whole = bits >> 3;
  from.set(prefix.subarray(0, whole));
  to.set(prefix.subarray(0, whole));
  if (bits % 8 > 0) {
    const free = 255 >> (bits % 8);
    from[whole] = prefix[whole]! & ~free;
    to[whole] = prefix[whole]! | free;
  }
  return { from, to };
}
