/** Credentials: what a holder accepts, and every refusal by the one thing that brings it about. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { authorises, compare, kinds, registriesOf, slotKey } from '@dsm/primitive';
import {
  authorisationOf,
  certificateOf,
  flipped,
  installFakes,
  named,
  nodesOf,
} from '@dsm/primitive/fixture';
import { tokenId } from '@dsm/protocols';

import { attributeRoot, depthFor, ownNames, saltAt } from '../src/attributes.ts';
import {
  checkCredential,
  credential,
  credentialDigest,
  credentialRefusals,
  issuanceAnchor,
  issuanceOf,
  isRevokedBy,
  newCredential,
  revocationPlace,
  revocationValue,
  type Credential,
  type CredentialRefusal,
} from '../src/credential.ts';
import {
  credentialOf,
  diploma,
  said,
  signedBody,
  stranger,
  student,
  token,
  university,
  withBody,
} from './credential-scene.ts';

installFakes();

const made = credentialOf();

test('a credential holds, and its bytes are one way to say it', () => {
  assert.equal(checkCredential(made, diploma), undefined);
  assert.deepEqual(credential.decode(credential.encode(made)), { ok: true, value: made });
  assert.deepEqual(
    made.attributes.map(({ name }) => name),
    ['birth-date', 'dsm-device', 'dsm-serial', 'given-name', 'grade', 'honours', 'photo'],
  );
});

const renamed = (from: string, to: string): Credential => {
  const attributes = made.attributes
    .map((one) => (one.name === from ? { ...one, name: to } : one))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return rooted(attributes);
};

/** Whatever attributes they are, with the root and the schema that follow, signed. */
function rooted(attributes: Credential['attributes']): Credential {
  const { seed, body } = made;
  const own = new Set<string>(Object.values(ownNames));
  const given = attributes.filter(({ name }) => !own.has(name) && !name.startsWith('dsm-'));
  const base = newCredential({
    network: body.network,
    token: body.token,
    device: student.id,
    serial: 7n,
    key: body.key,
    seed,
    attributes: given,
  })!;
  const root = rootOf(seed, attributes);
  const next = { ...base.body, root };
  return { body: next, seed, attributes, issuer: signedBody(university, next) };
}

function rootOf(seed: Uint8Array, attributes: Credential['attributes']): Uint8Array {
  return attributeRoot(seed, attributes, depthFor(attributes.length)!);
}

const bent: Record<CredentialRefusal, readonly Credential[]> = {
  network: [withBody({ network: named('other') })],
  token: [withBody({ token: named('other') })],
  form: [],
  committee: [],
  issuer: [credentialOf({}, stranger)],
  tree: [
    { ...made, seed: flipped(made.seed) },
    { ...made, attributes: made.attributes.slice(1) },
    withBody({ depth: 4 }),
    withBody({ depth: 5, root: attributeRoot(made.seed, made.attributes, 5) }),
    withBody({ root: named('root') }),
  ],
  schema: [withBody({ schema: named('schema') })],
  own: [
    renamed(ownNames.device, 'dsm-else'),
    renamed(ownNames.serial, 'dsm-number'),
    credentialOf({ serial: 0n }),
    credentialOf({ device: new Uint8Array(31) }),
    rooted(
      [
        ...made.attributes,
        { name: 'dsm-more', content: { type: 'boolean', value: true } } as const,
      ].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    ),
  ],
  signature: [
    { ...made, issuer: { ...made.issuer, signature: flipped(made.issuer.signature) } },
    { ...made, issuer: signedBody(university, { ...made.body, key: named('key') }) },
  ],
};

for (const [refusal, claims] of Object.entries(bent)) {
  for (const [i, claim] of claims.entries()) {
    test(`refused: ${refusal} ${i}`, () => {
      assert.equal(checkCredential(claim, diploma), refusal);
    });
  }
}

test('only a token of credentials with one issuer has any', () => {
  for (const [change, refusal] of [
    [{ form: 1 }, 'form'],
    [
      { members: [university.writer, stranger.writer].toSorted(compare), threshold: 2 },
      'committee',
    ],
  ] as const) {
    const policy = { ...diploma, ...change };
    const claim = withBody({ token: tokenId(policy) });
    assert.equal(checkCredential(claim, policy), refusal);
  }
});

test('every refusal has its sentence', () => {
  assert.deepEqual(Object.keys(bent), Object.keys(credentialRefusals));
});

test('nobody makes a credential with names of its own, twice the same, or too many', () => {
  const base = {
    network: made.body.network,
    token,
    device: student.id,
    serial: 1n,
    key: student.writer,
    seed: made.seed,
  };
  const many = (count: number): typeof said =>
    Array.from({ length: count }, (_, i) => ({
      name: `a${i}`,
      content: { type: 'boolean', value: true },
    }));
  assert.ok(newCredential({ ...base, attributes: many(62) }) !== undefined);
  assert.equal(newCredential({ ...base, attributes: many(63) }), undefined);
  assert.equal(newCredential({ ...base, attributes: [said[0]!, said[0]!] }), undefined);
  const own = { name: 'dsm-serial', content: { type: 'integer', value: 1n } } as const;
  assert.equal(newCredential({ ...base, attributes: [own] }), undefined);
  const like = { ...own, name: 'dsm-else' };
  assert.equal(newCredential({ ...base, attributes: [like] }), undefined);
});

test('the anchor of its issue says nothing without the salt of the serial', () => {
  const digest = credentialDigest(made.body);
  const index = made.attributes.findIndex(({ name }) => name === ownNames.serial);
  assert.deepEqual(issuanceOf(made), issuanceAnchor(digest, saltAt(made.seed, index)));
  assert.notDeepEqual(issuanceOf(made), issuanceAnchor(digest, saltAt(made.seed, 0)));
});

test('a certificate shows a revocation without nodes, and of this credential alone', () => {
  const nodes = nodesOf(1);
  const registries = registriesOf(nodes.registry);
  const key = slotKey(revocationPlace(university.writer, made.body));
  const by = (value: Uint8Array, of = made): boolean =>
    isRevokedBy(certificateOf(nodes, { key, value }), of.body, university.writer, registries);
  assert.ok(by(revocationValue(made.body)));
  assert.ok(!by(named('something else')));
  assert.ok(!by(revocationValue(made.body), credentialOf({ serial: 8n })));
});

test('only the issuer revokes, each credential at a place of its own', () => {
  const place = revocationPlace(university.writer, made.body);
  const value = revocationValue(made.body);
  const by = (who: typeof university): boolean =>
    authorises(
      made.body.network,
      place,
      value,
      authorisationOf(who, [{ key: slotKey(place), value }], 0, kinds.revocation),
    );
  assert.ok(by(university));
  assert.ok(!by(stranger));
  const other = credentialOf({ serial: 8n });
  assert.notDeepEqual(slotKey(revocationPlace(university.writer, other.body)), slotKey(place));
});
