/**
 * The compact sparse Merkle tree under a device map: its digests, and its shape in memory.
 *
 *     empty subtree   32 zero bytes
 *     one leaf        H_leaf(key ‖ value), bit 0 of the last byte set to 1, at whatever depth
 *     two or more     H_node(left ‖ right), bit 0 of the last byte set to 0
 *
 * In memory only branchings exist: a branch holds the digests of its two sides next to each other,
 * which is the preimage of its own digest, so an update touches one record per level. Everything
 * lies in typed arrays; an update makes no object. A stretch without branchings is hashed level by
 * level (its other sides are empty) and takes no memory, so keys that share 250 bits are harmless.
 *
 * A reference to a subtree is a branch (positive), a leaf (negative, `~leaf`) or nothing (0). Branch
 * 0 stands above the tree: its left side is the whole tree.
 */

import { implementation, prefixOf } from './hash.ts';
import { isZero } from './bytes.ts';

export interface Tree {
  /** A leaf's key and value, 64 bytes, and the same memory as words. */
  leaves: Uint8Array;
  leafWords: Uint32Array;
  /** A branch's left and right digest, 16 words. */
  digests: Uint32Array;
  /** A branch's left and right reference, its bit, and which sides are stale (1 left, 2 right). */
  links: Int32Array;
  leavesUsed: number;
  branchesUsed: number;
  /** Released records, linked through their first word; −1 ends the list. */
  leafFree: number;
  branchFree: number;
  size: number;
  /** The branches from the top to where the last search ended. */
  readonly path: Int32Array;
  pathLength: number;
}

const preimage = (domain: 'leaf' | 'node'): { bytes: Uint8Array; words: Uint32Array } => {
  const prefix = prefixOf(domain);
  const start = Math.ceil(prefix.length / 4) * 4;
  const buffer = new ArrayBuffer(start + 64);
  const bytes = new Uint8Array(buffer, start - prefix.length);
  bytes.set(prefix);
  return { bytes, words: new Uint32Array(buffer, start, 16) };
};

/** The fields of a preimage lie on a word boundary, so that digests are copied as words. */
const leafPreimage = preimage('leaf');
const nodePreimage = preimage('node');
const leafFields = leafPreimage.bytes.subarray(leafPreimage.bytes.length - 64);
const out = new Uint8Array(32);
const outWords = new Uint32Array(out.buffer);
const emptyWords = new Uint32Array(8);

/** Write the digest of a subtree whose only leaf is `key` with `value` into `target`, as words. */
export function leafDigest(
  key: Uint8Array,
  value: Uint8Array,
  target: Uint32Array,
  to: number,
): void {
  leafFields.set(key, 0);
  leafFields.set(value, 32);
  hashLeaf();
  copyWords(outWords, 0, target, to, 8);
}

/** The same for a subtree with two leaves or more, whose sides lie next to each other at `from`. */
export function innerDigest(digests: Uint32Array, from: number, to: number): void {
  copyWords(digests, from, nodePreimage.words, 0, 16);
  hashNode();
  copyWords(outWords, 0, digests, to, 8);
}

/** Bit `i` of a key, most significant first. */
export function bitAt(key: Uint8Array, i: number): number {
  return (key[i >> 3]! >> (7 - (i & 7))) & 1;
}

/** How many leading bits two keys share: 256 if they are the same. */
export function sharedBits(a: Uint8Array, b: Uint8Array): number {
  return sharedBitsAt(a, 0, b);
}

export function tree(): Tree {
  const leaves = new Uint8Array(16 * 64);
  const made: Tree = {
    leaves,
    leafWords: new Uint32Array(leaves.buffer),
    digests: new Uint32Array(16 * 16),
    links: new Int32Array(16 * 4),
    leavesUsed: 0,
    branchesUsed: 1,
    leafFree: -1,
    branchFree: -1,
    size: 0,
    path: new Int32Array(257),
    pathLength: 0,
  };
  made.links[2] = -1;
  return made;
}

