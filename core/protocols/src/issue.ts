/**
 * The issuer chain: how a token comes into being.
 *
 *     head = H_issue( parent ‖ enc(issue) )        the first parent is the token id
 *
 * Every issue carries the running total and is certified at the slot after its parent, back to the
 * policy. So everyone who checks a note checks the cap, and a forked issuer is evidence.
 */

import {
  bytes32,
  hash,
  kinds,
  limits,
  list,
  object,
  slotKinds,
  struct,
  u128,
  u64,
  type Obj,
  type SlotPlace,
} from '@dsm/primitive';
import { outputCoder, type Output } from './note.ts';
import type { Policy } from './policy.ts';

export interface Issue {
  readonly token: Uint8Array;
  /** The first issue is 1. */
  readonly index: number;
  readonly parent: Uint8Array;
  readonly amount: bigint;
  /** Everything issued so far, this amount included. */
  readonly total: bigint;
  readonly outputs: readonly Output[];
}

export const issue: Obj<Issue> = object(
  kinds.issue,
  limits.operationBytesMax - 16,
  struct({
    token: bytes32,
    index: u64,
    parent: bytes32,
    amount: u128,
    total: u128,
    outputs: list(outputCoder, limits.outputsMax, 1),
  }),
);

export function issueHead(value: Issue): Uint8Array {
  return hash('issue', value.parent, issue.encode(value));
}

/** The slot after the parent, whose only writer is the issuer. */
export function issuePlace(parent: Uint8Array, { issuer }: Pick<Policy, 'issuer'>): SlotPlace {
  return { kind: slotKinds.issue, writer: issuer, position: parent };
}
