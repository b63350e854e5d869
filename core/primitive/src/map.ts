/**
 * The device map: what a device commits to. Keys are relationships and notes, values are digests of
 * what they stand at. The root depends on the present pairs alone, not on how they came to be.
 *
 * A map lives in memory and never forgets; a host rebuilds it from stored pairs at start. Digests
 * are brought up to date when the root or a proof is asked for: however many writes came before,
 * every stale path is hashed once. A root that was asked for ahead of its writes is kept, so that
 * doing exactly these writes hashes nothing again.
 */

import { compare, equal, zero32 } from './bytes.ts';
import { limits } from './limits.ts';
import type { MapWrite, Multiproof } from './proof.ts';
import {
  anyLeaf,
  assign,
  bitAt,
  copyDigest,
  findLeaf,
  rootDigest,
  tree,
  type Tree,
} from './tree.ts';

/** What a decision about the next step asks of a map. None of it changes what the map holds. */
export interface MapReader {
  readonly root: () => Uint8Array;
  /** A copy of the value of `key`, or `undefined` if it is absent. */
  readonly get: (key: Uint8Array) => Uint8Array | undefined;
  /** The one proof that covers `keys`: 1 to 128, present or not, in strictly ascending order. */
  readonly prove: (keys: readonly Uint8Array[]) => Multiproof;
  /** The root that the map would have after `apply` of these writes. */
  readonly rootAfter: (writes: readonly MapWrite[]) => Uint8Array;
}

export interface DeviceMap extends MapReader {
  /** How many keys are present. */
  readonly size: () => number;
  /** All writes, in their order; a value of 32 zero bytes removes the key. All or none are done. */
  readonly apply: (writes: readonly MapWrite[]) => void;
  /** All present pairs in ascending order of the key, as copies. The map may not change meanwhile. */
  readonly entries: () => IterableIterator<MapWrite>;
}

export function deviceMap(): DeviceMap {
  const t = tree();
  /** Writes that the tree holds ahead of the map: nobody has decided on them yet. */
  let ahead: Ahead | undefined;
  const settled = (): Tree => {
    if (ahead !== undefined) assignAll(t, ahead.undo);
    ahead = undefined;
    return t;
  };
  return {
    size: () => settled().size,
    root: () => rootDigest(settled()),
    get: (key) => {
      check32(key);
      return valueOf(settled(), key);
    },
    apply: (writes) => {
      checkAll(writes);
      if (ahead === undefined || !areSame(ahead.writes, writes)) assignAll(settled(), writes);
      ahead = undefined;
    },
    prove: (keys) => prove(settled(), keys),
    rootAfter: (writes) => {
      checkAll(writes);
      ahead = goAhead(settled(), writes);
      return rootDigest(t);
    },
    entries: () => pairs(settled()),
  };
}

/** Writes that were done to a tree, and those that take them back. Both are copies. */
interface Ahead {
  readonly writes: readonly MapWrite[];
  readonly undo: readonly MapWrite[];
}

function goAhead(t: Tree, writes: readonly MapWrite[]): Ahead {
  const undo = writes.map(({ key }) => ({ key: key.slice(), value: valueOf(t, key) ?? zero32 }));
  assignAll(t, writes);
  return { writes: undo.map(({ key }, i) => ({ key, value: writes[i]!.value.slice() })), undo };
}

function areSame(some: readonly MapWrite[], others: readonly MapWrite[]): boolean {
  return (
    some.length === others.length &&
    some.every((one, i) => equal(one.key, others[i]!.key) && equal(one.value, others[i]!.value))
  );
}

function assignAll(t: Tree, writes: readonly MapWrite[]): void {
  for (let i = 0; i < writes.length; i++) assign(t, writes[i]!.key, writes[i]!.value);
}

function valueOf(t: Tree, key: Uint8Array): Uint8Array | undefined {
  const leaf = findLeaf(t, key);
  return leaf < 0 ? undefined : t.leaves.slice(leaf * 64 + 32, leaf * 64 + 64);
}

function checkAll(writes: readonly MapWrite[]): void {
  for (let i = 0; i < writes.length; i++) {
    check32(writes[i]!.key);
    check32(writes[i]!.value);
  }
}

function check32(bytes: Uint8Array): void {
  if (bytes.length !== 32) throw new RangeError(`expected 32 bytes, got ${bytes.length}`);
}

function* pairs(t: Tree): Generator<MapWrite, undefined> {
  const waiting = [t.links[0]!];
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    if (ref > 0) waiting.push(t.links[ref * 4 + 1]!, t.links[ref * 4]!);
    else if (ref < 0) yield pairAt(t, ~ref);
  }
}

function pairAt(t: Tree, leaf: number): MapWrite {
  const at = leaf * 64;
  return { key: t.leaves.slice(at, at + 32), value: t.leaves.slice(at + 32, at + 64) };
}

/** What a proof is gathered in; `proof.ts` says what is written where. */
interface Gathering {
  readonly t: Tree;
  readonly keys: readonly Uint8Array[];
  /** How many of the first i keys are present. */
  readonly present: readonly number[];
  /** How many bits and digests there are. They are kept in the two scratch arrays below. */
  bits: number;
  digests: number;
  readonly leaves: MapWrite[];
}

