/** Vectors of cards. */

import {
  ascii,
  card,
  concat,
  incarnationSlot,
  registryLineage,
  type CardBody,
  type Certificate,
} from '@dsm/primitive';
import {
  framed,
  malformed,
  number,
  patched,
  positionOf,
  spoiled,
  swapped,
  type Draft,
} from './draft.ts';
import {
  alice,
  aliceCard,
  aliceCardBytes,
  bob,
  bodyOf,
  cardOf,
  drawn,
  network,
  voted,
  votingRegistry,
} from './world.ts';
import { claimed, fakeCertificate } from './certificates.ts';
import { puppets, voters } from './registries.ts';

/** Bytes that are the UTF-8 of no text, and a word about each. */
export const illFormed: readonly (readonly [string, readonly number[]])[] = [
  ['a continuation alone', [0x61, 0x80, 0x61]],
  ['a sequence cut off', [0x61, 0x61, 0xc3]],
  ['a slash in two bytes', [0x61, 0xc0, 0xaf]],
  ['a zero in two bytes', [0xc0, 0x80, 0x61]],
  ['a slash in three bytes', [0xe0, 0x80, 0xaf]],
  ['a slash in four bytes', [0xf0, 0x80, 0x80, 0xaf]],
  ['a high surrogate', [0xed, 0xa0, 0x80]],
  ['a low surrogate', [0xed, 0xbf, 0xbf]],
  ['above U+10FFFF', [0xf4, 0x90, 0x80, 0x80]],
  ['a byte that starts nothing', [0x61, 0xff, 0x61]],
  ['a sequence of five bytes', [0xf8, 0x88, 0x80, 0x80, 0x80]],
  ['a continuation too few', [0xe2, 0x82, 0x61]],
];

const texts = [
  '',
  'a',
  'é',
  '漢字',
  '🙂',
  '\u{feff}mark',
  'e\u0301',
  '\u{10ffff}',
  '\0',
  'n'.repeat(48),
];

const bodyBytes = (changes: Partial<CardBody>): CardBody => bodyOf(bob, 'bob', changes);
const named = (name: string): Uint8Array => card.encode(cardOf(bob, bodyBytes({ name })));
const plain = named('NAME');
const nameAt = positionOf(plain, concat(number(4, 4), ascii('NAME')));
const versionsAt = nameAt - 3;
const later = bodyBytes({ incarnation: 1, birth: drawn('second birth') });
const succeeded = (succession: Certificate): Uint8Array =>
  card.encode(cardOf(bob, later, succession));
const laterSlot = incarnationSlot(later);

const cardCheck = (
  name: string,
  comment: string,
  bytes: Uint8Array,
  expect: string,
  by: Uint8Array = puppets,
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes,
  given: { network, registries: [by] },
  expect,
});

const aliceLater = bodyOf(alice, 'alice', {
  incarnation: 1,
  birth: drawn('alice again'),
  generation: 4,
  since: 90,
  previous: drawn('step 90'),
});
const aliceSuccession = voted(incarnationSlot(aliceLater), registryLineage(votingRegistry));

