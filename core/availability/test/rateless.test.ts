/**
 * The difference of two sets comes out exactly, after few symbols; what is no set is refused or runs
 * into the limit; keys that were made to stay together come apart under a fresh nonce.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decoder,
  encoder,
  numberAfter,
  ratelessRefusals,
  symbolBatchCoder,
  symbolBytes,
  symbolsEnd,
  type Decoding,
} from '@dsm/availability';
import { compare, concat, decodeWith, encodeWith, equal, hash } from '@dsm/primitive';
import fc from 'fast-check';
import { installPortable } from '@dsm/portable';

installPortable();

const nonce = keyAt(0, 'nonce');

for (const [difference, most, seeds] of [
  [0, 1, 3],
  [1, 1, 5],
  [10, 30, 20],
  [100, 160, 20],
  [1_000, 1_450, 4],
] as const) {
  test(`${difference} differing keys come out exactly, after ${most} symbols or fewer in the mean`, () => {
    let taken = 0;
    for (let seed = 0; seed < seeds; seed++) {
      const own = Math.floor((difference * seed) / seeds);
      const { here, there, onlyHere, onlyThere } = pair(200, own, difference - own, seed);
      const from = encoder(there, keyAt(seed, 'nonce'));
      const to = decoder(here, keyAt(seed, 'nonce'), 4_000);
      let found: Decoding = { state: 'more' };
      while (found.state === 'more') found = to.take(from.symbols(to.taken(), 1));
      assert.deepEqual(found, { state: 'done', onlyHere, onlyThere });
      taken += to.taken() / seeds;
    }
    assert.ok(taken <= most, `${taken}`);
  });
}

test('sets that share nothing, and sets with nothing in them', () => {
  for (const [own, others] of [
    [0, 0],
    [0, 7],
    [7, 0],
    [5, 9],
  ] as const) {
    const { here, there, onlyHere, onlyThere } = pair(0, own, others, 1);
    const to = decoder(here, nonce, 200);
    const found = to.take(encoder(there, nonce).symbols(0, 200));
    assert.deepEqual(found, { state: 'done', onlyHere, onlyThere });
  }
});

test('symbols are the same in whatever batches they are asked for', () => {
  const { there } = pair(50, 0, 0, 2);
  const whole = encoder(there, nonce).symbols(0, 300);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(250), fc.nat(50)), { minLength: 1, maxLength: 6 }),
      (asked) => {
        const from = encoder(there, nonce);
        for (const [first, count] of asked) {
          const part = whole.subarray(first * symbolBytes, (first + count) * symbolBytes);
          assert.deepEqual(from.symbols(first, count), part);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('the batches that a decoder is given make no difference', () => {
  const { here, there, onlyHere, onlyThere } = pair(20, 8, 12, 3);
  const stream = encoder(there, nonce).symbols(0, 100);
  fc.assert(
    fc.property(fc.array(fc.nat(20), { minLength: 12, maxLength: 12 }), (counts) => {
      const to = decoder(here, nonce, 100);
      let found: Decoding = { state: 'more' };
      for (const count of [...counts, 100 - counts.reduce((a, b) => a + b, 0)]) {
        if (count < 0 || found.state !== 'more') break;
        const at = to.taken() * symbolBytes;
        found = to.take(stream.subarray(at, at + count * symbolBytes));
      }
      if (found.state === 'more') found = to.take(stream.subarray(to.taken() * symbolBytes));
      assert.deepEqual(found, { state: 'done', onlyHere, onlyThere });
    }),
    { numRuns: 30 },
  );
});

test('the number after a number is the one of the definition, in big integers', () => {
  const numbers = fc.oneof(fc.nat(20), fc.nat(symbolsEnd - 1));
  fc.assert(
    fc.property(numbers, fc.integer(), fc.integer(), fc.nat(50), (i, first, second, step) => {
      const found = numberAfter(i, first, second, step);
      const drawn = drawnOf(first, second, step);
      const square = (BigInt(i + 1) * BigInt(i + 2)) << 32n;
      const passes = (m: number): boolean => BigInt(m + 1) * BigInt(m + 2) * drawn > square;
      assert.ok(found > i && found <= symbolsEnd);
      assert.ok(found === symbolsEnd || passes(found));
      assert.ok(found === i + 1 || !passes(found - 1));
    }),
    { numRuns: 2_000 },
  );
});

test('a key takes part in symbol i with the chance 2 / (i + 2)', () => {
  const [count, last] = [4_000, 40];
  const parts = new Float64Array(last);
  for (let key = 0; key < count; key++) {
    const view = new DataView(keyAt(key, 'draw').buffer);
    for (let i = 0, step = 0; i < last; step++) {
      parts[i]! += 1;
      i = numberAfter(i, view.getInt32(0), view.getInt32(4), step);
    }
  }
  for (const [i, part] of parts.entries()) {
    const chance = 2 / (i + 2);
    const far = 5 * Math.sqrt(count * chance * (1 - chance));
    assert.ok(Math.abs(part - count * chance) <= far, `${i}: ${part}`);
  }
});

test('keys that were made to stay together stall a nonce that was known, and no fresh one', () => {
  // Two keys with one beginning are as one: their symbols never hold either of them alone.
  const stalled = 24;
  const byStart = new Map<string, Uint8Array>();
  let made: readonly Uint8Array[] = [];
  for (let i = 0; made.length === 0; i++) {
    const key = keyAt(i, 'crafted');
    const start = startOf(key, stalled);
    const other = byStart.get(start);
    if (other !== undefined) made = [key, other];
    byStart.set(start, key);
  }
  const theirs = concat(...made.toSorted(compare));
  const takes = (under: Uint8Array): Decoding =>
    decoder(new Uint8Array(0), under, stalled).take(encoder(theirs, under).symbols(0, stalled));
  assert.deepEqual(takes(nonce), { state: 'refused', refusal: 'limit' });
  const fresh = Array.from({ length: 40 }, (_, i) => takes(keyAt(i, 'fresh')).state);
  assert.ok(fresh.filter((state) => state === 'done').length >= 36, fresh.join());
});

test(`limit: ${ratelessRefusals.limit}`, () => {
  const { here, there } = pair(5, 20, 20, 4);
  const stream = encoder(there, nonce).symbols(0, 100);
  const to = decoder(here, nonce, 20);
  assert.deepEqual(to.take(stream), { state: 'refused', refusal: 'limit' });
  assert.equal(to.taken(), 20);
  assert.deepEqual(to.take(stream), { state: 'refused', refusal: 'limit' });
  assert.equal(decoder(here, nonce, 100).take(stream).state, 'done');
});

test(`inconsistent: ${ratelessRefusals.inconsistent}`, () => {
  const [key] = pair(0, 1, 0, 5).onlyHere;
  const stream = encoder(key!, nonce).symbols(0, 60);
  // The key is in symbol 0 and left out of a later one, where it is then alone again.
  const later = Array.from({ length: 60 }, (_, i) => i).find(
    (i) => i > 0 && stream[i * symbolBytes] !== 0,
  )!;
  const lying = stream.slice().fill(0, later * symbolBytes, (later + 1) * symbolBytes);
  const none = new Uint8Array(0);
  assert.equal(decoder(none, nonce, 60).take(stream).state, 'done');
  assert.deepEqual(decoder(none, nonce, 60).take(lying), {
    state: 'refused',
    refusal: 'inconsistent',
  });
});

test('whatever a stranger sends, a decoder ends, and finds no key twice', () => {
  const { here, there } = pair(6, 3, 3, 6);
  const honest = encoder(there, nonce).symbols(0, 40);
  const spoilt = fc
    .array(fc.tuple(fc.nat(39), fc.nat(39), fc.constantFrom('copy', 'add', 'zero', 'flip')), {
      minLength: 1,
      maxLength: 5,
    })
    .map((changes) => changes.reduce((stream, change) => changed(stream, ...change), honest));
  const noise = fc.uint8Array({ minLength: 40 * symbolBytes, maxLength: 40 * symbolBytes });
  const ends = new Set<string>();
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: spoilt }, noise), (stream) => {
      const found = decoder(here, nonce, 40).take(stream);
      ends.add(found.state === 'refused' ? found.refusal : found.state);
      assert.notEqual(found.state, 'more');
      if (found.state !== 'done') return;
      const keys = [...found.onlyHere, ...found.onlyThere].toSorted(compare);
      assert.ok(keys.every((key, i) => i === 0 || compare(keys[i - 1]!, key) < 0));
      assert.ok(keys.length <= 40);
      assert.ok(found.onlyHere.every((key) => isAmong(here, key)));
      assert.ok(found.onlyThere.every((key) => !isAmong(here, key)));
    }),
    { numRuns: 400 },
  );
  assert.deepEqual([...ends].toSorted(), ['done', 'inconsistent', 'limit']);
});

test('a key alone in a symbol in which it takes no part is not found', () => {
  const [key] = pair(0, 1, 0, 7).onlyHere;
  const stream = encoder(key!, nonce).symbols(0, 60);
  const free = Array.from({ length: 60 }, (_, i) => i).find((i) => stream[i * symbolBytes] === 0)!;
  const lying = new Uint8Array(60 * symbolBytes);
  lying.set(stream.subarray(0, symbolBytes), free * symbolBytes);
  const found = decoder(new Uint8Array(0), nonce, 60).take(lying);
  assert.deepEqual(found, { state: 'refused', refusal: 'limit' });
});

test('a batch of symbols is one byte string, and every other is refused', () => {
  const symbols = encoder(pair(3, 0, 0, 8).there, nonce).symbols(7, 5);
  const bytes = encodeWith(symbolBatchCoder, { from: 7, symbols });
  assert.equal(bytes.length, 6 + 5 * symbolBytes);
  assert.deepEqual(decodeWith(symbolBatchCoder, bytes), { from: 7, symbols });
  for (const bad of [
    bytes.slice(0, -1),
    concat(bytes, Uint8Array.of(0)),
    Uint8Array.of(0, 0, 0, 7, 0, 0),
    bytes.with(4, 0xff),
    bytes.with(1, 0x0f).with(2, 0xff).with(3, 0xfc),
  ]) {
    assert.equal(decodeWith(symbolBatchCoder, bad), undefined);
  }
  const last = bytes.with(1, 0x0f).with(2, 0xff).with(3, 0xfb);
  assert.equal(decodeWith(symbolBatchCoder, last)?.from, symbolsEnd - 5);
  assert.throws(() => encodeWith(symbolBatchCoder, { from: 0, symbols: bytes }), RangeError);
});

test('what is no set and no stream is a fault of the caller', () => {
  const two = pair(2, 0, 0, 9).here;
  const swapped = concat(two.subarray(32), two.subarray(0, 32));
  for (const bad of [two.subarray(1), swapped, concat(two.subarray(32), two.subarray(32))]) {
    assert.throws(() => encoder(bad, nonce), RangeError);
    assert.throws(() => decoder(bad, nonce, 10), RangeError);
  }
  assert.throws(() => encoder(two, nonce.subarray(1)), RangeError);
  assert.throws(() => encoder(two, nonce).symbols(symbolsEnd, 1), RangeError);
  assert.throws(() => encoder(two, nonce).symbols(-1, 1), RangeError);
  assert.throws(() => decoder(two, nonce, 0), RangeError);
  assert.throws(() => decoder(two, nonce, symbolsEnd + 1), RangeError);
  assert.throws(() => decoder(two, nonce, 10).take(new Uint8Array(39)), RangeError);
});

function keyAt(i: number, label: string): Uint8Array {
  const bytes = new TextEncoder().encode(`${label} ${i}`);
  return hash('mark', bytes);
}

/** Two sets with so many keys in common and so many on one side only. */
function pair(
  common: number,
  own: number,
  others: number,
  seed: number,
): Readonly<Record<'here' | 'there', Uint8Array>> &
  Readonly<Record<'onlyHere' | 'onlyThere', readonly Uint8Array[]>> {
  const made = (label: string, count: number): Uint8Array[] =>
    Array.from({ length: count }, (_, i) => keyAt(i, `${label} ${seed}`)).toSorted(compare);
  const [both, onlyHere, onlyThere] = [
    made('both', common),
    made('here', own),
    made('there', others),
  ];
  const set = (more: readonly Uint8Array[]): Uint8Array =>
    concat(...[...both, ...more].toSorted(compare));
  return { here: set(onlyHere), there: set(onlyThere), onlyHere, onlyThere };
}

