/** Credentials as SD-JWT VC: out, shown in part, judged by the library, and every way to bend them. */

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Attribute } from '@dsm/identity';
import { installNative } from '@dsm/node';
import { signatureContext, signatures, type KeyPair } from '@dsm/primitive';
import {
  classicalKey,
  exportCredential,
  postQuantumKey,
  presentExport,
  verifies,
  verifyExport,
  type JwsKey,
  type VerifyExportOptions,
} from '@dsm/sd-jwt';

installNative();

const pair = (seed: number): KeyPair =>
  signatures().keyPair('ml-dsa-65', new Uint8Array(32).fill(seed));
const issuer = postQuantumKey(pair(1));
const holder = postQuantumKey(pair(2));
const thief = postQuantumKey(pair(3));
const type = 'urn:example:diploma';

const attributes: readonly Attribute[] = [
  { name: 'birth-date', content: { type: 'date', value: '2001-02-28' } },
  { name: 'dsm-serial', content: { type: 'integer', value: 7n } },
  { name: 'given-name', content: { type: 'text', value: 'Maya' } },
  { name: 'grade', content: { type: 'integer', value: 17n } },
  { name: 'honours', content: { type: 'boolean', value: true } },
  { name: 'large', content: { type: 'integer', value: 1n << 100n } },
  { name: 'photo', content: { type: 'bytes', value: Uint8Array.of(1, 2, 3) } },
];

function exported(key: JwsKey = issuer, to: JwsKey = holder, expiresAt = 2_000): Promise<string> {
  return exportCredential({
    attributes,
    issuer: 'https://university.example',
    type,
    issuedAt: 1_000,
    expiresAt,
    key,
    holder: to.jwk,
  });
}

const shown = { names: ['given-name', 'grade'], nonce: 'n-1', audience: 'https://library.example' };
const expected: VerifyExportOptions = { ...shown, issuer: issuer.jwk, type, now: 1_500 };

async function presented(by: JwsKey = holder, changes: object = {}): Promise<string> {
  return presentExport(await exported(), { ...shown, issuedAt: 1_400, key: by, ...changes });
}

test('what is shown of an export is verified by the library, and the rest stays hidden', async () => {
  const compact = await presented();
  const { claims, holder: by } = await verifyExport(compact, expected);
  assert.deepEqual([claims['given-name'], claims['grade']], ['Maya', 17]);
  assert.deepEqual(by, holder.jwk);
  assert.ok(!('birth-date' in claims) && !('photo' in claims));
  for (const hidden of ['2001-02-28', 'honours']) {
    assert.ok(!compact.includes(Buffer.from(`"${hidden}"`).toString('base64url').slice(2, -2)));
  }
});

test('large numbers and bytes become texts, and nothing of the device is told', async () => {
  const names = ['large', 'photo', 'honours', 'birth-date'];
  const { claims } = await verifyExport(await presented(holder, { names }), { ...expected, names });
  assert.deepEqual(
    names.map((name) => claims[name]),
    [(1n << 100n).toString(), 'AQID', true, '2001-02-28'],
  );
  assert.ok(!Object.keys(claims).some((name) => name.startsWith('dsm-')));
});

const bent: readonly (readonly [string, () => Promise<string>, Partial<VerifyExportOptions>?])[] = [
  ['another nonce', () => presented(), { nonce: 'n-2' }],
  ['another audience', () => presented(), { audience: 'https://thief.example' }],
  ['another type', () => presented(), { type: 'urn:example:other' }],
  ['another issuer', () => presented(), { issuer: thief.jwk }],
  ['an attribute that is not shown', () => presented(), { names: ['honours'] }],
  ['after its end', () => presented(), { now: 3_000 }],
  ['another holder', () => presented(thief)],
  ['no holder', async () => (await presented()).replace(/[^~]*$/, '')],
  ['a claim changed', async () => (await presented()).replace(/~[\w-]{8}/, '~AAAAAAAA')],
];
for (const [what, make, changes] of bent) {
  test(`refused: ${what}`, async () => {
    await assert.rejects(async () => verifyExport(await make(), { ...expected, ...changes }));
  });
}

test('a classical key is possible, and says that it is one', async () => {
  const pairs = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
    'sign',
    'verify',
  ]);
  const key = await classicalKey(pairs);
  assert.equal(key.algorithm, 'ES256');
  const compact = await presentExport(await exported(key, key), {
    ...shown,
    issuedAt: 1_400,
    key,
  });
  const { claims } = await verifyExport(compact, { ...expected, issuer: key.jwk });
  assert.equal(claims['grade'], 17);
  await assert.rejects(verifyExport(compact, expected), 'not under the post-quantum key');
});

test('a signature of dsm is no JWS, and a JWS is none of dsm', async () => {
  const { publicKey, secretKey } = pair(1);
  const bytes = new Uint8Array(32).fill(9);
  const context = signatureContext(0x5a, 1, new Uint8Array(32));
  const ofDsm = signatures().sign(secretKey, bytes, context);
  assert.ok(!(await verifies(issuer.jwk, bytes, ofDsm)));
  const jws = await issuer.sign(bytes);
  assert.ok(await verifies(issuer.jwk, bytes, jws));
  assert.ok(!signatures().verify('ml-dsa-65', publicKey, bytes, jws, context));
});

test('keys that are none verify nothing, and names with a meaning are refused', async () => {
  const jws = await issuer.sign(new Uint8Array(1));
  for (const jwk of [undefined, 'x', {}, { kty: 'AKP', alg: 'ML-DSA-65', pub: 'AA' }]) {
    assert.ok(!(await verifies(jwk, new Uint8Array(1), jws)));
  }
  assert.ok(!(await verifies({ kty: 'EC', crv: 'P-256', x: '', y: '' }, jws, jws)));
  await assert.rejects(
    exportCredential({
      attributes: [{ name: 'exp', content: { type: 'integer', value: 1n } }],
      issuer: 'x',
      type,
      issuedAt: 1,
      key: issuer,
      holder: holder.jwk,
    }),
    RangeError,
  );
});
