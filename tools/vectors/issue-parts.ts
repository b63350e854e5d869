/** Vectors of the parts of a lineage that are issues. */

import {
  kinds,
  limits,
  registry,
  registryLineage,
  slotKey,
  slotListRoot,
  statementDigest,
  type Certificate,
} from '@dsm/primitive';
import {
  issueHead,
  issuePart,
  issuePlace,
  type Issue,
  type IssuePart,
  type Origin,
} from '@dsm/protocols';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { coin, coinBytes, coinId, outputTo } from './scenario.ts';
import { firstIssue } from './value.ts';
import {
  alice,
  carol,
  drawn,
  network,
  signed,
  voted,
  puppetRegistry,
  votingRegistry,
  type Actor,
} from './world.ts';

export const lineage: Uint8Array = registryLineage(votingRegistry);

function issued(value: Issue, by: Actor, certificate?: Certificate): IssuePart {
  const body = drawn('issue body');
  const slot = { key: slotKey(issuePlace(value.parent, coin)), value: issueHead(value) };
  const made = signed(by, kinds.signedStep, statementDigest(body, slotListRoot([slot])));
  const authorisation = {
    suite: by.suite,
    publicKey: by.workingKey,
    body,
    path: [],
    signature: made,
  };
  return { issue: value, authorisation, certificate };
}

export const head: Uint8Array = issueHead(firstIssue);
export const origin: Origin = {
  head,
  token: coinId,
  outputs: firstIssue.outputs,
  certified: true,
  sources: [],
  issued: { index: 1, total: 500n },
  purse: false,
};
const later: Issue = { ...firstIssue, index: 2, parent: head, total: 1_000n };
export const given: object = {
  network,
  policies: [coinBytes],
  origins: [origin],
};

/** The registry whose nodes voted; where nothing is certified, a short one does. */
const voters = registry.encode(votingRegistry);
const puppets = registry.encode(puppetRegistry);
export const registryFor = (...of: readonly (Certificate | undefined)[]): Uint8Array =>
  of.some((one) => one !== undefined) ? voters : puppets;

const issueCase = (
  name: string,
  comment: string,
  part: IssuePart,
  expect: string,
  changes: object = {},
): Draft => ({
  name,
  comment,
  check: 'lineage',
  bytes: issuePart.encode(part),
  given: { ...given, registry: registryFor(part.certificate), ...changes },
  expect,
});
const issueRefusal = (
  name: string,
  comment: string,
  change: Partial<Issue>,
  expect: string,
  changes: object = {},
): Draft => issueCase(name, comment, issued({ ...later, ...change }, carol), expect, changes);

const firstSlot = { key: slotKey(issuePlace(coinId, coin)), value: head };
const certified = issued(firstIssue, alice, voted(firstSlot, lineage));
export const otherCertificate: Certificate = voted({ ...firstSlot, value: drawn('x') }, lineage);
const issueBytes = issuePart.encode(issued(firstIssue, carol));
const fresh = (amount: bigint, changes: object = {}): ReturnType<typeof outputTo> =>
  outputTo(alice, amount, { depth: 0, receipts: 1, ...changes });

export const issueParts: readonly Draft[] = [
  { name: 'uncertified', comment: 'No certificate yet.', bytes: issueBytes },
  { name: 'certified', comment: 'With three votes.', bytes: issuePart.encode(certified) },
  ...spoiled(issueBytes, limits.objectBytesMax),
  malformed('option byte 2', 'An option is 0 or 1.', patched(issueBytes, -1, number(1, 2))),
  malformed(
    'an issue of another kind',
    'An object inside has its own kind.',
    patched(issueBytes, 3, number(1, 0x20)),
  ),
  issueRefusal('an unknown policy', 'Which token is this?', {}, 'missing', { policies: [] }),
  issueRefusal('an unknown parent', 'It is to be fetched first.', {}, 'missing', { origins: [] }),
  issueRefusal('another token', 'The parent is of another token.', {}, 'chain', {
    origins: [{ ...origin, token: drawn('x') }],
  }),
  issueRefusal('an index left out', 'Index 3 after 1.', { index: 3 }, 'chain'),
  issueRefusal('another total', 'It does not add up.', { total: 999n }, 'chain'),
  issueRefusal('a parent that is a spend', 'No issue.', {}, 'chain', {
    origins: [{ ...origin, issued: null }],
  }),
  issueRefusal(
    'above the cap',
    'More than the policy allows.',
    { amount: 1_000_000n, total: 1_000_500n, outputs: [fresh(1_000_000n)] },
    'cap',
  ),
  issueRefusal(
    'an amount of zero',
    'An output is zero.',
    { outputs: [fresh(500n), fresh(0n)] },
    'conservation',
  ),
  issueRefusal(
    'outputs of less',
    'They do not add up.',
    { outputs: [fresh(499n)] },
    'conservation',
  ),
  issueRefusal(
    'a purse note',
    'Fresh notes are online.',
    { outputs: [fresh(500n, { kind: 1 })] },
    'conservation',
  ),
  issueRefusal(
    'a note with a past',
    'Fresh notes have no lineage.',
    { outputs: [fresh(500n, { depth: 1 })] },
    'conservation',
  ),
  {
    ...issueCase('the first holds', 'Signed and certified.', certified, 'ok', { origins: [] }),
    signature: true,
  },
  {
    ...issueCase('the second holds', 'Signed, not yet certified.', issued(later, alice), 'ok'),
    signature: true,
  },
  {
    ...issueCase(
      'a certificate of another',
      'Of another value.',
      { ...certified, certificate: otherCertificate },
      'certificate',
      { origins: [] },
    ),
    signature: true,
  },
  {
    ...issueCase('by a stranger', 'Not the issuer’s key.', issued(firstIssue, carol), 'signature', {
      origins: [],
    }),
    signature: true,
  },
];
