/** The bytes of a log, built by the drawings of its format alone, and the file that the log writes. */

import assert from 'node:assert/strict';
import { crc32 } from 'node:zlib';
import { test } from 'node:test';
import { memoryDisk, seededEntropy } from '@dsm/memory';
import { nativeHash } from '@dsm/node';
import { address, concat, installHash, utf8 } from '@dsm/primitive';
import { segmentLog } from '@dsm/segment-log';

installHash(nativeHash);

const id = seededEntropy('format').bytes(16);
const key = Uint8Array.from({ length: 32 }, (_, i) => i);
const value = utf8('a value that is no multiple of sixteen');

test('a log of one commit is what the drawings say, byte by byte', async () => {
  const disk = memoryDisk();
  const entropy = seededEntropy('format');
  const log = await segmentLog({ disk: disk.start(), entropy, segmentBytes: 1_024 });
  await log.commit([{ shelf: 3, key, value }]);
  await log.close();
  const header = segmentHeader(1, noTotals, 0, new Uint8Array(32), []);
  const put = record(1, 3, key, value);
  const totals = concat(u64(1), u64(value.length));
  const offset = header.length + put.length;
  const proof = address(concat(id, u32(1), u32(offset), u64(1))).slice(0, 8);
  const stated = concat(u64(1), proof, totals);
  const headers = put.subarray(0, 48);
  const digest = address(concat(id, new Uint8Array(32), Uint8Array.of(8), stated, headers));
  const commit = record(3, 8, digest, stated);
  const whole = concat(header, put, commit);
  assert.deepEqual(disk.contents('0000000001.segment'), whole);
  assert.deepEqual(disk.contents('checkpoint'), checkpoint(1, whole.length, 1, digest));
  assert.deepEqual(disk.names(), ['0000000001.segment', 'checkpoint']);

  // The next commit does not fit: the segment is sealed, and the next one names it.
  const again = await segmentLog({ disk: disk.start(), entropy, segmentBytes: 300 });
  const other = { shelf: 3, key: new Uint8Array(32).fill(9), value: new Uint8Array(0) };
  await again.commit([other]);
  await again.close();
  assert.deepEqual(disk.contents('0000000001.segment'), concat(whole, footer(put, whole, digest)));
  const second = disk.contents('0000000002.segment')!;
  const expected = segmentHeader(2, concat(...before(3), totals, ...before(4)), 1, digest, [1]);
  assert.deepEqual(second.slice(0, expected.length), expected);
  const empty = record(1, 3, other.key, other.value);
  assert.deepEqual(second.slice(expected.length, expected.length + 48), empty);
});

const noTotals = new Uint8Array(128);

function before(shelves: number): readonly Uint8Array[] {
  return Array.from({ length: shelves }, () => new Uint8Array(16));
}

function segmentHeader(
  number: number,
  totals: Uint8Array,
  sequence: number,
  digest: Uint8Array,
  others: readonly number[],
): Uint8Array {
  const fields = [u32(number), u32(others.length), id, u64(sequence), digest, totals];
  const body = concat(utf8('DSM-SEG'), Uint8Array.of(1), ...fields, ...others.map(u32));
  return withDigest(concat(body, new Uint8Array((16 - (body.length % 16)) % 16)));
}

function record(kind: number, shelf: number, at: Uint8Array, body: Uint8Array): Uint8Array {
  const header = concat(Uint8Array.of(kind, shelf, 0, 0), u32(body.length), at);
  const padded = concat(body, new Uint8Array((16 - (body.length % 16)) % 16));
  const whole = crc32(concat(header, padded));
  return concat(header, u32(crc32(header)), u32(whole), padded);
}

function footer(put: Uint8Array, whole: Uint8Array, digest: Uint8Array): Uint8Array {
  const entry = new Uint8Array(12);
  entry.set(key.subarray(0, 4));
  entry.set(markOf(key), 4);
  entry[6] = 3;
  // Offset 240, and the length of the record, both in units of 16 bytes.
  const place = (240 / 16) * 2 ** 18 + put.length / 16;
  entry.set(u64(place).subarray(3), 7);
  const trailer = concat(utf8('DSM-HINT'), u32(1), u32(whole.length), u64(1), digest);
  return withDigest(concat(entry, trailer));
}

/** m ← (m ⊕ byte) · 0x9e3779b1 + i for bytes 4 to 31 of the key, then the lower bits of m ⊕ m >> 15. */
function markOf(of: Uint8Array): Uint8Array {
  let mixed = 0n;
  for (let i = 4; i < 32; i++) {
    mixed = (((mixed ^ BigInt(of[i]!)) * 0x9e3779b1n) % 2n ** 32n) + BigInt(i);
    mixed %= 2n ** 32n;
  }
  return u32(Number((mixed ^ (mixed >> 15n)) % 65_536n)).slice(2);
}

function checkpoint(
  segment: number,
  end: number,
  sequence: number,
  digest: Uint8Array,
): Uint8Array {
  const magic = concat(utf8('DSM-LOG'), Uint8Array.of(1));
  return withDigest(concat(magic, u32(segment), u32(end), id, u64(sequence), digest));
}

function withDigest(bytes: Uint8Array): Uint8Array {
  return concat(bytes, address(bytes));
}

function u32(n: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, n);
  return bytes;
}

function u64(n: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(n));
  return bytes;
}
