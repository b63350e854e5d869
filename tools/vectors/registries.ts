/** Vectors of registries and certificates. */

import {
  ascii,
  certificate,
  concat,
  groupOf,
  limits,
  registry,
  registryLineage,
  type Certificate,
  type Slot,
} from '@dsm/primitive';
import { framed, malformed, number, patched, spoiled, swapped, type Draft } from './draft.ts';
import { drawn, fakeSignature, puppetRegistry, voted, votingRegistry } from './world.ts';

export const puppets: Uint8Array = registry.encode(puppetRegistry);
export const voters: Uint8Array = registry.encode(votingRegistry);
export const fakeCertificate: Certificate = {
  lineage: drawn('lineage'),
  version: 3,
  key: drawn('slot'),
  value: drawn('value'),
  votes: [0, 1, 0x1ff].map((node) => ({ node, signature: fakeSignature })),
};

/** A certificate of the right form for a slot, whose votes are drawn bytes. */
export function claimed(slot: Slot, changes: Partial<Certificate> = {}): Certificate {
  const group = puppetRegistry.groups[groupNumber(slot.key)]!;
  const votes = group
    .slice(0, 3)
    .toSorted((a, b) => a - b)
    .map((node) => ({ node, signature: fakeSignature }));
  return { lineage: registryLineage(puppetRegistry), version: 1, ...slot, votes, ...changes };
}

function groupNumber(key: Uint8Array): number {
  const { groups } = puppetRegistry;
  return groups.indexOf(groupOf(puppetRegistry, key) as number[]);
}
const certificateBytes = certificate.encode(fakeCertificate);
const votesAt = 2 + 32 + 4 + 64;
const voteBytes = 2 + 4 + fakeSignature.length;
const vote = (i: number): Uint8Array =>
  certificateBytes.slice(votesAt + 2 + voteBytes * i, votesAt + 2 + voteBytes * (i + 1));
const withVotes = (...parts: readonly Uint8Array[]): Uint8Array =>
  concat(certificateBytes.slice(0, votesAt), number(2, parts.length), ...parts);

const slot: Slot = { key: drawn('a slot'), value: drawn('a value') };
const certificateCheck = (
  name: string,
  comment: string,
  claim: Certificate,
  expect: string,
  by: Uint8Array = puppets,
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes: certificate.encode(claim),
  given: { registry: by, ...slot },
  expect,
});
const outside = puppetRegistry.groups[1 - groupNumber(slot.key)]![0]!;
const good = voted(slot, registryLineage(votingRegistry));
const strangers = [
  ...claimed(slot).votes.slice(0, 2),
  { node: outside, signature: fakeSignature },
].toSorted((a, b) => a.node - b.node);

export const certificates: readonly Draft[] = [
  { name: 'three votes', comment: 'Node indices ascend.', bytes: certificateBytes },
  {
    name: 'one vote',
    comment: 'How many are needed is the registry’s.',
    bytes: withVotes(vote(2)),
  },
  ...spoiled(certificateBytes, limits.votesMax * (limits.signatureBytesMax + 6) + 128),
  malformed('no votes', 'A certificate holds votes.', withVotes()),
  malformed(
    'fourteen votes',
    'More than a group has.',
    withVotes(...Array.from({ length: 14 }, (_, i) => patched(vote(0), 0, number(2, i)))),
  ),
  malformed('votes descend', 'A set has one order.', withVotes(vote(1), vote(0), vote(2))),
  malformed('a vote twice', 'A set has no repeats.', withVotes(vote(0), vote(1), vote(1))),
  malformed(
    'a node twice',
    'Two signatures of one node are one vote.',
    withVotes(vote(0), patched(vote(0), 6, number(1, 1))),
  ),
  certificateCheck(
    'another version',
    'Of the registry.',
    claimed(slot, { version: 2 }),
    'registry',
  ),
  certificateCheck(
    'another lineage',
    'Of the registry.',
    claimed(slot, { lineage: drawn('x') }),
    'registry',
  ),
  certificateCheck(
    'another key',
    'The certificate is about another slot.',
    claimed(slot, { key: drawn('x') }),
    'slot',
  ),
  certificateCheck(
    'another value',
    'The certificate is about another value.',
    claimed(slot, { value: drawn('x') }),
    'slot',
  ),
  certificateCheck(
    'two votes',
    'Fewer than q.',
    claimed(slot, { votes: claimed(slot).votes.slice(1) }),
    'quorum',
  ),
  certificateCheck(
    'a vote of another group',
    'A node that does not keep this slot.',
    claimed(slot, { votes: strangers }),
    'quorum',
  ),
  certificateCheck(
    'a vote of nobody',
    'A node that the registry does not have.',
    claimed(slot, {
      votes: [...claimed(slot).votes.slice(0, 2), { node: 900, signature: fakeSignature }],
    }),
    'quorum',
  ),
  {
    ...certificateCheck('holds', 'Three votes of the group.', good, 'ok', voters),
    signature: true,
  },
  {
    ...certificateCheck(
      'a false vote',
      'One vote is for another slot.',
      {
        ...good,
        votes: good.votes.with(1, {
          ...good.votes[1]!,
          signature: voted({ ...slot, value: drawn('x') }, registryLineage(votingRegistry))
            .votes[1]!.signature,
        }),
      },
      'vote',
      voters,
    ),
    signature: true,
  },
];

