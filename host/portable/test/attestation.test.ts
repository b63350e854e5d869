/** Each refusal of an attestation, with proofs made by WebCrypto. */

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import type { AttestationKey, AttestationProof } from '@dsm/identity';
import { checkAttestation } from '../src/attestation.ts';

const challenge = new Uint8Array(32).fill(0xfb);
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const rsa = (bits: number) =>
  ({
    name: 'RSASSA-PKCS1-v1_5',
    hash: 'SHA-256',
    modulusLength: bits,
    publicExponent: Uint8Array.of(1, 0, 1),
  }) as const;

interface Signer {
  readonly key: AttestationKey;
  readonly sign: (bytes: Uint8Array) => Promise<Uint8Array>;
}

async function signer(how: typeof ecdsa | ReturnType<typeof rsa>): Promise<Signer> {
  const pair = await crypto.subtle.generateKey(how, false, ['sign', 'verify']);
  const publicKey = new Uint8Array(await crypto.subtle.exportKey('spki', pair.publicKey));
  return {
    key: { algorithm: how.name === 'ECDSA' ? 1 : 2, publicKey },
    sign: async (bytes) =>
      new Uint8Array(await crypto.subtle.sign(how, pair.privateKey, Uint8Array.from(bytes))),
  };
}

const curve = await signer(ecdsa);

test('ECDSA and RSA hold for their challenge and for no other', async () => {
  for (const { key, sign } of [curve, await signer(rsa(2_048))]) {
    const proof: AttestationProof = { type: 'plain', signature: await sign(challenge) };
    assert.equal(await checkAttestation({ key, proof }, challenge), undefined);
    assert.equal(await checkAttestation({ key, proof }, new Uint8Array(32)), 'signature');
    const short: AttestationProof = { type: 'plain', signature: proof.signature.slice(1) };
    assert.equal(await checkAttestation({ key, proof: short }, challenge), 'signature');
  }
});

test('a key is one of its algorithm, in its one encoding, and long enough', async () => {
  const proof: AttestationProof = { type: 'plain', signature: await curve.sign(challenge) };
  const { publicKey } = curve.key;
  const keys: readonly AttestationKey[] = [
    { algorithm: 2, publicKey },
    { algorithm: 1, publicKey: publicKey.slice(1) },
    { algorithm: 1, publicKey: Uint8Array.of(...publicKey, 0) },
    { algorithm: 1, publicKey: new Uint8Array(0) },
    { algorithm: 1, publicKey: compressed(publicKey) },
    (await signer(rsa(1_024))).key,
  ];
  for (const key of keys) assert.equal(await checkAttestation({ key, proof }, challenge), 'key');
});

/** The same point, written in half of the bytes: another digest for the same key, if it were taken. */
function compressed(publicKey: Uint8Array): Uint8Array {
  const point = publicKey.slice(-65);
  const head = Uint8Array.from(publicKey.slice(0, -65));
  head[1]! -= 32;
  head[head.length - 2]! -= 32;
  return Uint8Array.of(...head, 2 + (point[64]! & 1), ...point.slice(1, 33));
}

interface Said {
  readonly type?: string;
  readonly challenge?: string;
}

async function assertion(
  flags: number,
  said: Said | string,
  length = 37,
): Promise<AttestationProof> {
  const authenticatorData = new Uint8Array(length);
  if (length > 32) authenticatorData[32] = flags;
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  const clientData = new TextEncoder().encode(text);
  const digest = createHash('sha256').update(clientData).digest();
  const signature = await curve.sign(Uint8Array.of(...authenticatorData, ...digest));
  return { type: 'assertion', authenticatorData, clientData, signature };
}

const right: Said = {
  type: 'webauthn.get',
  challenge: Buffer.from(challenge).toString('base64url'),
};

test('an assertion is about the challenge, and somebody was there', async () => {
  const { key } = curve;
  const outcomes: readonly (readonly [AttestationProof, string | undefined])[] = [
    [await assertion(5, right), undefined],
    [await assertion(5, right, 60), undefined],
    [await assertion(4, right), 'user'],
    [await assertion(1, right), 'user'],
    [await assertion(5, right, 36), 'assertion'],
    [await assertion(5, { ...right, type: 'webauthn.create' }), 'assertion'],
    [await assertion(5, 'no JSON'), 'assertion'],
    [await assertion(5, 'null'), 'assertion'],
    [await assertion(5, { ...right, challenge: 'AAAA' }), 'challenge'],
    [await assertion(5, { type: 'webauthn.get' }), 'challenge'],
  ];
  for (const [proof, expected] of outcomes) {
    assert.equal(await checkAttestation({ key, proof }, challenge), expected);
  }
  const good = await assertion(5, right);
  assert.ok(good.type === 'assertion');
  const changed = { ...good, clientData: Uint8Array.of(...good.clientData, 0x20) };
  assert.equal(await checkAttestation({ key, proof: changed }, challenge), 'signature');
});
