/** The summary of an engine: what it says is read as it stands there, or the engine is rotten. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { concat, equal } from '@dsm/primitive';
import { StoreError } from '@dsm/ports';
import { decodeEngineSummary, emptySummary, encodeEngineSummary } from '../src/engine-summary.ts';
import { nativeHash } from '../src/hash.ts';

/** The summary with other bytes at an offset, under a checksum that is right. */
function changed(at: number, bytes: Uint8Array): Uint8Array {
  const body = encodeEngineSummary(emptySummary).slice(0, -32);
  body.set(bytes, at);
  return concat(body, nativeHash.blake3(body));
}

test('a summary is read as it was written, up to the largest whole number', () => {
  const most = { ...emptySummary, sequence: Number.MAX_SAFE_INTEGER };
  assert.deepEqual(decodeEngineSummary(encodeEngineSummary(most), 'here'), most);
  const largest = changed(2, Uint8Array.of(0, 0x1f, 255, 255, 255, 255, 255, 255));
  assert.ok(equal(encodeEngineSummary(decodeEngineSummary(largest, 'here')), largest));
});

test('a number that would be rounded is none, wherever it stands', () => {
  for (const at of [2, 10, 130]) {
    const bytes = changed(at, Uint8Array.of(0, 0x20, 0, 0, 0, 0, 0, 1));
    const isRotten = (error: unknown): boolean =>
      error instanceof StoreError && error.code === 'rotten';
    assert.throws(() => decodeEngineSummary(bytes, 'here'), isRotten);
  }
});
