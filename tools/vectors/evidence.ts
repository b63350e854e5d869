/** Vectors of evidence: what convicts, what does not, and openings of purse notes. */

import {
  card,
  concat,
  evidence,
  limits,
  type Card,
  type Evidence,
  type SignedStep,
} from '@dsm/primitive';
import { encodeOpening } from '@dsm/protocols';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { signedBy } from './scenario.ts';
import {
  alice,
  aliceCard,
  bob,
  bobCard,
  bodyOf,
  cardOf,
  carol,
  carolCard,
  dora,
  drawn,
  network,
} from './world.ts';
import { commitsOf, committeeIssues, fork, issuesOf, loaded, spendsOf, votesOf } from './forks.ts';

const puppetFork = fork(carol, carolCard);
const puppetSpends = spendsOf(carol, carolCard);
const puppetIssues = issuesOf(carol);
const [forked, stepsBytes] = [puppetFork.entries, evidence.encode(puppetFork.steps)];
const bytes = evidence.encode(forked);
const cardBytes = card.encode(carolCard).length;
const countAt = 3 + cardBytes + 2 + 32;
const issuesBytes = evidence.encode(puppetIssues);

const check = (
  name: string,
  comment: string,
  claim: Evidence,
  expect: string,
  signs?: true,
): Draft => ({
  name,
  comment,
  check: 'check',
  bytes: evidence.encode(claim),
  given: { network },
  ...(signs === undefined ? {} : { signature: signs }),
  expect,
});

const changed = (of: SignedStep, change: Partial<SignedStep['step']>): SignedStep => ({
  ...of,
  step: { ...of.step, ...change },
});
const { first, second } = puppetFork.steps;
const branch = (change: Partial<SignedStep['step']>): Evidence => ({
  ...forked,
  second: { ...forked.second, signed: changed(forked.second.signed, change) },
});
const elsewhere = cardOf(carol, bodyOf(carol, 'carol', { network: drawn('elsewhere') }));

const renewed = (generation: number, since: number): Card =>
  cardOf(carol, bodyOf(carol, 'carol', { generation, since, previous: drawn('the step before') }));

const refusedWithoutSignatures: readonly Draft[] = [
  check(
    'entries: the same',
    'Both runs begin with one entry.',
    { ...forked, second: forked.first },
    'same',
  ),
  check(
    'entries: no append',
    'A step that appends nothing.',
    branch({ cause: { type: 'restore' } }),
    'position',
  ),
  check(
    'entries: another head',
    'The step does not name where the run leads.',
    { ...forked, before: drawn('x') },
    'position',
  ),
  check(
    'entries: two devices',
    'The steps are not by one device.',
    branch({ device: bob.id }),
    'position',
  ),
  check(
    'entries: two incarnations',
    'A restored device starts anew.',
    branch({ incarnation: 1 }),
    'position',
  ),
  check(
    'entries: of another network',
    'The card is for another network.',
    { ...forked, card: elsewhere },
    'card',
  ),
  check(
    'entries: a later card of another device',
    'The generations are not of one device.',
    { ...forked, later: [bobCard] },
    'card',
  ),
  check(
    'entries: a generation left out',
    'The one between may have been in force.',
    { ...forked, later: [renewed(2, second.step.seq - 1)] },
    'card',
  ),
  check(
    'entries: a key that was replaced',
    'The first branch is later than the change of keys.',
    { ...forked, later: [renewed(1, first.step.seq - 1)] },
    'card',
  ),
  check(
    'entries: a key that is not in force yet',
    'The second branch is earlier than the change of keys.',
    { ...forked, later: [renewed(1, second.step.seq)] },
    'card',
  ),
  check(
    'steps: the same',
    'One statement, signed twice.',
    { ...puppetFork.steps, second: { ...first, signature: drawn('again') } },
    'same',
  ),
  check(
    'steps: two positions',
    'Neither one number nor one step before.',
    { ...puppetFork.steps, second: changed(second, { seq: 9, previous: drawn('x') }) },
    'position',
  ),
  check(
    'steps: two devices',
    'Not by one device.',
    { ...puppetFork.steps, second: changed(second, { device: bob.id }) },
    'position',
  ),
  check(
    'steps: two incarnations',
    'A restored device starts anew.',
    { ...puppetFork.steps, second: changed(second, { incarnation: 1 }) },
    'position',
  ),
  check(
    'steps: of another network',
    'The card is for another network.',
    { ...puppetFork.steps, card: elsewhere },
    'card',
  ),
  check(
    'spends: the same',
    'One value, authorised twice.',
    { ...puppetSpends, second: puppetSpends.first },
    'same',
  ),
  check(
    'spends: no spend slot',
    'The slot of a delivery.',
    { ...puppetSpends, place: { ...puppetSpends.place, kind: 2 } },
    'position',
  ),
  check(
    'spends: another’s slot',
    'The card is not that of the slot’s writer.',
    { ...puppetSpends, card: bobCard },
    'card',
  ),
  check(
    'spends: of another network',
    'The card is for another network.',
    { ...puppetSpends, card: elsewhere },
    'card',
  ),
  check(
    'commits: the same',
    'One value.',
    { ...commitsOf(carol), second: commitsOf(carol).first },
    'same',
  ),
  check(
    'commits: no slot of commits',
    'A spend is no commit.',
    { ...commitsOf(carol), place: puppetSpends.place },
    'position',
  ),
  check(
    'issues: the same',
    'One value, authorised twice.',
    { ...puppetIssues, second: puppetIssues.first },
    'same',
  ),
  check(
    'issues: no issue slot',
    'The slot of a spend.',
    { ...puppetIssues, place: { ...puppetIssues.place, kind: 1 } },
    'position',
  ),
  check(
    'votes: the same',
    'One value, voted twice.',
    { ...votesOf(false), second: votesOf(false).first },
    'same',
  ),
];

