/**
 * Every way in which one slot can go through three versions of a registry.
 *
 * The group has four members in each version; one node is a cheat and one or two members are
 * replaced. The writer signs two values. Honest nodes run the code itself: `admit` decides what they
 * keep, `stoodIn`, `taken`, `takenOver` and `historyAfter` what they take over. The cheat votes for
 * everything at any time and shows everybody another map. Clients hold every vote that was ever
 * given, so a certificate exists as soon as its votes do.
 */

import {
  admit,
  historyAfter,
  stoodIn,
  taken,
  takenOver,
  type KeptSlot,
  type Stood,
} from '@dsm/availability';
import {
  certify,
  equal,
  kinds,
  registriesOf,
  slotKey,
  voteDigest,
  registryLineage,
  type Certificate,
  type Registry,
  type SlotValue,
  type SlotWrite,
} from '@dsm/primitive';
import { firstOf, network, signAs, voterOf } from './signers.ts';
import { slotAuthor } from './slot-author.ts';

/** Rules that an exploration may weaken. */
export interface HandoverRules {
  /** Closed maps that a take-over needs. */
  readonly maps: number;
  /** A node that has closed a version votes on under it. */
  readonly votesAfterClose: boolean;
  /** A node that has opened a version can still vote under the one before: its key was kept. */
  readonly keepsKey: boolean;
  /** A frozen slot is voted on: its first value counts. */
  readonly votesFrozen: boolean;
  /** An honest node may lose what it keeps and go on. */
  readonly forgets: boolean;
}

export const handoverRules: HandoverRules = {
  maps: 3,
  votesAfterClose: false,
  keepsKey: false,
  votesFrozen: false,
  forgets: false,
};

/** Members of the group in each version by number, and who cheats. */
export interface Scene {
  readonly groups: readonly (readonly number[])[];
  readonly cheat: number;
}

export interface Explored {
  readonly states: number;
  readonly isBroken: boolean;
}

/** An honest node. Versions count from 1; `open` is the one that it votes under. */
interface Node {
  readonly number: number;
  readonly open: number;
  readonly isClosed: boolean;
  readonly kept: KeptSlot | undefined;
  readonly history: readonly Stood[];
  /** By version: what it has voted for, a bit for each value. */
  readonly votes: readonly number[];
  readonly name: string;
}

type State = readonly Node[];

let writes: readonly SlotWrite[] = [];

interface World {
  readonly rules: HandoverRules;
  readonly scene: Scene;
  readonly registries: readonly Registry[];
  /** By version and value: what would certify it. */
  readonly certificates: readonly (readonly Certificate[])[];
  /** What was computed before: the same node that is asked the same becomes the same. */
  readonly known: Map<string, Node>;
}

export function exploreHandover(
  rules: HandoverRules,
  scene: Scene,
  most: number = Infinity,
): Explored {
  const world = worldOf(rules, scene);
  const honest = [...new Set(scene.groups.flat())].filter((number) => number !== scene.cheat);
  const start = honest.map((number) =>
    named({
      number,
      open: 1,
      // Who is in no group of a version closes it with nothing.
      isClosed: false,
      kept: undefined,
      history: [],
      votes: scene.groups.map(() => 0),
    }),
  );
  const seen = new Set([nameOf(scene, start)]);
  const waiting: State[] = [start];
  for (let state = waiting.pop(); state !== undefined; state = waiting.pop()) {
    const certified = certifiedIn(world, state);
    if (certified.some((bits) => bits === 3) || new Set(certified.filter((b) => b > 0)).size > 1) {
      return { states: seen.size, isBroken: true };
    }
    if (seen.size >= most) break;
    for (const after of state.flatMap((node, at) =>
      movesOf(world, state, node, certified).map((next) => state.with(at, next)),
    )) {
      const name = nameOf(scene, after);
      if (!seen.has(name)) waiting.push(after);
      seen.add(name);
    }
  }
  return { states: seen.size, isBroken: false };
}

