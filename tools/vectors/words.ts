/** Vectors of words, of the secrets that follow from them, and of shares. */

import { checkOf, share, shareBytesMax, type Share } from '@dsm/words';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { drawn, network } from './world.ts';

const filled = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

function wordsDraft(name: string, comment: string, entropy: Uint8Array): Draft {
  return { name, comment, check: 'derive', given: { entropy } };
}

export const phrases: readonly Draft[] = [
  wordsDraft('zeros', 'A vector of BIP-39: the first word, and a checksum.', filled(0)),
  wordsDraft('7f', 'A vector of BIP-39.', filled(0x7f)),
  wordsDraft('80', 'A vector of BIP-39.', filled(0x80)),
  wordsDraft('ff', 'A vector of BIP-39: the last word.', filled(0xff)),
  ...[1, 2, 3].map((n) => wordsDraft(`drawn ${n}`, 'Any 32 bytes.', drawn(`words ${n}`))),
];

function secretsDraft(name: string, comment: string, changes: object): Draft {
  const given = {
    secret: drawn('identity secret'),
    network,
    suite: 1,
    numbers: [0, 1, 31, 4_294_967_295],
    ...changes,
  };
  return { name, comment, check: 'derive', given };
}

export const identitySecretDrafts: readonly Draft[] = [
  secretsDraft('suite 1', 'S is given: Argon2id has vectors of its own.', {}),
  secretsDraft('suite 2', 'No seed of one suite is a seed of the other.', { suite: 2 }),
  secretsDraft('another network', 'The salt alone differs.', { network: drawn('elsewhere') }),
];

function deviceDraft(name: string, comment: string, changes: object): Draft {
  const given = { device: drawn('D'), incarnation: 0, birth: drawn('birth'), ...changes };
  return { name, comment, check: 'derive', given };
}

export const deviceSecretDrafts: readonly Draft[] = [
  deviceDraft('the first incarnation', 'What a device keeps, and what it keeps it from.', {}),
  deviceDraft('a later one', 'Another number, another secret.', { incarnation: 7 }),
  deviceDraft('another birth', 'Two that claim one number share none.', { birth: drawn('other') }),
  deviceDraft('another device', 'Nothing is shared.', { device: drawn('another D') }),
];

const entropy = drawn('words of the shares');
const one: Share = {
  drawn: drawn('set', 16),
  check: checkOf(entropy, drawn('set', 16), 2, 3),
  threshold: 2,
  count: 3,
  number: 1,
  share: drawn('share', 33).with(32, 9),
};
const oneBytes = share.encode(one);
const at = { threshold: 34, count: 35, number: 36 } as const;

export const shares: readonly Draft[] = [
  { name: '2 of 3', comment: 'The first of three.', bytes: oneBytes },
  {
    name: '16 of 16',
    comment: 'As many as there may be, all needed.',
    bytes: share.encode({ ...one, threshold: 16, count: 16, number: 16 }),
  },
  ...spoiled(oneBytes, shareBytesMax),
  malformed('one is enough', 'Then it is no share.', patched(oneBytes, at.threshold, number(1, 1))),
  malformed('4 of 3', 'More than there are.', patched(oneBytes, at.threshold, number(1, 4))),
  malformed('17 shares', 'At most 16.', patched(oneBytes, at.count, number(1, 17))),
  malformed('number 0', 'They count from 1.', patched(oneBytes, at.number, number(1, 0))),
  malformed('number 4 of 3', 'There are three.', patched(oneBytes, at.number, number(1, 4))),
  malformed('taken at 0', 'That is the secret itself.', patched(oneBytes, 69, number(1, 0))),
  ...[
    { threshold: 2, count: 3 },
    { threshold: 3, count: 3 },
    { threshold: 2, count: 4 },
  ].map((terms) => ({
    name: `check of ${terms.threshold} of ${terms.count}`,
    comment: 'It tells sets apart that differ in their terms alone.',
    check: 'check',
    given: { entropy, drawn: drawn('set', 16), ...terms },
  })),
];
