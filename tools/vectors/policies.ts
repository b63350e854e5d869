/** Vectors of policies: every option, and every reason for which there is no such policy. */

import { ascii, compare, concat, limits, utf8 } from '@dsm/primitive';
import { forms, policy, type Policy } from '@dsm/protocols';
import { illFormed } from './cards.ts';
import { framed, malformed, number, spoiled, type Draft } from './draft.ts';
import {
  ascendingKeys,
  badgeBytes,
  clubBytes,
  coinBytes,
  euro,
  euroBytes,
  guildBytes,
  policyFor,
  slowBytes,
  titleBytes,
} from './tokens.ts';
import { bob, carol, drawn, network, puppetRegistry, type Actor } from './world.ts';

const digests = [0, 1, 2, 3, 4, 5].map((i) => drawn(`issuer ${i}`)).toSorted(compare);

function made(name: string, comment: string, changes: Partial<Policy>): Draft {
  return { name, comment, bytes: policy.encode(policyFor(carol, puppetRegistry, changes)) };
}

/** The fields of the euro as bytes, one by one, so that any of them may be what it must not be. */
const fields = {
  header: Uint8Array.of(1, 0x20),
  network,
  registry: euro.registry,
  ticker: framed(ascii(euro.ticker)),
  name: framed(utf8(euro.name)),
  form: number(1, euro.form),
  decimals: number(1, euro.decimals),
  cap: number(16, euro.cap),
  threshold: number(1, 1),
  members: concat(number(2, 1), carol.key),
  bad: number(1, 0),
  burn: number(1, 0),
  allowed: number(1, 0),
  suites: concat(number(2, 2), Uint8Array.of(1, 2)),
  anchors: number(2, 0),
  depthMax: number(2, euro.depthMax),
  receiptsMax: number(4, euro.receiptsMax),
};

function laid(name: string, comment: string, changes: Partial<typeof fields>): Draft {
  const parts = Object.values<Uint8Array>({ ...fields, ...changes });
  return malformed(name, comment, concat(...parts));
}

const listed = (...items: readonly Uint8Array[]): Uint8Array =>
  concat(number(2, items.length), ...items);
const anchored = (label: string): Uint8Array =>
  concat(framed(utf8(label)), drawn(`anchor ${label.length}`));
const committee = (of: number, threshold: number, bad: number): Partial<typeof fields> => ({
  threshold: number(1, threshold),
  members: listed(...digests.slice(0, of)),
  bad: number(1, bad),
});

/** Text that a person could not tell from another, or not see at all. */
const hidden: readonly (readonly [what: string, text: string])[] = [
  ['a decomposed letter', 'Cafe\u0301'],
  ['a control character', 'Eu\u0007ro'],
  ['a line feed', 'Euro\n'],
  ['a delete', 'Euro\u007f'],
  ['a space of no width', 'Eu\u200bro'],
  ['a reversed run', '\u202eoruE'],
  ['a line separator', 'Eu\u2028ro'],
  ['a paragraph separator', 'Eu\u2029ro'],
  ['a private character', 'Euro\ue000'],
  ['no character', '\uffff'],
  ['a wide space', 'Eu\u3000ro'],
  ['a space before it', ' Euro'],
  ['a space behind it', 'Euro '],
  ['a sign for another letter', '\u212aelvin'],
  ['a tag', 'Euro\u{e0041}'],
];

