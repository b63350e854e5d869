/**
 * Canonical bytes: exactly one byte string encodes a value.
 *
 *     fixed order · big-endian fixed-width integers · u32-framed variable fields
 *     strictly ascending sets · option byte 0 or 1 · nothing after the last field
 *
 * A `Coder` writes and reads one shape, so a layout is written once. An `object` puts a version
 * byte and a kind byte in front, checks the size before anything else, and refuses every byte
 * string that encoding would not have produced: `encode(decode(b)) = b` for every accepted `b`.
 *
 * Reading never throws: a reader that meets bad bytes goes `bad`, every later read of it yields
 * zeros, and the decoder answers with a refusal.
 */

import { compare } from './bytes.ts';
import { reusableReader, writer, type Reader, type ReusableReader, type Writer } from './cursor.ts';
import { address, prefixOf, type Domain } from './hash.ts';
import { kindNames, version, type Kind } from './kinds.ts';
import { fromUtf8, utf8 } from './utf8.ts';

/** Why bytes are not a value. `unknown-version` may be a newer peer, the others never become good. */
export type CodecRefusal = 'too-large' | 'unknown-version' | 'wrong-kind' | 'malformed';

export type Decoded<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: CodecRefusal };

/** Writes and reads one shape. `write` throws on a value that has no encoding: a caller's fault. */
export interface Coder<T> {
  readonly write: (to: Writer, value: T) => void;
  readonly read: (from: Reader) => T;
}

export const u8: Coder<number> = { write: (w, n) => w.u8(n), read: (r) => r.u8() };
export const u16: Coder<number> = { write: (w, n) => w.u16(n), read: (r) => r.u16() };
export const u32: Coder<number> = { write: (w, n) => w.u32(n), read: (r) => r.u32() };
export const u64: Coder<number> = { write: (w, n) => w.u64(n), read: (r) => r.u64() };
/** An amount: unsigned, 128 bits. */
export const u128: Coder<bigint> = { write: (w, n) => w.u128(n), read: (r) => r.u128() };

/** Exactly `length` bytes. */
export function fixed(length: number): Coder<Uint8Array> {
  return {
    write: (w, bytes) => {
      if (bytes.length !== length) {
        throw new RangeError(`expected ${length} bytes, got ${bytes.length}`);
      }
      w.raw(bytes);
    },
    read: (r) => r.raw(length),
  };
}

/** A digest, a key or an id: 32 bytes. */
export const bytes32: Coder<Uint8Array> = fixed(32);

/** u32 length, then at most `max` bytes. */
export function variable(max: number): Coder<Uint8Array> {
  return {
    write: (w, bytes) => {
      if (bytes.length > max) throw new RangeError(`${bytes.length} bytes exceed ${max}`);
      w.u32(bytes.length);
      w.raw(bytes);
    },
    read: (r) => {
      const length = r.u32();
      if (length > max || length > r.left()) {
        r.refuse();
        return new Uint8Array(0);
      }
      return r.raw(length);
    },
  };
}

/** UTF-8 text in Unicode scalar values, at most `max` bytes. Ill-formed text is refused. */
export function text(max: number): Coder<string> {
  const framed = variable(max);
  return {
    write: (w, value) => framed.write(w, utf8(value)),
    read: (r) => {
      const value = fromUtf8(framed.read(r));
      if (value === undefined) r.refuse();
      return value ?? '';
    },
  };
}

/** One of a few numbers, in a byte. */
export function oneOf<const N extends number>(values: readonly N[]): Coder<N> {
  return {
    write: (w, value) => {
      if (!values.includes(value)) throw new RangeError(`${value} is not one of ${values.join()}`);
      w.u8(value);
    },
    read: (r) => {
      const n = r.u8();
      if (!(values as readonly number[]).includes(n)) r.refuse();
      return n as N;
    },
  };
}

/** Byte 0, or byte 1 and the value. */
export function option<T>(coder: Coder<T>): Coder<T | undefined> {
  return {
    write: (w, value) => {
      w.u8(value === undefined ? 0 : 1);
      if (value !== undefined) coder.write(w, value);
    },
    read: (r) => {
      const there = r.u8();
      if (there > 1) r.refuse();
      return there === 1 ? coder.read(r) : undefined;
    },
  };
}

/** u16 count, then the items in the given order; at least `min`, at most `max`. */
export function list<T>(coder: Coder<T>, max: number, min = 0): Coder<readonly T[]> {
  return {
    write: (w, items) => {
      if (items.length < min || items.length > max) {
        throw new RangeError(`${items.length} items are not in ${min}…${max}`);
      }
      w.u16(items.length);
      for (const item of items) coder.write(w, item);
    },
    read: (r) => {
      const count = r.u16();
      if (count < min || count > max) r.refuse();
      const items: T[] = [];
      for (let i = 0; i < count && !r.bad(); i++) items.push(coder.read(r));
      return items;
    },
  };
}

/** A list whose items stand in strictly ascending order of `key`: no order to choose, no repeats. */
export function ascending<T>(
  coder: Coder<T>,
  key: (item: T) => Uint8Array,
  max: number,
  min = 0,
): Coder<readonly T[]> {
  const plain = list(coder, max, min);
  const sorted = (items: readonly T[]): boolean =>
    items.every((item, i) => i === 0 || compare(key(items[i - 1]!), key(item)) < 0);
  return {
    write: (w, items) => {
      if (!sorted(items)) throw new RangeError('items do not ascend');
      plain.write(w, items);
    },
    read: (r) => {
      const items = plain.read(r);
      if (!r.bad() && !sorted(items)) r.refuse();
      return items;
    },
  };
}