/** The leaf of `key`, or −1. */
export function findLeaf(t: Tree, key: Uint8Array): number {
  const ref = descend(t, key);
  return ref !== 0 && sharedBitsAt(t.leaves, ~ref * 64, key) === 256 ? ~ref : -1;
}

/** Give `key` a value, or remove it if the value is all zero. Digests above it become stale. */
export function assign(t: Tree, key: Uint8Array, value: Uint8Array): void {
  const ref = descend(t, key);
  const shared = ref === 0 ? 0 : sharedBitsAt(t.leaves, ~ref * 64, key);
  if (isZero(value)) {
    if (shared === 256) remove(t, key, ~ref);
  } else if (shared === 256) {
    change(t, key, ~ref, value);
  } else {
    insert(t, key, value, ref, shared);
  }
}

/**
 * Write the digest at a place as it stands at `depth` into `target`, as words. A place is twice the
 * number of a branch, and its side. Nothing may be stale.
 */
export function copyDigest(
  t: Tree,
  place: number,
  depth: number,
  target: Uint32Array,
  to: number,
): void {
  const ref = t.links[(place >> 1) * 4 + (place & 1)]!;
  if (ref > 0 && depth !== t.links[(place >> 1) * 4 + 2]! + 1) {
    join(t, ref, anyLeaf(t, ref), depth);
    copyWords(outWords, 0, target, to, 8);
  } else {
    copyWords(t.digests, place * 8, target, to, 8);
  }
}

/** The root, after hashing every stale path once. */
export function rootDigest(t: Tree): Uint8Array {
  if (t.links[3] !== 0) refresh(t, 0);
  copyWords(t.digests, 0, outWords, 0, 8);
  return out.slice();
}

/** Some leaf below a reference that is not nothing. */
export function anyLeaf(t: Tree, ref: number): number {
  let at = ref;
  while (at > 0) at = t.links[at * 4]!;
  return ~at;
}

function descend(t: Tree, key: Uint8Array): number {
  const { links, path } = t;
  let length = 1;
  path[0] = 0;
  let ref = links[0]!;
  while (ref > 0) {
    path[length++] = ref;
    const at = ref * 4;
    ref = links[at + bitAt(key, links[at + 2]!)]!;
  }
  t.pathLength = length;
  return ref;
}

function change(t: Tree, key: Uint8Array, leaf: number, value: Uint8Array): void {
  const at = leaf * 64 + 32;
  let difference = 0;
  for (let i = 0; i < 32; i++) {
    difference |= t.leaves[at + i]! ^ value[i]!;
    t.leaves[at + i] = value[i]!;
  }
  if (difference !== 0) markStale(t, key);
}

/** `ref` is where the search for `key` ended, and shares `shared` bits with it. */
function insert(t: Tree, key: Uint8Array, value: Uint8Array, ref: number, shared: number): void {
  const leaf = newLeaf(t);
  t.leaves.set(key, leaf * 64);
  t.leaves.set(value, leaf * 64 + 32);
  t.size++;
  if (ref === 0) {
    t.links[0] = ~leaf;
  } else {
    const branch = newBranch(t);
    while (t.links[t.path[t.pathLength - 1]! * 4 + 2]! > shared) t.pathLength--;
    const above = t.path[t.pathLength - 1]! * 4;
    const from = above + sideOf(t, above, key);
    const side = bitAt(key, shared);
    t.links[branch * 4 + side] = ~leaf;
    t.links[branch * 4 + 1 - side] = t.links[from]!;
    t.links[branch * 4 + 2] = shared;
    // The other side now begins at another depth, so its digest may change as well.
    t.links[branch * 4 + 3] = 3;
    t.links[from] = branch;
  }
  markStale(t, key);
}

/** The leaf is where the search for `key` ended; its sibling takes the place of their branch. */
function remove(t: Tree, key: Uint8Array, leaf: number): void {
  const branch = t.path[--t.pathLength]!;
  t.leafWords[leaf * 16] = t.leafFree;
  t.leafFree = leaf;
  t.size--;
  if (branch === 0) {
    t.links[0] = 0;
    t.digests.fill(0, 0, 8);
    t.links[3] = 0;
    return;
  }
  const other = t.links[branch * 4 + 1 - sideOf(t, branch * 4, key)]!;
  const above = t.path[t.pathLength - 1]! * 4;
  t.links[above + sideOf(t, above, key)] = other;
  t.links[branch * 4] = t.branchFree;
  t.branchFree = branch;
  markStale(t, key);
}