const options: readonly Draft[] = [
  { name: 'a token', comment: 'Of an issuer of suite 2.', bytes: euroBytes },
  { name: 'a token of suite 1', comment: 'Of an issuer of suite 1.', bytes: coinBytes },
  { name: 'two of three', comment: 'Three issuers, burnt, of one suite.', bytes: guildBytes },
  { name: 'unique', comment: 'A series of items.', bytes: titleBytes },
  { name: 'a credential', comment: 'It stays with its device.', bytes: badgeBytes },
  { name: 'an allow-list', comment: 'For some devices only.', bytes: clubBytes },
  { name: 'hashes alone', comment: 'Spent by keys of suite 2.', bytes: slowBytes },
  made('three of four, one bad', 'Two sets of three share an honest one.', {
    threshold: 3,
    members: digests.slice(0, 4),
    bad: 1,
  }),
  made('three of five', 'A majority.', {
    threshold: 3,
    members: digests.slice(0, 5),
    bad: 0,
  }),
  made('three of three', 'All must sign.', { threshold: 3, members: digests.slice(0, 3) }),
  made('the greatest', 'Every field at its upper bound.', {
    ticker: 'ABCDEFGHIJKL',
    name: '漢'.repeat(16),
    decimals: 38,
    cap: (1n << 128n) - 1n,
    threshold: 4,
    members: digests.slice(0, 5),
    bad: 1,
    burn: 1,
    allowed: drawn('a list'),
    anchors: Array.from({ length: 8 }, (_, i) => ({
      label: `${i}`.repeat(32),
      address: drawn(`anchor ${i}`),
    })),
    depthMax: 64,
    receiptsMax: 4_096,
  }),
  made('the least', 'Every field at its lower bound.', {
    ticker: '0',
    name: '.',
    decimals: 0,
    cap: 1n,
    suites: [2],
    depthMax: 1,
    receiptsMax: 1,
  }),
  made('a composed letter', 'As everybody writes it.', { name: 'Caf\u00e9' }),
];

const texts: readonly Draft[] = [
  laid('no ticker', 'One character at least.', { ticker: framed(new Uint8Array(0)) }),
  laid('a long ticker', 'Thirteen characters.', { ticker: framed(ascii('ABCDEFGHIJKLM')) }),
  laid('a ticker with a dash', 'Letters and digits only.', { ticker: framed(ascii('EU-R')) }),
  laid('a ticker with a line feed', 'Letters and digits only, to the end.', {
    ticker: framed(ascii('EUR\n')),
  }),
  laid('a ticker of look-alikes', 'Letters and digits of ASCII only.', {
    ticker: framed(Uint8Array.of(0x45, 0xd0, 0xa3)),
  }),
  laid('no name', 'One character at least.', { name: framed(new Uint8Array(0)) }),
  laid('a long name', '49 bytes.', { name: framed(new Uint8Array(49).fill(0x61)) }),
  ...illFormed.map(([name, bytes]) =>
    laid(`name with ${name}`, 'Not the UTF-8 of a text.', {
      name: framed(Uint8Array.from(bytes)),
    }),
  ),
  ...hidden.map(([what, text]) =>
    laid(`name with ${what}`, 'Not what it looks like.', { name: framed(utf8(text)) }),
  ),
  ...hidden
    .slice(0, 2)
    .map(([what, text]) =>
      laid(`label with ${what}`, 'Not what it looks like.', { anchors: listed(anchored(text)) }),
    ),
  laid('no label', 'One character at least.', { anchors: listed(anchored('')) }),
  laid('a long label', '33 bytes.', { anchors: listed(anchored('a'.repeat(33))) }),
];

