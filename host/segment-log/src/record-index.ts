/**
 * The index of one shelf: where the record of a key stands, in 12 bytes.
 *
 * It is a list of leaves, sorted by the first 32 bits of the key, each a sorted stretch of typed array:
 *
 *     word 0   the first 32 bits of the key
 *     word 1   position, its lower 32 bits
 *     word 2   position, its upper 8 bits ‖ size class, 8 bits ‖ mark, 16 bits
 *
 * The mark is mixed from the other 224 bits of the key. Two keys that agree in these 48 bits are told
 * apart by their records, on the disk. Leaves grow by an eighth and split in the middle, so there is
 * little slack, no pause that grows with the index, and nothing that a stranger unbalances by choosing keys:
 * keys with a common prefix make leaves as full as others do. To make one lookup read k records in
 * vain he must find k + 1 keys that agree in 48 bits: 2^24 hashes for the first pair, 2^43 for ten.
 */

export const wordsOfEntry = 3;

/** A place in the log, in units of 16 bytes: below 2^40. */
export type Position = number;

export interface IndexEntry {
  readonly prefix: number;
  readonly position: Position;
  /** How many units the record takes, rounded up: `unitsOfClass`. */
  readonly sizeClass: number;
}

export interface RecordIndex {
  readonly size: () => number;
  /** What the leaves take, slack and all. */
  readonly bytes: () => number;
  /** Entries whose 48 bits are these: nearly always none or one. */
  readonly find: (prefix: number, mark: number) => readonly IndexEntry[];
  readonly insert: (prefix: number, mark: number, position: Position, units: number) => void;
  /** The record moves, or a new one takes its place. The old position must be there. */
  readonly move: (prefix: number, from: Position, to: Position, units: number) => void;
  readonly remove: (prefix: number, position: Position) => void;
  /** Entries from `prefix` on, ascending: at least `count` if there are, and all of the last prefix. */
  readonly stretch: (prefix: number, count: number) => readonly IndexEntry[];
}

const leafEntriesMax = 1_024;
const leafEntriesMin = 32;
const two32 = 0x100000000;

interface Leaf {
  words: Uint32Array;
  count: number;
}

/** The first 32 bits of a key. */
export function prefixOf(key: Uint8Array): number {
  return key[0]! * 0x1000000 + ((key[1]! << 16) | (key[2]! << 8) | key[3]!);
}

/** 16 bits mixed from the others. */
export function markOf(key: Uint8Array): number {
  let mixed = 0;
  for (let i = 4; i < key.length; i++) mixed = Math.imul(mixed ^ key[i]!, 0x9e3779b1) + i;
  return (mixed ^ (mixed >>> 15)) & 0xffff;
}

/** Four bits of the size and its magnitude: reading what a class stands for reads an eighth too much at most. */
export function sizeClassOf(units: number): number {
  const shift = Math.max(0, 28 - Math.clz32(units - 1));
  return shift * 8 + ((units - 1) >>> shift);
}

/** The most units that a record of this class has. */
export function unitsOfClass(sizeClass: number): number {
  const shift = Math.max(0, (sizeClass >>> 3) - 1);
  return (sizeClass - shift * 8 + 1) * 2 ** shift;
}

export function recordIndex(): RecordIndex {
  const tree: Tree = { bounds: [0], leaves: [emptyLeaf()], size: 0 };
  return {
    size: () => tree.size,
    bytes: () => tree.leaves.reduce((sum, { words }) => sum + words.byteLength, 0),
    find: (prefix, mark) => found(tree.leaves[leafOf(tree, prefix)]!, prefix, mark),
    insert: (prefix, mark, position, units) => insert(tree, prefix, mark, position, units),
    move: (prefix, from, to, units) => {
      const leaf = tree.leaves[leafOf(tree, prefix)]!;
      const at = placeOf(leaf, prefix, from);
      setPosition(leaf, at, to, units, leaf.words[at * wordsOfEntry + 2]! & 0xffff);
    },
    remove: (prefix, position) => remove(tree, prefix, position),
    stretch: (prefix, count) => stretch(tree, prefix, count),
  };
}

interface Tree {
  /** The smallest prefix that may stand in each leaf; all entries of one prefix stand in one leaf. */
  readonly bounds: number[];
  readonly leaves: Leaf[];
  size: number;
}

function leafOf({ bounds }: Tree, prefix: number): number {
  let low = 0;
  let high = bounds.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if (bounds[middle]! <= prefix) low = middle;
    else high = middle - 1;
  }
  return low;
}

function found(leaf: Leaf, prefix: number, mark: number): readonly IndexEntry[] {
  let entries: IndexEntry[] | undefined;
  for (let at = lowerBound(leaf, prefix); at < leaf.count; at++) {
    if (leaf.words[at * wordsOfEntry] !== prefix) break;
    if ((leaf.words[at * wordsOfEntry + 2]! & 0xffff) !== mark) continue;
    (entries ??= []).push(entryAt(leaf, at));
  }
  return entries ?? nothing;
}

