/** The KEM of Node: the rules of the port, the Wycheproof vectors, and the portable twin. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portableKem } from '@dsm/portable';
import type { Kem } from '@dsm/ports';
import fc from 'fast-check';
import { kemConformance } from '@dsm/ports/conformance';
import { kemVectors, ownKemVectors } from '@dsm/ports/conformance';
import { nativeKem, nativeKemAvailable } from '../src/kem.ts';

const seed = Number(process.env['SEED'] ?? 1);

kemConformance('native KEM', nativeKem);
kemVectors('native KEM', nativeKem);
ownKemVectors('native KEM', nativeKem);

test('native KEM: this Node has it', () => {
  assert.equal(nativeKemAvailable(), true);
});

test('native and portable KEM: one seed, one pair, secrets cross both ways', () => {
  const seeds = fc.uint8Array({ minLength: 64, maxLength: 64 });
  fc.assert(
    fc.property(seeds, (bytes) => {
      assert.deepEqual(nativeKem.keyPair(bytes).publicKey, portableKem.keyPair(bytes).publicKey);
      assertCrossing(nativeKem, portableKem, bytes);
      assertCrossing(portableKem, nativeKem, bytes);
    }),
    { seed, numRuns: 20 },
  );
});

test('native and portable KEM: one foreign ciphertext, one secret', () => {
  const bytes = new Uint8Array(64).fill(9);
  for (const fill of [0x00, 0x5a, 0xff]) {
    const foreign = new Uint8Array(1_088).fill(fill);
    assert.deepEqual(
      nativeKem.keyPair(bytes).decapsulate(foreign),
      portableKem.keyPair(bytes).decapsulate(foreign),
    );
  }
});

function assertCrossing(from: Kem, to: Kem, bytes: Uint8Array): void {
  const pair = to.keyPair(bytes);
  const sent = from.encapsulate(pair.publicKey);
  assert.ok(sent !== undefined);
  assert.deepEqual(pair.decapsulate(sent.ciphertext), sent.secret);
}
