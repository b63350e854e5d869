/**
 * The small set of known answers that every clone has: vectors/primitives/*.json.
 *
 *     node host/portable/test/own-vectors.ts     writes the files again, to the same bytes
 *
 * The public vectors (Wycheproof, ACVP, BLAKE3) are ten times as many and lie outside of the
 * repository; these are a few of each kind, made by the portable libraries without fresh
 * randomness, so that anyone can make them again. A case that is not valid is a valid one with a
 * bit turned over, cut short or made longer: what differs is said, not stored.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { xchacha20poly1305 } from '@noble/ciphers/chacha.js';
import { blake3 } from '@noble/hashes/blake3.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { ml_dsa65 } from '@noble/post-quantum/ml-dsa.js';
import { ml_kem768 } from '@noble/post-quantum/ml-kem.js';
import { slh_dsa_sha2_128f, slh_dsa_sha2_128s } from '@noble/post-quantum/slh-dsa.js';
import { ascii } from '@dsm/primitive';

const text = (bytes: Uint8Array): string => bytes.toBase64({ alphabet: 'base64url' });

/** Bytes that stand for a thing of this name, as many as are asked for. */
function drawn(name: string, length: number): Uint8Array {
  return blake3(ascii(`own vectors: ${name}`), { dkLen: length });
}

function hashes(): object {
  const lengths = [0, 1, 31, 32, 63, 64, 65, 127, 128, 129, 1_023, 1_024, 1_025, 2_048, 2_049];
  const longer = [3_072, 4_096, 4_097, 8_192, 16_385, 31_744, 102_400, 1_048_576, 1_048_577];
  return {
    primitive: 'BLAKE3-256 of bytes i mod 251',
    cases: [...lengths, ...longer].map((length) => ({
      length,
      hash: text(blake3(Uint8Array.from({ length }, (_, i) => i % 251))),
    })),
  };
}

const libraries = {
  'ml-dsa-65': { library: ml_dsa65, seed: 32, count: 4 },
  'slh-dsa-sha2-128f': { library: slh_dsa_sha2_128f, seed: 48, count: 1 },
  'slh-dsa-sha2-128s': { library: slh_dsa_sha2_128s, seed: 48, count: 1 },
} as const;

function signatures(algorithm: keyof typeof libraries): object {
  const { library, seed: seedBytes, count } = libraries[algorithm];
  const cases = Array.from({ length: count }, (_, n) => {
    const seed = drawn(`${algorithm} seed ${n}`, seedBytes);
    const message = drawn(`message ${n}`, [32, 0, 1, 300][n]!);
    const context = drawn(`context ${n}`, [34, 0, 255, 1][n]!);
    const { publicKey, secretKey } = library.keygen(seed);
    const signature = library.sign(message, secretKey, { context, extraEntropy: false });
    return {
      seed: text(seed),
      publicKeySha256: text(sha256(publicKey)),
      message: text(message),
      context: text(context),
      signature: text(signature),
    };
  });
  return { primitive: algorithm, cases };
}

function kem(): object {
  const cases = Array.from({ length: 3 }, (_, n) => {
    const seed = drawn(`kem seed ${n}`, 64);
    const { publicKey, secretKey } = ml_kem768.keygen(seed);
    const { cipherText, sharedSecret } = ml_kem768.encapsulate(publicKey, drawn(`m ${n}`, 32));
    const foreign = cipherText.with(n * 400, cipherText[n * 400]! ^ 1);
    return {
      seed: text(seed),
      publicKeySha256: text(sha256(publicKey)),
      ciphertext: text(cipherText),
      secret: text(sharedSecret),
      /** The secret that nobody knows, of the ciphertext with this bit turned over. */
      foreign: { bit: n * 3_200, secret: text(ml_kem768.decapsulate(foreign, secretKey)) },
    };
  });
  return { primitive: 'ML-KEM-768', cases };
}

function aead(): object {
  const cases = [0, 1, 63, 64, 65, 1_000].map((length, n) => {
    const key = drawn(`aead key ${n}`, 32);
    const nonce = drawn(`aead nonce ${n}`, 24);
    const associated = drawn(`associated ${n}`, [0, 12, 16, 17, 100, 1][n]!);
    const plaintext = drawn(`plaintext ${n}`, length);
    const sealed = xchacha20poly1305(key, nonce, associated).encrypt(plaintext);
    return {
      key: text(key),
      nonce: text(nonce),
      associated: text(associated),
      plaintext: text(plaintext),
      sealed: text(sealed),
    };
  });
  return { primitive: 'XChaCha20-Poly1305', cases };
}

const files: Readonly<Record<string, () => object>> = {
  'blake3.json': hashes,
  'ml-dsa-65.json': () => signatures('ml-dsa-65'),
  'slh-dsa-sha2-128f.json': () => signatures('slh-dsa-sha2-128f'),
  'slh-dsa-sha2-128s.json': () => signatures('slh-dsa-sha2-128s'),
  'ml-kem-768.json': kem,
  'xchacha20-poly1305.json': aead,
};

const folder = join(import.meta.dirname, '..', '..', '..', 'vectors', 'primitives');
mkdirSync(folder, { recursive: true });
for (const [name, make] of Object.entries(files)) {
  writeFileSync(join(folder, name), `${JSON.stringify(make(), undefined, 1)}\n`);
}
