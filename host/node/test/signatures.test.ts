/**
 * The signatures of Node: the rules of the port, the public vectors, and the portable twin.
 *
 * A portable SLH-DSA-SHA2-128s signature takes a second, so one of them crosses over.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { portableSignatures } from '@dsm/portable';
import {
  algorithms,
  implementation,
  installHash,
  installSignatures,
  sizes,
  signatures,
  type Algorithm,
  type Signatures,
} from '@dsm/primitive';
import fc from 'fast-check';
import { signaturesConformance } from '@dsm/ports/conformance';
import { mlDsaVectors, ownSignatureVectors, slhDsaVectors } from '@dsm/ports/conformance';
import { nativeHash } from '../src/hash.ts';
import { installNative } from '../src/install.ts';
import { nativeSignatures, nativeSignaturesAvailable } from '../src/signatures.ts';

const seed = Number(process.env['SEED'] ?? 1);

signaturesConformance('native signatures', nativeSignatures);
mlDsaVectors('native signatures', nativeSignatures);
slhDsaVectors('native signatures', nativeSignatures);
for (const algorithm of algorithms) {
  ownSignatureVectors('native signatures', nativeSignatures, algorithm);
}

test('native signatures: this Node has them, and installNative chooses them', () => {
  assert.equal(nativeSignaturesAvailable(), true);
  installHash({ ...nativeHash, name: 'another' });
  installSignatures(portableSignatures);
  installNative();
  assert.equal(implementation(), nativeHash);
  assert.equal(signatures(), nativeSignatures);
});

const runs: Readonly<Record<Algorithm, number>> = {
  'ml-dsa-65': 20,
  'slh-dsa-sha2-128s': 1,
  'slh-dsa-sha2-128f': 3,
};

for (const algorithm of ['ml-dsa-65', 'slh-dsa-sha2-128f', 'slh-dsa-sha2-128s'] as const) {
  test(`native and portable ${algorithm}: one seed, one key, signatures cross both ways`, () => {
    const length = sizes[algorithm].seed;
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: length, maxLength: length }),
        fc.uint8Array({ maxLength: 300 }),
        fc.uint8Array({ maxLength: 255 }),
        (bytes, message, context) => {
          assertCrossing(nativeSignatures, portableSignatures, algorithm, bytes, message, context);
          assertCrossing(portableSignatures, nativeSignatures, algorithm, bytes, message, context);
        },
      ),
      { seed, numRuns: runs[algorithm] },
    );
  });
}

test('native and portable signatures: a secret key of one is none for the other', () => {
  const bytes = new Uint8Array(32);
  const native = nativeSignatures.keyPair('ml-dsa-65', bytes).secretKey;
  const portable = portableSignatures.keyPair('ml-dsa-65', bytes).secretKey;
  assert.throws(() => nativeSignatures.sign(portable, bytes, bytes), RangeError);
  assert.throws(() => portableSignatures.sign(native, bytes, bytes), RangeError);
});

test('native and portable ML-DSA-65: one opinion on damaged signatures', () => {
  const bytes = new Uint8Array(32).fill(3);
  const { publicKey, secretKey } = nativeSignatures.keyPair('ml-dsa-65', bytes);
  const signature = nativeSignatures.sign(secretKey, bytes, bytes);
  const places = fc.array(fc.nat(signature.length * 8 - 1), { maxLength: 3 });
  fc.assert(
    fc.property(places, (bits) => {
      const changed = signature.slice();
      for (const bit of bits) changed[bit >> 3]! ^= 1 << (bit & 7);
      const intact = changed.every((byte, i) => byte === signature[i]);
      for (const one of [nativeSignatures, portableSignatures]) {
        assert.equal(one.verify('ml-dsa-65', publicKey, bytes, changed, bytes), intact, one.name);
      }
    }),
    { seed, numRuns: 60 },
  );
});

test('native signatures: keys that share their first 32 bytes are told apart', () => {
  const bytes = new Uint8Array(32).fill(4);
  const { publicKey, secretKey } = nativeSignatures.keyPair('ml-dsa-65', bytes);
  const signature = nativeSignatures.sign(secretKey, bytes, bytes);
  const twin = publicKey.slice();
  twin[1_000]! ^= 1;
  for (let round = 0; round < 3; round++) {
    assert.equal(nativeSignatures.verify('ml-dsa-65', publicKey, bytes, signature, bytes), true);
    assert.equal(nativeSignatures.verify('ml-dsa-65', twin, bytes, signature, bytes), false);
  }
  // The caller's array is not the remembered one.
  const reused = publicKey.slice();
  assert.equal(nativeSignatures.verify('ml-dsa-65', reused, bytes, signature, bytes), true);
  reused.set(twin);
  assert.equal(nativeSignatures.verify('ml-dsa-65', reused, bytes, signature, bytes), false);
});

test('native signatures: a key first shown as one of another algorithm stays what it is', () => {
  const bytes = new Uint8Array(48).fill(6);
  const { publicKey, secretKey } = nativeSignatures.keyPair('slh-dsa-sha2-128f', bytes);
  const signature = nativeSignatures.sign(secretKey, bytes, bytes);
  const nothing = new Uint8Array(sizes['slh-dsa-sha2-128s'].signature);
  const verify = (algorithm: Algorithm, by: Uint8Array): boolean =>
    nativeSignatures.verify(algorithm, publicKey, bytes, by, bytes);
  assert.equal(verify('slh-dsa-sha2-128s', nothing), false);
  assert.equal(verify('slh-dsa-sha2-128f', signature), true);
});

test('native signatures: more public keys than are remembered', () => {
  const bytes = new Uint8Array(32).fill(5);
  const { publicKey, secretKey } = nativeSignatures.keyPair('ml-dsa-65', bytes);
  const signature = nativeSignatures.sign(secretKey, bytes, bytes);
  const verify = (key: Uint8Array): boolean =>
    nativeSignatures.verify('ml-dsa-65', key, bytes, signature, bytes);
  for (let i = 0; i < 600; i++) {
    const other = publicKey.slice();
    other[0]! ^= 1 + (i & 0x7f);
    other[1]! ^= i >> 7;
    assert.equal(verify(other), false);
  }
  assert.equal(verify(publicKey), true);
});

function assertCrossing(
  from: Signatures,
  to: Signatures,
  algorithm: Algorithm,
  bytes: Uint8Array,
  message: Uint8Array,
  context: Uint8Array,
): void {
  const { publicKey, secretKey } = from.keyPair(algorithm, bytes);
  assert.deepEqual(to.keyPair(algorithm, bytes).publicKey, publicKey);
  const signature = from.sign(secretKey, message, context);
  assert.equal(to.verify(algorithm, publicKey, message, signature, context), true);
  const another = Uint8Array.of(...message, 0);
  assert.equal(to.verify(algorithm, publicKey, another, signature, context), false);
  assert.equal(to.verify(algorithm, publicKey, message, signature, message), equalBytes());

  // The message may happen to be the context.
  function equalBytes(): boolean {
    return Buffer.compare(message, context) === 0;
  }
}