/** By version, the values that have enough votes; the cheat votes for all. */
function certifiedIn({ scene }: World, state: State): readonly number[] {
  return scene.groups.map((group, version) => {
    const members = state.filter(({ number }) => group.includes(number));
    const cheats = group.includes(scene.cheat) ? 1 : 0;
    return [1, 2].reduce((bits, value) => {
      const votes = members.filter(({ votes: all }) => (all[version]! & value) !== 0).length;
      return votes + cheats >= 3 ? bits | value : bits;
    }, 0);
  });
}

function movesOf(
  world: World,
  state: State,
  node: Node,
  certified: readonly number[],
): readonly Node[] {
  const { rules, scene } = world;
  const moves: Node[] = [];
  const isIn = scene.groups[node.open - 1]!.includes(node.number);
  const mayVote = isIn && (!node.isClosed || rules.votesAfterClose);
  if (mayVote) moves.push(...written(world, node, node.open, certified));
  if (rules.keepsKey && node.open > 1)
    moves.push(...written(world, node, node.open - 1, certified));
  if (rules.forgets && node.kept !== undefined) {
    moves.push(named({ ...node, kept: undefined, history: [] }));
  }
  if (!node.isClosed && node.open < scene.groups.length) {
    moves.push(named({ ...node, isClosed: true }));
  }
  if (node.isClosed) moves.push(...takenOn(world, state, node));
  return moves;
}

/** What a node becomes by a write of either value, with a certificate or without. */
function written(
  world: World,
  node: Node,
  version: number,
  certified: readonly number[],
): readonly Node[] {
  const after: Node[] = [];
  for (const [i, write] of writes.entries()) {
    after.push(
      remembered(world, node, `${version} ${i}`, () => admitted(world, node, version, write)),
    );
    for (const [before, bits] of certified.entries()) {
      const isShown = (bits & (1 << i)) !== 0;
      const certificate = world.certificates[before]![i];
      if (!isShown) continue;
      const shown = { ...write, certificate };
      const asked = `${version} ${i} ${before}`;
      after.push(remembered(world, node, asked, () => admitted(world, node, version, shown)));
    }
  }
  return after;
}

function admitted(
  { rules, registries }: World,
  node: Node,
  version: number,
  write: SlotWrite,
): Node {
  const known = registriesOf(...registries.slice(0, version));
  const admission = admit(node.kept, write, { network, registries: known });
  const { kept } = admission;
  if (kept === undefined) return node;
  const standing = kept.values.slice(0, kept.standing).map(({ value }) => value);
  const isVoted = kept.standing === 1 || rules.votesFrozen;
  const bit = equal(kept.values[0]!.value, writes[0]!.value) ? 1 : 2;
  const voted = node.votes[version - 1]! | (isVoted ? bit : 0);
  // What is voted for under a version that is closed already is in no map.
  if (node.isClosed || version < node.open) {
    return named({ ...node, votes: node.votes.with(version - 1, voted) });
  }
  const ascending = standing.toSorted((a, b) => a[0]! - b[0]!);
  return named({
    ...node,
    kept,
    history: historyAfter(node.history, version, ascending),
    votes: node.votes.with(version - 1, voted),
  });
}

/** What a node becomes by taking over from any maps that it can get. */
function takenOn(world: World, state: State, node: Node): readonly Node[] {
  const { rules, scene } = world;
  const version = node.open + 1;
  const opened = { ...node, open: version, isClosed: false };
  if (!scene.groups[version - 1]!.includes(node.number)) return [named(opened)];
  const before = scene.groups[node.open - 1]!;
  const maps = before.flatMap((number): readonly (readonly SlotValue[])[][] => {
    if (number === scene.cheat) return [[0, 1, 2, 3].map(shownAs)];
    const member = state.find((one) => one.number === number)!;
    const isClosed = member.open > node.open || (member.open === node.open && member.isClosed);
    return isClosed ? [[shownBy(member, node.open)]] : [];
  });
  return subsets(maps, rules.maps)
    .flatMap(choices)
    .map((shown) => {
      const asked = shown.map((values) => values.map(({ value }) => value[0]).join('+')).toSorted();
      return remembered(world, node, asked.join(','), () => opening(opened, version, shown));
    });
}

