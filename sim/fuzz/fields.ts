/**
 * The layout of bytes, as their own decoder reads them.
 *
 * A coder reads through an interface, so a reader that takes notes says where each field of an input
 * stands and how wide it is, and a reader that makes up what it gives out writes a valid value. No
 * second description of any layout is needed, and none can be out of date.
 */

import { reader, type Coder, type Reader } from '@dsm/primitive';
import type { Random } from './random.ts';

export interface Field {
  readonly at: number;
  readonly width: number;
  /** A number, not bytes as they are. */
  readonly isNumber: boolean;
}

/** The fields of `bytes` up to where the coder refuses them. */
export function fieldsOf(coder: Coder<unknown>, bytes: Uint8Array): readonly Field[] {
  const fields: Field[] = [];
  const from = reader(bytes);
  const noted = <T>(width: number, isNumber: boolean, read: () => T): T => {
    if (!from.bad() && from.left() >= width && width > 0) {
      fields.push({ at: bytes.length - from.left(), width, isNumber });
    }
    return read();
  };
  readQuietly(coder, {
    u8: () => noted(1, true, from.u8),
    u16: () => noted(2, true, from.u16),
    u32: () => noted(4, true, from.u32),
    u64: () => noted(8, true, from.u64),
    u128: () => noted(16, true, from.u128),
    raw: (length) => noted(length, false, () => from.raw(length)),
    refuse: from.refuse,
    bad: from.bad,
    left: from.left,
  });
  return fields;
}

/** A field that was made up, and how often it was. */
interface Made {
  bytes: Uint8Array;
  tries: number;
  readonly isNumber: boolean;
}

const attemptsMax = 1_500;

/**
 * A value's bytes, made up field by field. Where the coder refuses, the field that it read last is
 * made up anew: first the small numbers in turn, then any. Undefined if it comes to nothing.
 */
export function madeUp(
  coder: Coder<unknown>,
  random: Random,
  bytesMax: number,
): Uint8Array | undefined {
  const fields: Made[] = [];
  for (let attempt = 0; attempt < attemptsMax; attempt++) {
    const read = tried(coder, fields, random, bytesMax);
    if (read === 'good') return joined(fields);
    if (read === 0) return undefined;
    fields.length = read;
    const last = fields.at(-1)!;
    last.tries += 1;
    if (last.tries > 300) fields.length = Math.floor(fields.length / 2);
    else last.bytes = last.isNumber ? numbered(last, random) : rawOf(last.bytes.length, random);
  }
  return undefined;
}

function joined(fields: readonly Made[]): Uint8Array {
  return Uint8Array.from(fields.flatMap(({ bytes }) => [...bytes]));
}

function numbered({ bytes, tries }: Made, random: Random): Uint8Array {
  const next = new Uint8Array(bytes.length);
  if (tries > 256) return rawOf(bytes.length, random);
  next[bytes.length - 1] = tries;
  return next;
}

function rawOf(length: number, random: Random): Uint8Array {
  const isText = random.below(2) === 0;
  return Uint8Array.from({ length }, () => (isText ? 97 + random.below(26) : random.below(256)));
}

/** `good`, or how many fields were read when the coder refused. */
function tried(
  coder: Coder<unknown>,
  fields: Made[],
  random: Random,
  bytesMax: number,
): 'good' | number {
  let [at, room, refusedAt] = [0, bytesMax, -1];
  const refuse = (): void => {
    if (refusedAt < 0) refusedAt = at;
  };
  const field = (width: number, isNumber: boolean): Uint8Array => {
    if (refusedAt >= 0) return new Uint8Array(Math.min(width, 1_024));
    if (width > room) {
      refuse();
      return new Uint8Array(Math.min(width, 1_024));
    }
    room -= width;
    const there = fields[at];
    at += 1;
    if (there !== undefined && there.bytes.length === width) return there.bytes;
    fields.length = at - 1;
    const bytes = isNumber ? smallOf(width, random) : rawOf(width, random);
    fields.push({ bytes, tries: -1, isNumber });
    return bytes;
  };
  const number = (width: number): bigint =>
    field(width, true).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const generating: Reader = {
    u8: () => Number(number(1)),
    u16: () => Number(number(2)),
    u32: () => Number(number(4)),
    u64: () => Number(number(8)),
    u128: () => number(16),
    raw: (length) => field(length, false),
    refuse,
    bad: () => refusedAt >= 0,
    left: () => room,
  };
  readQuietly(coder, generating);
  if (refusedAt >= 0) return refusedAt;
  fields.length = at;
  return 'good';
}

function smallOf(width: number, random: Random): Uint8Array {
  const bytes = new Uint8Array(width);
  bytes[width - 1] = random.below(random.below(4) === 0 ? 256 : 4);
  return bytes;
}

/** A coder that throws is found where its target is executed; here it only ends the reading. */
function readQuietly(coder: Coder<unknown>, from: Reader): void {
  try {
    coder.read(from);
  } catch {
    from.refuse();
  }
}
