/** The Argon2id of Node: the rules of the port, and its portable twin. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portableStretch } from '@dsm/portable';
import { stretchConformance } from '@dsm/ports/conformance';
import fc from 'fast-check';
import { nativeStretch, nativeStretchAvailable } from '../src/stretch.ts';

const seed = Number(process.env['SEED'] ?? 1);

stretchConformance('native Argon2id', nativeStretch);

test('native Argon2id: this Node has it', () => {
  assert.equal(nativeStretchAvailable(), true);
});

test('native and portable Argon2id: one input, one tag', async () => {
  const inputs = fc.record(
    {
      message: fc.uint8Array({ maxLength: 64 }),
      salt: fc.uint8Array({ minLength: 8, maxLength: 64 }),
      memoryKibibytes: fc.integer({ min: 24, max: 96 }),
      passes: fc.integer({ min: 1, max: 3 }),
      lanes: fc.integer({ min: 1, max: 3 }),
      secret: fc.uint8Array({ maxLength: 32 }),
      associated: fc.uint8Array({ maxLength: 32 }),
    },
    { requiredKeys: ['message', 'salt', 'memoryKibibytes', 'passes', 'lanes'] },
  );
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      assert.deepEqual(await nativeStretch.argon2id(input), await portableStretch.argon2id(input));
    }),
    { seed, numRuns: 30 },
  );
});
