/**
 * Known answers: the public test vectors of the primitives, run against an implementation.
 *
 *     blake3.json                        official test vectors of BLAKE3
 *     mldsa_65_verify.json               Wycheproof, ML-DSA-65
 *     mldsa_65_sign_seed.json            Wycheproof, ML-DSA-65
 *     SLH-DSA-keyGen-FIPS205.*.json.gz   ACVP, FIPS 205 key generation
 *     mlkem_768*.json                    Wycheproof and CCTV, ML-KEM-768
 *     xchacha20_poly1305.json            Wycheproof, XChaCha20-Poly1305
 *
 * They are read in place, from the folder that the environment variable DSM_VECTORS names or from
 * `../shared/vectors` beside the repository. Where a file is missing, its test is skipped and says so.
 */

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { concat, sizes, type Algorithm, type Hash, type Signatures } from '@dsm/primitive';
import type { Aead, Kem } from '../sealing.ts';

/** Vectors in the files are written in hexadecimal. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.fromHex(text);
}

/** The case of a Wycheproof file, its fields still text. */
export interface VectorCase {
  readonly tcId: number;
  readonly comment?: string;
  readonly result: 'valid' | 'invalid';
  readonly [field: string]: unknown;
}

export interface VectorGroup {
  readonly tests: readonly VectorCase[];
  readonly [field: string]: unknown;
}

export interface VectorFile {
  readonly testGroups: readonly VectorGroup[];
  readonly [field: string]: unknown;
}

/** A test that reads the files; `run` gets them parsed, in this order. */
export function vectorTest(
  name: string,
  files: readonly string[],
  run: (...parsed: readonly VectorFile[]) => void,
): void {
  const missing = files.filter((file) => !existsSync(pathOf(file)));
  const skip = missing.length > 0 ? `no ${missing.join(', ')}: set DSM_VECTORS` : false;
  test(`${name} (${files.join(', ')})`, { skip }, () => run(...files.map(parsed)));
}

export function hashVectors(name: string, hash: Hash): void {
  vectorTest(`${name}: official vectors`, ['blake3.json'], (file) => {
    const cases = file['cases'] as readonly { input_len: number; hash: string }[];
    assert.ok(cases.length > 0);
    for (const { input_len: length, hash: expected } of cases) {
      const input = Uint8Array.from({ length }, (_, i) => i % 251);
      assert.deepEqual(hash.blake3(input), fromHex(expected).slice(0, 32), `${length} bytes`);
    }
  });
}

export function mlDsaVectors(name: string, signatures: Signatures): void {
  vectorTest(`${name}: ML-DSA-65 verify`, ['mldsa_65_verify.json'], (file) => {
    each(file, (group, one) => {
      const verified = signatures.verify(
        'ml-dsa-65',
        bytesOf(group, 'publicKey'),
        bytesOf(one, 'msg'),
        bytesOf(one, 'sig'),
        bytesOf(one, 'ctx'),
      );
      assert.equal(verified, one.result === 'valid', label(one));
    });
  });

  vectorTest(`${name}: ML-DSA-65 seeds and signatures`, ['mldsa_65_sign_seed.json'], (file) => {
    each(file, (group, one) => {
      const seed = bytesOf(group, 'privateSeed');
      if (seed.length !== sizes['ml-dsa-65'].seed) {
        assert.equal(one.result, 'invalid');
        assert.throws(() => signatures.keyPair('ml-dsa-65', seed), RangeError, label(one));
        return;
      }
      const { publicKey, secretKey } = signatures.keyPair('ml-dsa-65', seed);
      assert.deepEqual(publicKey, bytesOf(group, 'publicKey'), label(one));
      // Cases of the internal interface sign a digest that ours cannot be given.
      if (one['msg'] === undefined) return;
      const [message, context] = [bytesOf(one, 'msg'), bytesOf(one, 'ctx')];
      const verify = (by: Uint8Array): boolean =>
        signatures.verify('ml-dsa-65', publicKey, message, by, context);
      assert.equal(verify(bytesOf(one, 'sig')), one.result === 'valid', label(one));
      if (one.result === 'valid') {
        assert.ok(verify(signatures.sign(secretKey, message, context)), label(one));
      } else {
        assert.throws(() => signatures.sign(secretKey, message, context), RangeError, label(one));
      }
    });
  });
}

