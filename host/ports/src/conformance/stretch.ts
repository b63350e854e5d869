/** What every `Stretch` must do: the vector of RFC 9106, bounds, and every input counts. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { keyOf } from '@dsm/primitive';
import { fromHex } from './crypto-vectors.ts';
import { isStretchCost, stretchBounds, type Stretch, type StretchInput } from '../stretch.ts';

const filled = (length: number, byte: number): Uint8Array => new Uint8Array(length).fill(byte);

/** RFC 9106, section 5.3. */
const standard: StretchInput = {
  message: filled(32, 1),
  salt: filled(16, 2),
  secret: filled(8, 3),
  associated: filled(12, 4),
  memoryKibibytes: 32,
  passes: 3,
  lanes: 4,
};
const standardTag = '0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659';

const small: StretchInput = {
  message: filled(32, 7),
  salt: filled(32, 8),
  memoryKibibytes: 8,
  passes: 1,
  lanes: 1,
};

const refused: Readonly<Record<string, Partial<StretchInput>>> = {
  'a salt of 7 bytes': { salt: filled(7, 2) },
  'a salt that is too long': { salt: filled(stretchBounds.saltBytesMax + 1, 2) },
  'a message that is too long': { message: filled(stretchBounds.messageBytesMax + 1, 2) },
  'a secret that is too long': { secret: filled(stretchBounds.secretBytesMax + 1, 2) },
  'associated data that is too long': {
    associated: filled(stretchBounds.associatedBytesMax + 1, 2),
  },
  'no pass': { passes: 0 },
  'too many passes': { passes: stretchBounds.passesMax + 1 },
  'half a pass': { passes: 1.5 },
  'no lane': { lanes: 0 },
  'too many lanes': { lanes: stretchBounds.lanesMax + 1, memoryKibibytes: 1_024 },
  'less memory than the lanes need': { lanes: 2, memoryKibibytes: 15 },
  'too much memory': { memoryKibibytes: stretchBounds.memoryKibibytesMax + 1 },
};

export function stretchConformance(name: string, stretch: Stretch): void {
  test(`${name}: the vector of RFC 9106`, async () => {
    assert.deepEqual(await stretch.argon2id(standard), fromHex(standardTag));
  });

  test(`${name}: 32 plain bytes, and the input stays as it was`, async () => {
    const tag = await stretch.argon2id(small);
    assert.equal(Object.getPrototypeOf(tag), Uint8Array.prototype);
    assert.equal(tag.length, 32);
    assert.deepEqual(small.message, filled(32, 7));
    assert.deepEqual(await stretch.argon2id(small), tag);
  });

  test(`${name}: every input counts`, async () => {
    const changed: readonly Partial<StretchInput>[] = [
      {},
      { message: filled(31, 7) },
      { message: new Uint8Array(0) },
      { salt: filled(32, 9) },
      { memoryKibibytes: 9 },
      { memoryKibibytes: 16 },
      { passes: 2 },
      { lanes: 2, memoryKibibytes: 16 },
      { secret: filled(8, 3) },
      { associated: filled(8, 3) },
    ];
    const tags = await Promise.all(
      changed.map(async (change) => keyOf(await stretch.argon2id({ ...small, ...change }))),
    );
    assert.equal(new Set(tags).size, tags.length);
  });

  test(`${name}: what is out of bounds is the caller's fault`, async () => {
    for (const [what, change] of Object.entries(refused)) {
      await assert.rejects(stretch.argon2id({ ...small, ...change }), RangeError, what);
    }
  });

  test(`${name}: the longest inputs are taken`, async () => {
    const { messageBytesMax, saltBytesMax, secretBytesMax, associatedBytesMax } = stretchBounds;
    const longest = await stretch.argon2id({
      ...small,
      message: filled(messageBytesMax, 1),
      salt: filled(saltBytesMax, 2),
      secret: filled(secretBytesMax, 3),
      associated: filled(associatedBytesMax, 4),
    });
    assert.equal(longest.length, 32);
    assert.equal(isStretchCost({ memoryKibibytes: 128, passes: 16, lanes: 16 }), true);
  });
}