const people: readonly Draft[] = [
  laid('no issuer', 'One at least.', { members: listed() }),
  laid('six issuers', 'Five at most.', committee(6, 4, 0)),
  laid('issuers descend', 'A set has one order.', {
    ...committee(2, 2, 0),
    members: listed(digests[1]!, digests[0]!),
  }),
  laid('an issuer twice', 'A set holds nothing twice.', {
    ...committee(2, 2, 0),
    members: listed(digests[0]!, digests[0]!),
  }),
  laid('none of one', 'Nobody must sign.', committee(1, 0, 0)),
  laid('two of one', 'More than there are.', committee(1, 2, 0)),
  laid('one of two', 'Two sets of one share nobody.', committee(2, 1, 0)),
  laid('two of four', 'Two sets of two share nobody.', committee(4, 2, 0)),
  laid('two of three, one bad', 'The one that two sets share may be bad.', committee(3, 2, 1)),
  laid('three of five, one bad', 'The one that two sets share may be bad.', committee(5, 3, 1)),
  laid('three of three, one bad', 'A bad one may never sign.', committee(3, 3, 1)),
  laid('one of one, one bad', 'Nobody is left.', committee(1, 1, 1)),
  laid('burn 2', 'Yes or no.', { burn: number(1, 2) }),
  laid('list option 2', 'An option is 0 or 1.', {
    allowed: concat(number(1, 2), drawn('a list')),
  }),
  laid('no suites', 'One at least.', { suites: listed() }),
  laid('suite 3', 'There are suites 1 and 2.', { suites: listed(Uint8Array.of(3)) }),
  laid('suites descend', 'A set has one order.', {
    suites: listed(Uint8Array.of(2), Uint8Array.of(1)),
  }),
  laid('a suite twice', 'A set holds nothing twice.', {
    suites: listed(Uint8Array.of(1), Uint8Array.of(1)),
  }),
  laid('anchors descend', 'By their labels.', {
    anchors: listed(anchored('terms'), anchored('image')),
  }),
  laid('a label twice', 'A label names one object.', {
    anchors: listed(anchored('terms'), concat(framed(ascii('terms')), drawn('others'))),
  }),
  laid('nine anchors', 'Eight at most.', {
    anchors: listed(...Array.from({ length: 9 }, (_, i) => anchored(`${i}`))),
  }),
];

const numbers: readonly Draft[] = [
  laid('form 3', 'There are three forms.', { form: number(1, 3) }),
  laid('39 decimals', 'More than 128 bits have.', { decimals: number(1, 39) }),
  laid('decimals of an item', 'Items are whole.', { form: number(1, forms.unique) }),
  laid('decimals of a credential', 'Items are whole.', { form: number(1, forms.credential) }),
  laid('no cap', 'A cap of zero.', { cap: number(16, 0) }),
  laid('depth 0', 'One at least.', { depthMax: number(2, 0) }),
  laid('depth 65', '64 at most.', { depthMax: number(2, 65) }),
  laid('receipts 0', 'One at least.', { receiptsMax: number(4, 0) }),
  laid('receipts 4,097', '4,096 at most.', { receiptsMax: number(4, 4_097) }),
];

export const policies: readonly Draft[] = [
  ...options,
  ...spoiled(euroBytes, limits.policyBytesMax),
  ...texts,
  ...people,
  ...numbers,
];

const committeeDraft = (
  name: string,
  comment: string,
  threshold: number,
  members: readonly Uint8Array[],
  bad = 0,
): Draft => ({ name, comment, check: 'derive', given: { threshold, members, bad } });
const keysOf = (...of: readonly Actor[]): readonly Uint8Array[] => ascendingKeys(...of);

export const committees: readonly Draft[] = [
  committeeDraft('one', 'A single member is just its key.', 1, keysOf(carol)),
  committeeDraft('two of two', 'Both.', 2, keysOf(bob, carol)),
  committeeDraft(
    'one of two',
    'The same keys are another writer, and no sound one.',
    1,
    keysOf(bob, carol),
  ),
  committeeDraft('two of three', 'A majority.', 2, digests.slice(0, 3)),
  committeeDraft('three of four, one bad', 'Sound.', 3, digests.slice(0, 4), 1),
  committeeDraft(
    'two of three, one bad',
    'Not sound: the shared one may be bad.',
    2,
    digests.slice(0, 3),
    1,
  ),
  committeeDraft(
    'three of three, one bad',
    'Not sound: a bad one may never sign.',
    3,
    digests.slice(0, 3),
    1,
  ),
  committeeDraft('none of one', 'Not sound: nobody signs.', 0, digests.slice(0, 1)),
];