function sideOf(t: Tree, at: number, key: Uint8Array): number {
  return at === 0 ? 0 : bitAt(key, t.links[at + 2]!);
}

function markStale(t: Tree, key: Uint8Array): void {
  for (let i = 0; i < t.pathLength; i++) {
    const at = t.path[i]! * 4;
    t.links[at + 3]! |= 1 << sideOf(t, at, key);
  }
}

/** Hash the stale sides of a branch, and give some leaf below it. No deeper than a key has bits. */
function refresh(t: Tree, branch: number): number {
  const { links } = t;
  const at = branch * 4;
  const stale = links[at + 3]!;
  const depth = links[at + 2]! + 1;
  let leaf = -1;
  for (let side = 0; side < 2; side++) {
    if ((stale & (1 << side)) === 0) continue;
    const ref = links[at + side]!;
    if (ref < 0) {
      leaf = ~ref;
      copyWords(t.leafWords, leaf * 16, leafPreimage.words, 0, 16);
      hashLeaf();
    } else {
      leaf = refresh(t, ref);
      join(t, ref, leaf, depth);
    }
    copyWords(outWords, 0, t.digests, branch * 16 + side * 8, 8);
  }
  links[at + 3] = 0;
  return leaf < 0 ? anyLeaf(t, branch) : leaf;
}

/** Leave in `out` the digest of a branch as it stands at `depth`; `leaf` is one of its leaves. */
function join(t: Tree, branch: number, leaf: number, depth: number): void {
  const { words } = nodePreimage;
  copyWords(t.digests, branch * 16, words, 0, 16);
  hashNode();
  for (let level = t.links[branch * 4 + 2]! - 1; level >= depth; level--) {
    const side = (t.leaves[leaf * 64 + (level >> 3)]! >> (7 - (level & 7))) & 1;
    copyWords(outWords, 0, words, side * 8, 8);
    copyWords(emptyWords, 0, words, 8 - side * 8, 8);
    hashNode();
  }
}

function hashLeaf(): void {
  implementation().blake3Into(leafPreimage.bytes, out, 0);
  out[31]! |= 1;
}

function hashNode(): void {
  implementation().blake3Into(nodePreimage.bytes, out, 0);
  out[31]! &= 0xfe;
}

function copyWords(
  source: Uint32Array,
  from: number,
  target: Uint32Array,
  to: number,
  length: number,
): void {
  for (let i = 0; i < length; i++) target[to + i] = source[from + i]!;
}

/** How many leading bits the key at `at` of `bytes` shares with `key`. */
function sharedBitsAt(bytes: Uint8Array, at: number, key: Uint8Array): number {
  for (let i = 0; i < 32; i++) {
    const difference = bytes[at + i]! ^ key[i]!;
    if (difference !== 0) return i * 8 + Math.clz32(difference) - 24;
  }
  return 256;
}

function newLeaf(t: Tree): number {
  const free = t.leafFree;
  if (free >= 0) {
    t.leafFree = t.leafWords[free * 16]! | 0;
    return free;
  }
  if (t.leavesUsed * 64 === t.leaves.length) {
    const larger = new Uint8Array(t.leaves.length * 2);
    larger.set(t.leaves);
    t.leaves = larger;
    t.leafWords = new Uint32Array(larger.buffer);
  }
  return t.leavesUsed++;
}

function newBranch(t: Tree): number {
  const free = t.branchFree;
  if (free >= 0) {
    t.branchFree = t.links[free * 4]!;
    return free;
  }
  if (t.branchesUsed * 4 === t.links.length) {
    const links = new Int32Array(t.links.length * 2);
    links.set(t.links);
    t.links = links;
    const digests = new Uint32Array(t.digests.length * 2);
    digests.set(t.digests);
    t.digests = digests;
  }
  return t.branchesUsed++;
}
