/** Headers and footers whose checksum is right and whose numbers are not: damaged, never half read. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installPortable } from '@dsm/portable';
import { StoreError } from '@dsm/ports';
import { withDigest } from '../src/digest.ts';
import { encodeFooter, readFooter } from '../src/footer.ts';
import { encodeSegmentHeader, noCommits, readSegmentHeader } from '../src/segment-header.ts';

installPortable();

const header = encodeSegmentHeader({
  number: 7,
  id: new Uint8Array(16).fill(1),
  state: noCommits,
  others: [1, 2, 5],
});

function read(file: Uint8Array): Promise<unknown> {
  return readSegmentHeader(7, async (length) => file.subarray(0, length));
}

/** The bytes with others at an offset, under a digest that is right. */
function changed(file: Uint8Array, at: number, bytes: readonly number[]): Uint8Array {
  const body = file.slice(0, -32);
  body.set(bytes, at);
  return withDigest(body);
}

const rotten = (error: unknown): boolean => error instanceof StoreError && error.code === 'rotten';

test('a header that counts more segments than it names is damaged', async () => {
  await assert.doesNotReject(read(header));
  await assert.rejects(read(changed(header, 12, [0, 3, 255, 255])), rotten);
});

test('a header of a format that never was is damaged', async () => {
  await assert.rejects(read(changed(header, 7, [0])), rotten);
});

test('numbers beyond what is counted to are damage, not zeros', async () => {
  const beyond = [0, 0x20, 0, 0, 0, 0, 0, 0];
  await assert.rejects(read(changed(header, 32, beyond)), rotten);
  const digest = new Uint8Array(32).fill(4);
  const footer = encodeFooter({ entries: new Uint8Array(24), end: 96, sequence: 3, digest });
  const of = (file: Uint8Array): Promise<unknown> =>
    readFooter(file.length, async (at, length) => file.subarray(at, at + length));
  assert.ok((await of(footer)) !== undefined);
  assert.equal(await of(changed(footer, 24 + 16, beyond)), undefined);
});
