/** Presentations: what a verifier is told, and every refusal by the one thing that brings it about. */

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compare, registriesOf } from '@dsm/primitive';
import { cardOf, flipped, installFakes, named, network, nodesOf } from '@dsm/primitive/fixture';
import { tokenId } from '@dsm/protocols';

import {
  ownNames,
  schemaDigest,
  schemaOf,
  type AttributeType,
  type Schema,
} from '../src/attributes.ts';
import { challenge } from '../src/challenge.ts';
import { credentialDigest, issuanceOf } from '../src/credential.ts';
import {
  checkPresentation,
  newPresentation,
  presentation,
  presentationRefusals,
  type Expected,
  type PresentationBody,
} from '../src/presentation.ts';
import {
  asked,
  askedBytes,
  changed,
  credentialOf,
  diploma,
  expected,
  firstCard,
  laterCard,
  presented,
  said,
  showing,
  signedBy,
  stranger,
  student,
  university,
  withBody,
} from './credential-scene.ts';

installFakes();

const made = credentialOf();
const registries = registriesOf(nodesOf(1).registry);
const withDevice = { names: ['given-name', 'grade', ownNames.device] };

/** What a verifier says of it. */
function verdict(bytes: Uint8Array, changes: Partial<Expected> = {}): string {
  const checked = checkPresentation(bytes, { ...expected, ...changes });
  return checked.ok ? `by ${checked.value.holder}` : checked.refusal;
}

/** What the student says, changed, and signed over as it is then. */
function resigned(changes: Partial<PresentationBody>): Uint8Array {
  const body = newPresentation(made, showing(student))!;
  return presentation.encode(signedBy(student, { ...body, ...changes }));
}

test('a verifier is told what is shown, and nothing of the rest but how much there may be', () => {
  const bytes = presented();
  const checked = checkPresentation(bytes, {
    ...expected,
    schema: schemaOf(said.toSorted(byName)),
  });
  assert.ok(checked.ok);
  const { attributes, hiddenMax, holder, device, issued, credential } = checked.value;
  assert.deepEqual(
    attributes.map(({ name, content }) => [name, content.value]),
    [
      ['given-name', 'Maya'],
      ['grade', 17n],
    ],
  );
  assert.deepEqual([hiddenMax, holder, device, issued], [6, 'issuer', undefined, undefined]);
  assert.deepEqual(credential, credentialDigest(made.body));
  for (const hidden of ['2001-02-28', 'birth-date', 'honours']) {
    assert.ok(!Buffer.from(bytes).includes(hidden), `${hidden} is not in the bytes`);
  }
  assert.ok(!Buffer.from(bytes).includes(student.id), 'nor the device');
  assert.ok(bytes.length <= 12_000, `${bytes.length} bytes`);
});

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1);

test('who shows the serial shows which issue to look for', () => {
  const bytes = presented(student, { names: [...asked.wanted.names, ownNames.serial] });
  const checked = checkPresentation(bytes, expected);
  assert.ok(checked.ok);
  assert.deepEqual(checked.value.issued, { serial: 7n, anchor: issuanceOf(made) });
});

test('after a change of keys the card of the device binds', () => {
  const bytes = presented(changed, { ...withDevice, card: laterCard });
  assert.equal(verdict(bytes), 'by card');
  assert.equal(verdict(bytes, { card: laterCard }), 'by card');
  const without = presented(changed, withDevice);
  assert.equal(verdict(without, { card: laterCard }), 'by card', 'whoever has the card needs none');
});

test('what a credential says of itself is in no schema, and shown beside one', () => {
  const bytes = presented(student, { ...withDevice, card: firstCard });
  assert.equal(verdict(bytes, { schema: schemaOf(made.attributes) }), 'by card');
});

test('a card that nothing was held to is not told', () => {
  const checked = checkPresentation(presented(student, { card: firstCard }), expected);
  assert.ok(checked.ok);
  assert.equal(checked.value.card, undefined);
});

test('a later card that comes along binds, and an earlier one does not', () => {
  const later = presented(changed, { ...withDevice, card: laterCard });
  assert.equal(verdict(later, { card: firstCard }), 'by card');
  const earlier = presented(student, { ...withDevice, card: firstCard });
  assert.equal(verdict(earlier, { card: laterCard }), 'retired-key');
  const unsigned = { ...laterCard, signature: flipped(laterCard.signature) };
  const forged = presented(changed, { ...withDevice, card: unsigned });
  assert.equal(verdict(forged, { card: firstCard }), 'card');
});

test('the device is shown by its card, also with the key that the issuer named', () => {
  assert.equal(verdict(presented(student, { ...withDevice, card: firstCard })), 'by card');
});

test('a one-time key presents alone, and for its device the working key does', () => {
  const once = credentialOf({ key: stranger.writer });
  assert.equal(verdict(presented(stranger, {}, once)), 'by issuer');
  assert.equal(verdict(presented(student, { ...withDevice, card: firstCard }, once)), 'by card');
  assert.equal(verdict(presented(student, {}, once)), 'holder');
});

