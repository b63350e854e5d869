/**
 * The portable signatures: the rules of the port, Wycheproof and ACVP vectors.
 *
 * SLH-DSA-SHA2-128s differs from 128f in its parameters alone and takes a second to sign, so only
 * its keys and its verification are tested here; its signatures cross over in host/node.
 */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  algorithms,
  installHash,
  installSignatures,
  implementation,
  signatures,
} from '@dsm/primitive';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { signaturesConformance } from '@dsm/ports/conformance';
import {
  bytesOf,
  each,
  label,
  mlDsaVectors,
  ownSignatureVectors,
  slhDsaVectors,
  vectorTest,
} from '@dsm/ports/conformance';
import { portableHash } from '../src/hash.ts';
import { installPortable } from '../src/install.ts';
import { portableSignatures } from '../src/signatures.ts';

signaturesConformance('portable signatures', portableSignatures, [
  'ml-dsa-65',
  'slh-dsa-sha2-128f',
]);
mlDsaVectors('portable signatures', portableSignatures);
slhDsaVectors('portable signatures', portableSignatures);
for (const algorithm of algorithms) {
  ownSignatureVectors('portable signatures', portableSignatures, algorithm);
}

// The port signs with fresh randomness, so the signatures of these vectors, which use none or a
// given one, are reproduced with the library beneath it.
vectorTest('noble: ML-DSA-65 sign', ['mldsa_65_sign_seed.json'], (file) => {
  each(file, (group, one) => {
    if (one.result !== 'valid') return;
    const { secretKey } = ml_dsa65.keygen(bytesOf(group, 'privateSeed'));
    const extraEntropy = one['rnd'] === undefined ? false : bytesOf(one, 'rnd');
    const made =
      one['msg'] === undefined
        ? ml_dsa65.internal.sign(bytesOf(one, 'mu'), secretKey, { externalMu: true, extraEntropy })
        : ml_dsa65.sign(bytesOf(one, 'msg'), secretKey, {
            context: bytesOf(one, 'ctx'),
            extraEntropy,
          });
    assert.deepEqual(made, bytesOf(one, 'sig'), label(one));
  });
});

test('portable signatures: two signatures over one message differ', () => {
  const seed = new Uint8Array(32);
  const { secretKey } = portableSignatures.keyPair('ml-dsa-65', seed);
  const sign = (): Uint8Array => portableSignatures.sign(secretKey, seed, seed);
  assert.notDeepEqual(sign(), sign());
});

test('installPortable puts the portable hash and signatures into the core', () => {
  installHash({ ...portableHash, name: 'another' });
  installSignatures({ ...portableSignatures, name: 'another' });
  installPortable();
  assert.equal(implementation(), portableHash);
  assert.equal(signatures(), portableSignatures);
});
