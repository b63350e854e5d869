/**
 * UTF-8, strictly: one byte string for each text. The core has no `TextEncoder`, which belongs to
 * the platform and which would replace what it cannot read.
 */

import { equal } from './bytes.ts';

/** The bytes of a text. A lone surrogate is a fault of the caller and throws. */
export function utf8(value: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of value) {
    const c = character.codePointAt(0)!;
    if (c >= 0xd800 && c <= 0xdfff) throw new RangeError('text with a lone surrogate');
    if (c < 0x80) bytes.push(c);
    else if (c < 0x800) bytes.push(0xc0 | (c >> 6), 0x80 | (c & 63));
    else if (c < 0x10000) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 63), 0x80 | (c & 63));
    else {
      bytes.push(
        0xf0 | (c >> 18),
        0x80 | ((c >> 12) & 63),
        0x80 | ((c >> 6) & 63),
        0x80 | (c & 63),
      );
    }
  }
  return Uint8Array.from(bytes);
}

/** The text, or undefined if the bytes are not the one UTF-8 encoding of a text. */
export function fromUtf8(bytes: Uint8Array): string | undefined {
  let value = '';
  let first = 0;
  // A byte below 0x80 has no other form, so a text of these alone is not encoded again.
  while (first < bytes.length && bytes[first]! < 0x80)
    value += String.fromCharCode(bytes[first++]!);
  if (first === bytes.length) return value;
  for (let i = first; i < bytes.length;) {
    const length = sequenceLength(bytes[i]!);
    const point = codePoint(bytes, i, length);
    if (i + length > bytes.length || !isScalar(point)) return undefined;
    value += String.fromCodePoint(point);
    i += length;
  }
  return equal(utf8(value), bytes) ? value : undefined;
}

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

/** What the sequence would stand for; the comparison with its re-encoding finds what is wrong. */
function codePoint(bytes: Uint8Array, from: number, length: number): number {
  let point = length === 1 ? bytes[from]! : bytes[from]! & (0xff >> (length + 1));
  for (let k = 1; k < length; k++) point = (point << 6) | (bytes[from + k]! & 63);
  return point;
}

function isScalar(point: number): boolean {
  return point >= 0 && point <= 0x10ffff && (point < 0xd800 || point > 0xdfff);
}
