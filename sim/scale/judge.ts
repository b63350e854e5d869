/**
 * An independent judge of transitions (seed 000, definition 6). It sees what becomes durable at every
 * device and knows what every honest device has said. It shares with the core only the bytes: heads
 * and roots are computed here, plainly, from what docs/spec/ says.
 */

import type { Absorbed, Appended } from '@dsm/bilateral';
import { nativeHash } from '@dsm/node';
import { ascii, compare, concat, equal, keyOf, type MapWrite } from '@dsm/primitive';
import type { Findings } from './claim.ts';
import type { Edge, Party } from './party.ts';
import type { Watch } from './talk.ts';

/** What the author of a run said, by its newest head. */
interface Said {
  readonly author: number;
  readonly entries: Uint8Array;
  /** Roots of an honest author's map around its step; a cheat has said what it liked. */
  readonly roots: readonly [Uint8Array, Uint8Array] | undefined;
}

export interface Judge extends Watch {
  /** A cheat has said something beside its honest self. */
  readonly saidByCheat: (
    author: number,
    heads: readonly Uint8Array[],
    entries: readonly Uint8Array[],
  ) => void;
  /** Runs that were absorbed and judged. */
  readonly counts: { absorbed: number };
}

export function judge(found: Findings): Judge {
  const said = new Map<string, Said>();
  /** The newest head that a reader has accepted of a writer's lane, by both. */
  const newest = new Map<string, Uint8Array>();
  const counts = { absorbed: 0 };

  const checkLocal = (
    me: Party,
    edge: Edge,
    change: Appended | Absorbed,
  ): readonly [Uint8Array, Uint8Array] => {
    const before = [...me.map.entries()];
    const changed = change.leaves.map(({ key, after }) => ({ key, value: after }));
    const keys = new Set(changed.map(({ key }) => keyOf(key)));
    const after = [...before.filter(({ key }) => !keys.has(keyOf(key))), ...changed];
    const { key } = edge.relationship;
    found.check(
      changed.length === 1 && equal(changed[0]!.key, key),
      'local-update',
      `${me.number} moves ${changed.length} leaves for ${edge.peer}`,
    );
    const roots = [rootOf(before), rootOf(after)] as const;
    found.check(
      equal(roots[0], me.device.root) && equal(roots[1], change.device.root),
      'membership',
      `the roots of ${me.number} are not those of its map`,
    );
    return roots;
  };

  return {
    counts,
    saidByCheat: (author, heads, entries) => {
      said.set(keyOf(heads.at(-1)!), { author, entries: concat(...entries), roots: undefined });
    },
    appended: (me, edge, change) => {
      const roots = checkLocal(me, edge, change);
      const { heads, entries } = change.run;
      said.set(keyOf(heads.at(-1)!), { author: me.number, entries: concat(...entries), roots });
    },
    absorbed: (me, edge, change) => {
      counts.absorbed += 1;
      checkLocal(me, edge, change);
      const { run } = change.absorbed;
      const lane = `${edge.peer} → ${me.number}`;
      const { entries, signed } = run.claim;
      const last = newest.get(lane) ?? edge.relationship.theirs.start;
      const head = entries.reduce(headAfter, last);
      // A second successor of an earlier head is not adjacent either: this excludes forks (6.5).
      found.check(equal(head, run.lane.head), 'adjacency', `${lane}: not after what was accepted`);
      const of = said.get(keyOf(head));
      found.check(
        of !== undefined && of.author === edge.peer && equal(of.entries, concat(...entries)),
        'authorisation',
        `${lane}: never said by its author`,
      );
      const { before, after } = signed.step;
      const isShown =
        of?.roots === undefined || (equal(before, of.roots[0]) && equal(after, of.roots[1]));
      found.check(isShown, 'membership', `${lane}: not the roots of its author`);
      newest.set(lane, head);
    },
  };
}

const prefixes = {
  entry: ascii('DSM/entry\0'),
  leaf: ascii('DSM/leaf\0'),
  node: ascii('DSM/node\0'),
};

/** Equation 1 of the seed. */
function headAfter(head: Uint8Array, entry: Uint8Array): Uint8Array {
  return nativeHash.blake3(concat(prefixes.entry, head, entry));
}

/** The commitment of docs/spec/map.md over all leaves, without any tree in memory. */
export function rootOf(leaves: readonly MapWrite[]): Uint8Array {
  return digestOf(
    leaves.toSorted((a, b) => compare(a.key, b.key)),
    0,
  );
}

function digestOf(leaves: readonly MapWrite[], depth: number): Uint8Array {
  const [first] = leaves;
  if (first === undefined) return new Uint8Array(32);
  if (leaves.length === 1) {
    const digest = nativeHash.blake3(concat(prefixes.leaf, first.key, first.value));
    return digest.with(31, digest[31]! | 1);
  }
  const isRight = ({ key }: MapWrite): boolean =>
    ((key[depth >> 3]! >> (7 - (depth & 7))) & 1) === 1;
  const left = digestOf(
    leaves.filter((leaf) => !isRight(leaf)),
    depth + 1,
  );
  const right = digestOf(leaves.filter(isRight), depth + 1);
  const digest = nativeHash.blake3(concat(prefixes.node, left, right));
  return digest.with(31, digest[31]! & 0xfe);
}
