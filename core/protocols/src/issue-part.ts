/**
 * Issue parts: an issue, by whom it is authorised, and what certifies it.
 *
 *     issue ‖ authorisation by the issuers ‖ certificate of the slot after its parent? ‖ spends
 *
 * A mint has no spends. A re-mint has one for each note that it names: the holder's authorisation
 * of the note's spend slot, whose value is this issue, and its certificate. Without spends it keeps
 * its place in the issuer chain and makes no notes: the chain goes on if the holder never comes.
 */

import {
  authorisationCoder,
  authorises,
  certificate,
  equal,
  kinds,
  limits,
  list,
  object,
  option,
  slotKey,
  struct,
  type Authorisation,
  type Certificate,
  type Obj,
} from '@dsm/primitive';
import { issue, issueHead, issuePlace, remintedPlace, type Issue, type Remint } from './issue.ts';
import { issuedRefusal, mayBeSpentBy } from './movement.ts';
import { noteKinds } from './note.ts';
import {
  allHold,
  bad,
  certificateHolds,
  type LineageKnown,
  type LineageRefusal,
  type LineageVerdict,
  type Origin,
} from './origin.ts';
import type { Policy } from './policy.ts';

/** A note spent into a re-mint, in the order of its notes. */
export interface RemintSpend {
  readonly authorisation: Authorisation;
  readonly certificate: Certificate | undefined;
}

export interface IssuePart {
  readonly issue: Issue;
  readonly authorisation: Authorisation;
  readonly certificate: Certificate | undefined;
  readonly spends: readonly RemintSpend[];
}

export const issuePart: Obj<IssuePart> = object(
  kinds.issuePart,
  limits.objectBytesMax,
  struct<IssuePart>({
    issue,
    authorisation: authorisationCoder,
    certificate: option(certificate),
    spends: list<RemintSpend>(
      struct({ authorisation: authorisationCoder, certificate: option(certificate) }),
      limits.inputsMax,
    ),
  }),
);

export function checkIssue(part: IssuePart, known: LineageKnown): LineageVerdict {
  const { token, parent } = part.issue;
  const policy = known.policyOf(token);
  if (policy === undefined) return { type: 'missing', heads: [], policy: token };
  const first = equal(parent, token);
  const before = first ? undefined : known.originOf(parent);
  if (!first && before === undefined) return { type: 'missing', heads: [parent] };
  const refusal = issueRefusal(part, policy, before, known);
  if (refusal !== undefined) return bad(refusal);
  const chain = isChainCertified(part, policy, before, known);
  const spent = areSpentFor(part, policy, known);
  if (chain === 'bad' || spent === 'bad') return bad('certificate');
  const { index, total, outputs } = part.issue;
  return {
    type: 'good',
    origin: {
      type: 'issue',
      head: issueHead(part.issue),
      token,
      outputs,
      certified: chain && spent,
      sources: before === undefined ? [] : [parent],
      issued: { index, total, certified: chain },
      payer: undefined,
      purse: false,
    },
  };
}

/** `before` is the origin of the parent issue, undefined for the first. */
function issueRefusal(
  { issue: said, authorisation, spends }: IssuePart,
  policy: Policy,
  before: Origin | undefined,
  { network }: LineageKnown,
): LineageRefusal | undefined {
  const { parent, amount, total, outputs, remint } = said;
  if (!followsParent(said, before)) return 'chain';
  if (total > policy.cap) return 'cap';
  if (said.anchors.length > 0 && said.anchors.length !== outputs.length) return 'malformed';
  const head = issueHead(said);
  const place = issuePlace(parent, policy);
  if (!authorises(network, place, head, authorisation)) return 'signature';
  if (remint !== undefined) return remintRefusal(said, remint, spends, policy, network);
  if (spends.length > 0) return 'movement';
  return issuedRefusal(outputs, amount, total, policy) === undefined ? undefined : 'movement';
}

/** One further in the chain of one token, with the amount added to the running total. */
function followsParent(
  { token, index, amount, total }: Issue,
  before: Origin | undefined,
): boolean {
  if (before === undefined) return index === 1 && total === amount;
  const { issued } = before;
  return (
    issued !== undefined &&
    equal(before.token, token) &&
    index === issued.index + 1 &&
    total === issued.total + amount
  );
}

/** The holder has spent every note that the re-mint names into it, or none of them yet. */
function remintRefusal(
  said: Issue,
  { notes }: Remint,
  spends: readonly RemintSpend[],
  policy: Policy,
  network: Uint8Array,
): LineageRefusal | undefined {
  const head = issueHead(said);
  const plain = said.outputs.every(
    ({ amount, kind, depth, receipts }) =>
      amount > 0n && kind === noteKinds.online && depth === 0 && receipts === 1,
  );
  if (said.amount !== 0n || !plain) return 'remint';
  if (spends.length === 0) return undefined;
  if (spends.length !== notes.length) return 'remint';
  if (!spends.every(({ authorisation }) => mayBeSpentBy(policy, authorisation.suite))) {
    return 'suite';
  }
  const spent = notes.every((note, i) =>
    authorises(network, remintedPlace(note), head, spends[i]!.authorisation),
  );
  return spent ? undefined : 'signature';
}

/** The slot after the parent has this value, and so back to the first. */
function isChainCertified(
  { issue: said, certificate: claim }: IssuePart,
  policy: Policy,
  before: Origin | undefined,
  { registries }: LineageKnown,
): boolean | 'bad' {
  const slot = { key: slotKey(issuePlace(said.parent, policy)), value: issueHead(said) };
  const holds = certificateHolds(claim, slot, registries, policy);
  return allHold([holds, before?.issued?.certified ?? true]);
}

/** Every note that a re-mint takes the place of is certified as spent into it; a mint takes none. */
function areSpentFor(
  { issue: said, spends }: IssuePart,
  policy: Policy,
  { registries }: LineageKnown,
): boolean | 'bad' {
  const value = issueHead(said);
  return allHold(
    (said.remint?.notes ?? []).map((note, i) => {
      const slot = { key: slotKey(remintedPlace(note)), value };
      return certificateHolds(spends[i]?.certificate, slot, registries, policy);
    }),
  );
}
