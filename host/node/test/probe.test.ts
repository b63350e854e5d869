/** The probe computes what its pages say, and what it says of devices: nothing. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compareWith, drawnBytes, enrol } from '../src/probe.ts';
import { probeHealth } from '../src/probe-health.ts';
import {
  meanHistogram,
  orbitHistogram,
  probeDefaults,
  totalVariation,
  wasserstein,
} from '../src/probe-map.ts';
import { timingBytes } from '../src/probe-timing.ts';

/** The map as the page has it, in whole numbers of any size. */
function expected(bytes: Uint8Array, start: number, isSumFirst: boolean): Float64Array {
  const mask = (1n << 32n) - 1n;
  const counts = new Float64Array(256);
  let x = BigInt(start);
  for (const byte of bytes) {
    const rotated = ((x << 7n) | (x >> 25n)) & mask;
    x = (isSumFirst ? ((x + rotated) & mask) ^ BigInt(byte) : x + (rotated ^ BigInt(byte))) & mask;
    counts[Number(x >> 24n)]! += 1;
  }
  return counts.map((count) => count / bytes.length);
}

test('probe: a step is the sum with the rotated point and the byte, in either reading', () => {
  const bytes = Uint8Array.from({ length: 4_095 }, (_, i) => (i * i + (i >> 4)) & 0xff);
  for (const start of [0, 1, 0x8000_0000, 0xffff_ffff, 0x1234_5678]) {
    const [sum, rotation] = [
      orbitHistogram(bytes, start, probeDefaults),
      orbitHistogram(bytes, start, { ...probeDefaults, order: 'rotation-first' }),
    ];
    assert.deepEqual(sum, expected(bytes, start, true));
    assert.deepEqual(rotation, expected(bytes, start, false));
    assert.notDeepEqual(sum, rotation);
  }
});

test('probe: distances are areas and halves of sums', () => {
  const [left, right] = [Float64Array.of(1, 0, 0, 0), Float64Array.of(0, 0, 0, 1)];
  assert.equal(wasserstein(left, right), 0.75);
  assert.equal(totalVariation(left, right), 1);
  assert.equal(wasserstein(left, left), 0);
  assert.deepEqual([...meanHistogram([left, right])], [0.5, 0, 0, 0.5]);
});

test('probe: what is stuck fails its health, and a thrown coin passes', () => {
  const length = 2_048;
  const stuck = probeHealth(new Uint8Array(length).fill(7));
  assert.deepEqual([stuck.entropy, stuck.correlation, stuck.passes], [0, 1, false]);
  const rising = probeHealth(Uint8Array.from({ length }, (_, i) => i >> 3));
  assert.ok(rising.correlation > 0.9 && !rising.passes);
  const drawn = probeHealth(drawnBytes(length));
  assert.ok(drawn.entropy > 7 && Math.abs(drawn.correlation) < 0.2 && drawn.compression > 0.9);
  assert.equal(drawn.passes, true);
  const period = probeHealth(Uint8Array.from({ length }, (_, i) => (i * 37) & 3));
  assert.ok(period.compression < 0.45 && !period.passes);
});

/** Two laws of bytes that share nothing: their total variation distance is 1. */
const law =
  (from: number) =>
  (count: number): Uint8Array =>
    drawnBytes(count).map((byte) => from + (byte & 1));

test('probe: laws of bytes that share nothing are one to the map, and an emulator is accepted', () => {
  const enrolled = enrol(law(0), 32);
  const again = compareWith(enrolled, enrol(law(0), 32));
  const other = compareWith(enrolled, enrol(law(200), 32));
  const emulated = compareWith(enrolled, enrol(drawnBytes, 32));
  assert.ok(again.lawDistance < 0.05);
  assert.ok(other.lawDistance > 0.99);
  // The texts claim 0.05 between devices; a rule that told them apart would accept few of these.
  for (const { meanDistance, accepted } of [again, other, emulated]) {
    assert.ok(meanDistance < 0.01, `${meanDistance}`);
    assert.ok(accepted > 0.5, `${accepted}`);
  }
});

test('probe: the timing of this machine gives bytes', () => {
  const bytes = timingBytes(512);
  assert.equal(bytes.length, 512);
  assert.ok(new Set(bytes).size > 1);
});
