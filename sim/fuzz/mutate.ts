/**
 * Mutations: bytes a little or much unlike some that are known, written into a buffer that is used
 * again and again. Half of them are blind; half know where the fields of the input stand.
 */

import type { Field } from './fields.ts';
import type { Random } from './random.ts';

/** Something that was worth keeping. */
export interface Known {
  readonly bytes: Uint8Array;
  readonly fields: readonly Field[];
}

export interface Mutator {
  /** The mutation of `known`, in a buffer that the next one overwrites. */
  readonly mutated: (known: Known, other: Known) => Uint8Array;
}

interface Draft {
  readonly buffer: Uint8Array;
  length: number;
}

/** Inputs longer than this are cut: what matters about size is tried with small inputs. */
export const inputBytesMax = 65_536;
/** The input does not begin where its buffer does, so that whoever forgets that is found. */
const offset = 8;

export function mutatorOf(random: Random, words: readonly Uint8Array[]): Mutator {
  const room = new Uint8Array(offset + inputBytesMax + 1_024);
  const draft: Draft = { buffer: room.subarray(offset), length: 0 };
  return {
    mutated: (known, other) => {
      const { bytes } = known;
      draft.length = Math.min(bytes.length, inputBytesMax);
      draft.buffer.set(draft.length === bytes.length ? bytes : bytes.subarray(0, draft.length));
      const times = 1 + (random.below(3) === 0 ? random.below(5) : 0);
      for (let i = 0; i < times; i++) {
        // The fields are those of the input before it was changed: good enough to aim with.
        if (known.fields.length > 0 && random.below(2) === 0) aimed(draft, known, other, random);
        else blind(draft, other, words, random);
      }
      return draft.buffer.subarray(0, draft.length);
    },
  };
}

function blind(draft: Draft, other: Known, words: readonly Uint8Array[], random: Random): void {
  const { buffer, length } = draft;
  if (length === 0) return inserted(draft, 0, other.bytes, random);
  const at = random.below(random.below(2) === 0 ? length : Math.min(length, 64));
  switch (random.below(13)) {
    case 0:
    case 1:
    case 2:
      buffer[at]! ^= 1 << random.below(8);
      return;
    case 3:
    case 4:
      buffer[at] = random.next();
      return;
    case 5:
      buffer[at]! += random.below(33) - 16;
      return;
    case 6:
      return put(draft, at, 1 << random.below(5), edges[random.below(edges.length)]!, random);
    case 7:
      draft.length = at;
      return;
    case 8:
      return cut(draft, at, 1 + random.below(Math.min(length - at, 40)));
    case 9:
      return inserted(draft, at, buffer.slice(at, at + 1 + random.below(40)), random);
    case 10:
      return inserted(draft, random.below(2) === 0 ? at : length, other.bytes, random);
    case 11:
      return joinedAt(draft, at, other.bytes, random.below(other.bytes.length + 1));
    default:
      return worded(draft, at, words, random);
  }
}

/** Numbers at which something begins or ends. */
const edges: readonly number[] = [
  0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0xff, 0x100, 0x1ff, 0x7fff, 0x8000, 0xffff, 0x10000, 0x1fffff,
  0x200000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

function aimed(draft: Draft, { fields }: Known, other: Known, random: Random): void {
  const { at, width, isNumber } = fields[random.below(fields.length)]!;
  if (at + width > draft.length) return;
  const { buffer } = draft;
  switch (random.below(isNumber ? 6 : 4)) {
    case 0:
      return swapped(draft, at, fields[random.below(fields.length)]!, width);
    case 1:
      // The field of another input, as wide as this one if there is such.
      return fromOther(draft, at, width, other, random);
    case 2:
      return random.below(2) === 0 ? cut(draft, at, width) : void (draft.length = at + width);
    case 3:
      return inserted(draft, at, buffer.slice(at, at + width), random);
    case 4:
      return put(draft, at, width, edges[random.below(edges.length)]!, random);
    default:
      return added(buffer, at + width - 1, random.below(9) - 4);
  }
}

/** Adds to a number whose last byte stands at `at`; what is carried stays within two bytes. */
function added(buffer: Uint8Array, at: number, by: number): void {
  const sum = buffer[at]! + by;
  buffer[at] = sum;
  if (at > 0 && sum > 255) buffer[at - 1]! += 1;
}

/** A number of that width. All bits are set above a large one, now and then. */
function put(draft: Draft, at: number, width: number, value: number, random: Random): void {
  const isFilled = value >= 0x80000000 && random.below(2) === 0;
  for (let i = 0; i < width; i++) {
    const place = at + width - 1 - i;
    if (place >= draft.length) continue;
    draft.buffer[place] = i < 4 ? value >>> (8 * i) : isFilled ? 0xff : 0;
  }
}

function swapped({ buffer, length }: Draft, at: number, field: Field, width: number): void {
  if (field.width !== width || field.at + width > length) return;
  for (let i = 0; i < width; i++) {
    const kept = buffer[at + i]!;
    buffer[at + i] = buffer[field.at + i]!;
    buffer[field.at + i] = kept;
  }
}

function fromOther(draft: Draft, at: number, width: number, other: Known, random: Random): void {
  if (other.fields.length === 0) return;
  let field = other.fields[random.below(other.fields.length)]!;
  for (let i = 0; i < 4 && field.width !== width; i++) {
    field = other.fields[random.below(other.fields.length)]!;
  }
  draft.buffer.set(other.bytes.subarray(field.at, field.at + Math.min(width, field.width)), at);
}

function cut(draft: Draft, at: number, count: number): void {
  draft.buffer.copyWithin(at, at + count, draft.length);
  draft.length = Math.max(at, draft.length - count);
}

/** Some of `bytes`, put in at `at`. */
function inserted(draft: Draft, at: number, bytes: Uint8Array, random: Random): void {
  const from = random.below(bytes.length + 1);
  const most = Math.min(bytes.length - from, inputBytesMax - draft.length, 512);
  const count = random.below(4) === 0 ? most : Math.min(most, 1 + random.below(40));
  if (count <= 0) return;
  draft.buffer.copyWithin(at + count, at, draft.length);
  draft.buffer.set(bytes.subarray(from, from + count), at);
  draft.length += count;
}

/** The beginning of this and the end of the other. */
function joinedAt(draft: Draft, at: number, bytes: Uint8Array, from: number): void {
  const end = bytes.subarray(from, from + inputBytesMax - at);
  draft.buffer.set(end, at);
  draft.length = at + end.length;
}

function worded(draft: Draft, at: number, words: readonly Uint8Array[], random: Random): void {
  if (words.length === 0) return;
  const word = words[random.below(words.length)]!;
  if (random.below(2) === 0) draft.buffer.copyWithin(at + word.length, at, draft.length);
  draft.buffer.set(word, at);
  draft.length = Math.min(inputBytesMax, Math.max(draft.length + word.length, at + word.length));
}
