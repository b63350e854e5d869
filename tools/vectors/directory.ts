/** Vectors of the directory: listings, names and topics, invitations, introductions. */

import {
  introduction,
  introductionDigest,
  invitation,
  invitationDigest,
  listing,
  type Introduction,
  type Invitation,
} from '@dsm/identity';
import { address, card, kinds, utf8 } from '@dsm/primitive';
import { malformed, patched, spoiled, type Draft } from './draft.ts';
import {
  alice,
  aliceCard,
  aliceCardBytes,
  bob,
  bobCard,
  carol,
  drawn,
  emil,
  fakeSignature,
  network,
  signed,
} from './world.ts';

// Listings

const listed = listing.encode({ name: 'bäcker ben', invitation: drawn('invitation') });

function name(text: string, comment: string, expect = 'ok'): Draft {
  return {
    name: JSON.stringify(text),
    comment,
    check: 'name',
    given: { network, text: utf8(text) },
    expect,
  };
}

export const listings: readonly Draft[] = [
  { name: 'under a name', comment: 'With the address of an invitation.', bytes: listed },
  {
    name: 'withdrawn',
    comment: 'The name stays, the invitation is none.',
    bytes: listing.encode({ name: 'ben', invitation: undefined }),
  },
  {
    name: 'by ids alone',
    comment: 'Without a name.',
    bytes: listing.encode({ name: '', invitation: drawn('invitation') }),
  },
  ...spoiled(listed, 128),
  malformed('a longer name', 'At most 48 bytes.', patched(listed, 2, Uint8Array.of(0, 0, 0, 49))),
  name('ben', 'As it is compared.'),
  name('BEN', 'Case does not count.'),
  name('Ｂｅｎ', 'Compatibility forms do not count.'),
  name('ﬁne', 'A ligature is its letters.'),
  name('Straße', 'No letter is spelt out.'),
  name('ΟΔΟΣ', 'The last sigma is the final one.'),
  name('bäcker ben', 'One space between words.'),
  name('漢字', 'Letters without case.'),
  name('e\u0301', 'Composed if there is one letter for it.'),
  name('', 'Nothing is no name.', 'name'),
  name(' ben', 'A space before it.', 'name'),
  name('be  n', 'Two spaces look like one.', 'name'),
  name('be\u200bn', 'A character that is not seen.', 'name'),
  name('be\u202en', 'Turns the writing around.', 'name'),
  name('q\u0301', 'A mark that has no letter of its own.', 'name'),
  name('x'.repeat(48), 'As long as a name may be.'),
  name('x'.repeat(49), 'A byte longer.', 'name'),
  name('ä'.repeat(25), 'Bytes count, not characters.', 'name'),
  {
    name: 'of ids',
    comment: 'Device, genesis, and the inbox that follows from a KEM key.',
    check: 'topics',
    given: { network, device: alice.id, genesis: drawn('genesis'), kemKey: drawn('kem', 1_184) },
  },
];

// Invitations

const body: Invitation['body'] = {
  network,
  device: alice.id,
  incarnation: 0,
  generation: 0,
  card: address(aliceCardBytes),
  membership: undefined,
  kemKey: drawn('invitation kem', 1_184),
  laneKey: drawn('invitation lane'),
};

function invited(changes: Partial<Invitation['body']> = {}, by = alice): Invitation {
  const whole = { ...body, ...changes };
  return { body: whole, signature: signed(by, kinds.invitation, invitationDigest(whole)) };
}

const plainInvitation = invitation.encode({ body, signature: fakeSignature });

const inviting = (
  named: string,
  comment: string,
  value: Invitation,
  expect = 'ok',
  by = aliceCard,
): Draft => ({
  name: named,
  comment,
  check: 'check',
  bytes: invitation.encode(value),
  given: { card: card.encode(by), network },
  ...(['ok', 'signature'].includes(expect) && { signature: true }),
  expect,
});

