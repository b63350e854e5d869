/**
 * Pages of a closed vote map, as one node hands them to another (docs/spec/handover.md).
 *
 *     page     rows, ascending by slot key ‖ last u8
 *     row      1 ‖ slot key ‖ H_voted(…)            of a slot that does not fall to the asking group
 *              2 ‖ place ‖ the standing values, ascending, each with its writer's proof
 *
 * Whoever has all pages computes the root and compares it with the one that the node has closed.
 */

import {
  ascending,
  bytes32,
  choice,
  limits,
  list,
  oneOf,
  slotKey,
  slotPlaceCoder,
  slotValueCoder,
  struct,
  type Coder,
  type SlotPlace,
  type SlotValue,
} from '@dsm/primitive';
import { standingDigest } from './handover.ts';

export type VoteRow =
  | { readonly type: 'digest'; readonly key: Uint8Array; readonly digest: Uint8Array }
  | { readonly type: 'values'; readonly place: SlotPlace; readonly values: readonly SlotValue[] };

export interface VotePage {
  readonly rows: readonly VoteRow[];
  /** 1 on the last page. */
  readonly last: 0 | 1;
}

/** Rows of a page; its bytes are bounded by those of an answer. */
export const votePageRowsMax = 4_096;

export const votePage: Coder<VotePage> = struct({
  rows: list(
    choice<VoteRow>({
      digest: [1, struct({ key: bytes32, digest: bytes32 })],
      values: [
        2,
        struct({
          place: slotPlaceCoder,
          values: ascending(slotValueCoder, ({ value }) => value, limits.slotValuesMax, 1),
        }),
      ],
    }),
    votePageRowsMax,
  ),
  last: oneOf([0, 1]),
});

export function voteRowKey(row: VoteRow): Uint8Array {
  return row.type === 'digest' ? row.key : slotKey(row.place);
}

/** The row as a leaf of the vote map. */
export function voteRowDigest(row: VoteRow): Uint8Array {
  return row.type === 'digest' ? row.digest : standingDigest(row.values.map(({ value }) => value));
}
