/**
 * Placement spreads objects as dice would, in proportion to seats, and moves the least that a change
 * can move (seed 000, theorem 8; docs/spec/placement.md states the bounds). Every figure is compared
 * with what probability says, at five standard deviations or more.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  perm,
  replicaTable,
  rendezvous,
  type ReplicaTable,
  type Rendezvous,
} from '@dsm/availability';
import { emptySeat, hash } from '@dsm/primitive';
import { installPortable } from '@dsm/portable';

installPortable();

const r = 4;

for (const [count, bits] of [
  [6, 14],
  [50, 14],
  [100, 14],
  [1_000, 15],
  [10_000, 16],
] as const) {
  test(`each of ${count} nodes has its share of the buckets`, () => {
    const load = loadOf(filled(seatsFor(count), bits, count), bits);
    const mean = (2 ** bits * r) / count;
    const chi = load.reduce((sum, kept) => sum + (kept - mean) ** 2 / mean, 0);
    // Without replacement the sum has mean N − r, and the spread of N − 1 degrees of freedom.
    const spread = Math.sqrt(2 / (count - 1));
    assert.ok(Math.abs(chi / (count - r) - 1) < 5 * spread, `${chi / (count - r)}`);
  });
}

test('the load of objects deviates as theorem 8 says, and by the share of a bucket', () => {
  const [count, bits, objects, salts] = [50, 10, 20_000, 12];
  const mean = (objects * r) / count;
  let squares = 0;
  for (let salt = 0; salt < salts; salt++) {
    const table = replicaTable(viewOf(seatsFor(count), bits, salt), r);
    const load = new Float64Array(count);
    for (let i = 0; i < objects; i++) {
      const [a, b] = hash('mark', Uint8Array.of(salt, i >> 8, i & 255)) as unknown as number[];
      for (const node of table.replicas((a! << 2) | (b! >> 6))) load[node]! += 1;
    }
    squares += load.reduce((sum, kept) => sum + (kept - mean) ** 2, 0);
  }
  const fair = 1 - r / count;
  const byBucket = (fair * count) / (r * 2 ** bits);
  const byObject = (fair * count) / (r * objects);
  const expected = mean ** 2 * (byBucket + byObject);
  const measured = squares / (salts * count);
  const spread = Math.sqrt(2 / (salts * (count - 1)));
  assert.ok(Math.abs(measured / expected - 1) < 5 * spread, `${measured / expected}`);
});

test('two nodes share buckets as often as any other two', () => {
  const [count, bits] = [50, 15];
  const table = filled(seatsFor(count), bits, 1);
  const pairs = new Float64Array(count * count);
  for (let bucket = 0; bucket < 2 ** bits; bucket++) {
    const nodes = table.replicas(bucket).toSorted((a, b) => a - b);
    for (const [i, a] of nodes.entries()) {
      for (const b of nodes.slice(i + 1)) pairs[a * count + b]! += 1;
    }
  }
  const number = (count * (count - 1)) / 2;
  const mean = (2 ** bits * r * (r - 1)) / 2 / number;
  let chi = 0;
  for (let a = 0; a < count; a++) {
    for (let b = a + 1; b < count; b++) chi += (pairs[a * count + b]! - mean) ** 2 / mean;
  }
  assert.ok(Math.abs(chi / number - 1) < 6 * Math.sqrt(2 / number), `${chi / number}`);
});

test('each place of the order is drawn as from an urn of seats', () => {
  // Six nodes with 1, 1, 2, 2, 4 and 4 seats: the chance to be among r of them, by enumeration.
  const weights = [1, 1, 2, 2, 4, 4];
  const seats = weights.flatMap((weight, node) => Array.from({ length: weight }, () => node));
  const bits = 16;
  const load = loadOf(filled(padded(seats), bits, 2), bits);
  for (const [node, weight] of weights.entries()) {
    const chance = inclusion(weights, node, r);
    const far = 5 * Math.sqrt(2 ** bits * chance * (1 - chance));
    assert.ok(Math.abs(load[node]! - 2 ** bits * chance) < far, `${node}: ${weight}`);
    // What the page says of small registries: nobody gets more than all, so the small get more.
    const bias = chance / Math.min(1, (r * weight) / 14) - 1;
    assert.ok(weight === 1 ? bias > 0.2 : weight === 2 || bias < -0.09, `${weight}: ${bias}`);
  }
});

for (const [count, bound] of [
  [60, 0.03],
  [600, 0.01],
] as const) {
  test(`among ${count} nodes load is in proportion to seats, within ${bound * 100} %`, () => {
    const weights = Array.from({ length: count }, (_, i) => [1, 2, 4][i % 3]!);
    const seats = weights.flatMap((weight, node) => Array.from({ length: weight }, () => node));
    const load = loadOf(filled(padded(seats), 17, 3), 17);
    for (const weight of [1, 2, 4]) {
      const kept = weights.reduce((sum, w, i) => sum + (w === weight ? load[i]! : 0), 0);
      const share = (2 ** 17 * r * weight * (count / 3)) / seats.length;
      assert.ok(Math.abs(kept / share - 1) < bound, `${weight}: ${kept / share}`);
    }
  });
}

for (const [count, bits] of [
  [6, 12],
  [100, 13],
] as const) {
  test(`thirty joins and leaves at ${count} nodes move the least, within 2 %`, () => {
    const replicas = 2 ** bits * r;
    const ratios = { join: 0, leave: 0 };
    const changes = 30;
    for (let change = 0; change < changes; change++) {
      const before = filled(seatsFor(count), bits, change);
      const joined = filled(seatsFor(count).with(count, count), bits, change);
      const left = filled(seatsFor(count).with(change % count, emptySeat), bits, change);
      ratios.join += movedTo(before, joined) / (replicas / (count + 1)) / changes;
      ratios.leave += movedTo(before, left) / (replicas / count) / changes;
    }
    assert.ok(ratios.join < 1.02 && ratios.leave < 1.02, JSON.stringify(ratios));
  });
}

test('a node that gets another seat gains in proportion, and nobody else gains', () => {
  const [count, bits] = [100, 15];
  const before = filled(seatsFor(count), bits, 4);
  const after = filled(seatsFor(count).with(count, 7), bits, 4);
  const moved = movedTo(before, after);
  assert.ok(moved < 1.05 * ((2 ** bits * r) / (count + 1)), `${moved}`);
  const [was, is] = [loadOf(before, bits), loadOf(after, bits)];
  assert.equal(is[7]! - was[7]!, moved);
  assert.ok(is.every((kept, node) => node === 7 || kept <= was[node]!));
});

test('the last of many nodes comes as well', () => {
  const view = viewOf(seatsFor(3_000), 8, 5);
  assert.equal(new Set(perm(view, 1)).size, 3_000);
});

/** The chance that the node is among `left` draws without replacement, by weight. */
function inclusion(weights: readonly number[], node: number, left: number): number {
  if (left === 0) return 0;
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.reduce((sum, weight, i) => {
    if (weight === 0) return sum;
    return (
      sum + (weight / total) * (i === node ? 1 : inclusion(weights.with(i, 0), node, left - 1))
    );
  }, 0);
}

