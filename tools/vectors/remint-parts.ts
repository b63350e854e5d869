/** Vectors of the parts of a lineage that are re-mints: what the issuers say, and what holders spend. */

import { compare, slotKey, type Certificate } from '@dsm/primitive';
import {
  issueHead,
  issuePart,
  issuePlace,
  remintedPlace,
  tokenId,
  type Issue,
  type IssuePart,
  type RemintSpend,
} from '@dsm/protocols';
import { authorisedBy } from './authorise.ts';
import type { Draft } from './draft.ts';
import {
  given,
  issueAuthorised,
  lineage,
  origin,
  otherCertificate,
  registriesFor,
} from './issue-parts.ts';
import { firstHead, remint, spentNote } from './issues.ts';
import { coin, freshTo, slow, slowBytes } from './tokens.ts';
import { alice, dora, drawn, frida, voted, type Actor } from './world.ts';

/** The holder's authorisation of the note's spend slot: its value is the re-mint's head. */
function spend(of: Issue, i = 0, by: Actor = alice, certificate?: Certificate): RemintSpend {
  const place = remintedPlace(of.remint!.notes[i]!);
  return { authorisation: authorisedBy(by, place, issueHead(of)), certificate };
}

function part(of: Issue, spends: readonly RemintSpend[] = [spend(of)]): IssuePart {
  return { issue: of, authorisation: issueAuthorised(of, alice), certificate: undefined, spends };
}

function draft(
  name: string,
  comment: string,
  of: IssuePart,
  expect: string,
  changes: object = {},
): Draft {
  const certificates = [of.certificate, ...of.spends.map(({ certificate }) => certificate)];
  return {
    name: `re-mint: ${name}`,
    comment,
    check: 'lineage',
    bytes: issuePart.encode(of),
    given: { ...given, registries: registriesFor(...certificates), ...changes },
    signature: true,
    expect,
  };
}
/** The rule is broken whatever the signatures are. */
const structural = (...of: Parameters<typeof draft>): Draft => {
  const { signature: _, ...rest } = draft(...of);
  return rest;
};

const head = issueHead(remint);
const ofIssue = voted({ key: slotKey(issuePlace(remint.parent, coin)), value: head }, lineage);
const note = remint.remint!.notes[0]!;
const ofSpend = voted({ key: slotKey(remintedPlace(note)), value: head }, lineage);
const changed = (change: Partial<Issue>): IssuePart => part({ ...remint, ...change });

const two: Issue = {
  ...remint,
  outputs: [freshTo(alice, 500n)],
  remint: {
    ...remint.remint!,
    notes: [0, 1].map((i) => spentNote(firstHead, i)).toSorted((a, b) => compare(a.id, b.id)),
  },
};
const slowIssue: Issue = { ...remint, token: tokenId(slow) };
const slowPart: IssuePart = {
  ...part(slowIssue),
  authorisation: issueAuthorised(slowIssue, alice, slow),
};

export const remintParts: readonly Draft[] = [
  {
    name: 're-mint, certified',
    comment: 'The issue and the spend.',
    bytes: issuePart.encode({
      ...part(remint, [spend(remint, 0, alice, ofSpend)]),
      certificate: ofIssue,
    }),
  },
  draft('holds', 'Signed by both sides, not yet certified.', part(remint), 'ok'),
  draft(
    'holds, certified',
    'The issue and the spend.',
    { ...part(remint, [spend(remint, 0, alice, ofSpend)]), certificate: ofIssue },
    'ok',
  ),
  draft(
    'the spend is not certified',
    'The note may have gone elsewhere, so it is not certified.',
    { ...part(remint), certificate: ofIssue },
    'ok',
  ),
  draft(
    'holds, of two notes',
    'In the order of their ids.',
    part(two, [spend(two, 0), spend(two, 1)]),
    'ok',
  ),
  draft(
    'no note is spent yet',
    'The chain goes on; nothing is made until the holder comes.',
    { ...part(remint, []), certificate: ofIssue },
    'ok',
  ),
  draft('one of two notes spent', 'The other is not gone.', part(two, [spend(two, 0)]), 'remint'),
  draft(
    'spends in another order',
    'Each is for its note.',
    part(two, [spend(two, 1), spend(two, 0)]),
    'signature',
  ),
  draft('it adds', 'The total is unchanged.', changed({ amount: 1n, total: 501n }), 'remint'),
  draft(
    'a note of zero',
    'Nothing is made.',
    changed({ outputs: [freshTo(alice, 300n), freshTo(alice, 0n)] }),
    'remint',
  ),
  draft(
    'a purse note',
    'Fresh notes are online.',
    changed({ outputs: [freshTo(alice, 300n, { kind: 1 })] }),
    'remint',
  ),
  draft(
    'a note with a past',
    'That is what it cuts off.',
    changed({ outputs: [freshTo(alice, 300n, { depth: 1 })] }),
    'remint',
  ),
  structural('a key of another suite', 'The token is not spent by it.', slowPart, 'suite', {
    origins: [{ ...origin, token: tokenId(slow) }],
    policies: [slowBytes],
  }),
  structural(
    'spent by a stranger',
    'Not the key of the note.',
    part(remint, [spend(remint, 0, frida)]),
    'signature',
  ),
  draft(
    'spent into another',
    'The holder has signed another value.',
    part(remint, [spend({ ...remint, outputs: [freshTo(dora, 300n)] })]),
    'signature',
  ),
  draft(
    'a certificate of another spend',
    'Of another value.',
    part(remint, [{ ...spend(remint), certificate: otherCertificate }]),
    'certificate',
  ),
  draft(
    'another total',
    'Its place in the chain is that of any issue.',
    changed({ total: 499n }),
    'chain',
  ),
  draft(
    'an unknown parent',
    'It is to be fetched first.',
    changed({ parent: drawn('x') }),
    'missing',
  ),
];
