/**
 * The issuer chain: how a token comes into being, and how a long lineage is cut short.
 *
 *     head = H_issue( parent ‖ enc(issue) )        the first parent is the token id
 *
 * Every issue carries the running total and is certified at the slot after its parent, back to the
 * policy. So everyone who checks a note checks the cap, and a forked issuer is evidence. An issue is
 * signed for itself, by as many issuers as the policy asks for, and makes notes for any owner.
 *
 * A re-mint is an issue that adds nothing: it names notes and the lineage by which the issuers
 * checked them, and its outputs count only once those notes are spent into it. So neither the
 * holder nor the issuer can lose.
 */

import {
  ascending,
  bytes32,
  concat,
  hash,
  kinds,
  limits,
  list,
  object,
  option,
  signatureContext,
  slotKey,
  slotKinds,
  slotListRoot,
  statementDigest,
  struct,
  u128,
  u64,
  type Committee,
  type Obj,
  type SlotPlace,
  type Suite,
} from '@dsm/primitive';
import { outputCoder, type Output } from './note.ts';
import { issuerOf } from './policy.ts';

export interface Issue {
  readonly token: Uint8Array;
  /** The first issue is 1. */
  readonly index: number;
  readonly parent: Uint8Array;
  /** What it adds: smallest units, or items; zero for a re-mint. */
  readonly amount: bigint;
  /** Everything issued so far, this amount included. */
  readonly total: bigint;
  readonly outputs: readonly Output[];
  /** Addresses of objects that say more about each output; none, or one for each. */
  readonly anchors: readonly Uint8Array[];
  readonly remint: Remint | undefined;
}

/** The notes that a re-mint takes the place of. */
export interface Remint {
  readonly notes: readonly SpentNote[];
  /** The address of an object with their certified lineage, for whoever audits the issuers. */
  readonly lineage: Uint8Array;
}

/** A note by its id and the digest of its spend key: enough to know its spend slot. */
export interface SpentNote {
  readonly key: Uint8Array;
  readonly id: Uint8Array;
}

export const issue: Obj<Issue> = object(
  kinds.issue,
  limits.operationBytesMax - 16,
  struct<Issue>({
    token: bytes32,
    index: u64,
    parent: bytes32,
    amount: u128,
    total: u128,
    outputs: list(outputCoder, limits.issueOutputsMax, 1),
    anchors: list(bytes32, limits.issueOutputsMax),
    remint: option(
      struct<Remint>({
        notes: ascending<SpentNote>(
          struct({ key: bytes32, id: bytes32 }),
          ({ key, id }) => concat(id, key),
          limits.inputsMax,
          1,
        ),
        lineage: bytes32,
      }),
    ),
  }),
);

export function issueHead(value: Issue): Uint8Array {
  return hash('issue', value.parent, issue.encode(value));
}

/** The slot after the parent, whose only writer is the issuers together. */
export function issuePlace(parent: Uint8Array, issuers: Committee): SlotPlace {
  return { kind: slotKinds.issue, writer: issuerOf(issuers), position: parent };
}

/** What each issuer signs: the issue as the one line of a list. */
export function issueStatement(value: Issue, issuers: Committee): Uint8Array {
  const head = issueHead(value);
  const key = slotKey(issuePlace(value.parent, issuers));
  return statementDigest(head, slotListRoot([{ key, value: head }]));
}

/** What an issuer's signature is bound to beside the statement. */
export function issueContext(suite: Suite, network: Uint8Array): Uint8Array {
  return signatureContext(kinds.issue, suite, network);
}

/** The spend slot of a note that a re-mint names; its value is the head of the re-mint. */
export function remintedPlace({ key, id }: SpentNote): SlotPlace {
  return { kind: slotKinds.spend, writer: key, position: id };
}
