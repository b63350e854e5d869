/** Vectors of votes and certificates, under one version of a registry and under several. */

import {
  certificate,
  concat,
  groupOf,
  kinds,
  limits,
  registryLineage,
  voteDigest,
  votesTree,
  type Certificate,
  type PathStep,
  type Slot,
} from '@dsm/primitive';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { laterVoters, puppets, voters } from './registries.ts';
import {
  drawn,
  fakeSignature,
  laterKeys,
  laterRegistry,
  nodeKeys,
  puppetRegistry,
  signature,
  voted,
  votedIn,
  votingRegistry,
} from './world.ts';

const unsigned = { path: [], signature: fakeSignature };

export const fakeCertificate: Certificate = {
  lineage: drawn('lineage'),
  version: 3,
  key: drawn('slot'),
  value: drawn('value'),
  votes: [0, 1, 0x1ff].map((node) => ({ node, ...unsigned })),
};

/** A certificate of the right form for a slot, whose votes are drawn bytes. */
export function claimed(slot: Slot, changes: Partial<Certificate> = {}): Certificate {
  const group = puppetRegistry.groups[groupNumber(slot.key)]!;
  const votes = group
    .slice(0, 3)
    .toSorted((a, b) => a - b)
    .map((node) => ({ node, ...unsigned }));
  return { lineage: registryLineage(puppetRegistry), version: 1, ...slot, votes, ...changes };
}

function groupNumber(key: Uint8Array): number {
  const { groups } = puppetRegistry;
  return groups.indexOf(groupOf(puppetRegistry, key) as number[]);
}

const certificateBytes = certificate.encode(fakeCertificate);
const votesAt = 2 + 32 + 4 + 64;
const voteBytes = 2 + 2 + 4 + fakeSignature.length;
const vote = (i: number): Uint8Array =>
  certificateBytes.slice(votesAt + 2 + voteBytes * i, votesAt + 2 + voteBytes * (i + 1));
const withVotes = (...parts: readonly Uint8Array[]): Uint8Array =>
  concat(certificateBytes.slice(0, votesAt), number(2, parts.length), ...parts);
const withPath = (count: number): Uint8Array =>
  concat(vote(0).slice(0, 2), number(2, count), new Uint8Array(33 * count), vote(0).slice(4));

const slot: Slot = { key: drawn('a slot'), value: drawn('a value') };
const check = (
  name: string,
  comment: string,
  claim: Certificate,
  expect: string,
  registries: readonly Uint8Array[] = [puppets],
  of: Slot = slot,
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes: certificate.encode(claim),
  given: { registries, ...of },
  expect,
});
const signedCheck = (...of: Parameters<typeof check>): Draft => ({
  ...check(...of),
  signature: true,
});

const outside = puppetRegistry.groups[1 - groupNumber(slot.key)]![0]!;
const good = voted(slot, registryLineage(votingRegistry));
const strangers = [...claimed(slot).votes.slice(0, 2), { node: outside, ...unsigned }].toSorted(
  (a, b) => a.node - b.node,
);

/** A slot of the group with the node that missed the change. */
const ofLate: Slot = {
  key: [0, 1, 2, 3, 4, 5, 6, 7]
    .map((i) => drawn(`a slot ${i}`))
    .find((key) => groupNumber(key) === 1)!,
  value: drawn('a value'),
};
const byLate = claimed(ofLate, { votes: [1, 5, 8].map((node) => ({ node, ...unsigned })) });

/** Votes that were signed in batches: each node has its own, with the slot at another place. */
function inBatches(spoil: (path: readonly PathStep[]) => readonly PathStep[]): Certificate {
  const lineage = registryLineage(votingRegistry);
  const votes = [0, 2, 3].map((node) => {
    const others = Array.from({ length: 4 + node }, (_, i) => drawn(`other vote ${node} ${i}`));
    const digests = others.toSpliced(node, 0, voteDigest(lineage, 1, slot));
    const { root, paths } = votesTree(digests);
    return {
      node,
      path: spoil(paths[node]!),
      signature: signature(nodeKeys[node]!, kinds.vote, 1, root),
    };
  });
  return { ...good, votes };
}

const both = [voters, laterVoters];
const later = votedIn(laterRegistry, laterKeys, slot, [0, 2, 3]);

