/**
 * What strangers may send instead of what is meant: every prefix, every flipped bit, lengths that
 * promise gigabytes, fields that move over a boundary.
 *
 * It starts from the frozen vectors that are good. The fuzzer goes further and by chance; these are
 * the cases that anybody would try first, all of them.
 */

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { concat, entry, hash, limits, signedStep, step } from '@dsm/primitive';
import { decodeOperation, encodeOperation } from '@dsm/protocols';
import { find, fromBase64url, toBase64url } from './src/index.ts';
import type { VectorCase, VectorFile } from './src/index.ts';

installNative();

const folder = 'vectors/v1';
const files = readdirSync(folder).map(
  (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as VectorFile,
);
const good = files.flatMap(({ object, cases }) =>
  cases
    .filter(({ check, expect }) => check === 'decode' && expect === 'ok')
    .map((one) => ({ object, one })),
);

function found(object: string, one: VectorCase, bytes: Uint8Array): string {
  return String(find(object, { ...one, bytes: toBase64url(bytes) }).expect);
}

/** Every place up to some hundreds; of longer bytes an even choice and both ends. */
function places(length: number, most: number): readonly number[] {
  const stride = Math.max(1, Math.ceil(length / most));
  const all = Array.from({ length: Math.ceil(length / stride) }, (_, i) => i * stride);
  return [...new Set([...all, length - 1])].filter((at) => at >= 0);
}

test('a message that ends early is refused wherever it ends, and so is one that goes on', () => {
  for (const { object, one } of good) {
    const bytes = fromBase64url(one.bytes as string);
    for (const at of places(bytes.length, 300)) {
      assert.notEqual(found(object, one, bytes.subarray(0, at)), 'ok', `${object}, ${at} bytes`);
    }
    for (const more of [0, 1, 0xff]) {
      const longer = concat(bytes, Uint8Array.of(more));
      assert.notEqual(found(object, one, longer), 'ok', `${object} and ${more}`);
    }
  }
});

test('a flipped bit is refused, or is the one spelling of something else', () => {
  for (const { object, one } of good) {
    const bytes = fromBase64url(one.bytes as string);
    for (const bit of places(bytes.length * 8, 150)) {
      const bent = bytes.with(bit >> 3, bytes[bit >> 3]! ^ (1 << (bit & 7)));
      const answer = find(object, { ...one, bytes: toBase64url(bent) });
      if (answer.expect === 'ok') {
        assert.notDeepEqual(answer.fields, one.fields, `${object}, ${one.name}, bit ${bit}`);
      }
    }
  }
});

test('of a claim that is accepted no bit may differ', () => {
  const file = files.find(({ object }) => object === 'accept')!;
  const taken = file.cases.filter(({ expect }) => expect === 'ok');
  assert.notEqual(taken.length, 0);
  for (const one of taken) {
    const bytes = fromBase64url(one.bytes as string);
    for (const bit of places(bytes.length * 8, 700)) {
      const bent = bytes.with(bit >> 3, bytes[bit >> 3]! ^ (1 << (bit & 7)));
      // What is no signed step any more never comes before the predicate.
      if (!signedStep.decode(bent).ok) continue;
      assert.notEqual(found('accept', one, bent), 'ok', `${one.name}, bit ${bit}`);
    }
  }
});

test('a length that promises four gigabytes is refused before anything is made for it', () => {
  const huge = Uint8Array.of(0xff, 0xff, 0xff, 0xff);
  for (const { object, one } of good) {
    const bytes = fromBase64url(one.bytes as string);
    for (const at of places(bytes.length - 4, 80)) {
      const bent = bytes.slice();
      bent.set(huge, at);
      const before = process.memoryUsage().arrayBuffers;
      find(object, { ...one, bytes: toBase64url(bent) });
      assert.ok(process.memoryUsage().arrayBuffers - before < 64 * limits.objectBytesMax, object);
    }
  }
});

test('fields that move over their boundary have another digest', () => {
  const framed = (text: Uint8Array, memo: Uint8Array): Uint8Array =>
    entry.digest('entry', {
      side: 0,
      index: 1,
      entropy: new Uint8Array(32),
      absorbed: new Uint8Array(32),
      operation: concat(text, memo),
    });
  const bytes = (...all: readonly number[]): Uint8Array => Uint8Array.from(all);
  // One operation of two bytes is not one of one byte with a zero behind it.
  assert.notDeepEqual(framed(bytes(1), bytes(2)), framed(bytes(1, 2), bytes(0)));
  const memo = (text: string): Uint8Array => hash('app', encodeOperation({ type: 'memo', text }));
  assert.notDeepEqual(memo('ab'), memo('a'));
  assert.notDeepEqual(hash('app', bytes(1)), hash('note', bytes(1)));
});

test('a memo keeps its characters, whatever they look like', () => {
  for (const text of ['a\u0301', '\u00e1', '\u202Eevil', 'раураl', '\u0000\u001b[2J']) {
    const bytes = encodeOperation({ type: 'memo', text });
    const read = decodeOperation(bytes);
    assert.ok(typeof read !== 'string' && read.type === 'memo');
    assert.equal(read.text, text);
  }
  assert.notDeepEqual(
    encodeOperation({ type: 'memo', text: 'a\u0301' }),
    encodeOperation({ type: 'memo', text: '\u00e1' }),
  );
});

test('bytes of one kind are none of another', () => {
  const entries = files.find(({ object }) => object === 'entry')!;
  for (const { bytes, expect } of entries.cases) {
    if (expect !== 'ok' || typeof bytes !== 'string') continue;
    const read = step.decode(fromBase64url(bytes));
    assert.deepEqual(read.ok ? 'ok' : read.refusal, 'wrong-kind');
  }
});
