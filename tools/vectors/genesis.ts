/** Vectors of genesis and of entropy that several give. */

import {
  commitTo,
  contribution,
  genesis,
  type Commitment,
  type Genesis,
  type Reveal,
} from '@dsm/identity';
import { compare } from '@dsm/primitive';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { drawn, network } from './world.ts';

/** An identity of suite 2 whose authorities are drawn bytes: everything of it but signatures. */
export const puppetGenesis: Genesis = {
  network,
  suite: 2,
  authority: drawn('authority 0'),
  contributions: undefined,
};

const genesisBytes = genesis.encode(puppetGenesis);

export const geneses: readonly Draft[] = [
  { name: 'alone', comment: 'Nobody else gave entropy.', bytes: genesisBytes },
  {
    name: 'with contributions',
    comment: 'It names the transcript.',
    bytes: genesis.encode({ ...puppetGenesis, contributions: drawn('transcript') }),
  },
  ...spoiled(genesisBytes, 2_048),
  malformed('suite 3', 'There are suites 1 and 2.', patched(genesisBytes, 34, number(1, 3))),
  malformed('option byte 2', 'An option is 0 or 1.', patched(genesisBytes, -1, number(1, 2))),
];

// Contributions

const part = (label: string): Reveal => ({
  contributor: drawn(`contributor ${label}`),
  entropy: drawn(`entropy ${label}`),
});
const own = part('owner');
const others = ['ann', 'ben', 'cyn'].map(part);
const committed = (all: readonly Reveal[]): readonly Commitment[] =>
  all.map(commitTo).toSorted((a, b) => compare(a.contributor, b.contributor));
const commitments = committed([own, ...others]);
const transcript = contribution.encode({ type: 'transcript', commitments });
const twin = { contributor: drawn('contributor twin'), entropy: others[0]!.entropy };

function mixing(
  name: string,
  comment: string,
  expect: string,
  given: { commitments?: readonly Commitment[]; own?: Reveal; reveals?: readonly Reveal[] } = {},
): Draft {
  return {
    name,
    comment,
    check: 'mix',
    given: { commitments, own, reveals: others, ...given },
    expect,
  };
}

export const contributions: readonly Draft[] = [
  {
    name: 'a commitment',
    comment: 'What a contributor sends first.',
    bytes: contribution.encode({ type: 'commitment', ...commitTo(others[0]!) }),
  },
  { name: 'a transcript', comment: 'All commitments, the own among them.', bytes: transcript },
  {
    name: 'a reveal',
    comment: 'What a contributor sends once the transcript stands.',
    bytes: contribution.encode({ type: 'reveal', ...others[0]! }),
  },
  ...spoiled(transcript, 2_048),
  malformed('an empty transcript', 'Of nobody.', patched(transcript.slice(0, 5), 3, number(2, 0))),
  malformed(
    'a contributor twice',
    'Contributors ascend strictly.',
    patched(transcript, 5 + 64, transcript.slice(5, 5 + 64)),
  ),
  malformed('another shape', 'There are three.', patched(transcript, 2, number(1, 4))),
  mixing('of four', 'The own one and three.', 'ok'),
  mixing('in another order', 'Reveals come as they come.', 'ok', { reveals: others.toReversed() }),
  mixing('alone', 'Nobody else.', 'ok', { commitments: committed([own]), reveals: [] }),
  mixing('descending', 'The order of the transcript is one.', 'order', {
    commitments: commitments.toReversed(),
  }),
  mixing('nobody', 'Not even the owner.', 'order', { commitments: [], reveals: [] }),
  mixing('without the owner', 'The own part is always in.', 'own', {
    commitments: committed(others),
  }),
  mixing('an own part chosen late', 'Not what was committed to.', 'own', {
    own: { ...own, entropy: drawn('late') },
  }),
  mixing('one silent', 'It has not revealed.', 'count', { reveals: others.slice(1) }),
  mixing('one twice', 'In place of another.', 'count', {
    reveals: [others[0]!, others[0]!, others[1]!],
  }),
  mixing('one too many', 'It has committed to nothing.', 'count', {
    reveals: [...others, part('dan')],
  }),
  mixing('chosen late', 'Not what was committed to.', 'reveal', {
    reveals: others.with(1, { ...others[1]!, entropy: drawn('late') }),
  }),
  mixing('the same entropy', 'Of two contributors.', 'identical', {
    commitments: committed([own, ...others, twin]),
    reveals: [...others, twin],
  }),
];
