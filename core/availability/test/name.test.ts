/** Names in URLs: one text for each 32 bytes, and nothing else is read as one. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromName, nameLength, nameOf } from '@dsm/availability';
import fc from 'fast-check';

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test('a name is base64url, as the platform writes it, and leads back', () => {
  fc.assert(
    fc.property(bytes32, (bytes) => {
      const name = nameOf(bytes);
      assert.equal(name, Buffer.from(bytes).toString('base64url'));
      assert.equal(name.length, nameLength);
      assert.deepEqual(fromName(name), bytes);
    }),
  );
});

test('of the names that the platform reads as the same bytes, one is a name', () => {
  fc.assert(
    fc.property(bytes32, fc.integer({ min: 1, max: 3 }), (bytes, low) => {
      const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
      const name = nameOf(bytes);
      const last = alphabet[alphabet.indexOf(name.at(-1)!) + low]!;
      const twin = name.slice(0, -1) + last;
      assert.deepEqual(new Uint8Array(Buffer.from(twin, 'base64url')), bytes);
      assert.equal(fromName(twin), undefined);
    }),
  );
});

test('text of another length or alphabet is no name', () => {
  const name = nameOf(new Uint8Array(32).fill(255));
  const others = [
    '',
    name.slice(1),
    `${name}A`,
    `${name}=`,
    name.replace('_', '/'),
    name.replace('_', '+'),
    name.replace('_', ' '),
    name.replace('_', 'ä'),
    `${'A'.repeat(41)}\u{1f40e}`,
  ];
  for (const other of others) assert.equal(fromName(other), undefined, other);
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      const bytes = fromName(text);
      assert.ok(bytes === undefined || nameOf(bytes) === text);
    }),
  );
});

test('bytes of another length have no name: a fault of the caller', () => {
  for (const length of [0, 31, 33]) assert.throws(() => nameOf(new Uint8Array(length)), RangeError);
});
