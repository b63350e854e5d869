/** Vectors of credentials and challenges. */

import {
  attributeCoder,
  challenge,
  credential,
  credentialBytesMax,
  credentialDigest,
  newCredential,
  type Attribute,
  type Credential,
} from '@dsm/identity';
import { ascii, concat, encodeWith, kinds } from '@dsm/primitive';
import { forms, policy, tokenId, type Policy } from '@dsm/protocols';
import { framed, malformed, number, patched, spoiled, swapped, type Draft } from './draft.ts';
import { policyFor } from './tokens.ts';
import {
  alice,
  carol,
  dora,
  drawn,
  emil,
  network,
  puppetRegistry,
  signed,
  type Actor,
} from './world.ts';

const diploma: Policy = policyFor(dora, puppetRegistry, {
  ticker: 'DIP',
  name: 'Diploma of the vectors',
  form: forms.credential,
  decimals: 0,
});
export const token: Uint8Array = tokenId(diploma);
export const policyBytes: Uint8Array = policy.encode(diploma);

const says: readonly Attribute[] = [
  { name: 'birth-date', content: { type: 'date', value: '2000-02-29' } },
  { name: 'below-zero', content: { type: 'integer', value: -5n } },
  { name: 'given-name', content: { type: 'text', value: 'Élise' } },
  { name: 'grade', content: { type: 'integer', value: 17n } },
  { name: 'honours', content: { type: 'boolean', value: true } },
  { name: 'photo', content: { type: 'bytes', value: Uint8Array.of(1, 2, 3) } },
  { name: 'thesis_1', content: { type: 'boolean', value: false } },
];

export function made(
  by: Actor,
  changes: Partial<Parameters<typeof newCredential>[0]> = {},
): Credential {
  const from = {
    network,
    token,
    device: alice.id,
    serial: 7n,
    key: alice.key,
    seed: drawn('seed of attributes'),
    attributes: says,
    ...changes,
  };
  const whole = newCredential(from)!;
  return { ...whole, issuer: issuerOf(by, credentialDigest(whole.body)) };
}

function issuerOf(by: Actor, digest: Uint8Array): Credential['issuer'] {
  const signature = signed(by, kinds.credential, digest);
  return { suite: by.suite, publicKey: by.workingKey, signature };
}

/** By a puppet: bytes alone. */
export const plain: Credential = made(carol);
const plainBytes = credential.encode(plain);
export const real: Credential = made(dora);
export const withBody = (changes: Partial<Credential['body']>): Credential => {
  const body = { ...real.body, ...changes };
  return { ...real, body, issuer: issuerOf(dora, credentialDigest(body)) };
};
const attributesAt = plainBytes.length - attributesBytes(plain.attributes).length;

function attributesBytes(of: readonly Attribute[]): Uint8Array {
  return concat(number(2, of.length), ...of.map((one) => encodeWith(attributeCoder, one)));
}

const withAttributes = (...parts: readonly Uint8Array[]): Uint8Array =>
  concat(plainBytes.slice(0, attributesAt), number(2, parts.length), ...parts);
const attribute = (name: string, ...content: readonly Uint8Array[]): Uint8Array =>
  concat(framed(ascii(name)), ...content);
const yes = Uint8Array.of(3, 1);
const day = (text: string): Uint8Array => attribute('day', number(1, 4), framed(ascii(text)));

