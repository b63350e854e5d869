/**
 * Known answers that every clone has: vectors/primitives/*.json, run against an implementation.
 *
 * The public vectors (crypto-vectors.ts) are more, and may be missing; these never are. What is not
 * valid is a valid case with something changed: every field in one bit, the signature also cut
 * short and made longer.
 */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { concat, type Algorithm, type Hash, type Signatures } from '@dsm/primitive';
import type { Aead, Kem } from '../sealing.ts';

interface OwnCase {
  readonly [field: string]: string | number | OwnCase | undefined;
}

export function ownHashVectors(name: string, hash: Hash): void {
  test(`${name}: own vectors`, () => {
    for (const { length, hash: expected } of casesOf('blake3')) {
      const input = Uint8Array.from({ length: length as number }, (_, i) => i % 251);
      assert.deepEqual(hash.blake3(input), bytes(expected), `${length as number} bytes`);
    }
  });
}

export function ownSignatureVectors(
  name: string,
  signatures: Signatures,
  algorithm: Algorithm,
): void {
  test(`${name}: own vectors of ${algorithm}`, () => {
    for (const one of casesOf(algorithm)) {
      const { publicKey } = signatures.keyPair(algorithm, bytes(one['seed']));
      assert.deepEqual(sha256(publicKey), bytes(one['publicKeySha256']));
      const [message, context] = [bytes(one['message']), bytes(one['context'])];
      const signature = bytes(one['signature']);
      const verify = (
        by: Uint8Array,
        over: Uint8Array,
        under: Uint8Array,
        key: Uint8Array = publicKey,
      ): boolean => signatures.verify(algorithm, key, over, by, under);
      assert.ok(verify(signature, message, context));
      assert.ok(!verify(signature, concat(message, Uint8Array.of(0)), context));
      if (context.length < 255)
        assert.ok(!verify(signature, message, concat(context, context, Uint8Array.of(1))));
      if (message.length > 0) assert.ok(!verify(signature, flipped(message, 3), context));
      if (context.length > 0) assert.ok(!verify(signature, message, flipped(context, 0)));
      assert.ok(!verify(signature.subarray(1), message, context));
      assert.ok(!verify(concat(signature, Uint8Array.of(0)), message, context));
      for (const bit of spread(signature)) {
        assert.ok(!verify(flipped(signature, bit), message, context), `signature, bit ${bit}`);
      }
      for (const bit of spread(publicKey)) {
        assert.ok(!verify(signature, message, context, flipped(publicKey, bit)), `key, bit ${bit}`);
      }
    }
  });
}

export function ownKemVectors(name: string, kem: Kem): void {
  test(`${name}: own vectors`, () => {
    for (const one of casesOf('ml-kem-768')) {
      const { publicKey, decapsulate } = kem.keyPair(bytes(one['seed']));
      assert.deepEqual(sha256(publicKey), bytes(one['publicKeySha256']));
      const ciphertext = bytes(one['ciphertext']);
      assert.deepEqual(decapsulate(ciphertext), bytes(one['secret']));
      const { bit, secret } = one['foreign'] as OwnCase;
      assert.deepEqual(decapsulate(flipped(ciphertext, bit as number)), bytes(secret));
      assert.equal(decapsulate(ciphertext.subarray(1)), undefined);
      // Twelve bits of ones are above the modulus, so this is no public key.
      assert.equal(kem.encapsulate(publicKey.with(0, 0xff).with(1, 0xff)), undefined);
    }
  });
}

export function ownAeadVectors(name: string, aead: Aead): void {
  test(`${name}: own vectors`, () => {
    for (const one of casesOf('xchacha20-poly1305')) {
      const [key, nonce] = [bytes(one['key']), bytes(one['nonce'])];
      const [associated, plaintext] = [bytes(one['associated']), bytes(one['plaintext'])];
      const sealed = bytes(one['sealed']);
      assert.deepEqual(aead.seal(key, nonce, plaintext, associated), sealed);
      assert.deepEqual(aead.open(key, nonce, sealed, associated), plaintext);
      for (const bit of spread(sealed)) {
        assert.equal(aead.open(key, nonce, flipped(sealed, bit), associated), undefined);
      }
      assert.equal(aead.open(key, flipped(nonce, 9), sealed, associated), undefined);
      assert.equal(aead.open(flipped(key, 9), nonce, sealed, associated), undefined);
      assert.equal(aead.open(key, nonce, sealed, concat(associated, key)), undefined);
    }
  });
}

/** A dozen bits from the first to the last. */
function spread({ length }: Uint8Array): readonly number[] {
  const last = length * 8 - 1;
  return Array.from({ length: 12 }, (_, i) => Math.floor((last * i) / 11));
}

function sha256(of: Uint8Array): Uint8Array {
  return new Uint8Array(createHash('sha256').update(of).digest());
}

function flipped(of: Uint8Array, bit: number): Uint8Array {
  return of.with(bit >> 3, of[bit >> 3]! ^ (1 << (bit & 7)));
}

function bytes(text: OwnCase[string]): Uint8Array {
  return Uint8Array.fromBase64(text as string, { alphabet: 'base64url' });
}

function casesOf(primitive: string): readonly OwnCase[] {
  const path = new URL(`../../../../vectors/primitives/${primitive}.json`, import.meta.url);
  const { cases } = JSON.parse(readFileSync(fileURLToPath(path), 'utf8')) as {
    readonly cases: readonly OwnCase[];
  };
  assert.ok(cases.length > 0);
  return cases;
}