export function slhDsaVectors(name: string, signatures: Signatures): void {
  const file = (part: string): string => `SLH-DSA-keyGen-FIPS205.${part}.json.gz`;
  const ours: Readonly<Record<string, Algorithm>> = {
    'SLH-DSA-SHA2-128s': 'slh-dsa-sha2-128s',
    'SLH-DSA-SHA2-128f': 'slh-dsa-sha2-128f',
  };
  const files = [file('prompt'), file('expectedResults')];
  vectorTest(`${name}: SLH-DSA key generation`, files, (prompt, expected) => {
    const publicKeys = new Map<number, Uint8Array>();
    each(expected!, (_, one) => publicKeys.set(one.tcId, bytesOf(one, 'pk')));
    let run = 0;
    each(prompt!, (group, one) => {
      const algorithm = ours[group['parameterSet'] as string];
      if (algorithm === undefined) return;
      const seed = concat(bytesOf(one, 'skSeed'), bytesOf(one, 'skPrf'), bytesOf(one, 'pkSeed'));
      const { publicKey } = signatures.keyPair(algorithm, seed);
      assert.deepEqual(publicKey, publicKeys.get(one.tcId), label(one));
      run++;
    });
    assert.ok(run > 0);
  });
}

export function kemVectors(name: string, kem: Kem): void {
  vectorTest(`${name}: ML-KEM-768 key generation`, ['mlkem_768_keygen_seed.json'], (file) => {
    each(file, (_, one) => {
      assert.deepEqual(kem.keyPair(bytesOf(one, 'seed')).publicKey, bytesOf(one, 'ek'), label(one));
    });
  });

  vectorTest(`${name}: ML-KEM-768 decapsulation`, ['mlkem_768.json'], (file) => {
    each(file, (_, one) => {
      const seed = bytesOf(one, 'seed');
      if (seed.length !== 64) {
        assert.equal(one.result, 'invalid');
        assert.throws(() => kem.keyPair(seed), RangeError, label(one));
        return;
      }
      const { publicKey, decapsulate } = kem.keyPair(seed);
      const expected = one.result === 'valid' ? bytesOf(one, 'K') : undefined;
      assert.deepEqual(publicKey, bytesOf(one, 'ek'), label(one));
      assert.deepEqual(decapsulate(bytesOf(one, 'c')), expected, label(one));
    });
  });

  vectorTest(`${name}: ML-KEM-768 public keys`, ['mlkem_768_encaps.json'], (file) => {
    each(file, (_, one) => {
      const encapsulated = kem.encapsulate(bytesOf(one, 'ek'));
      assert.equal(encapsulated !== undefined, one.result === 'valid', label(one));
    });
  });
}

export function aeadVectors(name: string, aead: Aead): void {
  vectorTest(`${name}: XChaCha20-Poly1305`, ['xchacha20_poly1305.json'], (file) => {
    each(file, (_, one) => {
      const [key, nonce, associated] = [
        bytesOf(one, 'key'),
        bytesOf(one, 'iv'),
        bytesOf(one, 'aad'),
      ];
      const sealed = concat(bytesOf(one, 'ct'), bytesOf(one, 'tag'));
      const opened = aead.open(key, nonce, sealed, associated);
      if (one.result === 'valid') {
        assert.deepEqual(opened, bytesOf(one, 'msg'), label(one));
        assert.deepEqual(aead.seal(key, nonce, bytesOf(one, 'msg'), associated), sealed);
      } else {
        assert.equal(opened, undefined, label(one));
      }
    });
  });
}

/** Every case of a file, with its group. A file without cases proves nothing and fails. */
export function each(file: VectorFile, check: (group: VectorGroup, one: VectorCase) => void): void {
  let count = 0;
  for (const group of file.testGroups) {
    for (const one of group.tests) {
      check(group, one);
      count++;
    }
  }
  assert.ok(count > 0);
}

/** The bytes of a field; none if there is no such field. */
export function bytesOf(of: VectorCase | VectorGroup, field: string): Uint8Array {
  return fromHex((of[field] as string | null | undefined) ?? '');
}

/** What names a case in a failure. */
export function label(one: VectorCase): string {
  return `case ${one.tcId}: ${one.comment ?? ''}`;
}

function pathOf(file: string): string {
  const beside = fileURLToPath(new URL('../../../../../shared/vectors', import.meta.url));
  return `${process.env['DSM_VECTORS'] ?? beside}/${file}`;
}

function parsed(file: string): VectorFile {
  const bytes = readFileSync(pathOf(file));
  return JSON.parse((file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString()) as VectorFile;
}