export const invitations: readonly Draft[] = [
  { name: 'an invitation', comment: 'Bytes alone.', bytes: plainInvitation },
  {
    name: 'with a membership',
    comment: 'Its address.',
    bytes: invitation.encode({
      body: { ...body, membership: drawn('membership') },
      signature: fakeSignature,
    }),
  },
  ...spoiled(plainInvitation, 20_000),
  inviting('holds', 'By the working key of the card.', invited()),
  inviting('another network', 'Of a test.', invited({ network: drawn('x') }), 'network'),
  inviting('another device', 'The card is Bob’s.', invited(), 'device', bobCard),
  inviting('another incarnation', 'Of a later card.', invited({ incarnation: 1 }), 'device'),
  inviting('another generation', 'Of later keys.', invited({ generation: 1 }), 'device'),
  inviting('signed by another', 'Not by the card’s key.', invited({}, emil), 'signature'),
  inviting(
    'another key',
    'Not the one that was signed.',
    { ...invited(), body: { ...body, kemKey: drawn('x', 1_184) } },
    'signature',
  ),
];

// Introductions

type Words = Omit<Introduction, 'signature'>;

const words: Words = {
  card: aliceCardBytes,
  membership: undefined,
  receiver: bob.id,
  incarnation: 0,
  via: drawn('via'),
  drawn: drawn('drawn'),
  laneKey: drawn('lane key'),
  receiverLaneKey: drawn('receiver lane key'),
};

function introduced(changes: Partial<Words> = {}, by = alice): Introduction {
  const whole = { ...words, ...changes };
  const digest = introductionDigest(whole);
  return { ...whole, signature: signed(by, kinds.introduction, digest) };
}

const plainIntroduction = introduction.encode({ ...words, signature: fakeSignature });

const introducing = (
  named: string,
  comment: string,
  value: Introduction,
  expect = 'ok',
  id = bob.id,
): Draft => ({
  name: named,
  comment,
  check: 'check',
  bytes: introduction.encode(value),
  given: { network, id },
  ...(['ok', 'signature', 'card'].includes(expect) && { signature: true }),
  expect,
});

const spoiltCard = patched(aliceCardBytes, -2, Uint8Array.of(aliceCardBytes.at(-2)! ^ 1));
const [low, high] = [alice.id, carol.id].toSorted((a, b) => Buffer.compare(a, b));

const placing = (named: string, comment: string, given: object, expect = 'ok'): Draft => ({
  name: named,
  comment,
  check: 'place',
  given: {
    agreed: true,
    since: 0,
    byMe: false,
    byThem: false,
    incarnation: 0,
    introducer: low,
    receiver: high,
    ...given,
  },
  expect,
});

export const introductions: readonly Draft[] = [
  { name: 'an introduction', comment: 'Bytes alone.', bytes: plainIntroduction },
  ...spoiled(plainIntroduction, 130_000),
  malformed(
    'cut in the card',
    'Its length says more.',
    patched(plainIntroduction, 2, Uint8Array.of(0xff)),
  ),
  introducing('holds', 'By the working key of the card.', introduced()),
  introducing('for another', 'Handed on.', introduced(), 'receiver', carol.id),
  introducing('no card', 'Bytes that are none.', introduced({ card: drawn('no card') }), 'card'),
  introducing(
    'to itself',
    'A device is no contact of itself.',
    introduced({ receiver: alice.id }),
    'self',
    alice.id,
  ),
  introducing('signed by another', 'Not by the card’s key.', introduced({}, emil), 'signature'),
  ...(['incarnation', 'via', 'drawn', 'laneKey', 'receiverLaneKey'] as const).map((field) =>
    introducing(
      `another ${field}`,
      'Not what was signed.',
      { ...introduced(), [field]: field === 'incarnation' ? 1 : drawn('x') },
      'signature',
    ),
  ),
  introducing(
    'a spoilt card',
    'The root key has not signed it.',
    introduced({ card: spoiltCard }),
    'card',
  ),
  placing('a stranger', 'Nothing was agreed.', { agreed: false }),
  placing('again from one incarnation', 'It has not lost what it agreed.', {}, 'refuse'),
  placing('a later incarnation', 'It may have lost what was agreed.', { incarnation: 1 }),
  placing('an earlier one', 'Of a lost device.', { since: 2, incarnation: 1 }, 'refuse'),
  placing('crossed, by the lower', 'Both write to the lower one’s.', { byMe: true }),
  placing('crossed, by the higher', 'It is listened to.', {
    byMe: true,
    introducer: high,
    receiver: low,
  }),
  placing('crossed before', 'Once.', { byMe: true, byThem: true }, 'refuse'),
];
