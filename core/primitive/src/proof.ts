/**
 * Multiproofs: a claim about some keys of a device map, and the root that it implies.
 *
 * A proof is what the map holds *besides* the covered keys, cut down to what they can touch. It does
 * not depend on the values of the covered keys: with the old values it evaluates to the old root,
 * with the new ones to the new root, and it is the same bytes before and after. So one function
 * serves inclusion, absence, insertion, change and removal, of all covered keys at once.
 *
 * The tree is walked from the root, left before right, into every subtree that a covered key may
 * lie in. Let a leaf be foreign if its key is not covered. The subtree is one of
 *
 *     bits  the subtree holds              and the proof adds
 *      00   no foreign leaf                nothing
 *      01   exactly one foreign leaf       that leaf
 *      1    two foreign leaves or more     both sides; of a side without covered keys one bit,
 *                                          0 empty or 1 not, and if not empty its digest
 *
 * A branch that is written as `1` stays a branch under all values, and below `00` and `01` every leaf
 * is known: so no removal can need anything that the proof lacks, and no digest can be passed off
 * at a depth where it would have moved up. There is one proof of a set and a list of keys.
 */

import { ascending, bytes32, object, struct, u8, where } from './codec.ts';
import type { Coder, Obj } from './codec.ts';
import type { Reader, Writer } from './cursor.ts';
import { compare, equal, isZero } from './bytes.ts';
import { bitAt, innerDigest, leafDigest, sharedBits } from './tree.ts';
import { kinds } from './kinds.ts';
import { limits } from './limits.ts';