/** Fields in the order of the description, nothing between them. */
export function struct<T extends object>(fields: {
  readonly [K in keyof T]-?: Coder<T[K]>;
}): Coder<T> {
  const entries = Object.entries(fields) as [keyof T, Coder<T[keyof T]>][];
  return {
    write: (w, value) => {
      for (const [name, coder] of entries) coder.write(w, value[name]);
    },
    read: (r) => {
      const value = {} as T;
      for (const [name, coder] of entries) value[name] = coder.read(r);
      return value;
    },
  };
}

/** One of several shapes, told apart by a byte. `type` names the shape in the value. */
export function choice<T extends { readonly type: string }>(shapes: {
  readonly [K in T['type']]: readonly [
    tag: number,
    coder: Coder<Omit<Extract<T, { readonly type: K }>, 'type'>>,
  ];
}): Coder<T> {
  const byType = shapes as unknown as Record<string, readonly [number, Coder<object>]>;
  const byTag = new Map(
    Object.entries(byType).map(([type, [tag, coder]]) => [tag, [type, coder] as const]),
  );
  return {
    write: (w, value) => {
      const [tag, coder] = byType[value.type]!;
      w.u8(tag);
      coder.write(w, value);
    },
    read: (r) => {
      const shape = byTag.get(r.u8());
      if (shape === undefined) {
        r.refuse();
        return {} as T;
      }
      return { type: shape[0], ...shape[1].read(r) } as unknown as T;
    },
  };
}

/** A coder with a condition that bytes must meet and that the layout cannot express. */
export function where<T>(coder: Coder<T>, holds: (value: T) => boolean): Coder<T> {
  return {
    write: (w, value) => {
      if (!holds(value)) throw new RangeError('a value without an encoding');
      coder.write(w, value);
    },
    read: (r) => {
      const value = coder.read(r);
      if (!r.bad() && !holds(value)) r.refuse();
      return value;
    },
  };
}

/** A thing that is stored or sent: version byte, kind byte, body. */
export interface Obj<T> extends Coder<T> {
  readonly kind: Kind;
  readonly encode: (value: T) => Uint8Array;
  /** H_domain of what `encode` gives, of which no copy is made. */
  readonly digest: (domain: Domain, value: T) => Uint8Array;
  readonly decode: (bytes: Uint8Array) => Decoded<T>;
}

/** An object of at most `max` bytes. As a coder it writes the same bytes, so objects nest. */
export function object<T>(kind: Kind, max: number, body: Coder<T>): Obj<T> {
  const write = (w: Writer, value: T): void => {
    w.u8(version);
    w.u8(kind);
    body.write(w, value);
  };
  const read = (r: Reader): T => {
    if (r.u8() !== version || r.u8() !== kind) r.refuse();
    return body.read(r);
  };
  const checkLength = (length: number): void => {
    if (length > max) throw new RangeError(`${kindNames[kind]}: ${length} bytes exceed ${max}`);
  };
  return {
    kind,
    write,
    read,
    encode: (value) => {
      const bytes = written(write, value);
      checkLength(bytes.length);
      return bytes;
    },
    digest: (domain, value) => {
      const w = idle.pop() ?? writer();
      const prefix = prefixOf(domain);
      w.raw(prefix);
      write(w, value);
      const bytes = w.view();
      checkLength(bytes.length - prefix.length);
      const digest = address(bytes);
      if (bytes.length <= idleBytesMax) idle.push(w);
      return digest;
    },
    decode: (bytes) => {
      if (bytes.length > max) return { ok: false, refusal: 'too-large' };
      if (bytes.length < 2) return { ok: false, refusal: 'malformed' };
      if (bytes[0] !== version) return { ok: false, refusal: 'unknown-version' };
      if (bytes[1] !== kind) return { ok: false, refusal: 'wrong-kind' };
      const value = valueIn(read, bytes);
      return value === undefined ? { ok: false, refusal: 'malformed' } : { ok: true, value };
    },
  };
}

/** The bytes of a coder that is part of a hash and not an object of its own. */
export function encodeWith<T>(coder: Coder<T>, value: T): Uint8Array {
  return written(coder.write, value);
}

/** What `encodeWith` has encoded, or undefined for bytes that it would not have given. */
export function decodeWith<T extends {}>(coder: Coder<T>, bytes: Uint8Array): T | undefined {
  return valueIn(coder.read, bytes);
}

const idleReaders: ReusableReader[] = [];
const noBytes = new Uint8Array(0);

function valueIn<T>(read: Coder<T>['read'], bytes: Uint8Array): T | undefined {
  const r = idleReaders.pop() ?? reusableReader();
  r.begin(bytes);
  const value = read(r);
  const isWhole = !r.bad() && r.left() === 0;
  // A reader that waits holds on to nobody's bytes.
  r.begin(noBytes);
  idleReaders.push(r);
  return isWhole ? value : undefined;
}

/** Writers that nobody uses just now. Making one costs more than what most values take to write. */
const idle: Writer[] = [];
const idleBytesMax = 65_536;

/** A writer whose write throws is not used again, so what it began is in nobody's bytes. */
function written<T>(write: Coder<T>['write'], value: T): Uint8Array {
  const w = idle.pop() ?? writer();
  write(w, value);
  const bytes = w.done();
  if (bytes.length <= idleBytesMax) idle.push(w);
  return bytes;
}