/** Of the proof that is gathered: a byte for each bit, and of each digest its place and depth. */
const shapeBits = new Uint8Array(limits.proofSiblingsMax * 2);
const digestPlaces = new Int32Array(limits.proofSiblingsMax * 2);

/**
 * Where a subtree's reference stands: twice the number of a branch, which may be some levels above,
 * and the side. The right side of branch 0 is always empty.
 */
type Place = number;

const top: Place = 0;
const nowhere: Place = 1;

function refAt(t: Tree, place: Place): number {
  return t.links[(place >> 1) * 4 + (place & 1)]!;
}

function prove(t: Tree, keys: readonly Uint8Array[]): Multiproof {
  if (keys.length < 1 || keys.length > limits.proofKeysMax) {
    throw new RangeError(`a proof covers 1 to ${limits.proofKeysMax} keys, not ${keys.length}`);
  }
  const present = [0];
  for (let i = 0; i < keys.length; i++) {
    check32(keys[i]!);
    if (i > 0 && compare(keys[i - 1]!, keys[i]!) >= 0) throw new RangeError('keys do not ascend');
    present.push(present[i]! + (findLeaf(t, keys[i]!) < 0 ? 0 : 1));
  }
  rootDigest(t);
  const g: Gathering = { t, keys, present, bits: 0, digests: 0, leaves: [] };
  gather(g, top, 0, keys.length, 0);
  return { keys: keys.length, shape: shapeOf(g), digests: digestsOf(g), leaves: g.leaves };
}

function gather(g: Gathering, place: Place, from: number, to: number, depth: number): void {
  const ref = refAt(g.t, place);
  const present = g.present[to]! - g.present[from]!;
  const foreign = leavesBelow(g.t, ref, present + 2) - present;
  if (foreign === 0) {
    addBit(g, 0);
    addBit(g, 0);
  } else if (foreign === 1) {
    addBit(g, 0);
    addBit(g, 1);
    g.leaves.push(foreignLeaf(g, ref, from, to));
  } else {
    addBit(g, 1);
    let middle = from;
    while (middle < to && bitAt(g.keys[middle]!, depth) === 0) middle++;
    gatherSide(g, sideBelow(g.t, place, 0, depth), from, middle, depth + 1);
    gatherSide(g, sideBelow(g.t, place, 1, depth), middle, to, depth + 1);
  }
}

function gatherSide(g: Gathering, place: Place, from: number, to: number, depth: number): void {
  if (from < to) {
    gather(g, place, from, to, depth);
  } else if (refAt(g.t, place) === 0) {
    addBit(g, 0);
  } else {
    addBit(g, 1);
    digestPlaces[g.digests * 2] = place;
    digestPlaces[g.digests * 2 + 1] = depth;
    g.digests++;
  }
}

function addBit(g: Gathering, bit: number): void {
  shapeBits[g.bits++] = bit;
}

/** One side of a subtree that stands at `depth`. Above its first branching one side is empty. */
function sideBelow(t: Tree, place: Place, side: number, depth: number): Place {
  const ref = refAt(t, place);
  if (ref > 0 && t.links[ref * 4 + 2] === depth) return ref * 2 + side;
  const byte = t.leaves[anyLeaf(t, ref) * 64 + (depth >> 3)]!;
  return ((byte >> (7 - (depth & 7))) & 1) === side ? place : nowhere;
}

/** How many leaves a subtree has, counting no further than `max`. */
function leavesBelow(t: Tree, ref: number, max: number): number {
  if (ref <= 0) return ref === 0 ? 0 : 1;
  const left = leavesBelow(t, t.links[ref * 4]!, max);
  return left >= max ? left : left + leavesBelow(t, t.links[ref * 4 + 1]!, max - left);
}

/** The only leaf of a subtree whose key is not covered. */
function foreignLeaf(g: Gathering, subtree: number, from: number, to: number): MapWrite {
  const covered = g.keys.slice(from, to);
  const waiting = [subtree];
  for (let ref = waiting.pop(); ref !== undefined; ref = waiting.pop()) {
    if (ref > 0) {
      waiting.push(g.t.links[ref * 4 + 1]!, g.t.links[ref * 4]!);
      continue;
    }
    const pair = pairAt(g.t, ~ref);
    if (covered.every((key) => compare(key, pair.key) !== 0)) return pair;
  }
  throw new RangeError('every leaf is covered');
}

function shapeOf({ bits }: Gathering): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits / 8));
  for (let i = 0; i < bits; i++) bytes[i >> 3]! |= shapeBits[i]! << (7 - (i & 7));
  return bytes;
}

function digestsOf({ t, digests }: Gathering): Uint8Array {
  const words = new Uint32Array(digests * 8);
  for (let i = 0; i < digests; i++) {
    copyDigest(t, digestPlaces[i * 2]!, digestPlaces[i * 2 + 1]!, words, i * 8);
  }
  return new Uint8Array(words.buffer);
}