/** A key and its value; a value of 32 zero bytes stands for "absent". */
export interface MapWrite {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/**
 *     SIZE  FIELD
 *        1  number of covered keys                   1 … 128
 *        2  number s of shape bytes                  at most 8,192
 *        s  shape: the bits above, most significant first, then zeros to the end of the byte
 *        2  number d of digests                      at most 32,768
 *     32 d  digests of sides without covered keys, left to right
 *        2  number l of foreign leaves               at most 128
 *     64 l  foreign leaves, key then value, keys strictly ascending
 */
export interface Multiproof {
  readonly keys: number;
  readonly shape: Uint8Array;
  readonly digests: Uint8Array;
  readonly leaves: readonly MapWrite[];
}

export const proofRefusals = {
  keys: 'the values are not for as many keys as the proof covers, in ascending order',
  short: 'the proof ends before its walk does',
  long: 'the proof goes on after its walk has ended',
  deep: 'a branch where too few keys have room for one',
  collapsed: 'a branch over fewer than two foreign leaves',
  'zero-digest': 'a side that is not empty has an all-zero digest',
  'zero-value': 'a foreign leaf has no value',
  'off-path': 'a foreign leaf does not belong where it stands',
  covered: 'a foreign leaf has the key of a covered one',
} as const;
export type ProofRefusal = keyof typeof proofRefusals;

export type Evaluated =
  | { readonly ok: true; readonly root: Uint8Array }
  | { readonly ok: false; readonly refusal: ProofRefusal };

/** A key whose value changes; a value of 32 zero bytes stands for "absent". */
export interface MapChange {
  readonly key: Uint8Array;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

export type EvaluatedChange =
  | { readonly ok: true; readonly before: Uint8Array; readonly after: Uint8Array }
  | { readonly ok: false; readonly refusal: ProofRefusal };

/** A branch covers a key and two foreign ones, so it stands two bits above the end at least. */
const branchDepthMax = 254;
const shapeBytesMax = limits.proofSiblingsMax / 4;
const leafCoder: Coder<MapWrite> = struct({ key: bytes32, value: bytes32 });

export const proofCoder: Coder<Multiproof> = struct<Multiproof>({
  keys: where(u8, (count) => count >= 1 && count <= limits.proofKeysMax),
  shape: items(1, shapeBytesMax),
  digests: items(32, limits.proofSiblingsMax),
  leaves: ascending(leafCoder, (leaf) => leaf.key, limits.proofKeysMax),
});

const proofBytesMax = 9 + shapeBytesMax + 32 * limits.proofSiblingsMax + 64 * limits.proofKeysMax;

/** A multiproof as an object of its own. */
export const proofObject: Obj<Multiproof> = object(kinds.proof, proofBytesMax, proofCoder);

/**
 * The root of the map in which exactly the covered keys have these values. `values` are all covered
 * keys in strictly ascending order. Says nothing about which root is the right one: the caller
 * compares.
 */
export function evaluate(proof: Multiproof, values: readonly MapWrite[]): Evaluated {
  const keys = values.map(({ key }) => key);
  const refusal = walkAll(proof, keys, [values.map(({ value }) => value)]);
  return refusal === undefined ? { ok: true, root: rootOf(0) } : { ok: false, refusal };
}

/** `evaluate` with the values before and with those after the changes, in one walk. */
export function evaluateChange(proof: Multiproof, changes: readonly MapChange[]): EvaluatedChange {
  const keys = changes.map(({ key }) => key);
  const columns = [changes.map(({ before }) => before), changes.map(({ after }) => after)];
  const refusal = walkAll(proof, keys, columns);
  return refusal === undefined
    ? { ok: true, before: rootOf(0), after: rootOf(1) }
    : { ok: false, refusal };
}

/** The values of all covered keys, at one time. What a walk refuses does not depend on them. */
type Column = readonly Uint8Array[];

/**
 * The digests of a walk, as words; those of the second column lie `columnWords` behind those of the
 * first. The two sides of whatever branches at a depth lie next to each other, for they are the
 * preimage of its digest, which goes to the place of one side above. So a walk makes no object for
 * any of them.
 */
const rootAt = 256 * 16;
const columnWords = rootAt + 8;
const digestWords = new Uint32Array(2 * columnWords);
const digestBytes = new Uint8Array(digestWords.buffer);

function rootOf(column: number): Uint8Array {
  const at = (column * columnWords + rootAt) * 4;
  return digestBytes.slice(at, at + 32);
}

interface Walk {
  readonly proof: Multiproof;
  readonly keys: readonly Uint8Array[];
  readonly columns: readonly Column[];
  /** How much of the proof was used. */
  bit: number;
  digest: number;
  leaf: number;
  /** Foreign leaves of the subtree that was walked last; 2 means two or more. */
  foreign: number;
  /** The first thing that was wrong; after it every bit reads 0, so the walk soon ends. */
  refusal: ProofRefusal | undefined;
}

/** Leaves the root of each column at its place, or says why there is none. */
function walkAll(
  proof: Multiproof,
  keys: readonly Uint8Array[],
  columns: readonly Column[],
): ProofRefusal | undefined {
  if (!areCovered(proof, keys, columns)) return 'keys';
  const walk: Walk = {
    proof,
    keys,
    columns,
    bit: 0,
    digest: 0,
    leaf: 0,
    foreign: 0,
    refusal: undefined,
  };
  subtree(walk, 0, keys.length, 0, rootAt);
  if (walk.refusal === undefined && !isSpent(walk)) walk.refusal = 'long';
  return walk.refusal;
}

function areCovered(
  proof: Multiproof,
  keys: readonly Uint8Array[],
  columns: readonly Column[],
): boolean {
  if (keys.length !== proof.keys || keys.length === 0) return false;
  if (keys.length > limits.proofKeysMax) return false;
  for (let i = 0; i < keys.length; i++) {
    check32(keys[i]!);
    for (let c = 0; c < columns.length; c++) check32(columns[c]![i]!);
    if (i > 0 && compare(keys[i - 1]!, keys[i]!) >= 0) return false;
  }
  return true;
}

function check32(bytes: Uint8Array): void {
  if (bytes.length !== 32) throw new RangeError('keys and values are 32 bytes');
}

/**
 * Leave at `to` the digest of the subtree at `depth` that the covered keys from `from` to before
 * `end` share.
 */
function subtree(walk: Walk, from: number, end: number, depth: number, to: number): void {
  if (nextBit(walk) === 1) return branch(walk, from, end, depth, to);
  const isAlone = nextBit(walk) === 0;
  walk.foreign = isAlone ? 0 : 1;
  const leaf = isAlone ? undefined : foreignLeaf(walk, from, end, depth);
  if (walk.refusal !== undefined) return;
  for (let c = 0; c < walk.columns.length; c++) {
    const known = leavesOf(walk.keys, walk.columns[c]!, from, end, leaf);
    compact(known, 0, known.length, depth, c * columnWords, to);
  }
}

/** The covered leaves that are present and the foreign one, if there is one, in their order. */
function leavesOf(
  keys: readonly Uint8Array[],
  column: Column,
  from: number,
  end: number,
  foreign: MapWrite | undefined,
): readonly MapWrite[] {
  const leaves: MapWrite[] = [];
  let other = foreign;
  for (let i = from; i < end; i++) {
    const key = keys[i]!;
    const value = column[i]!;
    if (other !== undefined && compare(other.key, key) < 0) {
      leaves.push(other);
      other = undefined;
    }
    if (!isZero(value)) leaves.push({ key, value });
  }
  if (other !== undefined) leaves.push(other);
  return leaves;
}

function branch(walk: Walk, from: number, end: number, depth: number, to: number): void {
  if (depth > branchDepthMax) return refuse(walk, 'deep');
  let middle = from;
  while (middle < end && bitAt(walk.keys[middle]!, depth) === 0) middle++;
  const sides = depth * 16;
  side(walk, from, middle, depth + 1, sides);
  const foreignLeft = walk.foreign;
  side(walk, middle, end, depth + 1, sides + 8);
  walk.foreign = Math.min(2, foreignLeft + walk.foreign);
  if (walk.refusal !== undefined) return;
  if (walk.foreign < 2) return refuse(walk, 'collapsed');
  for (let c = 0; c < walk.columns.length; c++) {
    innerDigest(digestWords, c * columnWords + sides, c * columnWords + to);
  }
}

function side(walk: Walk, from: number, end: number, depth: number, to: number): void {
  if (from < end) return subtree(walk, from, end, depth, to);
  walk.foreign = 0;
  const isEmpty = nextBit(walk) === 0;
  if (isEmpty) empty(to);
  else if (!takeDigest(walk, to)) return;
  if (walk.columns.length === 1) return;
  for (let i = to; i < to + 8; i++) digestWords[columnWords + i] = digestWords[i]!;
}

/** Loops over eight words take less time than calls of `fill` and `copyWithin`. */
function empty(to: number): void {
  for (let i = to; i < to + 8; i++) digestWords[i] = 0;
}

/** Put the next digest of the proof at `to`; false if it was refused. */
function takeDigest(walk: Walk, to: number): boolean {
  const { digests } = walk.proof;
  const at = walk.digest * 32;
  if (at >= digests.length) {
    refuse(walk, 'short');
    return false;
  }
  walk.digest++;
  let any = 0;
  for (let i = 0; i < 32; i++) any |= digestBytes[to * 4 + i] = digests[at + i]!;
  if (any === 0) refuse(walk, 'zero-digest');
  walk.foreign = (digests[at + 31]! & 1) === 1 ? 1 : 2;
  return any !== 0;
}

function foreignLeaf(walk: Walk, from: number, to: number, depth: number): MapWrite | undefined {
  const leaf = walk.proof.leaves[walk.leaf];
  if (leaf === undefined) {
    refuse(walk, 'short');
    return undefined;
  }
  walk.leaf++;
  if (isZero(leaf.value)) refuse(walk, 'zero-value');
  if (sharedBits(leaf.key, walk.keys[from]!) < depth) refuse(walk, 'off-path');
  for (let i = from; i < to; i++) {
    if (equal(leaf.key, walk.keys[i]!)) refuse(walk, 'covered');
  }
  return walk.refusal === undefined ? leaf : undefined;
}

/**
 * The digest of a subtree all of whose leaves are known: those from `from` to before `end`. Digests
 * of its column begin at `base`.
 */
function compact(
  leaves: readonly MapWrite[],
  from: number,
  end: number,
  depth: number,
  base: number,
  to: number,
): void {
  if (from === end) {
    empty(base + to);
  } else if (from + 1 === end) {
    leafDigest(leaves[from]!.key, leaves[from]!.value, digestWords, base + to);
  } else {
    let middle = from;
    while (middle < end && bitAt(leaves[middle]!.key, depth) === 0) middle++;
    const sides = depth * 16;
    compact(leaves, from, middle, depth + 1, base, sides);
    compact(leaves, middle, end, depth + 1, base, sides + 8);
    innerDigest(digestWords, base + sides, base + to);
  }
}

function nextBit(walk: Walk): number {
  if (walk.refusal !== undefined) return 0;
  if (walk.bit >= walk.proof.shape.length * 8) {
    refuse(walk, 'short');
    return 0;
  }
  return bitAt(walk.proof.shape, walk.bit++);
}

/** The first refusal is the one that counts. */
function refuse(walk: Walk, refusal: ProofRefusal): void {
  walk.refusal ??= refusal;
}

function isSpent(walk: Walk): boolean {
  const { shape, digests, leaves } = walk.proof;
  if (walk.digest * 32 !== digests.length || walk.leaf !== leaves.length) return false;
  if (Math.ceil(walk.bit / 8) !== shape.length) return false;
  for (let i = walk.bit; i < shape.length * 8; i++) if (bitAt(shape, i) === 1) return false;
  return true;
}

/** u16 count, then as many items of `width` bytes, kept as one run of bytes. */
function items(width: number, max: number): Coder<Uint8Array> {
  return {
    write: (to: Writer, bytes: Uint8Array): void => {
      const count = bytes.length / width;
      if (count > max) throw new RangeError(`${count} items of ${width} exceed ${max}`);
      // Half an item is no number of items: the writer refuses it.
      to.u16(count);
      to.raw(bytes);
    },
    read: (from: Reader): Uint8Array => {
      const count = from.u16();
      if (count > max) {
        from.refuse();
        return new Uint8Array(0);
      }
      return from.raw(count * width);
    },
  };
}
