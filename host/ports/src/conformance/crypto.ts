/** What every `Hash`, `Signatures`, `Kem` and `Aead` must do. Known answers are in `crypto-vectors.ts`. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import {
  algorithms,
  ascii,
  sizes,
  type Algorithm,
  type Hash,
  type SecretKey,
  type Signatures,
} from '@dsm/primitive';
import type { Aead, Kem } from '../sealing.ts';

export function hashConformance(name: string, hash: Hash): void {
  test(`${name}: 32 fresh bytes, plain, of an input that stays as it was`, () => {
    const input = counting(100);
    const digest = hash.blake3(input);
    assertPlain(digest, 32);
    digest.fill(0);
    assert.deepEqual(input, counting(100));
    assert.notDeepEqual(hash.blake3(input), digest);
    assert.deepEqual(hash.blake3(input), hash.blake3(counting(100)));
  });

  test(`${name}: into writes 32 bytes at the offset and no others`, () => {
    for (const length of [0, 1, 64, 1024, 1025, 4096, 5000]) {
      for (const offset of [0, 1, 7, 32]) {
        const output = new Uint8Array(80).fill(0xee);
        hash.blake3Into(counting(length), output, offset);
        const expected = new Uint8Array(80).fill(0xee);
        expected.set(hash.blake3(counting(length)), offset);
        assert.deepEqual(output, expected, `${length} bytes at ${offset}`);
      }
    }
  });

  test(`${name}: no room for 32 bytes is the caller's fault`, () => {
    for (const offset of [-1, 1, 32, 100]) {
      assert.throws(
        () => hash.blake3Into(counting(9), new Uint8Array(32), offset),
        RangeError,
        `offset ${offset}`,
      );
    }
  });

  test(`${name}: where the input lies in memory makes no difference`, () => {
    for (const length of [3, 64, 1023, 4096, 9001]) {
      const expected = hash.blake3(counting(length));
      for (const shift of [1, 2, 3, 5]) {
        const room = new Uint8Array(length + shift + 3).fill(0xee);
        room.set(counting(length), shift);
        assert.deepEqual(hash.blake3(room.subarray(shift, shift + length)), expected);
      }
      assert.deepEqual(hash.blake3(Buffer.from(counting(length))), expected);
    }
  });
}

/** `only` leaves out the algorithms that are too slow to be tested every time. */
export function signaturesConformance(
  name: string,
  signatures: Signatures,
  only: readonly Algorithm[] = algorithms,
): void {
  for (const algorithm of only) signatureConformance(`${name} ${algorithm}`, signatures, algorithm);
}

function signatureConformance(name: string, signatures: Signatures, algorithm: Algorithm): void {
  const { seed, publicKey: publicKeyBytes, signature: signatureBytes } = sizes[algorithm];
  const context = ascii('context');
  const message = counting(32);
  const pair = signatures.keyPair(algorithm, counting(seed));
  const signature = signatures.sign(pair.secretKey, message, context);
  const verify = (
    changed: { key?: Uint8Array; message?: Uint8Array; by?: Uint8Array; context?: Uint8Array } = {},
  ): boolean =>
    signatures.verify(
      algorithm,
      changed.key ?? pair.publicKey,
      changed.message ?? message,
      changed.by ?? signature,
      changed.context ?? context,
    );

  test(`${name}: plain bytes of the sizes of the standard`, () => {
    assertPlain(pair.publicKey, publicKeyBytes);
    assertPlain(signature, signatureBytes);
    assert.equal(pair.secretKey.algorithm, algorithm);
  });

  test(`${name}: a signature holds for its message, context and key alone`, () => {
    const other = counting(seed).reverse();
    assert.equal(verify(), true);
    assert.equal(verify({ message: counting(33) }), false);
    assert.equal(verify({ message: new Uint8Array(0) }), false);
    assert.equal(verify({ context: ascii('contexT') }), false);
    assert.equal(verify({ context: new Uint8Array(0) }), false);
    assert.equal(verify({ key: signatures.keyPair(algorithm, other).publicKey }), false);
  });

  test(`${name}: every bit counts`, () => {
    for (const at of [0, 31, 32, signatureBytes >> 1, signatureBytes - 1]) {
      assert.equal(verify({ by: flipped(signature, at) }), false, `signature byte ${at}`);
    }
    for (const at of [0, publicKeyBytes >> 1, publicKeyBytes - 1]) {
      assert.equal(verify({ key: flipped(pair.publicKey, at) }), false, `key byte ${at}`);
    }
    assert.equal(verify(), true);
  });

  test(`${name}: what is no signature is false, never thrown`, () => {
    for (const length of [0, 1, signatureBytes - 1, signatureBytes + 1]) {
      assert.equal(verify({ by: new Uint8Array(length) }), false);
    }
    for (const length of [0, 1, publicKeyBytes - 1, publicKeyBytes + 1]) {
      assert.equal(verify({ key: new Uint8Array(length) }), false);
    }
    for (const byte of [0x00, 0xff]) {
      assert.equal(verify({ by: new Uint8Array(signatureBytes).fill(byte) }), false);
      assert.equal(verify({ key: new Uint8Array(publicKeyBytes).fill(byte) }), false);
    }
    assert.equal(verify({ context: new Uint8Array(256) }), false);
    for (const another of algorithms.filter((one) => one !== algorithm)) {
      // Of the other algorithm's length, too: the key may be one of both, the signature is not.
      for (const by of [signature, new Uint8Array(sizes[another].signature)]) {
        const verified = signatures.verify(another, pair.publicKey, message, by, context);
        assert.equal(verified, false, another);
      }
    }
    assert.equal(verify(), true);
  });

  secretKeyConformance(name, signatures, algorithm, pair.secretKey);
}