export const cards: readonly Draft[] = [
  { name: 'suite 1', comment: 'A signed card.', bytes: aliceCardBytes },
  { name: 'suite 2', comment: 'A card of the hash-only suite.', bytes: plain },
  {
    name: 'a later incarnation',
    comment: 'With its certificate.',
    bytes: succeeded(fakeCertificate),
  },
  ...texts.map((text) => ({
    name: `name ${JSON.stringify(text)}`,
    comment: 'A name in Unicode scalar values.',
    bytes: named(text),
  })),
  ...spoiled(plain, 262_144),
  ...illFormed.map(([name, bytes]) =>
    malformed(
      `name with ${name}`,
      'Not the UTF-8 of a text.',
      concat(plain.slice(0, nameAt), framed(Uint8Array.from(bytes)), plain.slice(nameAt + 8)),
    ),
  ),
  malformed(
    'a name of 49 bytes',
    'More than a name may have.',
    concat(plain.slice(0, nameAt), framed(ascii('n'.repeat(49))), plain.slice(nameAt + 8)),
  ),
  malformed(
    'name beyond the end',
    'A length that no bytes follow.',
    patched(plain, nameAt, number(4, 47)),
  ),
  ...[0, 3].map((suite) =>
    malformed(`suite ${suite}`, 'There are suites 1 and 2.', patched(plain, 34, number(1, suite))),
  ),
  malformed('a root key too long', 'More than any suite’s.', patched(plain, 35, number(4, 1_953))),
  malformed(
    'no versions',
    'A device reads at least one.',
    swapped(plain, plain.slice(versionsAt, nameAt), number(2, 0)),
  ),
  malformed(
    'nine versions',
    'More than eight.',
    swapped(plain, plain.slice(versionsAt, nameAt), concat(number(2, 9), new Uint8Array(9))),
  ),
  malformed('option byte 2', 'An option is 0 or 1.', patched(plain, -1, number(1, 2))),
  malformed(
    'a succession that is none',
    'The option is 1 and nothing follows.',
    patched(plain, -1, number(1, 1)),
  ),
  malformed(
    'a succession of another kind',
    'An object inside has its own kind.',
    swapped(
      succeeded(fakeCertificate),
      concat(Uint8Array.of(0x01, 0x13), fakeCertificate.lineage),
      concat(Uint8Array.of(0x01, 0x14), fakeCertificate.lineage),
    ),
  ),
  cardCheck(
    'of another network',
    'The card is for another network.',
    card.encode(cardOf(bob, bodyBytes({ network: drawn('elsewhere') }))),
    'network',
  ),
  cardCheck(
    'a short root key',
    'Not the size of the suite.',
    card.encode(cardOf(bob, bodyBytes({ rootKey: drawn('x', 31) }))),
    'key-size',
  ),
  cardCheck(
    'a working key of the other suite',
    'Not the size of the suite.',
    card.encode(cardOf(bob, bodyBytes({ workingKey: drawn('x', 1_952) }))),
    'key-size',
  ),
  cardCheck(
    'the first generation after steps',
    'It begins with the incarnation.',
    card.encode(cardOf(bob, bodyBytes({ since: 1 }))),
    'generation',
  ),
  cardCheck(
    'the first generation after another statement',
    'It begins with the incarnation statement.',
    card.encode(cardOf(bob, bodyBytes({ previous: drawn('x') }))),
    'generation',
  ),
  cardCheck(
    'a later generation before any step',
    'It begins with the incarnation statement, too.',
    card.encode(cardOf(bob, bodyBytes({ generation: 1, previous: drawn('x') }))),
    'generation',
  ),
  cardCheck(
    'the first needs none',
    'Incarnation 0 with a certificate.',
    card.encode({ ...cardOf(bob, bodyBytes({})), succession: claimed(laterSlot) }),
    'succession',
  ),
  cardCheck(
    'the second needs one',
    'Incarnation 1 without a certificate.',
    card.encode(cardOf(bob, later)),
    'succession',
  ),
  {
    ...cardCheck(
      'no registry',
      'Nothing to check the certificate with.',
      succeeded(claimed(laterSlot)),
      'succession',
    ),
    given: { network },
  },
  cardCheck(
    'the certificate of another slot',
    'Another birth: another value.',
    succeeded(claimed({ key: laterSlot.key, value: drawn('x') })),
    'succession',
  ),
  cardCheck(
    'the certificate of another key',
    'The slot of another incarnation.',
    succeeded(claimed({ key: drawn('x'), value: laterSlot.value })),
    'succession',
  ),
  cardCheck(
    'of another registry',
    'The certificate names another lineage.',
    succeeded(claimed(laterSlot, { lineage: drawn('x') })),
    'succession',
  ),
  cardCheck(
    'too few votes',
    'Two of three.',
    succeeded(claimed(laterSlot, { votes: claimed(laterSlot).votes.slice(1) })),
    'succession',
  ),
  { ...cardCheck('holds', 'Signed by the root key.', aliceCardBytes, 'ok'), signature: true },
  {
    ...cardCheck(
      'a false signature',
      'Of the right length.',
      card.encode({
        ...aliceCard,
        signature: aliceCard.signature.with(9, aliceCard.signature[9]! ^ 1),
      }),
      'signature',
    ),
    signature: true,
  },
  {
    ...cardCheck(
      'a name that was not signed',
      'The owner called the device alice.',
      swapped(aliceCardBytes, framed(ascii('alice')), framed(ascii('malic'))),
      'signature',
    ),
    signature: true,
  },
  {
    ...cardCheck(
      'a later incarnation holds',
      'Signed, and certified by three votes.',
      card.encode(cardOf(alice, aliceLater, aliceSuccession)),
      'ok',
      voters,
    ),
    signature: true,
  },
];
