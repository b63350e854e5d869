/** Vectors of what is derived from fields: hashes, lanes, views, maps, slots, votes, contact. */

import { address, domains, utf8 } from '@dsm/primitive';
import { encodeOperation } from '@dsm/protocols';
import type { Draft } from './draft.ts';
import { alice, bob, carol, drawn, network, puppetRegistry } from './world.ts';

const lengths = [
  0, 1, 2, 31, 32, 63, 64, 65, 127, 128, 129, 1_023, 1_024, 1_025, 2_047, 2_048, 2_049, 3_072,
  3_073, 4_096, 4_097, 5_120, 5_121, 6_144, 7_168, 8_192, 8_193, 16_384, 31_744, 102_400,
];

export const hashes: readonly Draft[] = [
  ...domains.map((domain, i) => ({
    name: domain,
    comment: `The domain ${domain}, over two fields.`,
    check: 'domain',
    given: { domain, fields: [drawn(`${domain} first`), drawn(`${domain} second`, i * 7)] },
  })),
  {
    name: 'no fields',
    comment: 'A domain alone.',
    check: 'domain',
    given: { domain: 'leaf', fields: [] },
  },
  ...lengths.map((pattern) => ({
    name: `address of ${pattern} bytes`,
    comment: 'The bytes 0, 1 … 250, 0, 1 …: the pattern that the authors of BLAKE3 test with.',
    check: 'address',
    given: { pattern },
  })),
];

const memo = (text: string): Uint8Array => encodeOperation({ type: 'memo', text });

function laneDraft(name: string, comment: string, changes: object): Draft {
  const given = {
    network,
    writer: alice.id,
    incarnation: 0,
    peer: bob.id,
    secret: drawn('alice and bob'),
    entries: [
      { absorbed: drawn('start of bob'), operation: memo('hello') },
      { absorbed: drawn('start of bob'), operation: memo('') },
      { absorbed: drawn('a later head of bob'), operation: memo('größer als 漢字 🙂') },
      { absorbed: drawn('a later head of bob'), operation: drawn('an operation', 1_500) },
    ],
    ...changes,
  };
  return { name, comment, check: 'derive', given };
}

export const lanes: readonly Draft[] = [
  laneDraft('alice to bob', 'Four entries of one lane, each with the head that it leads to.', {}),
  laneDraft('bob to alice', 'The other lane of the same relationship: one key, another start.', {
    writer: bob.id,
    peer: alice.id,
  }),
  laneDraft('a later incarnation', 'A new incarnation has a new lane in the same relationship.', {
    incarnation: 7,
  }),
  laneDraft('no entries', 'A lane before its first entry.', { entries: [] }),
  laneDraft(
    'another secret',
    'The secret moves the relationship, and with it the start and the entropy.',
    {
      secret: drawn('another secret'),
      entries: [],
    },
  ),
];

function viewDraft(name: string, comment: string, changes: object): Draft {
  const given = {
    side: 0,
    mine: drawn('mine'),
    theirs: drawn('theirs'),
    mineStart: drawn('mine start'),
    theirsStart: drawn('theirs start'),
    ...changes,
  };
  return { name, comment, check: 'derive', given };
}

export const views: readonly Draft[] = [
  viewDraft('low side', 'The lower DevID: its own head comes first.', {}),
  viewDraft('high side', 'The higher DevID: its own head comes second.', { side: 1 }),
  viewDraft('seen from the other side', 'Equal to the low side: both have absorbed everything.', {
    side: 1,
    mine: drawn('theirs'),
    theirs: drawn('mine'),
    mineStart: drawn('theirs start'),
    theirsStart: drawn('mine start'),
  }),
  viewDraft('nothing happened', 'Both heads are the starts: the leaf is absent.', {
    mine: drawn('mine start'),
    theirs: drawn('theirs start'),
  }),
  viewDraft('only mine moved', 'One head is a start still: the leaf is there.', {
    theirs: drawn('theirs start'),
  }),
];

/** A key in which exactly these bits are set. */
export function keyWithBits(...bits: readonly number[]): Uint8Array {
  const key = new Uint8Array(32);
  for (const bit of bits) key[bit >> 3]! |= 0x80 >> (bit & 7);
  return key;
}

