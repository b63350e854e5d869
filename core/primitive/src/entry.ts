/**
 * Entries and lanes: one writer's side of a relationship.
 *
 *     s⁰     = H_s0( network ‖ writer ‖ incarnation ‖ peer ‖ relationship key )
 *     e⁰     = H_entropy( s⁰ ‖ spool key )
 *     eⁿ⁺¹   = H_entropy( eⁿ ‖ length of op ‖ op ‖ n+1 )                    (seed 001)
 *     headⁿ⁺¹ = H_entry( headⁿ ‖ enc(entry) )                       (seed 000, equation 1)
 *
 *     OFFSET  SIZE  FIELD
 *          0     1  version             0x01
 *          1     1  kind                0x01
 *          2     1  side                0 the lower DevID writes, 1 the higher
 *          3     8  index               of the head that the entry makes; the first is 1
 *         11    32  entropy             eⁿ⁺¹
 *         43    32  absorbed            the peer's head that the writer has absorbed
 *         75     4  operation length m  at most 12,288
 *         79     m  operation
 *
 * `head` is the hash of everything before it, so one signature over a head authenticates the run
 * that leads to it. A lane never restarts; a new incarnation has a new lane.
 */

import { compare } from './bytes.ts';
import {
  bytes32,
  encodeWith,
  object,
  oneOf,
  struct,
  u32,
  u64,
  variable,
  type Obj,
} from './codec.ts';
import { hash, implementation, prefixOf } from './hash.ts';
import { kinds, version } from './kinds.ts';
import { limits } from './limits.ts';

export type Side = 0 | 1;

export interface Entry {
  readonly side: Side;
  readonly index: number;
  readonly entropy: Uint8Array;
  readonly absorbed: Uint8Array;
  readonly operation: Uint8Array;
}

export const entry: Obj<Entry> = object(
  kinds.entry,
  limits.operationBytesMax + 79,
  struct({
    side: oneOf([0, 1]),
    index: u64,
    entropy: bytes32,
    absorbed: bytes32,
    operation: variable(limits.operationBytesMax),
  }),
);

/** Where a lane stands: its newest head and what the next entry needs. */
export interface Lane {
  readonly start: Uint8Array;
  readonly head: Uint8Array;
  readonly index: number;
  readonly entropy: Uint8Array;
}

/** The side on which `device` writes when it talks to `peer`. */
export function sideOf(device: Uint8Array, peer: Uint8Array): Side {
  return compare(device, peer) < 0 ? 0 : 1;
}

/** What two devices share of a relationship; both follow from its secret. */
export interface SharedKeys {
  readonly key: Uint8Array;
  readonly spoolKey: Uint8Array;
}

/** The lane of `writer` towards `peer`, before its first entry. */
export function openLane(
  network: Uint8Array,
  writer: Uint8Array,
  incarnation: number,
  peer: Uint8Array,
  { key, spoolKey }: SharedKeys,
): Lane {
  const start = hash('s0', network, writer, encodeWith(u32, incarnation), peer, key);
  return { start, head: start, index: 0, entropy: startEntropy(start, spoolKey) };
}

/** e⁰ of the lane that begins at `start`. */
export function startEntropy(start: Uint8Array, spoolKey: Uint8Array): Uint8Array {
  return hash('entropy', start, spoolKey);
}

export function nextEntropy(entropy: Uint8Array, operation: Uint8Array, index: number): Uint8Array {
  const { length, position } = numbers(index, operation.length);
  return hash('entropy', entropy, length, operation, position);
}

/** The head that `encoded`, an entry's bytes, leads to from `head`. */
export function nextHead(head: Uint8Array, encoded: Uint8Array): Uint8Array {
  return hash('entry', head, encoded);
}

/** The entry that carries `operation` and stands after `lane`. */
export function nextEntry(
  lane: Lane,
  side: Side,
  absorbed: Uint8Array,
  operation: Uint8Array,
): Entry {
  const index = lane.index + 1;
  return { side, index, entropy: nextEntropy(lane.entropy, operation, index), absorbed, operation };
}