/** The node with what follows from these maps, open in the version. */
function opening(opened: Node, version: number, shown: readonly (readonly SlotValue[])[]): Node {
  const values = taken(shown);
  if (values.length === 0) return named(opened);
  const kept = takenOver(opened.kept, writes[0]!.place, values);
  const stood = values.map(({ value }) => value);
  return named({ ...opened, kept, history: historyAfter(opened.history, version, stood) });
}

function remembered({ known }: World, node: Node, asked: string, make: () => Node): Node {
  const key = `${node.name}|${asked}`;
  const found = known.get(key) ?? make();
  known.set(key, found);
  return { ...found, number: node.number };
}

function shownBy({ kept, history }: Node, version: number): readonly SlotValue[] {
  const stood = stoodIn(history, version);
  return stood.map((value) => kept!.values.find((one) => equal(one.value, value))!);
}

/** The values of these bits, as their writer has signed them. */
function shownAs(bits: number): readonly SlotValue[] {
  return writes
    .filter((_, i) => (bits & (1 << i)) !== 0)
    .map(({ value, authorisation }) => ({ value, authorisation, hints: [] }));
}

function subsets<T>(all: readonly T[], size: number): readonly (readonly T[])[] {
  if (size === 0) return [[]];
  if (all.length < size) return [];
  const [first, ...rest] = all;
  const withFirst = subsets(rest, size - 1).map((some) => [first!, ...some]);
  return [...withFirst, ...subsets(rest, size)];
}

/** One of each list. */
function choices<T>(lists: readonly (readonly T[])[]): readonly (readonly T[])[] {
  return lists.reduce<readonly (readonly T[])[]>(
    (made, list) => made.flatMap((some) => list.map((one) => [...some, one])),
    [[]],
  );
}

function named(node: Omit<Node, 'name'>): Node {
  const { open, isClosed, kept, history, votes } = node;
  const values = kept?.values.map(({ value }) => value[0]).join('+') ?? '';
  const stood = history.map((one) => `${one.version}:${one.values.map((v) => v[0]).join('+')}`);
  const now = `${open}${isClosed ? 'c' : ''}`;
  return {
    ...node,
    name: `${now}/${values}/${kept?.standing ?? 0}/${stood.join(',')}/${votes.join('')}`,
  };
}

/** Nodes that are members of the same groups are interchangeable. */
function nameOf({ groups }: Scene, state: State): string {
  const role = ({ number }: Node): string =>
    groups.map((one) => (one.includes(number) ? 1 : 0)).join('');
  return state
    .map((node) => `${role(node)}=${node.name}`)
    .toSorted()
    .join(' ');
}

/** Registries with these groups, and the certificates that their members could make. */
function worldOf(rules: HandoverRules, scene: Scene): World {
  const author = slotAuthor(network, 1);
  writes = [10, 20].map((value) => author.write(1, value));
  const count = Math.max(...scene.groups.flat()) + 1;
  const base = { ...firstOf(Math.max(count, 4), { groupsMax: 1 }), groups: [scene.groups[0]!] };
  const lineage = registryLineage(base);
  const registries = scene.groups.map((group, i): Registry => {
    const version = i + 1;
    const nodes = base.nodes.map((node, index) => ({
      ...node,
      voteKey: voterOf(index + 1, version).publicKey,
    }));
    const chained = version === 1 ? {} : { first: lineage, previous: lineage, closed: lineage };
    return { ...base, ...chained, version, nodes, groups: [group] };
  });
  const certificates = registries.map((registry, i) =>
    writes.map((write) => certificateOf(registry, scene.groups[i]!, write)),
  );
  return { rules, scene, registries, certificates, known: new Map() };
}

function certificateOf(
  registry: Registry,
  group: readonly number[],
  write: SlotWrite,
): Certificate {
  const slot = { key: slotKey(write.place), value: write.value };
  const digest = voteDigest(registryLineage(registry), registry.version, slot);
  const votes = group.slice(0, registry.q).map((node) => {
    const { secretKey } = voterOf(node + 1, registry.version);
    return { node, path: [], signature: signAs(secretKey, kinds.vote, digest) };
  });
  return certify(registry, slot, votes)!;
}
