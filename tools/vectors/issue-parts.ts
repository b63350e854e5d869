/** Vectors of the parts of a lineage that are mints. Re-mints are in remint-parts.ts. */

import {
  limits,
  registry,
  registryLineage,
  slotKey,
  type Authorisation,
  type Certificate,
} from '@dsm/primitive';
import {
  issueHead,
  issuePart,
  issuePlace,
  tokenId,
  type Issue,
  type IssuePart,
  type Origin,
  type Policy,
} from '@dsm/protocols';
import { authorisedBy, authorisedByAll } from './authorise.ts';
import { malformed, number, patched, spoiled, type Draft } from './draft.ts';
import { firstHead, firstIssue, items, laterIssue, remint } from './issues.ts';
import {
  coin,
  coinBytes,
  coinId,
  freshTo,
  guild,
  guildBytes,
  title,
  titleBytes,
} from './tokens.ts';
import {
  alice,
  carol,
  dora,
  drawn,
  emil,
  frida,
  network,
  puppetRegistry,
  voted,
  votingRegistry,
  type Actor,
} from './world.ts';

export const lineage: Uint8Array = registryLineage(votingRegistry);
/** The body that an issue is signed with is its head: it is no part of a step. */
export const issueAuthorised = (value: Issue, by: Actor, of: Policy = coin): Authorisation =>
  authorisedBy(by, issuePlace(value.parent, of), issueHead(value), undefined, issueHead(value));

function issued(value: Issue, by: Actor, of: Policy = coin, certificate?: Certificate): IssuePart {
  return { issue: value, authorisation: issueAuthorised(value, by, of), certificate, spends: [] };
}

export const head: Uint8Array = firstHead;
export const origin: Origin = {
  type: 'issue',
  head,
  token: coinId,
  outputs: firstIssue.outputs,
  certified: true,
  sources: [],
  issued: { index: 1, total: 500n, certified: true },
  payer: undefined,
  purse: false,
};
export const given: object = {
  network,
  policies: [coinBytes],
  origins: [origin],
};

/** The registry whose nodes voted; where nothing is certified, a short one does. */
const voters = registry.encode(votingRegistry);
const puppets = registry.encode(puppetRegistry);
export const registriesFor = (
  ...of: readonly (Certificate | undefined)[]
): readonly Uint8Array[] => [of.some((one) => one !== undefined) ? voters : puppets];

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
  given: { ...given, registries: registriesFor(part.certificate), ...changes },
  expect,
});
const signedCase = (...of: Parameters<typeof issueCase>): Draft => ({
  ...issueCase(...of),
  signature: true,
});
/** The rules before the signature need none; those after it need a real one. */
const chained = (
  name: string,
  comment: string,
  change: Partial<Issue>,
  expect: string,
  changes: object = {},
): Draft => issueCase(name, comment, issued({ ...laterIssue, ...change }, carol), expect, changes);
const fresh = (name: string, comment: string, change: Partial<Issue>): Draft =>
  signedCase(name, comment, issued({ ...laterIssue, ...change }, alice), 'movement');

const firstSlot = { key: slotKey(issuePlace(coinId, coin)), value: head };
const certified = issued(firstIssue, alice, coin, voted(firstSlot, lineage));
export const otherCertificate: Certificate = voted({ ...firstSlot, value: drawn('x') }, lineage);
const issueBytes = issuePart.encode(issued(firstIssue, carol));
const first = { origins: [] };

const ofGuild: Issue = { ...firstIssue, token: tokenId(guild), parent: tokenId(guild) };
const guildCase = (
  name: string,
  comment: string,
  expect: string,
  ...signers: Parameters<typeof authorisedByAll>[1]
): Draft => {
  const place = issuePlace(ofGuild.parent, guild);
  const value = issueHead(ofGuild);
  const authorisation = authorisedByAll(guild, signers, place, value, value);
  const part = { issue: ofGuild, authorisation, certificate: undefined, spends: [] };
  return issueCase(name, comment, part, expect, { ...first, policies: [guildBytes] });
};
const ofTitle = { ...first, policies: [titleBytes] };
const itemCase = (name: string, comment: string, change: Partial<Issue>, expect: string): Draft =>
  signedCase(name, comment, issued({ ...items, ...change }, alice, title), expect, ofTitle);

