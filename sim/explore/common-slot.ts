/**
 * `common-slot`, a bound that the explorer shares with Spin (sim/formal/spin/slot.pml): one slot in a
 * group of four with a liar, a writer that signs two values, and two readers that gather votes. Nodes
 * run the core's register; a reader has a certificate when the core believes one.
 *
 * The adversary is the writer, who shows nodes either value, and the liar, who votes for both.
 */

import { keyOf } from '@dsm/primitive';
import {
  freshNode,
  group,
  liar,
  openPlane,
  voteName,
  type Node,
  type Plane,
  type Vote,
} from '../formal/nodes.ts';
import { installIdeal } from '../ideal.ts';
import { emptySet, sets, things } from './intern.ts';
import type { Space } from './space.ts';

const honest = group.filter((node) => node !== liar);
const values = [1, 2];
const version = 1;

/** A message is a write of a value, or a vote. */
type Said = number | Vote;

export function commonSlot(): Space {
  installIdeal();
  const plane = openPlane();
  const messages = things<Said>(bytesOfSaid);
  const spoken = sets();
  const nodes = things<Node>(bytesOf);
  const reached = new Map<string, number>();
  const count = (what: string): void => {
    reached.set(what, (reached.get(what) ?? 0) + 1);
  };
  const writes = spoken.of(values.map((value) => messages.of(value)));
  const lies = spoken.of(values.map((value) => messages.of({ node: liar, version, value })));
  const isNode = (part: number): boolean => part < honest.length;
  const known = new Map<number, readonly number[]>();
  const certified = (votes: number): readonly number[] => {
    const heard = (): readonly Vote[] =>
      spoken.members(votes).map((number) => messages.at(number) as Vote);
    const found = known.get(votes) ?? certifiedBy(plane, heard());
    known.set(votes, found);
    return found;
  };
  return {
    parts: [...honest.map((node) => `node ${node}`), 'reader a', 'reader b'],
    // What a reader has is the set of votes that it has heard.
    start: [...honest.map(() => nodes.of(freshNode)), emptySet, emptySet],
    alone: () => {},
    hears: (part, local, number, move) => {
      const said = messages.at(number);
      if (!isNode(part)) {
        if (typeof said === 'number') return;
        count('vote heard');
        move(spoken.with(local, number), () => 'gathers a vote');
      } else if (typeof said === 'number') {
        const { node, answer } = plane.admitted(nodes.at(local), plane.write(said));
        count(`write ${answer}`);
        move(nodes.of(node), () => answer);
      }
    },
    said: (part, local, to) => {
      if (!isNode(part) || isNode(to) || to === honest.length + 2) return emptySet;
      const first = nodes.at(local).kept?.values[0];
      if (first === undefined) return emptySet;
      const vote = { node: honest[part]!, version, value: plane.numberOf(first.value) };
      return spoken.of([messages.of(vote)]);
    },
    messages: spoken.members,
    adversary: (part) => (isNode(part) ? writes : lies),
    judge: (part, local) => {
      if (isNode(part)) return undefined;
      const found = certified(local);
      if (found.length > 0) count('certified');
      return found.length > 1 ? 'two-certified' : undefined;
    },
    fact: (part, local) => (isNode(part) ? 0 : (certified(local)[0] ?? 0)),
    judgePair: (part, left, other, right) =>
      !isNode(part) && !isNode(other) && left > 0 && right > 0 && left !== right
        ? 'two-certified'
        : undefined,
    tellMessage: (number) => tell(messages.at(number)),
    tellLocal: (part, local) =>
      isNode(part)
        ? `keeps ${(nodes.at(local).kept?.values ?? []).map(({ value }) => plane.numberOf(value)).join(', ')}`
        : `has ${spoken
            .members(local)
            .map((number) => tell(messages.at(number)))
            .join(', ')}`,
    reached: () => reached,
  };
}

function bytesOfSaid(said: Said): Uint8Array {
  if (typeof said === 'number') return Uint8Array.of(said);
  return Uint8Array.of(said.node, said.version, said.value, 0);
}

function tell(said: Said): string {
  if (typeof said === 'number') return `a write of ${said}`;
  return `the vote of node ${said.node} for ${said.value}`;
}

/** The values for which these votes make a certificate that the core believes. */
function certifiedBy(plane: Plane, votes: readonly Vote[]): readonly number[] {
  const signed = new Map(votes.map((vote) => [voteName(vote), plane.signVote(vote)]));
  return values.filter((value) => plane.certificateOf(version, value, signed) !== undefined);
}

function bytesOf({ kept }: Node): Uint8Array {
  const all = kept?.values.map(({ value }) => keyOf(value)) ?? [];
  return new TextEncoder().encode(`${kept?.standing ?? 0} ${all.join()}`);
}
