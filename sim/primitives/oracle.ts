/**
 * XChaCha20-Poly1305 once more, from OpenSSL's ChaCha20-Poly1305 and HChaCha20 as its draft defines
 * it: the second opinion on the only primitive for which this project has one implementation.
 */

import { createCipheriv, createDecipheriv } from 'node:crypto';

const tagBytes = 16;

export function oracleSeal(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associated: Uint8Array,
): Uint8Array {
  const cipher = createCipheriv('chacha20-poly1305', ...inner(key, nonce), {
    authTagLength: tagBytes,
  });
  cipher.setAAD(associated, { plaintextLength: plaintext.length });
  const body = Buffer.concat([cipher.update(plaintext), cipher.final()]);
  return new Uint8Array(Buffer.concat([body, cipher.getAuthTag()]));
}

export function oracleOpen(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  associated: Uint8Array,
): Uint8Array | undefined {
  const body = sealed.subarray(0, sealed.length - tagBytes);
  const cipher = createDecipheriv('chacha20-poly1305', ...inner(key, nonce), {
    authTagLength: tagBytes,
  });
  cipher.setAAD(associated, { plaintextLength: body.length });
  cipher.setAuthTag(sealed.subarray(body.length));
  try {
    return new Uint8Array(Buffer.concat([cipher.update(body), cipher.final()]));
  } catch {
    // The tag does not fit.
    return undefined;
  }
}

/** The key and the nonce of the inner cipher: HChaCha20 over the first 16 bytes, then the rest. */
function inner(key: Uint8Array, nonce: Uint8Array): readonly [key: Uint8Array, nonce: Uint8Array] {
  const view = new DataView(concatOf(key, nonce.subarray(0, 16)).buffer);
  const state = new Uint32Array(16);
  state.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  for (let i = 0; i < 12; i++) state[4 + i] = view.getUint32(i * 4, true);
  for (let round = 0; round < 10; round++) doubleRound(state);
  const output = new DataView(new ArrayBuffer(32));
  for (let i = 0; i < 4; i++) {
    output.setUint32(i * 4, state[i]!, true);
    output.setUint32(16 + i * 4, state[12 + i]!, true);
  }
  return [new Uint8Array(output.buffer), concatOf(new Uint8Array(4), nonce.subarray(16))];
}

function doubleRound(state: Uint32Array): void {
  for (let i = 0; i < 4; i++) quarterRound(state, i, 4 + i, 8 + i, 12 + i);
  for (let i = 0; i < 4; i++) {
    quarterRound(state, i, 4 + ((i + 1) & 3), 8 + ((i + 2) & 3), 12 + ((i + 3) & 3));
  }
}

function quarterRound(state: Uint32Array, a: number, b: number, c: number, d: number): void {
  for (const [first, second] of [
    [16, 12],
    [8, 7],
  ] as const) {
    state[a] = state[a]! + state[b]!;
    state[d] = turned(state[d]! ^ state[a]!, first);
    state[c] = state[c]! + state[d]!;
    state[b] = turned(state[b]! ^ state[c]!, second);
  }
}

function turned(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}

function concatOf(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
