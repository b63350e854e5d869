/** The model `slot` on the shipped core: one slot in a group of four with a liar, two versions. */

import { membersOf, setOf, type Act, type Fields, type Value } from './itf.ts';
import {
  freshNode,
  group,
  liar,
  mapOf,
  openedWith,
  openPlane,
  voteName,
  type Node,
  type Plane,
  type Vote,
} from './nodes.ts';
import { Unlike, type Live, type Replayer } from './replay.ts';

const honest = group.filter((node) => node !== liar);

/** What traces must meet: every action of the model and every answer that it gives. */
const must = [
  'wrote',
  'decided',
  'forged',
  'lied',
  'closed',
  'took',
  'answer closed',
  'answer decided',
  'answer later',
  'answer lie',
  'answer new',
  'answer open',
  'answer refused',
  'answer same',
];

export function slotReplayer(): Replayer {
  const plane = openPlane();
  return { model: 'slot', ghosts: [], must, open: () => live(plane) };
}

function live(plane: Plane): Live {
  const nodes: Node[] = honest.map(() => freshNode);
  const votes = new Map<string, Uint8Array>();
  const cast = new Map<string, Vote>();
  let answer = '';
  const vote = (one: Vote): void => {
    const signature = plane.signVote(one);
    if (!plane.holds(one, signature)) throw new Unlike(`the vote ${voteName(one)} does not hold`);
    votes.set(voteName(one), signature);
    cast.set(voteName(one), one);
  };
  const put = (at: number, value: number, how: 'plain' | 'shown' | 'forged'): void => {
    const certificate = how === 'shown' ? plane.certificateOf(1, value, votes) : undefined;
    const write = { ...plane.write(value, how === 'forged'), certificate };
    const done = plane.admitted(nodes[at]!, write);
    ({ answer } = done);
    nodes[at] = done.node;
    const version = done.node.phase === 'open' ? 2 : 1;
    if (how !== 'forged' && done.votedFor !== undefined) {
      vote({ node: at, version, value: done.votedFor });
    }
  };
  const take = (at: number, missing: number, lie: Value): void => {
    const shown = group
      .filter((node) => node !== missing)
      .map((node) =>
        node === liar
          ? membersOf(lie).map((value) => {
              const write = plane.write(Number(value));
              return { value: write.value, authorisation: write.authorisation, hints: [] };
            })
          : mapOf(nodes[node]!),
      );
    nodes[at] = openedWith(nodes[at]!, plane.write(1).place, shown);
    answer = 'open';
  };
  return {
    act: ({ name, picks }: Act) => {
      const [at, value] = [Number(picks['at']), Number(picks['value'])];
      if (name === 'wrote') put(at, value, 'plain');
      else if (name === 'decided') put(at, value, 'shown');
      else if (name === 'forged') put(at, value, 'forged');
      else if (name === 'took') take(at, Number(picks['missing']), picks['lie']!);
      else if (name === 'lied') {
        vote({ node: liar, version: Number(picks['version']), value });
        answer = 'lie';
      } else if (name === 'closed') {
        nodes[at] = { ...nodes[at]!, phase: 'closed' };
        answer = 'closed';
      } else throw new RangeError(`the model slot has no action ${name}`);
    },
    view: () => viewOf(plane, nodes, votes, [...cast.values()], answer),
  };
}

function viewOf(
  plane: Plane,
  nodes: readonly Node[],
  votes: ReadonlyMap<string, Uint8Array>,
  cast: readonly Vote[],
  answer: string,
): Fields {
  assertCertificates(plane, votes, cast);
  const numbers = (values: readonly { readonly value: Uint8Array }[]): Value[] =>
    values.map(({ value }) => plane.numberOf(value));
  const views = nodes.map((node, i) => {
    const { kept, phase } = node;
    const view = {
      kept: numbers(kept?.values ?? []),
      standing: setOf(numbers(kept?.values.slice(0, kept.standing) ?? [])),
      phase,
      map: setOf(phase === 'voting' ? [] : numbers(mapOf(node))),
    };
    return [String(i), view] as const;
  });
  return {
    state: Object.fromEntries(views),
    votes: setOf(cast.map(({ node, version, value }) => ({ node, version, value }))),
    answer,
  };
}

/** Three votes for one value under one version are a certificate, and fewer are none. */
function assertCertificates(
  plane: Plane,
  votes: ReadonlyMap<string, Uint8Array>,
  cast: readonly Vote[],
): void {
  for (const version of [1, 2]) {
    for (const value of [1, 2]) {
      const count = cast.filter((one) => one.version === version && one.value === value).length;
      const isCertified = plane.certificateOf(version, value, votes) !== undefined;
      if (isCertified === count >= 3) continue;
      const said = isCertified ? 'are a certificate' : 'are no certificate';
      throw new Unlike(`${count} votes for ${value} under version ${version} ${said}`);
    }
  }
}