const underOne: readonly Draft[] = [
  check('another version', 'One that is not known.', claimed(slot, { version: 2 }), 'registry'),
  check('another lineage', 'Of the registry.', claimed(slot, { lineage: drawn('x') }), 'registry'),
  check(
    'another key',
    'The certificate is about another slot.',
    claimed(slot, { key: drawn('x') }),
    'slot',
  ),
  check(
    'another value',
    'The certificate is about another value.',
    claimed(slot, { value: drawn('x') }),
    'slot',
  ),
  check(
    'two votes',
    'Fewer than q.',
    claimed(slot, { votes: claimed(slot).votes.slice(1) }),
    'quorum',
  ),
  check(
    'a vote of another group',
    'A node that does not keep this slot.',
    claimed(slot, { votes: strangers }),
    'quorum',
  ),
  check(
    'a vote of nobody',
    'A node that the registry does not have.',
    claimed(slot, { votes: [...claimed(slot).votes.slice(0, 2), { node: 900, ...unsigned }] }),
    'quorum',
  ),
  check(
    'a vote of who missed the change',
    'It has no key of this version.',
    byLate,
    'vote',
    [puppets],
    ofLate,
  ),
  signedCheck('holds', 'Three votes of the group.', good, 'ok', [voters]),
  signedCheck(
    'a false vote',
    'One vote is for another slot.',
    {
      ...good,
      votes: good.votes.with(1, {
        ...good.votes[1]!,
        signature: voted({ ...slot, value: drawn('x') }, registryLineage(votingRegistry)).votes[1]!
          .signature,
      }),
    },
    'vote',
    [voters],
  ),
  signedCheck(
    'votes signed in batches',
    'Each signature is over the root of a tree of votes.',
    inBatches((path) => path),
    'ok',
    [voters],
  ),
  signedCheck(
    'a path to another root',
    'A sibling on the other side.',
    inBatches((path) => path.map(({ side, sibling }) => ({ side: side === 0 ? 1 : 0, sibling }))),
    'vote',
    [voters],
  ),
];

const underSeveral: readonly Draft[] = [
  signedCheck(
    'of the version before',
    'Nobody can vote under it any more: it stays good.',
    good,
    'ok',
    both,
  ),
  signedCheck('of the newest version', 'By its own vote keys.', later, 'ok', both),
  signedCheck(
    'by keys of the next version',
    'A vote key is of one version.',
    { ...later, version: 1 },
    'vote',
    both,
  ),
  signedCheck(
    'by keys of the version before',
    'They count for what they voted.',
    { ...good, version: 2 },
    'vote',
    both,
  ),
  signedCheck(
    'a signature of who missed the change',
    'Made with the key that stands there still.',
    votedIn(laterRegistry, laterKeys, slot, [0, 1, 3]),
    'vote',
    both,
  ),
  check(
    'of a version that is not known yet',
    'It may come.',
    { ...later, version: 3 },
    'registry',
    both,
  ),
  check('of an older version that is not known', 'Only the newest is.', good, 'registry', [
    laterVoters,
  ]),
];

export const certificates: readonly Draft[] = [
  { name: 'three votes', comment: 'Node indices ascend.', bytes: certificateBytes },
  {
    name: 'one vote',
    comment: 'How many are needed is the registry’s.',
    bytes: withVotes(vote(2)),
  },
  {
    name: 'the longest path',
    comment: 'Eight steps: a tree of 256 votes.',
    bytes: withVotes(withPath(8)),
  },
  ...spoiled(certificateBytes, limits.votesMax * (limits.signatureBytesMax + 280) + 128),
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
    withVotes(vote(0), patched(vote(0), 8, number(1, 1))),
  ),
  malformed('a path of nine', 'Eight at most.', withVotes(withPath(9))),
  malformed(
    'a path to a third side',
    'There are left and right.',
    withVotes(patched(withPath(1), 4, number(1, 2))),
  ),
  ...underOne,
  ...underSeveral,
];

/** The trees whose root a node signs for many votes at once. */
export const voteTrees: readonly Draft[] = [1, 2, 3, 4, 5, 7, 8, 9, 13].map((count) => ({
  name: `a tree of ${count}`,
  comment: 'One signature over the root serves all of them.',
  check: 'tree',
  given: { digests: Array.from({ length: count }, (_, i) => drawn(`vote ${i}`)) },
}));
