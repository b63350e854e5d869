/**
 * What is sealed in a capsule: rows that were put or removed.
 *
 *     body   = whole (0 or 1) ‖ links ‖ changes                            at most 900 KiB
 *     links  = addresses of the capsules before, from the last counter below that 64 divides
 *     change = key ‖ option( from ‖ bytes )        none: the row is gone
 *
 * `from` is 0, or as many bytes as the row has already: a row that is larger than a body goes on in
 * the next change of the same key. A capsule is whole if the rows are those of one moment when it has
 * been applied; a reader stops at a whole one. By the links, one capsule in 64 leads to all of them.
 */

import {
  bytes32,
  concat,
  decodeWith,
  list,
  oneOf,
  option,
  struct,
  u32,
  variable,
  where,
  type Coder,
} from '@dsm/primitive';

export interface RowChange {
  readonly key: Uint8Array;
  readonly put: { readonly from: number; readonly bytes: Uint8Array } | undefined;
}

export interface CapsuleBody {
  readonly whole: 0 | 1;
  readonly links: readonly Uint8Array[];
  readonly changes: readonly RowChange[];
}

/** Bytes of one body, so that its capsule is an object of a node, and of the key of a row. */
export const bodyBytesMax = 921_600;
export const rowKeyBytesMax = 128;

const changesMax = 65_535;

/** Links of one capsule: the distance of those that lead further back. */
export const linksMax = 64;

/** The first counter of the links of a capsule, and so how many there are: none of the first one. */
export function firstLink(counter: number): number {
  return counter === 0 ? 0 : linksMax * Math.floor((counter - 1) / linksMax);
}

/** The links of the capsule after one with these links, which is at this address. */
export function nextLinks(
  counter: number,
  links: readonly Uint8Array[],
  at: Uint8Array,
): readonly Uint8Array[] {
  return [...links, at].slice(firstLink(counter + 1) - firstLink(counter));
}

export const capsuleBody: Coder<CapsuleBody> = struct<CapsuleBody>({
  whole: oneOf([0, 1]),
  links: list(bytes32, linksMax),
  changes: list(
    struct<RowChange>({
      key: where(variable(rowKeyBytesMax), ({ length }) => length > 0),
      put: option(struct({ from: u32, bytes: variable(bodyBytesMax) })),
    }),
    changesMax,
  ),
});

/** The body of the opened box of the capsule with this counter, or undefined. */
export function decodeBody(bytes: Uint8Array, counter: number): CapsuleBody | undefined {
  if (bytes.length > bodyBytesMax) return undefined;
  const body = decodeWith(capsuleBody, bytes);
  return body?.links.length === counter - firstLink(counter) ? body : undefined;
}

export interface Row {
  readonly key: Uint8Array;
  /** Undefined: it is gone. */
  readonly value: Uint8Array | undefined;
}

/** Whole, links and count; then key length, option, from and length of each change. */
const bodyOverhead = 1 + 2 + 32 * linksMax + 2;
const changeOverhead = 4 + 1 + 4 + 4;

/** The rows as changes, cut into lists that fit a body each. At least one list, which may be empty. */
export function cutRows(rows: Iterable<Row>): readonly (readonly RowChange[])[] {
  const bodies: RowChange[][] = [[]];
  let size = bodyOverhead;
  const add = (change: RowChange): void => {
    const bytes = changeBytes(change);
    if (size + bytes > bodyBytesMax || bodies.at(-1)!.length === changesMax) {
      bodies.push([]);
      size = bodyOverhead;
    }
    bodies.at(-1)!.push(change);
    size += bytes;
  };
  for (const { key, value } of rows) {
    if (value === undefined) {
      add({ key, put: undefined });
      continue;
    }
    const most = bodyBytesMax - bodyOverhead - changeOverhead - key.length;
    let from = 0;
    do {
      const bytes = value.subarray(from, from + most);
      add({ key, put: { from, bytes } });
      from += bytes.length;
    } while (from < value.length);
  }
  return bodies;
}

function changeBytes({ key, put }: RowChange): number {
  return changeOverhead + key.length + (put?.bytes.length ?? 0);
}

/** What becomes of a row: its new value, `undefined` if it is gone, or that the change does not fit it. */
export function changedRow(
  before: Uint8Array | undefined,
  { put }: RowChange,
): { readonly value: Uint8Array | undefined } | 'body' {
  if (put === undefined) return { value: undefined };
  if (put.from === 0) return { value: put.bytes };
  if (before?.length !== put.from) return 'body';
  return { value: concat(before, put.bytes) };
}
