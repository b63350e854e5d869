/**
 * A vector as vectors/README.md describes it, and values as JSON: bytes as base64url, amounts as
 * decimal strings, nothing as null.
 */

/** One case of a file of vectors. */
export interface VectorCase {
  readonly name: string;
  readonly comment: string;
  /** What is asked: a judge of the file's object. */
  readonly check: string;
  /** The object's bytes, base64url. */
  readonly bytes?: string;
  /** The bytes are followed by zeros up to this length. */
  readonly padTo?: number;
  /** Whatever else the judge looks at. */
  readonly given?: Json;
  /** True if the verdict rests on real signatures. */
  readonly signature?: true;
  readonly expect: string;
  /** The decoded object. */
  readonly fields?: Json;
  /** Digests, roots, ids: everything that follows from bytes and givens. */
  readonly derived?: Json;
}

export interface VectorFile {
  readonly object: string;
  readonly version: 1;
  readonly cases: readonly VectorCase[];
}

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [name: string]: Json };

/** What a judge answers: to be compared with the case. */
export interface Finding {
  readonly expect: string;
  readonly fields?: Json;
  readonly derived?: Json;
}

export type Judge = (bytes: Uint8Array, given: Given) => Finding;

const alphabet = { alphabet: 'base64url', omitPadding: true } as const;

export function toBase64url(bytes: Uint8Array): string {
  return bytes.toBase64(alphabet);
}

/** A value of the core as JSON. Fields without a value stay, as null. */
export function toJson(value: unknown): Json {
  if (value === undefined || value === null) return null;
  if (value instanceof Uint8Array) return toBase64url(value);
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value !== 'object') return value as Json;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, toJson(item)]));
}

/** The givens of a case, read by name; a missing or wrong one is a fault of the file and throws. */
export interface Given {
  readonly has: (name: string) => boolean;
  readonly bytes: (name: string) => Uint8Array;
  readonly number: (name: string) => number;
  readonly text: (name: string) => string;
  readonly amount: (name: string) => bigint;
  readonly flag: (name: string) => boolean;
  readonly at: (name: string) => Given;
  readonly list: (name: string) => readonly Given[];
  readonly texts: (name: string) => readonly string[];
  readonly bytesList: (name: string) => readonly Uint8Array[];
  readonly numbers: (name: string) => readonly number[];
}

export function givenOf(json: Json | undefined): Given {
  const record = (json ?? {}) as { readonly [name: string]: Json };
  const get = (name: string, type: string): Json => {
    const value = record[name];
    if (typeof value !== type) throw new RangeError(`given.${name} is no ${type}`);
    return value as Json;
  };
  const items = (name: string): readonly Json[] => get(name, 'object') as readonly Json[];
  return {
    has: (name) => record[name] !== undefined && record[name] !== null,
    bytes: (name) => fromBase64url(get(name, 'string') as string),
    number: (name) => get(name, 'number') as number,
    text: (name) => get(name, 'string') as string,
    amount: (name) => BigInt(get(name, 'string') as string),
    flag: (name) => get(name, 'boolean') as boolean,
    at: (name) => givenOf(get(name, 'object')),
    list: (name) => items(name).map(givenOf),
    texts: (name) => items(name) as readonly string[],
    bytesList: (name) => items(name).map((item) => fromBase64url(item as string)),
    numbers: (name) => items(name).map((item) => item as number),
  };
}

export function fromBase64url(text: string): Uint8Array {
  return Uint8Array.fromBase64(text, { alphabet: 'base64url' });
}

/** The bytes that a case is about; none if it has none. */
export function bytesOf({ bytes = '', padTo = 0 }: VectorCase): Uint8Array {
  const written = fromBase64url(bytes);
  if (written.length >= padTo) return written;
  const padded = new Uint8Array(padTo);
  padded.set(written);
  return padded;
}
