/** Exchanges, cut at any byte, too long, too many, or made of something else. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import fc from 'fast-check';
import { concat, limits } from '@dsm/primitive';
import {
  answerReader,
  answersBytesMax,
  answerWeight,
  mayAnswer,
  requestReader,
  writeAnswers,
  writeRequests,
  type ExchangeReader,
} from '../src/exchange.ts';
import { framedTogether } from '../src/framing.ts';
import { answerBytesMax, nodeAnswer, nodeRequest, type NodeAnswer } from '../src/node-message.ts';
import { answerSamples, requestSamples } from './node-samples.ts';

/** What a reader makes of `stream`, cut into parts of these sizes. */
function readIn<T>(
  reader: ExchangeReader<T>,
  stream: Uint8Array,
  cuts: readonly number[],
): readonly [readonly T[], string] {
  const values: T[] = [];
  for (let at = 0, n = 0; at < stream.length; n++) {
    const end = at + cuts[n % cuts.length]!;
    const part = reader.push(stream.subarray(at, end));
    values.push(...part.values);
    if (part.refusal !== undefined) return [values, part.refusal];
    at = end;
  }
  return [values, reader.isWhole() ? 'whole' : 'cut'];
}

test('however an exchange is cut up, it comes out as it went in', () => {
  const samples = [...requestSamples, ...requestSamples];
  const property = fc.property(
    fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 20 }),
    (cuts) => {
      const asked = readIn(requestReader(), writeRequests(samples), cuts);
      assert.deepEqual(asked, [samples, 'whole']);
      const answered = readIn(answerReader(), writeAnswers(answerSamples), cuts);
      assert.deepEqual(answered, [answerSamples, 'whole']);
    },
  );
  fc.assert(property, { numRuns: 200 });
});

test('answers are written as they are encoded one by one', () => {
  const encoded = framedTogether(answerSamples.map(nodeAnswer.encode));
  assert.deepEqual(writeAnswers(answerSamples), encoded);
  const tooLong = new Uint8Array(answerBytesMax + 1);
  assert.throws(() => writeAnswers([{ type: 'ok', body: tooLong }]), RangeError);
});

test('an exchange may end between frames, and nowhere else', () => {
  const stream = writeRequests(requestSamples);
  const ends = new Set([0]);
  for (const request of requestSamples) {
    ends.add(Math.max(...ends) + writeRequests([request]).length);
  }
  for (let end = 0; end <= stream.length; end++) {
    const reader = requestReader();
    reader.push(stream.subarray(0, end));
    assert.equal(reader.isWhole(), ends.has(end), `${end}`);
  }
});

test('frames beyond their number are refused, those before are read', () => {
  const one = requestSamples[2]!;
  const most = Array.from({ length: limits.framesMax }, () => one);
  assert.deepEqual(readIn(requestReader(), writeRequests(most), [1_000]), [most, 'whole']);
  const [values, end] = readIn(requestReader(), writeRequests([...most, one]), [1_000]);
  assert.deepEqual([values.length, end], [limits.framesMax, 'too-many']);
});

test('bytes beyond their number are refused, whatever frames they are in', () => {
  const bytes = new Uint8Array(limits.objectBytesMax);
  const frame = writeAnswers([{ type: 'ok', body: bytes }]);
  const reader = answerReader();
  let taken = 0;
  while (taken + frame.length <= limits.exchangeBytesMax) {
    assert.equal(reader.push(frame).refusal, undefined);
    taken += frame.length;
  }
  assert.deepEqual(reader.push(frame), { values: [], refusal: 'too-large' });
  assert.deepEqual(reader.push(frame), { values: [], refusal: 'too-large' });
  assert.equal(reader.isWhole(), false);
});

test('a frame that is empty, too long, or of another kind ends the exchange', () => {
  const good = nodeRequest.encode(requestSamples[2]!);
  const bad: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(4), 'empty'],
    [Uint8Array.of(0xff, 0xff, 0xff, 0xff), 'too-large'],
    [framedTogether([nodeAnswer.encode({ type: 'full' })]), 'malformed'],
    [framedTogether([concat(good, Uint8Array.of(0))]), 'malformed'],
    [framedTogether([good.subarray(0, -1)]), 'malformed'],
  ];
  for (const [bytes, refusal] of bad) {
    for (const cut of [1, 7, 10_000]) {
      const stream = concat(framedTogether([good]), bytes, framedTogether([good]));
      const [values, end] = readIn(requestReader(), stream, [cut]);
      assert.deepEqual([values.length, end], [1, refusal]);
    }
  }
});

test('what a node says before it puts off the rest fits into one exchange', () => {
  const longest: NodeAnswer = { type: 'ok', body: new Uint8Array(answerBytesMax) };
  let weight = 0;
  let bytes = 0;
  for (let i = 0; i < limits.framesMax; i++) {
    const answer: NodeAnswer = weight > answersBytesMax ? { type: 'later' } : longest;
    weight += answerWeight(answer);
    bytes += writeAnswers([answer]).length;
  }
  assert.ok(weight > answersBytesMax && bytes <= limits.exchangeBytesMax);
  assert.equal(writeAnswers([longest]).length, answerWeight(longest));
});

test('an answer is of a length and kind that its request can have', () => {
  const ok = (length: number): NodeAnswer => ({ type: 'ok', body: new Uint8Array(length) });
  assert.ok(mayAnswer('put', ok(0)) && !mayAnswer('put', ok(1)));
  assert.ok(mayAnswer('possess', ok(32)) && !mayAnswer('possess', ok(33)));
  assert.ok(mayAnswer('get', ok(limits.objectBytesMax)));
  assert.ok(!mayAnswer('get', ok(limits.objectBytesMax + 1)));
  assert.ok(mayAnswer('get', { type: 'absent' }) && !mayAnswer('put', { type: 'absent' }));
  assert.ok(mayAnswer('put', { type: 'full' }));
});

test('a stream that was changed gives what it encodes, or a refusal, and never an exception', () => {
  const stream = writeRequests(requestSamples);
  const property = fc.property(
    fc.nat(stream.length - 1),
    fc.nat(255),
    fc.nat(stream.length),
    (at, byte, end) => {
      const changed = stream.with(at, byte).subarray(0, end);
      const [values, outcome] = readIn(requestReader(), changed, [97]);
      const again = writeRequests(values);
      assert.deepEqual(again, changed.subarray(0, again.length));
      if (outcome === 'whole') assert.equal(again.length, changed.length);
    },
  );
  fc.assert(property, { numRuns: 3_000 });
});

test('docs/spec/node-message.md gives every request with its tag', () => {
  const page = readFileSync('docs/spec/node-message.md', 'utf8');
  const onPage = [...page.matchAll(/^\| (\d+) +\| `([a-z-]+)`/gm)].map(
    ([, tag, name]) => `${tag} ${name}`,
  );
  const inCode = requestSamples.map((one) => `${nodeRequest.encode(one)[2]} ${one.type}`);
  assert.deepEqual(onPage.toSorted(), [...new Set(inCode)].toSorted());
});