/** A table with a seat for each node, and at least one empty seat at the end. */
function seatsFor(count: number): readonly number[] {
  return padded(Array.from({ length: count }, (_, node) => node));
}

function padded(seats: readonly number[]): readonly number[] {
  const length = 2 ** (32 - Math.clz32(seats.length));
  return Array.from({ length }, (_, i) => seats[i] ?? emptySeat);
}

function viewOf(seats: readonly number[], bucketBits: number, number: number): Rendezvous {
  const salt = hash('mark', Uint8Array.of(number & 255, number >> 8));
  return rendezvous({ seats, bucketBits, salt, nodes: 10_001 });
}

/** The replica table with every bucket drawn. */
function filled(seats: readonly number[], bits: number, number: number): ReplicaTable {
  const table = replicaTable(viewOf(seats, bits, number), r);
  for (let bucket = 0; bucket < 2 ** bits; bucket++) table.at(bucket);
  return table;
}

function loadOf(table: ReplicaTable, bits: number): readonly number[] {
  const load: number[] = [];
  for (const node of table.nodes.subarray(0, 2 ** bits * table.width)) {
    load[node] = (load[node] ?? 0) + 1;
  }
  return Array.from(load, (kept) => kept ?? 0);
}

/** How many replicas a node keeps that did not keep them before. */
function movedTo(before: ReplicaTable, after: ReplicaTable): number {
  let moved = 0;
  for (let at = 0; at < after.nodes.length; at += after.width) {
    const old = before.nodes.subarray(at, at + before.width);
    for (let i = at; i < at + after.width; i++) if (!old.includes(after.nodes[i]!)) moved++;
  }
  return moved;
}
