/** Vectors of presentations and logins. */

import {
  login,
  loginDigest,
  newPresentation,
  presentation,
  presentationDigest,
  schemaCoder,
  schemaOf,
  type Credential,
  type Login,
  type Presentation,
  type PresentationBody,
  type Showing,
} from '@dsm/identity';
import { card, encodeWith, kinds } from '@dsm/primitive';
import { policy, tokenId } from '@dsm/protocols';
import {
  audience,
  made,
  nonce,
  pair,
  plain,
  policyBytes,
  real,
  series,
  withBody,
} from './credentials.ts';
import { spoiled, type Draft } from './draft.ts';
import {
  alice,
  aliceCard,
  aliceCardBytes,
  bob,
  bobCard,
  bodyOf,
  cardOf,
  dora,
  drawn,
  emil,
  network,
  signed,
  type Actor,
} from './world.ts';

/** What somebody shows: real keys sign, puppets do not. */
function showing(of: Credential, by: Actor, changes: Partial<Showing> = {}): PresentationBody {
  return newPresentation(of, {
    names: ['given-name', 'grade'],
    nonce,
    audience,
    card: undefined,
    suite: by.suite,
    publicKey: by.workingKey,
    ...changes,
  })!;
}

function signedBy(by: Actor, said: PresentationBody): Presentation {
  return { said, signature: signed(by, kinds.presentation, presentationDigest(said)) };
}

const shown = (by: Actor, changes: Partial<Showing> = {}, of = real): Presentation =>
  signedBy(by, showing(of, by, changes));
const resigned = (changes: Partial<PresentationBody>): Presentation =>
  signedBy(alice, { ...showing(real, alice), ...changes });

const judged = (
  name: string,
  comment: string,
  value: Presentation,
  expect = 'ok',
  changes: object = {},
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes: presentation.encode(value),
  given: { policy: policyBytes, nonce, audience, names: ['given-name', 'grade'], ...changes },
  ...(['ok', 'signature', 'issuer-signature', 'card'].includes(expect) && { signature: true }),
  expect,
});

const plainShown = presentation.encode(signedBy(bob, showing(plain, bob)));
const withDevice = { names: ['dsm-device', 'given-name', 'grade'] };
const once = made(dora, { key: emil.key });
const body = showing(real, alice);
const laterCard = cardOf(
  alice,
  bodyOf(alice, 'alice', {
    workingKey: emil.workingKey,
    generation: 1,
    since: 5,
    previous: drawn('a step'),
  }),
);
const spoiltCard = { ...aliceCard, signature: drawn('no signature', 7_856) };

