/** Lanes, and the writer that extends one in place. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import {
  advance,
  entry,
  laneWriter,
  nextEntry,
  nextHead,
  openLane,
  sideOf,
  type Lane,
} from '../src/entry.ts';
import { hash } from '../src/hash.ts';
import { encodeWith, u32, u64 } from '../src/codec.ts';
import { limits } from '../src/limits.ts';
import { checkpointBefore, isCheckpoint, walk } from '../src/sparse-index.ts';
import { evaluateSlotPath, slotListRoot, slotPath, type Slot } from '../src/slot-list.ts';
import { relationshipKey, noteKey, viewLeaf } from '../src/view.ts';
import { equal, isZero } from '../src/bytes.ts';
import { installFakes, named, network } from './fixture.ts';

installFakes();

const shared = { key: named('relationship'), spoolKey: named('spool') };
const start = openLane(network, named('a'), 0, named('b'), shared);
const operations = fc.array(fc.uint8Array({ maxLength: 200 }), { minLength: 1, maxLength: 20 });

function written(from: Lane, all: readonly Uint8Array[]): { lane: Lane; bytes: Uint8Array[] } {
  let lane = from;
  const bytes = all.map((operation) => {
    const next = nextEntry(lane, 1, named('absorbed'), operation);
    const encoded = entry.encode(next);
    lane = advance(lane, next, encoded);
    return encoded;
  });
  return { lane, bytes };
}

test('a lane writer gives the bytes and the lane of one entry after the other', () => {
  fc.assert(
    fc.property(operations, fc.constantFrom(0, 7, 2 ** 32 - 3, 2 ** 40), (all, index) => {
      const from = { ...start, index };
      const { lane, bytes } = written(from, all);
      const writer = laneWriter(from, 1, named('absorbed'));
      assert.deepEqual(
        all.map((operation) => writer.append(operation).slice()),
        bytes,
      );
      assert.deepEqual(writer.lane(), lane);
    }),
  );
});

test('a lane writer takes the largest operation and no larger one', () => {
  const writer = laneWriter(start, 0, named('absorbed'));
  const largest = new Uint8Array(limits.operationBytesMax).fill(1);
  assert.ok(entry.decode(writer.append(largest)).ok);
  assert.throws(() => writer.append(new Uint8Array(limits.operationBytesMax + 1)), RangeError);
  assert.equal(writer.lane().index, 1);
});

test('the entropy and the head are those of the seeds', () => {
  const operation = named('operation');
  const next = nextEntry(start, 1, named('absorbed'), operation);
  const length = encodeWith(u32, operation.length);
  const seed = hash('entropy', start.entropy, length, operation, encodeWith(u64, 1));
  assert.deepEqual(next.entropy, seed);
  const bytes = entry.encode(next);
  assert.deepEqual(nextHead(start.head, bytes), hash('entry', start.head, bytes));
});

test('every lane starts elsewhere: by network, writer, incarnation, peer and relationship', () => {
  const starts = [
    start,
    openLane(named('network'), named('a'), 0, named('b'), shared),
    openLane(network, named('c'), 0, named('b'), shared),
    openLane(network, named('a'), 1, named('b'), shared),
    openLane(network, named('a'), 0, named('c'), shared),
    openLane(network, named('b'), 0, named('a'), shared),
    openLane(network, named('a'), 0, named('b'), { ...shared, key: named('another') }),
  ].map((lane) => lane.start.join());
  assert.equal(new Set(starts).size, starts.length);
  const spoolKey = named('another spool');
  const other = openLane(network, named('a'), 0, named('b'), { ...shared, spoolKey });
  assert.deepEqual(other.start, start.start);
  assert.notDeepEqual(other.entropy, start.entropy);
});

test('the two ends of a relationship write on different sides', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (a) => {
      const b = named(a.join());
      assert.equal(sideOf(a, b) + sideOf(b, a), 1);
    }),
  );
});

test('a walk from the nearest checkpoint gives the lane, and refuses what is no lane', () => {
  const all = Array.from({ length: 150 }, (_, i) => Uint8Array.of(i));
  const { lane, bytes } = written(start, all);
  const k = limits.checkpointInterval;
  for (const index of [0, 1, k - 1, k, k + 1, 2 * k, 150]) {
    const from = checkpointBefore(index);
    assert.ok(isCheckpoint(from) && from <= index && index - from < k);
    const kept = written(start, all.slice(0, from)).lane;
    const wanted = written(start, all.slice(0, index)).lane;
    assert.deepEqual(walk(kept, bytes.slice(from, index)), wanted);
  }
  assert.deepEqual(walk(start, bytes), lane);
  assert.equal(walk(start, bytes.slice(1)), undefined);
  assert.equal(walk(start, [bytes[0]!, bytes[0]!]), undefined);
  assert.equal(walk(start, [bytes[0]!.subarray(1)]), undefined);
});

test('both ends have one leaf, absent at the start, and keys keep to their half of the map', () => {
  const [mine, theirs] = [named('my start'), named('their start')];
  const at = (m: Uint8Array, t: Uint8Array): Uint8Array =>
    viewLeaf(0, { mine: m, theirs: t, mineStart: mine, theirsStart: theirs });
  const seen = (m: Uint8Array, t: Uint8Array): Uint8Array =>
    viewLeaf(1, { mine: t, theirs: m, mineStart: theirs, theirsStart: mine });
  assert.ok(isZero(at(mine, theirs)) && isZero(seen(mine, theirs)));
  assert.deepEqual(at(named('1'), theirs), seen(named('1'), theirs));
  assert.deepEqual(at(named('1'), named('2')), seen(named('1'), named('2')));
  assert.ok(!equal(at(named('1'), named('2')), at(named('2'), named('1'))));
  for (let i = 0; i < 50; i++) {
    assert.ok(relationshipKey(named(`${i}`))[0]! < 0x80);
    assert.ok(noteKey(named(`${i}`))[0]! >= 0x80);
  }
});

test('every line of a slot list has a path to its root, and no other line or value has it', () => {
  for (let count = 1; count <= limits.slotsMax; count++) {
    const slots: Slot[] = Array.from({ length: count }, (_, i) => ({
      key: named(`key ${i}`),
      value: named(`value ${i}`),
    }));
    const root = slotListRoot(slots);
    for (const [i, slot] of slots.entries()) {
      const path = slotPath(slots, i);
      assert.ok(path.length <= 8);
      assert.deepEqual(evaluateSlotPath(slot, path), root);
      assert.notDeepEqual(evaluateSlotPath({ ...slot, value: slot.key }, path), root);
      const wrong = slots[(i + 1) % count]!;
      if (count > 1) assert.notDeepEqual(evaluateSlotPath(wrong, path), root);
    }
    assert.notDeepEqual(slotListRoot(slots.slice(1)), root);
  }
});
