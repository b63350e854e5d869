/** Vectors of the messages between two devices. */

import { message, type Message } from '@dsm/bilateral';
import { card, concat, countersignature, limits, step } from '@dsm/primitive';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { consented, first, firstSigned, pay, paySigned } from './objects.ts';
import { euroBytes } from './tokens.ts';
import { bobCard, drawn, fakeSignature } from './world.ts';

const { proof } = pay.run.step;

/** Up to its digests, a message whose step is larger than a step may be; zeros are the rest of it. */
const digestsMany = 4_200;
const oversize = concat(
  Uint8Array.of(0x01, 0x30, 11, 0x01, 0x03),
  step
    .encode({
      ...first.run.step,
      proof: { keys: 1, shape: new Uint8Array(0), digests: new Uint8Array(0), leaves: [] },
    })
    .slice(0, -4),
  number(2, digestsMany),
);

const lines = [0, 1].map((i) => ({
  position: drawn(`position ${i}`),
  statement: drawn(`statement ${i}`),
}));

const messages: readonly (readonly [string, Message])[] = [
  ['The newest card.', { type: 'hello', card: card.encode(bobCard) }],
  [
    'From the lower DevID.',
    {
      type: 'agree',
      ciphertext: drawn('ciphertext', 1_088),
      laneKey: drawn('lane key'),
      signature: fakeSignature,
    },
  ],
  ['Sealed to the card.', { type: 'introduce', sealed: drawn('sealed', 200) }],
  ['The secret was found.', { type: 'agreed', laneKey: drawn('lane key'), mac: drawn('mac') }],
  [
    'Two candidate entries, unsigned.',
    { type: 'offer', entries: first.run.entries, root: drawn('root'), seq: 4, proof },
  ],
  ['What is missing.', { type: 'want', heads: [drawn('h1'), drawn('h0')], tokens: [drawn('t')] }],
  [
    'What was missing.',
    { type: 'parts', policies: [euroBytes], parts: [drawn('a part', 99), new Uint8Array(0)] },
  ],
  [
    'The countersignature, and the peer’s own view.',
    { type: 'consent', countersignature: consented, head: drawn('head'), proof },
  ],
  [
    'No, and why.',
    { type: 'refuse', head: drawn('head'), code: 'too-much', why: 'über dem Limit' },
  ],
  [
    'The run with its signed step.',
    { type: 'commit', entries: pay.run.entries, signed: paySigned, countersignature: consented },
  ],
  ['Durable.', { type: 'ack', head: drawn('head'), mac: drawn('mac') }],
  ['The peer’s step.', { type: 'absorbed', signed: firstSigned }],
  ['Positions of others.', { type: 'marks', lines }],
  ['Bytes that the reader checks.', { type: 'evidence', evidence: drawn('evidence', 40) }],
  ['Nothing more.', { type: 'end' }],
  ['A card of later keys.', { type: 'card', card: card.encode(bobCard) }],
  [
    'The key to seal to from now on.',
    { type: 'fresh', key: { number: 3, kemKey: drawn('kem key', 1_184), mac: drawn('mac') } },
  ],
  [
    'The other half of evidence.',
    { type: 'half', position: drawn('position 0'), half: drawn('half', 70) },
  ],
  ['A question.', { type: 'challenge', nonce: drawn('nonce'), card: drawn('card digest') }],
  ['The answer.', { type: 'attest', attestation: drawn('attestation', 170), mac: drawn('mac') }],
];

const bytesOf = (type: Message['type']): Uint8Array =>
  message.encode(messages.find(([, one]) => one.type === type)![1]);
const offer = bytesOf('offer');
const refuse = bytesOf('refuse');
const commit = bytesOf('commit');
const consent = bytesOf('consent');
const entriesBytes = first.run.entries.reduce((sum, bytes) => sum + 4 + bytes.length, 5);

export const messageDrafts: readonly Draft[] = [
  ...messages.map(([comment, value]) => ({
    name: value.type,
    comment,
    bytes: message.encode(value),
  })),
  {
    name: 'commit without consent',
    comment: 'A unilateral run.',
    bytes: message.encode({
      type: 'commit',
      entries: first.run.entries,
      signed: firstSigned,
      countersignature: undefined,
    }),
  },
  {
    name: 'want nothing',
    comment: 'Lists may be empty where the table says so.',
    bytes: message.encode({ type: 'want', heads: [], tokens: [] }),
  },
  ...spoiled(bytesOf('ack'), limits.messageBytesMax),
  ...[0, 16, 255].map((tag) =>
    malformed(`tag ${tag}`, 'No message has this tag.', patched(bytesOf('end'), 2, number(1, tag))),
  ),
  malformed(
    'an end with a field',
    'Nothing follows the tag.',
    concat(bytesOf('end'), number(1, 1)),
  ),
  malformed(
    'an offer of nothing',
    'At least one entry.',
    concat(offer.slice(0, 3), number(2, 0), offer.slice(entriesBytes)),
  ),
  malformed('an offer of 257', 'More than a run may have.', patched(offer, 3, number(2, 257))),
  malformed(
    'an offer’s seq',
    'A u64 above 2⁵³ − 1.',
    patched(offer, entriesBytes + 32, number(8, 2n ** 53n)),
  ),
  malformed(
    'an offer’s proof of no keys',
    'A proof covers at least one key.',
    patched(offer, entriesBytes + 40, number(1, 0)),
  ),
  malformed(
    'a ciphertext too long',
    '1,089 bytes.',
    concat(Uint8Array.of(1, 0x30, 2), number(4, 1_089), new Uint8Array(1_089), number(4, 0)),
  ),
  malformed(
    '1,025 heads',
    'More than may be asked at once.',
    concat(Uint8Array.of(1, 0x30, 5), number(2, 1_025), new Uint8Array(32 * 1_025), number(2, 0)),
  ),
  malformed(
    'a code of 33 bytes',
    'Longer than any code.',
    concat(refuse.slice(0, 35), number(4, 33), new Uint8Array(33).fill(0x61), number(4, 0)),
  ),
  malformed(
    'a code that is no text',
    'Not the UTF-8 of a text.',
    patched(refuse, 39, number(1, 0xc3), number(1, 0x28)),
  ),
  malformed(
    'option byte 2',
    'An option is 0 or 1.',
    patched(commit, -countersignature.encode(consented).length - 1, number(1, 2)),
  ),
  malformed(
    'consent of another kind',
    'An object inside has its own kind.',
    patched(consent, 4, number(1, 5)),
  ),
  malformed(
    'lines beyond the end',
    'A count that no bytes follow.',
    patched(bytesOf('marks'), 3, number(2, 1_024)),
  ),
  malformed(
    '1,025 lines',
    'More than devices compare at once.',
    patched(bytesOf('marks'), 3, number(2, 1_025)),
  ),
  {
    name: 'a step too large',
    comment: 'A step keeps its own bound wherever it stands.',
    bytes: oversize,
    // Digests of zeros, then no leaves, no slots, a signature of no bytes, no further ones.
    padTo: oversize.length + 32 * digestsMany + 2 + 2 + 4 + 2,
    expect: 'malformed',
  },
];