function isAmong(keys: Uint8Array, key: Uint8Array): boolean {
  for (let at = 0; at < keys.length; at += 32) {
    if (equal(keys.subarray(at, at + 32), key)) return true;
  }
  return false;
}

/** In which of the first symbols the key takes part, as a text. */
function startOf(key: Uint8Array, count: number): string {
  const stream = encoder(key, nonce).symbols(0, count);
  return Array.from({ length: count }, (_, i) => {
    const symbol = stream.subarray(i * symbolBytes, (i + 1) * symbolBytes);
    return symbol.some((byte) => byte !== 0) ? 1 : 0;
  }).join('');
}

function changed(
  stream: Uint8Array,
  from: number,
  to: number,
  how: 'copy' | 'add' | 'zero' | 'flip',
): Uint8Array {
  const out = stream.slice();
  for (let i = 0; i < symbolBytes; i++) {
    const [source, at] = [stream[from * symbolBytes + i]!, to * symbolBytes + i];
    if (how === 'copy') out[at] = source;
    else if (how === 'add') out[at]! ^= source;
    else if (how === 'zero') out[at] = 0;
    else if (i === from) out[at]! ^= 1;
  }
  return out;
}

/** The draw of a step, 1 … 2^32, in big integers. */
function drawnOf(first: number, second: number, step: number): bigint {
  const m = 0xffffffffn;
  const mix = (word: bigint): bigint => {
    let x = (word ^ (word >> 16n)) & m;
    x = (x * 0x21f0aaadn) & m;
    x ^= x >> 15n;
    x = (x * 0xd35a2d97n) & m;
    return x ^ (x >> 15n);
  };
  const inner = mix((BigInt(first >>> 0) + BigInt(step)) & m);
  return mix(inner ^ BigInt(second >>> 0)) + 1n;
}
