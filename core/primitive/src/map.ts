/**
 * The device map: what a device commits to. Keys are relationships and notes, values are digests of
 * what they stand at. The root depends on the present pairs alone, not on how they came to be.
 *
 * A map lives in memory and never forgets; a host rebuilds it from stored pairs at start. Digests
 * are brought up to date when the root or a proof is asked for: however many writes came before,
 * every stale path is hashed once.
 */

import { compare } from './bytes.ts';
import { limits } from './limits.ts';
import type { MapWrite, Multiproof } from './proof.ts';
import { anyLeaf, assign, bitAt, digestAt, findLeaf, rootDigest, tree, type Tree } from './tree.ts';

export interface DeviceMap {
  /** How many keys are present. */
  readonly size: () => number;
  readonly root: () => Uint8Array;
  /** A copy of the value of `key`, or `undefined` if it is absent. */
  readonly get: (key: Uint8Array) => Uint8Array | undefined;
  /** All writes, in their order; a value of 32 zero bytes removes the key. All or none are done. */
  readonly apply: (writes: readonly MapWrite[]) => void;
  /** The one proof that covers `keys`: 1 to 128, present or not, in strictly ascending order. */
  readonly prove: (keys: readonly Uint8Array[]) => Multiproof;
  /** All present pairs in ascending order of the key, as copies. The map may not change meanwhile. */
  readonly entries: () => IterableIterator<MapWrite>;
}

export function deviceMap(): DeviceMap {
  const t = tree();
  return {
    size: () => t.size,
    root: () => rootDigest(t),
    get: (key) => {
      check32(key);
      const leaf = findLeaf(t, key);
      return leaf < 0 ? undefined : t.leaves.slice(leaf * 64 + 32, leaf * 64 + 64);
    },
    apply: (writes) => {
      for (let i = 0; i < writes.length; i++) {
        check32(writes[i]!.key);
        check32(writes[i]!.value);
      }
      for (let i = 0; i < writes.length; i++) assign(t, writes[i]!.key, writes[i]!.value);
    },
    prove: (keys) => prove(t, keys),
    entries: () => pairs(t),
  };
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
  readonly bits: number[];
  readonly digests: Uint8Array[];
  readonly leaves: MapWrite[];
}

/** A subtree: its reference stands at `side` of `branch`, which may be some levels above it. */
interface Place {
  readonly branch: number;
  readonly side: number;
  readonly ref: number;
}

const nowhere: Place = { branch: 0, side: 0, ref: 0 };

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
  const gathering: Gathering = { t, keys, present, bits: [], digests: [], leaves: [] };
  gather(gathering, { branch: 0, side: 0, ref: t.links[0]! }, 0, keys.length, 0);
  const { bits, digests, leaves } = gathering;
  return { keys: keys.length, shape: packed(bits), digests: joined(digests), leaves };
}

function gather(g: Gathering, place: Place, from: number, to: number, depth: number): void {
  const present = g.present[to]! - g.present[from]!;
  const foreign = leavesBelow(g.t, place.ref, present + 2) - present;
  if (foreign === 0) {
    g.bits.push(0, 0);
  } else if (foreign === 1) {
    g.bits.push(0, 1);
    g.leaves.push(foreignLeaf(g, place.ref, from, to));
  } else {
    g.bits.push(1);
    let middle = from;
    while (middle < to && bitAt(g.keys[middle]!, depth) === 0) middle++;
    gatherSide(g, sideBelow(g.t, place, 0, depth), from, middle, depth + 1);
    gatherSide(g, sideBelow(g.t, place, 1, depth), middle, to, depth + 1);
  }
}

function gatherSide(g: Gathering, place: Place, from: number, to: number, depth: number): void {
  if (from < to) {
    gather(g, place, from, to, depth);
  } else if (place.ref === 0) {
    g.bits.push(0);
  } else {
    g.bits.push(1);
    g.digests.push(digestAt(g.t, place.branch, place.side, depth));
  }
}

/** One side of a subtree that stands at `depth`. Above its first branching one side is empty. */
function sideBelow(t: Tree, place: Place, side: number, depth: number): Place {
  const { ref } = place;
  if (ref > 0 && t.links[ref * 4 + 2] === depth) {
    return { branch: ref, side, ref: t.links[ref * 4 + side]! };
  }
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
function foreignLeaf(g: Gathering, top: number, from: number, to: number): MapWrite {
  const covered = g.keys.slice(from, to);
  const waiting = [top];
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

function packed(bits: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(bits.length / 8));
  for (let i = 0; i < bits.length; i++) bytes[i >> 3]! |= bits[i]! << (7 - (i & 7));
  return bytes;
}

function joined(digests: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(digests.length * 32);
  for (let i = 0; i < digests.length; i++) bytes.set(digests[i]!, i * 32);
  return bytes;
}
