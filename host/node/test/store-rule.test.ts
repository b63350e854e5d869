/** Which copy is believed at opening: the rule alone, on every pair of findings. */

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import fc from 'fast-check';
import { portableHash } from '@dsm/portable';
import { concat, encodeWith, u32 } from '@dsm/primitive';
import { nativeHash } from '../src/hash.ts';
import { judge } from '../src/mirror-rule.ts';
import type { Finding, SqliteCopy } from '../src/sqlite-copy.ts';
import {
  decodeSummary,
  encodeSummary,
  rowChecksum,
  toggle,
  type Summary,
} from '../src/store-summary.ts';
import { fileStore } from '../src/store.ts';

/** Each number has rows of its own, unless they are given. */
const summary = (sequence: number, store = 1, digest = sequence): Summary => ({
  store: new Uint8Array(16).fill(store),
  sequence,
  rows: 3,
  digest: new Uint8Array(32).fill(digest),
});
const copy = {} as SqliteCopy;
const sound = (of: Summary): Finding => ({ is: 'sound', summary: of, copy });
const damaged = (of?: Summary): Finding => ({ is: 'damaged', reason: 'test', summary: of });
const absent: Finding = { is: 'absent' };
const newer: Finding = { is: 'newer', format: 2 };

/** The table of docs/spec/store.md, line by line. */
const table: readonly (readonly [Finding, Finding, string])[] = [
  [absent, newer, 'refuse version'],
  [damaged(), newer, 'refuse version'],
  [sound(summary(5)), newer, 'refuse version'],
  [newer, newer, 'refuse version'],
  [sound(summary(5)), sound(summary(5)), 'use'],
  [sound(summary(6)), sound(summary(5)), 'mend from 0'],
  [sound(summary(7, 1, 5)), sound(summary(5)), 'use'],
  [sound(summary(5)), sound(summary(5, 1, 2)), 'refuse rotten'],
  [sound(summary(5)), sound(summary(5, 2)), 'refuse rotten'],
  [sound(summary(6)), sound(summary(5, 2)), 'refuse rotten'],
  [sound(summary(5)), absent, 'mend from 0'],
  [sound(summary(5)), damaged(), 'mend from 0'],
  [sound(summary(5)), damaged(summary(4)), 'mend from 0'],
  [sound(summary(5)), damaged(summary(5)), 'mend from 0'],
  [sound(summary(5)), damaged(summary(6)), 'refuse rotten'],
  [sound(summary(5)), damaged(summary(4, 2)), 'refuse rotten'],
  [damaged(summary(5)), damaged(summary(5)), 'refuse rotten'],
  [damaged(), absent, 'refuse rotten'],
];

function inWords(first: Finding, second: Finding, isTraced = true): string {
  const verdict = judge(first, second, isTraced);
  if (verdict.do === 'mend') return `mend from ${verdict.good}`;
  return verdict.do === 'refuse' ? `refuse ${verdict.code}` : verdict.do;
}

for (const [first, second, verdict] of table) {
  const said = (finding: Finding): string =>
    'summary' in finding && finding.summary !== undefined
      ? `${finding.is} at ${finding.summary.sequence} of store ${finding.summary.store[0]}`
      : finding.is;
  test(`${said(first)}, ${said(second)}: ${verdict}`, () => {
    assert.equal(inWords(first, second), verdict);
    assert.equal(inWords(second, first), verdict.replace('from 0', 'from 1'));
  });
}

test('two absent copies are a new store, unless something tells of an old one', () => {
  assert.equal(inWords(absent, absent, false), 'create');
  assert.equal(inWords(absent, absent, true), 'refuse rotten');
});