function secretKeyConformance(
  name: string,
  signatures: Signatures,
  algorithm: Algorithm,
  secretKey: SecretKey,
): void {
  const { seed } = sizes[algorithm];

  test(`${name}: wrong arguments of one's own throw`, () => {
    for (const length of [0, seed - 1, seed + 1]) {
      assert.throws(() => signatures.keyPair(algorithm, new Uint8Array(length)), RangeError);
    }
    const message = counting(32);
    assert.throws(() => signatures.sign(secretKey, message, new Uint8Array(256)), RangeError);
    assert.throws(() => signatures.sign({ ...secretKey }, message, ascii('context')), RangeError);
  });

  test(`${name}: a secret key shows nothing`, () => {
    assert.equal(String(secretKey), '[secret]');
    assert.equal(JSON.stringify({ secretKey }), '{"secretKey":"[secret]"}');
    assert.equal(inspect(secretKey), '[secret]');
    assert.match(inspect({ secretKey }, { showHidden: true }), /secretKey: \[secret\]/);
    const reachable = Object.values(secretKey).filter((value) => ArrayBuffer.isView(value));
    assert.deepEqual(reachable, []);
    assert.throws(() => structuredClone(secretKey));
  });
}

export function kemConformance(name: string, kem: Kem): void {
  const pair = kem.keyPair(counting(64));

  test(`${name}: both sides have one secret, fresh each time`, () => {
    const one = kem.encapsulate(pair.publicKey);
    const other = kem.encapsulate(pair.publicKey);
    assert.ok(one !== undefined && other !== undefined);
    assertPlain(pair.publicKey, 1_184);
    assertPlain(one.ciphertext, 1_088);
    assertPlain(one.secret, 32);
    const opened = pair.decapsulate(one.ciphertext);
    assert.ok(opened !== undefined);
    assertPlain(opened, 32);
    assert.deepEqual(opened, one.secret);
    assert.notDeepEqual(other.secret, one.secret);
    assert.deepEqual(kem.keyPair(counting(64)).publicKey, pair.publicKey);
  });

  test(`${name}: a foreign ciphertext gives a secret that nobody knows`, () => {
    const sent = kem.encapsulate(pair.publicKey);
    assert.ok(sent !== undefined);
    const foreign = flipped(sent.ciphertext, 500);
    const secret = pair.decapsulate(foreign);
    assert.equal(secret?.length, 32);
    assert.notDeepEqual(secret, sent.secret);
    assert.deepEqual(pair.decapsulate(foreign), secret);
  });

  test(`${name}: what is no key and no ciphertext is undefined, never thrown`, () => {
    for (const length of [0, 1_183, 1_185]) {
      assert.equal(kem.encapsulate(new Uint8Array(length)), undefined);
    }
    // Coefficients of 0xfff are not below the modulus.
    assert.equal(kem.encapsulate(new Uint8Array(1_184).fill(0xff)), undefined);
    for (const length of [0, 1_087, 1_089]) {
      assert.equal(pair.decapsulate(new Uint8Array(length)), undefined);
    }
  });

  test(`${name}: a seed of another length is the caller's fault`, () => {
    for (const length of [0, 32, 63, 65]) {
      assert.throws(() => kem.keyPair(new Uint8Array(length)), RangeError);
    }
  });
}

export function aeadConformance(name: string, aead: Aead): void {
  const key = counting(32);
  const nonce = counting(24);
  const associated = ascii('associated');

  test(`${name}: opens what was sealed, and nothing that was changed`, () => {
    for (const length of [0, 1, 63, 64, 65, 1000]) {
      const plaintext = counting(length);
      const sealed = aead.seal(key, nonce, plaintext, associated);
      assertPlain(sealed, length + 16);
      assert.deepEqual(aead.open(key, nonce, sealed, associated), plaintext);
      for (const at of [0, length >> 1, length, length + 15]) {
        assert.equal(aead.open(key, nonce, flipped(sealed, at), associated), undefined);
      }
      assert.equal(aead.open(flipped(key, 5), nonce, sealed, associated), undefined);
      assert.equal(aead.open(key, flipped(nonce, 23), sealed, associated), undefined);
      assert.equal(aead.open(key, nonce, sealed, ascii('associateD')), undefined);
      assert.equal(aead.open(key, nonce, sealed.subarray(1), associated), undefined);
    }
  });

  test(`${name}: what is too short or has no nonce is undefined, never thrown`, () => {
    for (const length of [0, 1, 15]) {
      assert.equal(aead.open(key, nonce, new Uint8Array(length), associated), undefined);
    }
    const sealed = aead.seal(key, nonce, counting(9), associated);
    assert.equal(aead.open(key, nonce.subarray(1), sealed, associated), undefined);
  });

  test(`${name}: a key or a nonce of another length is the caller's fault`, () => {
    const short = key.subarray(1);
    assert.throws(() => aead.seal(short, nonce, key, associated), RangeError);
    assert.throws(() => aead.seal(key, short, key, associated), RangeError);
    assert.throws(() => aead.open(short, nonce, key, associated), RangeError);
  });
}

/** The bytes 0, 1, 2 …, as many as asked for. */
function counting(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => i);
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const changed = new Uint8Array(bytes);
  changed[at]! ^= 1;
  return changed;
}

/** A `Buffer` is a `Uint8Array` whose `slice` shares memory: none may leave an implementation. */
function assertPlain(bytes: Uint8Array, length: number): void {
  assert.equal(Object.getPrototypeOf(bytes), Uint8Array.prototype);
  assert.equal(bytes.length, length);
}