const real = fork(alice, aliceCard);
const realSpends = spendsOf(alice, aliceCard);
const onlineOpening = (): Uint8Array => {
  const { load, before } = loaded(alice);
  return encodeOpening({ before, index: 0, entry: load });
};
const bricked: readonly Draft[] = [
  check('entries: a fork', 'Two runs after one head.', real.entries, 'ok', true),
  check('steps: one number', 'Two steps with one number.', real.steps, 'ok', true),
  check(
    'steps: one step before',
    'Two steps after one.',
    {
      ...real.steps,
      second: signedBy(alice, { ...real.steps.second.step, seq: 9 }, real.steps.second.slots),
    },
    'ok',
    true,
  ),
  check('spends: a purse note', 'Spent twice.', realSpends, 'ok', true),
  check('issues: an issuer', 'Two issues after one.', issuesOf(alice), 'ok', true),
  check('commits', 'Two of one number.', commitsOf(alice), 'ok', true),
  check(
    'commits: another signer',
    'The key is not the slot’s writer.',
    { ...commitsOf(alice), second: commitsOf(dora).second },
    'signature',
    true,
  ),
  check('issues: a committee', 'Two of three said both.', committeeIssues(), 'ok', true),
  check(
    'issues: one of a committee',
    'One is not the writer.',
    {
      ...committeeIssues(),
      second: {
        ...committeeIssues().second,
        authorisation: { ...committeeIssues().second.authorisation, backing: undefined },
      },
    },
    'signature',
  ),
  check('votes: a node', 'Two votes on one slot.', votesOf(true), 'ok', true),
  check(
    'spends: an online note',
    'A restored device may try twice.',
    { ...realSpends, opening: onlineOpening() },
    'opening',
    true,
  ),
  check(
    'spends: no opening',
    'Nothing shows that it is a purse note.',
    { ...realSpends, opening: new Uint8Array(0) },
    'opening',
    true,
  ),
  check(
    'entries: another’s card',
    'The steps are not by the card’s device.',
    { ...forked, card: aliceCard },
    'card',
    true,
  ),
  check(
    'steps: a false signature',
    'Of one of the two.',
    { ...real.steps, second: { ...real.steps.second, signature: real.steps.first.signature } },
    'signature',
    true,
  ),
  check(
    'votes: a false signature',
    'Of one of the two.',
    {
      ...votesOf(true),
      second: { ...votesOf(true).second, signature: votesOf(true).first.signature },
    },
    'signature',
    true,
  ),
];

export const evidences: readonly Draft[] = [
  { name: 'entries', comment: 'Two runs after one head, the second of two entries.', bytes },
  {
    name: 'entries, exchanged',
    comment: 'The same id: it does not depend on the order.',
    bytes: evidence.encode({ ...forked, first: forked.second, second: forked.first }),
  },
  {
    name: 'entries, across a change of keys',
    comment: 'With the cards of two generations. The same id.',
    bytes: evidence.encode({ ...forked, later: [renewed(1, 4)] }),
  },
  { name: 'steps', comment: 'Two steps with one number.', bytes: stepsBytes },
  {
    name: 'spends',
    comment: 'Two values in the slot of a purse note.',
    bytes: evidence.encode(puppetSpends),
  },
  { name: 'issues', comment: 'Two values in the slot after one issue.', bytes: issuesBytes },
  {
    name: 'commits',
    comment: 'Two ByteCommits of a node with one number.',
    bytes: evidence.encode(commitsOf(carol)),
  },
  {
    name: 'votes',
    comment: 'Two votes of a node on one slot.',
    bytes: evidence.encode(votesOf(false)),
  },
  ...spoiled(issuesBytes, 4 * limits.receiptBytesMax),
  ...[0, 7].map((tag) =>
    malformed(`tag ${tag}`, 'No evidence has this tag.', patched(bytes, 2, number(1, tag))),
  ),
  malformed(
    'no entries',
    'A branch has at least one.',
    concat(
      bytes.slice(0, countAt),
      number(2, 0),
      bytes.slice(countAt + 2 + 4 + forked.first.entries[0]!.length),
    ),
  ),
  malformed('257 entries', 'More than a run may have.', patched(bytes, countAt, number(2, 257))),
  malformed(
    'an entry beyond the end',
    'A length that no bytes follow.',
    patched(bytes, countAt + 2, number(4, 12_367)),
  ),
  malformed(
    'a card of another kind',
    'An object inside has its own kind.',
    patched(bytes, 4, number(1, 8)),
  ),
  malformed(
    'a step of another kind',
    'An object inside has its own kind.',
    patched(stepsBytes, 3 + cardBytes + 2 + 1, number(1, 2)),
  ),
  malformed('a slot of kind 11', 'There are ten kinds.', patched(issuesBytes, 3, number(1, 11))),
  malformed(
    'a vote of suite 3',
    'There are suites 1 and 2.',
    patched(evidence.encode(votesOf(false)), 3, number(1, 3)),
  ),
  ...refusedWithoutSignatures,
  ...bricked,
];