const badAttributes: readonly Draft[] = [
  ['no attributes', 'One at least.', withAttributes()],
  ['names descend', 'By name.', withAttributes(attribute('b', yes), attribute('a', yes))],
  ['a name twice', 'Once each.', withAttributes(attribute('a', yes), attribute('a', yes))],
  ['a capital letter', 'Small ones only.', withAttributes(attribute('A', yes))],
  ['a dash at the end', 'Words, with dashes between.', withAttributes(attribute('a-', yes))],
  ['two dashes', 'Single ones.', withAttributes(attribute('a--b', yes))],
  ['a digit first', 'A letter first.', withAttributes(attribute('1a', yes))],
  ['a long name', '49 characters.', withAttributes(attribute('a'.repeat(49), yes))],
  ['type 6', 'There are five.', withAttributes(attribute('a', Uint8Array.of(6, 1)))],
  ['neither true nor false', '0 or 1.', withAttributes(attribute('a', Uint8Array.of(3, 2)))],
  [
    'minus nothing',
    'There is one zero.',
    withAttributes(attribute('a', Uint8Array.of(2, 1), number(16, 0))),
  ],
  [
    'no sign',
    'Above or below zero.',
    withAttributes(attribute('a', Uint8Array.of(2, 2), number(16, 1))),
  ],
  ['no leap year', '1900 had none.', withAttributes(day('1900-02-29'))],
  ['the 31st of April', 'April has 30 days.', withAttributes(day('2024-04-31'))],
  ['a 13th month', 'A year has twelve.', withAttributes(day('2024-13-01'))],
  ['a day in short', 'Ten characters.', withAttributes(day('2024-1-1'))],
  [
    'a long text',
    '1,025 bytes.',
    withAttributes(attribute('a', number(1, 1), framed(new Uint8Array(1_025).fill(0x61)))),
  ],
  ['a small tree', 'Eight leaves at least.', patched(plainBytes, 130, number(1, 2))],
  ['a large tree', '64 leaves at most.', patched(plainBytes, 130, number(1, 7))],
].map(([name, comment, bytes]) =>
  malformed(name as string, comment as string, bytes as Uint8Array),
);

const checked = (
  name: string,
  comment: string,
  value: Credential,
  expect = 'ok',
  by = policyBytes,
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes: credential.encode(value),
  given: { policy: by },
  ...((expect === 'ok' || expect === 'signature') && { signature: true }),
  expect,
});

export const series: Policy = policyFor(dora, puppetRegistry, { form: forms.unique, decimals: 0 });
export const pair: Policy = policyFor(dora, puppetRegistry, {
  form: forms.credential,
  decimals: 0,
  threshold: 2,
  members: [dora.key, emil.key].toSorted((a, b) => Buffer.compare(a, b)),
});

export const credentials: readonly Draft[] = [
  { name: 'a diploma', comment: 'Every type of attribute.', bytes: plainBytes },
  {
    name: 'a full tree',
    comment: '64 attributes.',
    bytes: credential.encode(
      made(carol, {
        attributes: Array.from({ length: 62 }, (_, i) => ({
          name: `a${i}`,
          content: { type: 'integer', value: BigInt(i) },
        })),
      }),
    ),
  },
  ...spoiled(plainBytes, credentialBytesMax),
  ...badAttributes,
  checked('holds', 'Signed by the issuer.', real),
  checked(
    'another network',
    'Not that of the policy.',
    withBody({ network: drawn('x') }),
    'network',
  ),
  checked('another token', 'Not that of the policy.', withBody({ token: drawn('x') }), 'token'),
  checked(
    'items',
    'A token of items gives none.',
    withBody({ token: tokenId(series) }),
    'form',
    policy.encode(series),
  ),
  checked(
    'two issuers',
    'A credential has one.',
    withBody({ token: tokenId(pair) }),
    'committee',
    policy.encode(pair),
  ),
  checked('another issuer', 'Not that of the policy.', made(emil), 'issuer'),
  checked('another seed', 'Leads to another root.', { ...real, seed: drawn('x') }, 'tree'),
  checked('a tree too large', 'Sixteen leaves for nine.', withBody({ depth: 5 }), 'tree'),
  checked(
    'another schema',
    'Not that of the attributes.',
    withBody({ schema: drawn('x') }),
    'schema',
  ),
  checked('serial zero', 'From one on.', made(dora, { serial: 0n }), 'own'),
  checked('half a device', '32 bytes.', made(dora, { device: drawn('x', 16) }), 'own'),
  checked(
    'another key, same signature',
    'The issuer has not signed that.',
    { ...withBody({ key: drawn('x') }), issuer: real.issuer },
    'signature',
  ),
];

export const nonce: Uint8Array = drawn('nonce');
export const audience: string = 'https://library.example';
const asked = { network, nonce, audience, wanted: { token, names: ['given-name', 'grade'] } };
const askedBytes = challenge.encode(asked);

export const challenges: readonly Draft[] = [
  { name: 'two attributes', comment: 'Of one token.', bytes: askedBytes },
  {
    name: 'a login',
    comment: 'No token.',
    bytes: challenge.encode({ ...asked, wanted: undefined }),
  },
  ...spoiled(askedBytes, 8_192),
  malformed(
    'names descend',
    'A set has one order.',
    swapped(
      askedBytes,
      concat(framed(ascii('given-name')), framed(ascii('grade'))),
      concat(framed(ascii('grade')), framed(ascii('given-name'))),
    ),
  ),
];