const asked = {
  slots: [0, 1, 2, 3, 4].map((i) => drawn(`slot ${i}`)),
  addresses: [0, 1, 2].map((i) => drawn(`address ${i}`)),
};
/** Suite, key and address of a node: 1, 36 and 4 bytes and the address’s own. */
const nodeBytes = 41 + puppetRegistry.nodes[0]!.address.length;
const first66 = patched(puppets, 66, number(4, 2));
const at = (offset: number, ...bytes: readonly number[]): Uint8Array =>
  patched(puppets, offset, Uint8Array.from(bytes));
const registryCase = (name: string, comment: string, bytes: Uint8Array, expect = 'ok'): Draft => ({
  name,
  comment,
  bytes,
  given: asked,
  expect,
});

export const registries: readonly Draft[] = [
  registryCase('nine nodes', 'Two groups of four, and one node in none.', puppets),
  registryCase('four nodes', 'One group; the nodes of the signed cases.', voters),
  registryCase(
    'the second version',
    'It names the first version.',
    patched(first66, 34, registryLineage(puppetRegistry)),
  ),
  registryCase(
    'one node',
    'r = 1, q = 1, f = 0: for a test on one machine.',
    registry.encode({ ...puppetRegistry, r: 1, q: 1, f: 0, groups: [[5], [6]] }),
  ),
  ...spoiled(puppets, limits.objectBytesMax).map((one) => ({ given: asked, ...one })),
  malformed('registry version 0', 'The first is 1.', at(66, 0, 0, 0, 0)),
  malformed('version 1 names a first', 'It is named by its own address.', at(34, 1)),
  malformed('version 2 names no first', 'Its lineage would be unknown.', first66),
  malformed('r is not 3f + 1', 'r = 5, f = 1.', at(70, 5)),
  malformed('f is not (r − 1) / 3', 'r = 4, f = 2.', at(72, 2)),
  malformed('q too small', 'Two quorums might share no honest node: 2q = r + f − 1.', at(71, 2)),
  malformed('q too large', 'More votes than nodes.', at(71, 5)),
  malformed('r above 13', 'r = 16, f = 5, q = 11.', at(70, 16, 11, 5)),
  malformed(
    'a node at two addresses',
    'One signer must not count as two.',
    patched(puppets, 80 + nodeBytes, puppets.slice(80, 112)),
  ),
  malformed('513 nodes', 'More than 512.', manyNodes(513)),
  malformed('no nodes', 'A registry has nodes.', at(73, 0, 0)),
  malformed('a node of suite 3', 'There are suites 1 and 2.', at(75, 3)),
  malformed('a node in two groups', 'Groups are disjoint.', patched(puppets, -2, number(2, 7))),
  malformed('a node twice in a group', 'Groups are sets.', patched(puppets, -2, number(2, 5))),
  malformed(
    'a node that is not there',
    'Index 9 of nine nodes.',
    patched(puppets, -2, number(2, 9)),
  ),
  malformed('no groups', 'A slot belongs to a group.', concat(puppets.slice(0, -22), number(2, 0))),
  malformed(
    'a group of three',
    'A group has r nodes.',
    concat(puppets.slice(0, -10), number(2, 3), puppets.slice(-8, -2)),
  ),
  malformed(
    'an address that is no text',
    'Not the UTF-8 of a text.',
    swapped(puppets, ascii('n3.example'), concat(ascii('n3.exampl'), Uint8Array.of(0x80))),
  ),
];

/** A registry of so many nodes without addresses, and one group of one. */
function manyNodes(count: number): Uint8Array {
  const nodes = Array.from({ length: count }, (_, i) =>
    concat(Uint8Array.of(2), framed(drawn(`of many ${i}`)), number(4, 0)),
  );
  const group = concat(number(2, 1), number(2, 1), number(2, 0));
  const parameters = Uint8Array.of(1, 1, 0);
  return concat(puppets.slice(0, 70), parameters, number(2, count), ...nodes, group);
}