test('no single fault brings back less than was acknowledged', () => {
  // History: states 0…n, the last of them perhaps in one copy only, and then unacknowledged.
  const property = fc.property(
    fc.record({
      acknowledged: fc.nat(50),
      ahead: fc.constantFrom(0, 1),
      aheadCopy: fc.constantFrom(0, 1),
      faulty: fc.constantFrom(0, 1),
      older: fc.nat(50),
      fault: fc.constantFrom('none', 'absent', 'unreadable', 'damaged', 'rolled back'),
    }),
    ({ acknowledged, ahead, aheadCopy, faulty, older, fault }) => {
      const true_ = [acknowledged, acknowledged];
      true_[aheadCopy]! += ahead;
      const findings = true_.map((sequence) => sound(summary(sequence)));
      const at = Math.min(older, true_[faulty]!);
      if (fault === 'absent') findings[faulty] = absent;
      if (fault === 'unreadable') findings[faulty] = damaged();
      if (fault === 'damaged') findings[faulty] = damaged(summary(true_[faulty]!));
      if (fault === 'rolled back') findings[faulty] = sound(summary(at));
      const verdict = judge(findings[0]!, findings[1]!, true);
      if (verdict.do === 'refuse') {
        // Only where a crash left the damaged copy ahead: then nothing proves the other one current.
        assert.ok(fault === 'damaged' && ahead === 1 && aheadCopy === faulty);
        return;
      }
      assert.ok(verdict.do === 'use' || verdict.do === 'mend');
      const believed = findings[verdict.do === 'mend' ? verdict.good : 0]!;
      assert.ok(believed.is === 'sound' && believed.summary.sequence >= acknowledged);
    },
  );
  fc.assert(property, { seed: 1, numRuns: 2_000 });
});

test('a summary comes back as it was, and any changed byte is noticed', () => {
  const bytes = encodeSummary(summary(7));
  assert.deepEqual(decodeSummary(bytes), { is: 'summary', summary: summary(7) });
  assert.equal(bytes.length, 98);
  for (let i = 0; i < bytes.length; i++) {
    const changed = bytes.slice();
    changed[i]! ^= 1;
    assert.deepEqual(decodeSummary(changed), { is: 'damaged' });
    assert.deepEqual(decodeSummary(bytes.subarray(0, i)), { is: 'damaged' });
  }
});

test('a summary of a newer format is told from a damaged one', () => {
  const body = Uint8Array.from([0, 2, 9, 9]);
  const bytes = concat(body, nativeHash.blake3(body));
  assert.deepEqual(decodeSummary(bytes), { is: 'newer', format: 2 });
  const older = Uint8Array.from([0, 0, 9, 9]);
  assert.deepEqual(decodeSummary(concat(older, nativeHash.blake3(older))), { is: 'damaged' });
});

test('a store of a newer format is not opened', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'dsm-version-'));
  await (await fileStore(directory)).close();
  const body = Uint8Array.from([0, 2, 9, 9]);
  for (const name of ['wallet.db', 'mirror.db']) {
    const database = new DatabaseSync(join(directory, name));
    database.prepare('UPDATE summary SET body = ?').run(concat(body, nativeHash.blake3(body)));
    database.close();
  }
  await assert.rejects(fileStore(directory), { name: 'StoreError', code: 'version' });
  rmSync(directory, { recursive: true });
});

test('the checksum of a row is BLAKE3 over the framed key and the value', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 12_000, size: 'max' }),
      (key, value) => {
        const framed = concat(encodeWith(u32, key.length), key, value);
        assert.deepEqual(rowChecksum(key, value), portableHash.blake3(framed));
      },
    ),
    { seed: 1, numRuns: 100 },
  );
});

test('the digest depends on the set of rows, not on their order', () => {
  const checksums = [1, 2, 3].map((n) => nativeHash.blake3(Uint8Array.of(n)));
  const digestOf = (...list: readonly Uint8Array[]): Uint8Array => {
    const digest = new Uint8Array(32);
    for (const checksum of list) toggle(digest, checksum);
    return digest;
  };
  const [a, b, c] = checksums as [Uint8Array, Uint8Array, Uint8Array];
  assert.deepEqual(digestOf(a, b, c), digestOf(c, a, b));
  assert.deepEqual(digestOf(a, b, c, b), digestOf(a, c));
  assert.notDeepEqual(digestOf(a, b), digestOf(a, c));
});
