/** Frames of a TCP stream, cut at every byte, too long, or empty. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, limits } from '@dsm/primitive';
import { deframer, framed } from '../src/framing.ts';

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
      const frames = deframer();
      const got: Uint8Array[] = [];
      for (let at = 0, n = 0; at < stream.length; n++) {
        const end = at + cuts[n % cuts.length]!;
        const unframed = frames.push(stream.subarray(at, end));
        assert.equal(unframed.refusal, undefined);
        got.push(...unframed.messages);
        at = end;
      }
      assert.deepEqual(got, messages);
      assert.equal(frames.held(), 0);
    },
  );
  fc.assert(property, { seed: 1, numRuns: 100 });
});

test('a message is a length, big-endian, and its bytes', () => {
  assert.deepEqual(framed(Uint8Array.of(7, 8)), Uint8Array.of(0, 0, 0, 2, 7, 8));
});

test('the largest message passes; one byte more is refused from its length alone', () => {
  const largest = new Uint8Array(limits.messageBytesMax).fill(1);
  assert.deepEqual(deframer().push(framed(largest)), { messages: [largest] });
  for (const length of [limits.messageBytesMax + 1, 0x7fff_ffff, 0xffff_ffff]) {
    const frames = deframer();
    assert.deepEqual(frames.push(header(length)), { messages: [], refusal: 'too-large' });
    assert.equal(frames.held(), 0);
  }
});

test('an empty message is refused; what came before it counts, what comes after does not', () => {
  const frames = deframer();
  const first = Uint8Array.of(1);
  const stream = concat(framed(first), header(0), framed(first));
  assert.deepEqual(frames.push(stream), { messages: [first], refusal: 'empty' });
  assert.deepEqual(frames.push(framed(first)), { messages: [], refusal: 'empty' });
});

test('whoever announces much and sends little holds little', () => {
  const frames = deframer();
  frames.push(header(limits.messageBytesMax));
  let sent = 0;
  let roomMax = 0;
  for (; sent < 100_000; sent++) {
    frames.push(Uint8Array.of(1));
    const held = frames.held();
    assert.ok(held <= Math.max(4_096, 2 * (sent + 1)), `${held} held for ${sent + 1}`);
    roomMax = Math.max(roomMax, held);
  }
  assert.ok(roomMax >= sent);
});

test('messages do not share memory with the stream', () => {
  const stream = framed(Uint8Array.of(1, 2, 3));
  const [message] = deframer().push(stream).messages;
  stream.fill(0);
  assert.deepEqual(message, Uint8Array.of(1, 2, 3));
});
