/** Frames of a TCP stream, cut at every byte, too long, or empty. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, limits } from '@dsm/primitive';
import { deframer, framed, framedTogether, type Deframer } from '../src/framing.ts';

const copies = (): Deframer<Uint8Array> =>
  deframer(limits.messageBytesMax, (frame) => frame.slice());

const header = (length: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
};

test('however a stream is cut up, the messages come out as they went in', () => {
  const property = fc.property(
    fc.array(fc.uint8Array({ minLength: 1, maxLength: 9_000, size: 'max' }), { maxLength: 6 }),
    fc.array(fc.integer({ min: 1, max: 6_000 }), { minLength: 1, maxLength: 20 }),
    (messages, cuts) => {
      const stream = concat(...messages.map(framed));
      const frames = copies();
      const got: Uint8Array[] = [];
      for (let at = 0, n = 0; at < stream.length; n++) {
        const end = at + cuts[n % cuts.length]!;
        const unframed = frames.push(stream.subarray(at, end));
        assert.equal(unframed.refusal, undefined);
        got.push(...unframed.frames);
        at = end;
      }
      assert.deepEqual(got, messages);
      assert.equal(frames.held(), 0);
      assert.ok(frames.isWhole());
    },
  );
  fc.assert(property, { seed: 1, numRuns: 100 });
});

test('a message is a length, big-endian, and its bytes', () => {
  assert.deepEqual(framed(Uint8Array.of(7, 8)), Uint8Array.of(0, 0, 0, 2, 7, 8));
});

test('the largest message passes; one byte more is refused from its length alone', () => {
  const largest = new Uint8Array(limits.messageBytesMax).fill(1);
  assert.deepEqual(copies().push(framed(largest)), { frames: [largest] });
  for (const length of [limits.messageBytesMax + 1, 0x7fff_ffff, 0xffff_ffff]) {
    const frames = copies();
    assert.deepEqual(frames.push(header(length)), { frames: [], refusal: 'too-large' });
    assert.equal(frames.held(), 0);
  }
});

test('an empty message is refused; what came before it counts, what comes after does not', () => {
  const frames = copies();
  const first = Uint8Array.of(1);
  const stream = concat(framed(first), header(0), framed(first));
  assert.deepEqual(frames.push(stream), { frames: [first], refusal: 'empty' });
  assert.deepEqual(frames.push(framed(first)), { frames: [], refusal: 'empty' });
});

test('whoever announces much and sends little holds little', () => {
  const frames = copies();
  frames.push(header(limits.messageBytesMax));
  let sent = 0;
  let roomMax = 0;
  for (; sent < 100_000; sent++) {
    frames.push(Uint8Array.of(1));
    const held = frames.held();
    assert.ok(held <= Math.max(4_096, 2 * (sent + 5)), `${held} held for ${sent + 1}`);
    roomMax = Math.max(roomMax, held);
  }
  assert.ok(roomMax >= sent);
});

test('messages do not share memory with the stream', () => {
  const stream = framed(Uint8Array.of(1, 2, 3));
  const [message] = copies().push(stream).frames;
  stream.fill(0);
  assert.deepEqual(message, Uint8Array.of(1, 2, 3));
});

test('a stream may end only between frames', () => {
  const frames = copies();
  for (const byte of framed(Uint8Array.of(9))) {
    frames.push(Uint8Array.of(byte));
    assert.equal(frames.isWhole(), frames.held() === 0);
  }
  assert.ok(frames.isWhole());
  frames.push(header(0));
  assert.ok(!frames.isWhole());
});

test('a frame that its reader refuses ends the stream, wherever it was cut', () => {
  const stream = framedTogether([1, 2, 3].map((n) => Uint8Array.of(n, n)));
  for (let cut = 1; cut < stream.length; cut++) {
    const frames = deframer(8, ([first]) => (first === 2 ? undefined : first));
    const one = frames.push(stream.subarray(0, cut));
    const two = frames.push(stream.subarray(cut));
    assert.deepEqual([...one.frames, ...two.frames], [1]);
    assert.equal(two.refusal, 'malformed');
    assert.equal(frames.held(), 0);
  }
});