export interface Pair {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

export function manyPairs(count: number, label = 'pair'): readonly Pair[] {
  return Array.from({ length: count }, (_, i) => ({
    key: drawn(`${label} key ${i}`),
    value: drawn(`${label} value ${i}`),
  }));
}

const deep: readonly Pair[] = [
  keyWithBits(),
  keyWithBits(255),
  keyWithBits(250),
  keyWithBits(0),
].map((key, i) => ({ key, value: drawn(`deep ${i}`) }));
const zero = new Uint8Array(32);

const mapDraft = (name: string, comment: string, writes: readonly Pair[]): Draft => ({
  name,
  comment,
  check: 'root',
  given: { writes },
});

const proveDraft = (
  name: string,
  comment: string,
  pairs: readonly Pair[],
  keys: readonly Uint8Array[],
): Draft => ({ name, comment, check: 'prove', given: { pairs, keys } });

const forty = manyPairs(40);

export const maps: readonly Draft[] = [
  mapDraft('empty', 'The root of nothing is 32 zero bytes.', []),
  mapDraft('one', 'A single leaf is the root, whatever its key.', manyPairs(1)),
  mapDraft('two', 'One branching.', manyPairs(2)),
  mapDraft('forty', 'Forty leaves.', forty),
  mapDraft('forty, other order', 'The root depends on the set alone.', forty.toReversed()),
  mapDraft('deep', 'Keys that share 250 and 255 bits.', deep),
  mapDraft('changed', 'The last write of a key counts.', [
    ...forty,
    { key: forty[7]!.key, value: drawn('changed') },
  ]),
  mapDraft('removed', 'A value of zeros removes: the subtree collapses.', [
    ...deep,
    { key: deep[1]!.key, value: zero },
    { key: deep[3]!.key, value: zero },
  ]),
  mapDraft('removed all', 'Back to nothing.', [
    ...deep,
    ...deep.map(({ key }) => ({ key, value: zero })),
  ]),
  mapDraft('removed what is absent', 'No effect.', [{ key: drawn('absent'), value: zero }]),
  proveDraft('prove one present', 'A key that is there.', forty, [forty[3]!.key]),
  proveDraft('prove one absent', 'A key that is not there.', forty, [drawn('absent')]),
  proveDraft('prove several', 'Present and absent keys in one proof.', forty, [
    ...forty.slice(10, 15).map(({ key }) => key),
    drawn('absent'),
    drawn('absent too'),
  ]),
  proveDraft('prove in the empty map', 'No foreign leaf.', [], [drawn('absent')]),
  proveDraft('prove the only leaf', 'No foreign leaf either.', forty.slice(0, 1), [forty[0]!.key]),
  proveDraft(
    'prove beside one leaf',
    'One foreign leaf stands in the proof itself.',
    forty.slice(0, 2),
    [forty[0]!.key],
  ),
  proveDraft('prove deep', 'A branch that stays a branch far down.', deep, [keyWithBits(255)]),
  proveDraft(
    'prove everything',
    'All keys are covered.',
    forty.slice(0, 9),
    forty.slice(0, 9).map(({ key }) => key),
  ),
];

const slots = manyPairs(9, 'slot');

export const slotDrafts: readonly Draft[] = [
  ...[1, 2, 3, 4, 5, 6].map((kind) => ({
    name: `place of kind ${kind}`,
    comment: 'The slot key of a kind, a writer and a position.',
    check: 'place',
    given: { kind, writer: drawn('writer'), position: drawn('position') },
  })),
  ...[0, 1, 2, 3, 4, 5, 7, 9].map((count) => ({
    name: `list of ${count}`,
    comment: 'The root of a slot list and the path of every line.',
    check: 'list',
    given: { slots: slots.slice(0, count) },
  })),
  ...([1, 2] as const).map((suite) => ({
    name: `keys of suite ${suite}`,
    comment:
      'What names a public key: as a writer, as a device’s root, as a node; and the context.',
    check: 'keys',
    given: {
      network,
      suite,
      publicKey: suite === 1 ? alice.workingKey : carol.workingKey,
      kind: 0x03,
    },
  })),
  {
    name: 'positions',
    comment: 'Positions of the incarnation, of a delivery, and of a step as devices compare it.',
    check: 'positions',
    given: {
      device: alice.id,
      incarnation: 3,
      seq: 2 ** 53 - 1,
      spoolKey: drawn('spool'),
      head: drawn('head'),
    },
  },
  {
    name: 'positions of the beginning',
    comment: 'Zeros stay in the preimage.',
    check: 'positions',
    given: { device: bob.id, incarnation: 0, seq: 0, spoolKey: zero, head: zero },
  },
];

export const votes: readonly Draft[] = [1, 2, 0xffff_ffff].map((version) => ({
  name: `version ${version}`,
  comment: 'What a node signs.',
  check: 'digest',
  given: {
    lineage: address(utf8(JSON.stringify(puppetRegistry.groups))),
    version,
    key: drawn('slot key'),
    value: drawn('slot value'),
  },
}));

export const freshKeys: readonly Draft[] = [
  {
    name: 'told',
    comment: 'A key that a device tells its peer to seal to, and the MAC that shows whose it is.',
    check: 'derive',
    given: {
      ackKey: drawn('ack key'),
      device: drawn('a device'),
      incarnation: 2,
      number: 7,
      kemKey: drawn('kem key', 1_184),
    },
  },
];

export const contacts: readonly Draft[] = [
  {
    name: 'agreement',
    comment: 'From the shared secret of ML-KEM-768 to the secret, the MAC and an acknowledgement.',
    check: 'derive',
    given: {
      shared: drawn('shared'),
      ciphertext: drawn('ciphertext', 1_088),
      laneKey: drawn('lane key'),
      low: drawn('low'),
      high: drawn('high'),
      head: drawn('head'),
    },
  },
];