function insert(tree: Tree, prefix: number, mark: number, position: Position, units: number): void {
  const { bounds, leaves } = tree;
  const which = leafOf(tree, prefix);
  const leaf = leaves[which]!;
  const at = lowerBound(leaf, prefix);
  makeRoom(leaf);
  const word = at * wordsOfEntry;
  leaf.words.copyWithin(word + wordsOfEntry, word, leaf.count * wordsOfEntry);
  leaf.words[word] = prefix;
  setPosition(leaf, at, position, units, mark);
  leaf.count += 1;
  tree.size += 1;
  if (leaf.count <= leafEntriesMax) return;
  const cut = splitPoint(leaf);
  if (cut === 0) return;
  leaves.splice(which + 1, 0, partOf(leaf, cut, leaf.count));
  bounds.splice(which + 1, 0, leaf.words[cut * wordsOfEntry]!);
  leaves[which] = partOf(leaf, 0, cut);
}

function remove(tree: Tree, prefix: number, position: Position): void {
  const { bounds, leaves } = tree;
  const which = leafOf(tree, prefix);
  const leaf = leaves[which]!;
  const word = placeOf(leaf, prefix, position) * wordsOfEntry;
  leaf.words.copyWithin(word, word + wordsOfEntry, leaf.count * wordsOfEntry);
  leaf.count -= 1;
  tree.size -= 1;
  if (leaf.count > 0 || which === 0) return;
  leaves.splice(which, 1);
  bounds.splice(which, 1);
}

function stretch(tree: Tree, prefix: number, count: number): readonly IndexEntry[] {
  const entries: IndexEntry[] = [];
  for (let which = leafOf(tree, prefix); which < tree.leaves.length; which++) {
    const leaf = tree.leaves[which]!;
    for (let at = lowerBound(leaf, prefix); at < leaf.count; at++) {
      const entry = entryAt(leaf, at);
      if (entries.length >= count && entry.prefix !== entries.at(-1)!.prefix) return entries;
      entries.push(entry);
    }
  }
  return entries;
}

/** Where an entry stands that must be there. */
function placeOf(leaf: Leaf, prefix: number, position: Position): number {
  for (let at = lowerBound(leaf, prefix); at < leaf.count; at++) {
    if (leaf.words[at * wordsOfEntry] !== prefix) break;
    if (positionAt(leaf, at) === position) return at;
  }
  throw new RangeError(`no record of ${prefix} stands at ${position}`);
}

function emptyLeaf(): Leaf {
  return { words: new Uint32Array(leafEntriesMin * wordsOfEntry), count: 0 };
}

const nothing: readonly IndexEntry[] = [];

/** The first entry of a leaf whose prefix is not smaller. */
function lowerBound({ words, count }: Leaf, prefix: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (words[middle * wordsOfEntry]! < prefix) low = middle + 1;
    else high = middle;
  }
  return low;
}

function positionAt({ words }: Leaf, at: number): Position {
  const word = at * wordsOfEntry;
  return (words[word + 2]! >>> 24) * two32 + words[word + 1]!;
}

function entryAt(leaf: Leaf, at: number): IndexEntry {
  const word = at * wordsOfEntry;
  const sizeClass = (leaf.words[word + 2]! >>> 16) & 0xff;
  return { prefix: leaf.words[word]!, position: positionAt(leaf, at), sizeClass };
}

function setPosition(
  { words }: Leaf,
  at: number,
  position: Position,
  units: number,
  mark: number,
): void {
  const high = Math.floor(position / two32);
  words[at * wordsOfEntry + 1] = position % two32;
  words[at * wordsOfEntry + 2] = ((high << 24) | (sizeClassOf(units) << 16) | mark) >>> 0;
}

function makeRoom(leaf: Leaf): void {
  const capacity = leaf.words.length / wordsOfEntry;
  if (leaf.count < capacity) return;
  const larger = new Uint32Array((capacity + grown(capacity)) * wordsOfEntry);
  larger.set(leaf.words);
  leaf.words = larger;
}

function grown(entries: number): number {
  return Math.max(leafEntriesMin, entries >> 3);
}

/** Where to cut a leaf in two: near its middle, between two prefixes. 0 if all are one prefix. */
function splitPoint({ words, count }: Leaf): number {
  const middle = count >> 1;
  const differs = (at: number): boolean =>
    words[at * wordsOfEntry] !== words[(at - 1) * wordsOfEntry];
  for (let away = 0; away < middle; away++) {
    if (differs(middle - away)) return middle - away;
    if (middle + away < count && differs(middle + away)) return middle + away;
  }
  return 0;
}

function partOf({ words }: Leaf, from: number, to: number): Leaf {
  const count = to - from;
  const copy = new Uint32Array((count + grown(count)) * wordsOfEntry);
  copy.set(words.subarray(from * wordsOfEntry, to * wordsOfEntry));
  return { words: copy, count };
}
