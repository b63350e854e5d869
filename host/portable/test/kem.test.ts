/** The portable ML-KEM-768: the rules of the port and the Wycheproof vectors. */

import assert from 'node:assert/strict';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { kemConformance } from '@dsm/ports/conformance';
import {
  bytesOf,
  each,
  kemVectors,
  label,
  ownKemVectors,
  vectorTest,
} from '@dsm/ports/conformance';
import { portableKem } from '../src/kem.ts';

kemConformance('portable KEM', portableKem);
kemVectors('portable KEM', portableKem);
ownKemVectors('portable KEM', portableKem);

// The port draws its own randomness, so the ciphertexts of these vectors are reproduced with the
// library beneath it.
vectorTest('noble: ML-KEM-768 encapsulation', ['mlkem_768_encaps.json'], (file) => {
  each(file, (_, one) => {
    if (one.result !== 'valid') return;
    const made = ml_kem768.encapsulate(bytesOf(one, 'ek'), bytesOf(one, 'm'));
    assert.deepEqual(made.cipherText, bytesOf(one, 'c'), label(one));
    assert.deepEqual(made.sharedSecret, bytesOf(one, 'K'), label(one));
  });
});
