/**
 * What can be shown as the closed map of an honest node: asked of the shipped checks of CLOSE and of
 * the root, with every trick of whoever carries it.
 */

import {
  closeDigest,
  closeHolds,
  closeStatement,
  voteMapRoot,
  votePage,
  voteRowDigest,
  voteRowKey,
  type Close,
  type VoteRow,
} from '@dsm/availability';
import {
  decodeWith,
  encodeWith,
  equal,
  kinds,
  registryLineage,
  type KeyPair,
  type SlotPlace,
  type SlotValue,
} from '@dsm/primitive';
import { signAs } from './plane.ts';
import type { Version } from './registry-scene.ts';

/**
 * True if `claimed` can be shown as the content of an honest member's map that has `actual`, below
 * zero if it has not closed the version.
 */
export type MapTest = (version: number, actual: number, claimed: number) => boolean;

/** What stands in each slot, by the content of a map. */
export type ContentOf = (content: number) => readonly (readonly SlotValue[])[];

export function shownAs(
  versions: readonly Version[],
  cheat: number,
  places: readonly SlotPlace[],
  contentOf: ContentOf,
): MapTest {
  const known = new Map<number, boolean>();
  const rowsOf = (content: number): readonly VoteRow[] =>
    contentOf(content).flatMap((values, slot): VoteRow[] =>
      values.length === 0 ? [] : [{ type: 'values', place: places[slot]!, values }],
    );
  const test: MapTest = (version, actual, claimed) => {
    const of = versions[version]!;
    const honest = of.indexOf(of.members.find((number) => number !== cheat)!);
    const closes =
      actual < 0
        ? lies(versions, version, cheat, rowsOf(claimed))
        : [closeOf(of, honest, of.voters[honest]!, rowsOf(actual))];
    return closes.some((close) => isMap({ ...close, node: honest }, of, rowsOf(claimed)));
  };
  return (version, actual, claimed) => {
    const at = (version * 16 + actual + 1) * 16 + claimed;
    const before = known.get(at);
    if (before !== undefined) return before;
    const answer = test(version, actual, claimed);
    known.set(at, answer);
    return answer;
  };
}

function closeOf(
  { registry }: Version,
  node: number,
  key: KeyPair,
  rows: readonly VoteRow[],
): Close {
  const said = {
    lineage: registryLineage(registry),
    version: registry.version,
    root: rootOf(rows),
    slots: rows.length,
  };
  return { ...said, node, signature: signAs(key, kinds.close, closeDigest(said)) };
}

/** A member that has not closed: the liar closes for it, or what it closed before is shown again. */
function lies(
  versions: readonly Version[],
  version: number,
  cheat: number,
  rows: readonly VoteRow[],
): readonly Close[] {
  const of = versions[version]!;
  const own = closeOf(of, of.indexOf(cheat), of.voters[of.indexOf(cheat)]!, rows);
  const before = versions[version - 1];
  if (before === undefined) return [own];
  const number = of.members.find((one) => one !== cheat && before.members.includes(one))!;
  const index = before.indexOf(number);
  const earlier = closeOf(before, index, before.voters[index]!, rows);
  return [own, earlier, { ...earlier, version: of.registry.version }];
}

function rootOf(rows: readonly VoteRow[]): Uint8Array {
  return voteMapRoot(rows.map((row) => ({ key: voteRowKey(row), value: voteRowDigest(row) })));
}

/** What a node that takes over checks: the statement, and that the pages lead to its root. */
function isMap(close: Close, { registry }: Version, rows: readonly VoteRow[]): boolean {
  const said = closeStatement.decode(closeStatement.encode(close));
  const page = decodeWith(votePage, encodeWith(votePage, { rows, last: 1 as const }));
  if (!said.ok || page === undefined || !closeHolds(said.value, registry)) return false;
  return equal(rootOf(page.rows), said.value.root) && page.rows.length === said.value.slots;
}