export const presentations: readonly Draft[] = [
  { name: 'two of nine', comment: 'Bytes alone.', bytes: plainShown },
  {
    name: 'nothing shown',
    comment: 'The root is the proof.',
    bytes: presentation.encode(signedBy(bob, showing(plain, bob, { names: [] }))),
  },
  {
    name: 'with a card',
    comment: 'After a change of keys.',
    bytes: presentation.encode(
      signedBy(bob, showing(plain, bob, { card: bobCard, ...withDevice })),
    ),
  },
  ...spoiled(plainShown, 524_288),
  judged('holds', 'By the key that the issuer named.', shown(alice)),
  judged(
    'with the serial',
    'The anchor of its issue follows.',
    shown(alice, {
      names: ['dsm-serial', 'given-name', 'grade'],
    }),
  ),
  judged('of one schema', 'The one that is taken.', shown(alice), 'ok', {
    schema: encodeWith(schemaCoder, schemaOf(real.attributes)),
  }),
  judged(
    'by the card',
    'A key that the card of the device names.',
    shown(alice, { card: aliceCard, ...withDevice }, once),
  ),
  judged('by a known card', 'No card comes along.', shown(alice, withDevice, once), 'ok', {
    card: aliceCardBytes,
  }),
  judged('another nonce', 'Of an earlier challenge.', shown(alice, { nonce: drawn('x') }), 'nonce'),
  judged('another audience', 'For somebody else.', shown(alice, { audience: 'x' }), 'audience'),
  judged(
    'another network',
    'As the credential.',
    signedBy(alice, showing(withBody({ network: drawn('x') }), alice)),
    'network',
  ),
  judged(
    'another token',
    'As the credential.',
    shown(alice, {}, withBody({ token: drawn('x') })),
    'token',
  ),
  judged(
    'items',
    'A token of items.',
    shown(alice, {}, withBody({ token: tokenId(series) })),
    'form',
    { policy: policy.encode(series) },
  ),
  judged(
    'two issuers',
    'A credential has one.',
    shown(alice, {}, withBody({ token: tokenId(pair) })),
    'committee',
    { policy: policy.encode(pair) },
  ),
  judged('another issuer', 'As the credential.', shown(alice, {}, made(emil)), 'issuer'),
  judged('another schema', 'Not the one that is taken.', shown(alice), 'schema', {
    schema: encodeWith(schemaCoder, [{ name: 'grade', type: 'text' }]),
  }),
  judged('less than asked for', 'Nothing else is.', shown(alice, { names: ['grade'] }), 'missing'),
  judged('no device', 'A card is known.', shown(alice), 'device', { card: aliceCardBytes }),
  judged('an old key', 'The known card has another.', shown(alice, withDevice), 'retired-key', {
    card: card.encode(laterCard),
  }),
  judged(
    'a device without its card',
    'The named key does not do.',
    shown(alice, withDevice),
    'holder',
  ),
  judged(
    'a later card comes along',
    'It binds, not the one that is known.',
    shown(emil, { card: laterCard, ...withDevice }),
    'ok',
    { card: aliceCardBytes },
  ),
  judged('a stranger', 'Named by nobody.', shown(emil), 'holder'),
  judged(
    'a card of nobody',
    'The device is not shown.',
    shown(alice, { card: aliceCard }, once),
    'holder',
  ),
  judged(
    'a spoilt card',
    'Its signature does not hold.',
    shown(alice, { card: spoiltCard, ...withDevice }, once),
    'card',
  ),
  judged(
    'another value',
    'The proof leads elsewhere.',
    resigned({
      shown: [
        body.shown[0]!,
        {
          ...body.shown[1]!,
          attribute: { name: 'grade', content: { type: 'integer', value: 18n } },
        },
      ],
    }),
    'proof',
  ),
  judged(
    'a proof too long',
    'Every digest is used.',
    resigned({ proof: [...body.proof, drawn('x')] }),
    'proof',
  ),
  judged(
    'a proof too short',
    'None is missing.',
    resigned({ proof: body.proof.slice(1) }),
    'proof',
  ),
  judged(
    'a spoilt credential',
    'The issuer has not signed it.',
    resigned({
      issuer: { ...real.issuer, signature: drawn('no signature', 3_309) },
    }),
    'issuer-signature',
  ),
  judged(
    'signed by another',
    'Not by the key that is shown.',
    { ...shown(alice), signature: shown(emil).signature },
    'signature',
  ),
];

function answered(by: Actor, changes: Partial<Login> = {}): Login {
  const words = { nonce, audience, card: aliceCard, membership: undefined, ...changes };
  return { ...words, signature: signed(by, kinds.login, loginDigest(words)) };
}

const loginCase = (
  name: string,
  comment: string,
  value: Login,
  expect = 'ok',
  changes: object = {},
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes: login.encode(value),
  given: { network, nonce, audience, ...changes },
  ...(['ok', 'signature', 'card'].includes(expect) && { signature: true }),
  expect,
});

const plainLogin = login.encode({ ...answered(bob), card: bobCard });

export const logins: readonly Draft[] = [
  { name: 'an answer', comment: 'Bytes alone.', bytes: plainLogin },
  ...spoiled(plainLogin, 1_048_576),
  loginCase('holds', 'By the working key of the card.', answered(alice)),
  loginCase('the latest card', 'As new as the one that is known.', answered(alice), 'ok', {
    latest: { incarnation: 0, generation: 0 },
  }),
  loginCase(
    'another nonce',
    'Of an earlier challenge.',
    answered(alice, { nonce: drawn('x') }),
    'nonce',
  ),
  loginCase(
    'another audience',
    'For somebody else.',
    answered(alice, { audience: 'x' }),
    'audience',
  ),
  loginCase('a later generation', 'The keys were changed.', answered(alice), 'retired', {
    latest: { incarnation: 0, generation: 1 },
  }),
  loginCase('a later incarnation', 'The device was restored.', answered(alice), 'retired', {
    latest: { incarnation: 1, generation: 0 },
  }),
  loginCase('another network', 'The card is of this one.', answered(alice), 'card', {
    network: drawn('x'),
  }),
  loginCase(
    'a spoilt card',
    'Its signature does not hold.',
    answered(alice, { card: spoiltCard }),
    'card',
  ),
  loginCase('signed by another', 'Not by the card’s key.', answered(emil), 'signature'),
];
