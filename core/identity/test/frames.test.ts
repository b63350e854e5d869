/** Frames and tags: what was taken apart comes together, in any order, and nothing else does. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installPortable } from '@dsm/portable';
import { address, ascii, encodeWith } from '@dsm/primitive';
import fc from 'fast-check';
import {
  decodeNdef,
  frame,
  framesMax,
  framesOf,
  joinFrames,
  ndefRecord,
  pieceBytes,
} from '../src/index.ts';

installPortable();

test('frames come together in any order, and some may be there twice', () => {
  const bytes = fc.uint8Array({ maxLength: 5 * pieceBytes });
  fc.assert(
    fc.property(bytes, fc.infiniteStream(fc.nat()), (whole, order) => {
      const frames = framesOf(whole)!;
      const shuffled = frames
        .map((one) => [one, order.next().value as number] as const)
        .toSorted(([, a], [, b]) => a - b)
        .map(([one]) => one);
      assert.deepEqual(joinFrames([...shuffled, shuffled[0]!]), { type: 'whole', bytes: whole });
    }),
  );
});

const whole = new Uint8Array(3 * pieceBytes).map((_, i) => i);
const frames = framesOf(whole)!;

test('missing frames are named', () => {
  assert.deepEqual(joinFrames([frames[1]!]), { type: 'missing', missing: [0, 2] });
});

test('frames of two papers do not mix, and a changed one is noticed', () => {
  const other = framesOf(whole.with(0, 99))!;
  const refusal = (all: readonly Uint8Array[]): string => {
    const joined = joinFrames(all);
    return joined.type === 'refused' ? joined.refusal : joined.type;
  };
  assert.equal(refusal([frames[0]!, other[1]!, frames[2]!]), 'mixed');
  assert.equal(refusal([frames[0]!, frames[0]!.with(100, 1 ^ frames[0]![100]!)]), 'mixed');
  const forged = frames[1]!.with(100, 1 ^ frames[1]![100]!);
  assert.equal(refusal([frames[0]!, forged, frames[2]!]), 'damaged');
  assert.equal(refusal([]), 'malformed');
  assert.equal(refusal([frames[0]!, Uint8Array.of(1)]), 'malformed');
  const name = address(ascii('x'));
  const last = encodeWith(frame, { whole: name, index: 0, count: 1, piece: new Uint8Array(3) });
  assert.equal(refusal([frames[0]!, last]), 'mixed');
  // The same paper, as if it had one frame more.
  const piece = whole.subarray(0, pieceBytes);
  const longer = encodeWith(frame, { whole: address(whole), index: 0, count: 4, piece });
  assert.equal(refusal([...frames, longer]), 'mixed');
});

test('a frame has one shape: full pieces, and an index below the count', () => {
  const name = address(whole);
  const piece = new Uint8Array(3);
  const full = new Uint8Array(pieceBytes);
  for (const index of [1, 2]) {
    const beyond = { whole: name, index, count: 1, piece: full };
    assert.throws(() => encodeWith(frame, beyond), RangeError);
  }
  assert.throws(() => encodeWith(frame, { whole: name, index: 0, count: 2, piece }), RangeError);
  const many = { whole: name, index: framesMax, count: framesMax + 1, piece };
  assert.throws(() => encodeWith(frame, many), RangeError);
});

test('what is too long for paper has no frames', () => {
  assert.equal(framesOf(new Uint8Array(framesMax * pieceBytes))?.length, framesMax);
  assert.equal(framesOf(new Uint8Array(framesMax * pieceBytes + 1)), undefined);
});

test('a tag gives back what was written, and other bytes give nothing', () => {
  for (const length of [0, 255, 256, 70_000]) {
    const payload = new Uint8Array(length).fill(3);
    const record = ndefRecord(payload);
    assert.deepEqual(decodeNdef(record), payload);
    assert.equal(decodeNdef(record.subarray(0, record.length - 1)), undefined);
    assert.equal(decodeNdef(record.with(3, record[3]! ^ 1)), undefined);
    assert.equal(decodeNdef(record.with(record.length - length - 1, 0)), undefined);
  }
  assert.equal(decodeNdef(new Uint8Array(0)), undefined);
});
