/** The comparison of the two implementations of each primitive, small; it can tell a difference. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installNative } from '@dsm/node';
import { portableAead } from '@dsm/portable';
import {
  compareAeads,
  compareHashes,
  compareKems,
  compareSignatures,
} from '../primitives/compare.ts';
import { draw } from '../primitives/draw.ts';
import { oracleOpen, oracleSeal } from '../primitives/oracle.ts';

installNative();
const seed = Number(process.env['SEED'] ?? 1);

test('the implementations of each primitive have one opinion on valid and damaged input', () => {
  const all = [
    compareHashes(seed, 200),
    compareSignatures('ml-dsa-65', seed, 64),
    compareSignatures('slh-dsa-sha2-128f', seed, 24),
    compareKems(seed, 20),
    compareAeads(seed, 300),
  ];
  for (const { cases, taken, findings } of all) {
    assert.deepEqual(findings, []);
    assert.ok(taken > 0 && cases > 0);
  }
});

test('the second opinion on the AEAD is one of its own', () => {
  const from = draw(seed, 'oracle');
  const [key, nonce, associated] = [from.bytes(32), from.bytes(24), from.bytes(20)];
  const sealed = oracleSeal(key, nonce, from.bytes(99), associated);
  assert.deepEqual(
    oracleOpen(key, nonce, sealed, associated),
    portableAead.open(key, nonce, sealed, associated),
  );
  assert.equal(oracleOpen(key, nonce.with(23, nonce[23]! ^ 1), sealed, associated), undefined);
  assert.equal(oracleOpen(key, nonce.with(0, nonce[0]! ^ 1), sealed, associated), undefined);
});

test('one seed draws one sequence, another another', () => {
  const some = (by: number): Uint8Array => draw(by, 'a').bytes(32);
  assert.deepEqual(some(1), some(1));
  assert.notDeepEqual(some(1), some(2));
});