/** The lane after `next`, whose bytes are `encoded`. */
export function advance(lane: Lane, next: Entry, encoded: Uint8Array): Lane {
  const head = nextHead(lane.head, encoded);
  return { start: lane.start, head, index: next.index, entropy: next.entropy };
}

/** The framing of the operation and the index, as they stand in the entropy's preimage. */
function numbers(
  index: number,
  operationLength: number,
): { readonly length: Uint8Array; readonly position: Uint8Array } {
  return { length: encodeWith(u32, operationLength), position: encodeWith(u64, index) };
}

/**
 * A writer that extends one lane many times without an object for each entry: the same bytes and
 * the same heads as `nextEntry`, `entry.encode` and `advance`, laid out in place.
 */
export interface LaneWriter {
  /** Append `operation`; the entry's bytes are a view that the next call overwrites. */
  readonly append: (operation: Uint8Array) => Uint8Array;
  readonly lane: () => Lane;
}

const entryPrefix = prefixOf('entry');
const entropyPrefix = prefixOf('entropy');

export function laneWriter(lane: Lane, side: Side, absorbed: Uint8Array): LaneWriter {
  const { blake3Into } = implementation();
  const entryAt = entryPrefix.length + 32;
  const entryBytes = new Uint8Array(entryAt + 79 + limits.operationBytesMax);
  const entryView = new DataView(entryBytes.buffer);
  const seedAt = entropyPrefix.length;
  const seedBytes = new Uint8Array(seedAt + 44 + limits.operationBytesMax);
  const seedView = new DataView(seedBytes.buffer);
  let index = lane.index;
  let views = viewsFor(seedBytes, entryBytes, 0);

  entryBytes.set(entryPrefix);
  entryBytes.set(lane.head, entryPrefix.length);
  entryBytes.set([version, kinds.entry, side], entryAt);
  entryBytes.set(lane.entropy, entryAt + 11);
  entryBytes.set(absorbed, entryAt + 43);
  seedBytes.set(entropyPrefix);
  seedBytes.set(lane.entropy, seedAt);
  const head = lane.head.slice();
  const entropy = lane.entropy.slice();

  const append = (operation: Uint8Array): Uint8Array => {
    const length = operation.length;
    if (length > limits.operationBytesMax) throw new RangeError('operation too large');
    index += 1;
    const high = Math.floor(index / 0x100000000);
    const low = index % 0x100000000;
    seedView.setUint32(seedAt + 32, length);
    seedBytes.set(operation, seedAt + 36);
    seedView.setUint32(seedAt + 36 + length, high);
    seedView.setUint32(seedAt + 40 + length, low);
    // Operations of a lane are often of one length, and views cost as much as a small hash.
    if (views.length !== length) views = viewsFor(seedBytes, entryBytes, length);
    blake3Into(views.seed, entropy, 0);
    seedBytes.set(entropy, seedAt);
    entryView.setUint32(entryAt + 3, high);
    entryView.setUint32(entryAt + 7, low);
    entryBytes.set(entropy, entryAt + 11);
    entryView.setUint32(entryAt + 75, length);
    entryBytes.set(operation, entryAt + 79);
    blake3Into(views.preimage, head, 0);
    entryBytes.set(head, entryPrefix.length);
    return views.entry;
  };
  return {
    append,
    lane: () => ({ start: lane.start, head: head.slice(), index, entropy: entropy.slice() }),
  };
}

/** What a lane writer hashes and hands out while operations have `length` bytes. */
function viewsFor(
  seedBytes: Uint8Array,
  entryBytes: Uint8Array,
  length: number,
): {
  readonly length: number;
  readonly seed: Uint8Array;
  readonly preimage: Uint8Array;
  readonly entry: Uint8Array;
} {
  const entryAt = entryPrefix.length + 32;
  const end = entryAt + 79 + length;
  return {
    length,
    seed: seedBytes.subarray(0, entropyPrefix.length + 32 + 12 + length),
    preimage: entryBytes.subarray(0, end),
    entry: entryBytes.subarray(entryAt, end),
  };
}