export const issueParts: readonly Draft[] = [
  { name: 'uncertified', comment: 'No certificate yet.', bytes: issueBytes },
  { name: 'certified', comment: 'With three votes.', bytes: issuePart.encode(certified) },
  ...spoiled(issueBytes, limits.objectBytesMax),
  malformed('option byte 2', 'An option is 0 or 1.', patched(issueBytes, -3, number(1, 2))),
  malformed('33 spends', 'More than a re-mint names.', patched(issueBytes, -2, number(2, 33))),
  malformed(
    'an issue of another kind',
    'An object inside has its own kind.',
    patched(issueBytes, 3, number(1, 0x20)),
  ),
  chained('an unknown policy', 'Which token is this?', {}, 'missing', { policies: [] }),
  chained('an unknown parent', 'It is to be fetched first.', {}, 'missing', { origins: [] }),
  chained('another token', 'The parent is of another token.', {}, 'chain', {
    origins: [{ ...origin, token: drawn('x') }],
  }),
  chained('an index left out', 'Index 3 after 1.', { index: 3 }, 'chain'),
  chained('another total', 'It does not add up.', { total: 999n }, 'chain'),
  chained('a parent that is a spend', 'No issue.', {}, 'chain', {
    origins: [{ ...origin, issued: null }],
  }),
  chained(
    'above the cap',
    'More than the policy allows.',
    { amount: 1_000_000n, total: 1_000_500n, outputs: [freshTo(alice, 1_000_000n)] },
    'cap',
  ),
  issueCase(
    'a first of index 2',
    'The first is 1.',
    issued({ ...firstIssue, index: 2 }, carol),
    'chain',
    first,
  ),
  issueCase(
    'a first with a past',
    'Its total is its amount.',
    issued({ ...firstIssue, total: 501n }, carol),
    'chain',
    first,
  ),
  chained(
    'an anchor too few',
    'None, or one for each output.',
    { anchors: [drawn('an anchor')] },
    'malformed',
  ),
  issueCase(
    'by a stranger',
    'Not the issuer’s key.',
    issued(firstIssue, frida),
    'signature',
    first,
  ),
  signedCase(
    'a bit of the signature',
    'One bit is another.',
    {
      ...certified,
      certificate: undefined,
      authorisation: {
        ...certified.authorisation,
        signature: certified.authorisation.signature.with(
          9,
          certified.authorisation.signature[9]! ^ 1,
        ),
      },
    },
    'signature',
    first,
  ),
  fresh('nothing', 'A mint adds something.', {
    amount: 0n,
    total: 500n,
    outputs: [freshTo(alice, 0n)],
  }),
  fresh('an amount of zero', 'An output is zero.', {
    outputs: [freshTo(alice, 500n), freshTo(alice, 0n)],
  }),
  fresh('outputs of less', 'They do not add up.', { outputs: [freshTo(alice, 499n)] }),
  fresh('a purse note', 'Fresh notes are online.', {
    outputs: [freshTo(alice, 500n, { kind: 1 })],
  }),
  fresh('an escrow', 'Fresh notes are online.', { outputs: [freshTo(alice, 500n, { kind: 2 })] }),
  fresh('a note with a past', 'Fresh notes have no lineage.', {
    outputs: [freshTo(alice, 500n, { depth: 1 })],
  }),
  signedCase(
    'a mint with spends',
    'Nothing is spent into it.',
    {
      ...issued(laterIssue, alice),
      spends: [{ authorisation: issueAuthorised(remint, alice), certificate: undefined }],
    },
    'movement',
  ),
  signedCase('the first holds', 'Signed and certified.', certified, 'ok', first),
  signedCase('the second holds', 'Signed, not yet certified.', issued(laterIssue, alice), 'ok'),
  signedCase(
    'the second, certified alone',
    'Its parent is not certified, so it is not.',
    issued(
      laterIssue,
      alice,
      coin,
      voted({ key: slotKey(issuePlace(head, coin)), value: issueHead(laterIssue) }, lineage),
    ),
    'ok',
    {
      origins: [
        { ...origin, certified: false, issued: { index: 1, total: 500n, certified: false } },
      ],
    },
  ),
  signedCase(
    'a certificate of another',
    'Of another value.',
    { ...certified, certificate: otherCertificate },
    'certificate',
    first,
  ),
  { ...guildCase('two of three', 'As many as must sign.', 'ok', alice, dora), signature: true },
  { ...guildCase('three of three', 'In any order.', 'ok', emil, dora, alice), signature: true },
  guildCase('one of three', 'One too few.', 'signature', alice),
  guildCase('one of three, twice', 'The same key does not count twice.', 'signature', alice, alice),
  guildCase('one and a stranger', 'Not of the committee.', 'signature', alice, frida),
  guildCase('two and a stranger', 'Nobody else signs.', 'signature', alice, dora, frida),
  issueCase(
    'one without its committee',
    'The writer is the committee, not a key.',
    issued(ofGuild, alice, guild),
    'signature',
    { ...first, policies: [guildBytes] },
  ),
  itemCase('items', 'With the serial numbers up to the total.', {}, 'ok'),
  itemCase(
    'items from 2',
    'Serial numbers leave nothing out.',
    { outputs: [2n, 3n, 4n].map((serial) => freshTo(alice, serial)) },
    'movement',
  ),
  itemCase(
    'items in another order',
    'By their serial numbers.',
    { outputs: [1n, 3n, 2n].map((serial) => freshTo(alice, serial)) },
    'movement',
  ),
  itemCase(
    'fewer items',
    'As many as are added.',
    { outputs: items.outputs.slice(0, 2), anchors: [] },
    'movement',
  ),
  itemCase('items above the cap', 'Ten at most.', { amount: 11n, total: 11n }, 'cap'),
];