const committee = {
  ...diploma,
  members: [university.writer, stranger.writer].toSorted(compare),
  threshold: 2,
};
const series = { ...diploma, form: 1 as const };
const shownOnly = newPresentation(made, showing(student))!;

/** A schema of a name and one thing more: ascending, as schemas are. */
function schemaWith(name: string, type: AttributeType): Schema {
  return [
    { name: 'given-name', type: 'text' },
    { name, type },
  ];
}

const bent: Record<
  keyof typeof presentationRefusals,
  readonly (readonly [Uint8Array, Partial<Expected>?])[]
> = {
  network: [[presented(student, {}, withBody({ network: named('other') }))]],
  token: [
    [presented(student, {}, withBody({ token: named('other') }))],
    [presented(), { policy: { ...diploma, ticker: 'DOP' } }],
  ],
  form: [[presented(student, {}, withBody({ token: tokenId(series) })), { policy: series }]],
  committee: [
    [presented(student, {}, withBody({ token: tokenId(committee) })), { policy: committee }],
  ],
  issuer: [[presented(student, {}, credentialOf({}, stranger))]],
  nonce: [[presented(student, { nonce: named('earlier') })]],
  audience: [[presented(student, { audience: 'https://thief.example' })]],
  schema: [
    [
      presented(),
      {
        schema: [
          { name: 'given-name', type: 'text' },
          { name: 'grade', type: 'integer' },
        ],
      },
    ],
    ...[schemaWith('grade', 'text'), schemaWith('level', 'integer')].map(
      (schema) =>
        [presented(student, {}, withBody({ schema: schemaDigest(schema) })), { schema }] as const,
    ),
    [presented(), { schema: [{ name: 'grade', type: 'integer' }] }],
    [
      presented(student, {}, withBody({ schema: schemaDigest([{ name: 'grade', type: 'text' }]) })),
      { schema: [{ name: 'grade', type: 'text' }] },
    ],
  ],
  missing: [[presented(student, { names: ['grade'] })]],
  device: [
    [presented(), { card: firstCard }],
    [presented(student, withDevice), { card: cardOf(stranger) }],
  ],
  'retired-key': [[presented(student, withDevice), { card: laterCard }]],
  holder: [
    [presented(student, withDevice)],
    [presented(stranger)],
    [presented(changed, withDevice)],
    [presented(changed, { card: laterCard })],
    [presented(stranger, { ...withDevice, card: cardOf(stranger) })],
    [presented(stranger, { ...withDevice, card: laterCard })],
  ],
  card: [
    [
      presented(changed, {
        ...withDevice,
        card: { ...laterCard, signature: flipped(laterCard.signature) },
      }),
    ],
    [
      presented(changed, {
        ...withDevice,
        card: { ...laterCard, body: { ...laterCard.body, incarnation: 1 } },
      }),
      { registries },
    ],
  ],
  proof: [
    [resigned({ proof: shownOnly.proof.toReversed() })],
    [resigned({ proof: [] })],
    [
      resigned({
        shown: [
          {
            ...shownOnly.shown[0]!,
            attribute: { name: 'given-name', content: { type: 'text', value: 'Mia' } },
          },
          shownOnly.shown[1]!,
        ],
      }),
    ],
    [resigned({ body: { ...made.body, root: named('root') } })],
  ],
  'issuer-signature': [
    [resigned({ issuer: { ...made.issuer, signature: flipped(made.issuer.signature) } })],
  ],
  signature: [
    [presentation.encode({ said: shownOnly, signature: new Uint8Array(3_309) })],
    [presentation.encode({ ...signedBy(stranger, shownOnly), said: shownOnly })],
  ],
};

for (const [refusal, claims] of Object.entries(bent)) {
  for (const [i, [bytes, changes]] of claims.entries()) {
    test(`refused: ${refusal} ${i}`, () => assert.equal(verdict(bytes, changes), refusal));
  }
}

test('every refusal has its sentence', () => {
  assert.deepEqual(Object.keys(bent), Object.keys(presentationRefusals));
});

test('nothing that was signed can be changed afterwards', () => {
  const bytes = presented();
  for (let at = 0; at < bytes.length; at += 97) {
    assert.notEqual(verdict(flipped(bytes, at)), 'by issuer', `byte ${at}`);
  }
  assert.equal(verdict(bytes.slice(1)), 'unknown-version');
  assert.equal(verdict(askedBytes), 'wrong-kind');
});

test('what a credential does not say cannot be shown', () => {
  assert.equal(newPresentation(made, showing(student, { names: ['shoe-size'] })), undefined);
  assert.ok(newPresentation(made, showing(student, { names: [] })) !== undefined);
});

test('a challenge says who asks for what', () => {
  assert.deepEqual(challenge.decode(askedBytes), { ok: true, value: asked });
  const login = { ...asked, wanted: undefined };
  assert.deepEqual(challenge.decode(challenge.encode(login)), { ok: true, value: login });
  assert.deepEqual(asked.network, network);
});
