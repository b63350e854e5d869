/**
 * The space of a registry change: slots of one group through two or three versions.
 *
 * Honest nodes write, close, take over and open by the shipped functions; one member of every group
 * lies: it votes for everything and shows everybody another map. A node that takes over reads any q
 * closed maps that it can get; what may be shown as the map of an honest node is asked of the shipped
 * check of CLOSE and root. Whoever has a certificate of an earlier version may show it at any time.
 * Slot 0 has a writer that signs two values; slot 1, where there is one, an honest writer.
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
  compare,
  equal,
  registriesOf,
  slotKey,
  type Certificate,
  type Registries,
  type SlotValue,
  type SlotWrite,
} from '@dsm/primitive';
import { shownAs, type MapTest } from './closed-map.ts';
import { authorOf, forged, named, network, placeOf, type Cast } from './plane.ts';
import { chainOf, type Chain, type RegistryScene, type Version } from './registry-scene.ts';
import { keyOfKept } from './slots.ts';
import type { Move, PlaneSpace } from './plane-space.ts';

export interface RegistryBound extends RegistryScene {
  /** With a second slot, whose writer is honest. */
  readonly second: boolean;
}

/** What a node has of one slot; `votes` by version, as bits of values. */
export interface SlotHeld {
  readonly kept: KeptSlot | undefined;
  readonly history: readonly Stood[];
  readonly votes: readonly number[];
}

/** An honest node; `open` is the index of the version that it votes under. */
export interface NodeHeld {
  readonly role: number;
  readonly open: number;
  readonly isClosed: boolean;
  readonly slots: readonly SlotHeld[];
  readonly wrong: string | undefined;
}

interface World {
  readonly chain: Chain;
  readonly known: readonly Registries[];
  readonly casts: readonly Cast[];
  readonly slots: readonly (readonly SlotWrite[])[];
  /** By version, slot and value: a certificate that a cheat can make of so many honest votes. */
  readonly made: Map<string, Certificate | undefined>;
  readonly isShown: MapTest;
  /** By part: in which versions it is a member of the group. */
  readonly memberships: readonly (readonly boolean[])[];
}

const cheat = 0;
/** Values of both slots, as bits: two of the first, one of the second. */
const bitsOf = [2, 1];
const contents = 8;

export function registrySpace(bound: RegistryBound): PlaneSpace<NodeHeld> {
  const world = worldOf(bound);
  const { versions } = world.chain;
  const honest = [...new Set(versions.flatMap(({ members }) => members))]
    .filter((number) => number !== cheat)
    .map((number) => ({ number, key: membership(versions, number).join() }))
    .toSorted((a, b) => (a.key === b.key ? a.number - b.number : a.key < b.key ? -1 : 1));
  const keys = [...new Set(honest.map(({ key }) => key))];
  const roles = honest.map(({ key }) => keys.indexOf(key));
  const memberships = honest.map(({ number }) => membership(versions, number));
  const whole = { ...world, memberships };
  const byRole = keys.map((_, role) => memberships[roles.indexOf(role)]!);
  const last = versions.length - 1;
  return {
    parts: honest.map(({ number }) => `node ${number}`),
    roles,
    start: roles.map((role) => freshNode(role, world.slots.length, versions.length)),
    keyOf: keyOfNode,
    said: (node) => saidBy(node, versions.length),
    heard: (said) => heardOf(whole, said),
    hears: () => -1,
    moves: (node, heard) => movesOf(whole, byRole[node.role]!, node, heard),
    judge: judgeNode,
    judgeNetwork: (heard) => world.chain.wrong ?? judgeNetwork(heard, versions.length),
    means: (heard) => meansOf(heard, versions.length),
    isDone: (heard, said) =>
      said.every((one, part) => !memberships[part]![last]! || openIn(one) === last) &&
      (world.slots.length === 1 || (heard & (1 << (last * 3 + 2))) !== 0),
    stuck: 'change-finishes',
  };
}

function membership(versions: readonly Version[], number: number): readonly boolean[] {
  return versions.map(({ members }) => members.includes(number));
}

function worldOf(bound: RegistryBound): Omit<World, 'memberships'> {
  const chain = chainOf(bound);
  const { versions } = chain;
  const [crook, fair] = [authorOf('the cheat'), authorOf('the honest writer')];
  const slots = [
    [0, 1].map((i) => crook.write(placeOf(1, crook, 'note 0'), named(`value ${i}`))),
    [fair.write(placeOf(1, fair, 'note 1'), named('value 0'))],
  ].slice(0, bound.second ? 2 : 1);
  const known = versions.map((_, i) =>
    registriesOf(...versions.slice(0, i + 1).map(({ registry }) => registry)),
  );
  const casts = versions.map((nodes, i): Cast => {
    const group = nodes.registry.groups[0]!;
    const outsider = nodes.registry.nodes.findIndex((_, index) => !group.includes(index));
    const liar = nodes.indexOf(cheat);
    return { nodes, known: known[i]!, liar, outsider: outsider < 0 ? undefined : outsider };
  });
  const places = slots.map(([write]) => write!.place);
  const isShown = shownAs(versions, cheat, places, (content) => standing(slots, content));
  return { chain, known, casts, slots, made: new Map(), isShown };
}

/** What stands in each slot when a map has this content: three bits. */
function standing(
  slots: readonly (readonly SlotWrite[])[],
  content: number,
): readonly (readonly SlotValue[])[] {
  return slots.map((writes, slot) => {
    const bits = slot === 0 ? content & 3 : content >> 2;
    return writes
      .filter((_, value) => ((bits >> value) & 1) === 1)
      .map(({ value, authorisation }) => ({ value, authorisation, hints: [] }))
      .toSorted((a, b) => compare(a.value, b.value));
  });
}

function freshNode(role: number, slots: number, versions: number): NodeHeld {
  const votes = Array.from({ length: versions }, () => 0);
  const held: SlotHeld = { kept: undefined, history: [], votes };
  const all = Array.from({ length: slots }, () => held);
  return { role, open: 0, isClosed: false, slots: all, wrong: undefined };
}

// What a node does.

function movesOf(
  world: World,
  isMember: readonly boolean[],
  node: NodeHeld,
  heard: number,
): readonly Move<NodeHeld>[] {
  const last = world.chain.versions.length - 1;
  if (node.isClosed) return openings(world, isMember, node, heard);
  const moves = isMember[node.open] === true ? writes(world, node, heard) : [];
  const close = { event: 'closes', to: { ...node, isClosed: true } };
  return node.open < last ? [...moves, close] : moves;
}

function writes(world: World, node: NodeHeld, heard: number): Move<NodeHeld>[] {
  return world.slots.flatMap((all, slot) =>
    all.flatMap((write, value): Move<NodeHeld>[] => {
      const moves = [written(world, node, slot, write, undefined)];
      for (let version = 0; version <= node.open; version++) {
        if (((certified(heard, version, slot) >> value) & 1) === 0) continue;
        const certificate = certificateOf(world, version, slot, value);
        moves.push(written(world, node, slot, { ...write, certificate }, version));
      }
      return moves;
    }),
  );
}

function written(
  { known }: World,
  node: NodeHeld,
  slot: number,
  write: SlotWrite,
  version: number | undefined,
): Move<NodeHeld> {
  const held = node.slots[slot]!;
  const admission = admit(held.kept, write, { network, registries: known[node.open]! });
  const { kept, type } = admission;
  const isCertain = version !== undefined && version < node.open;
  const event = isCertain ? `certified write ${type}` : `write ${type}`;
  const isFault = slot === 0;
  if (kept === undefined) return { event, to: node, isFault };
  const stood = kept.values.slice(0, kept.standing).map(({ value }) => value);
  const history = historyAfter(held.history, node.open + 1, stood.toSorted(compare));
  const bit = kept.standing === 1 ? valueBit(kept.values[0]!.value) : 0;
  const votes = held.votes.with(node.open, held.votes[node.open]! | bit);
  const stays = kept.standing === 1 && equal(kept.values[0]!.value, write.value);
  const wrong = isCertain && !stays ? 'certified-stays: another value stands' : node.wrong;
  const slots = node.slots.with(slot, { kept, history, votes });
  return { event, to: { ...node, slots, wrong }, isFault, detail: `in slot ${slot}` };
}

const firstValue = named('value 0');

function valueBit(value: Uint8Array): number {
  return equal(value, firstValue) ? 1 : 2;
}

/** Everything that a closed node can become by opening the next version. */
function openings(
  world: World,
  isMember: readonly boolean[],
  node: NodeHeld,
  heard: number,
): readonly Move<NodeHeld>[] {
  const open = node.open + 1;
  const opened = { ...node, open, isClosed: false };
  if (isMember[open] !== true) return [{ event: 'opens without slots', to: opened }];
  const maps = mapsIn(world, heard, node.open);
  const found = new Map<string, NodeHeld>();
  for (const shown of triples(maps)) {
    const after = takenFrom(world, opened, shown);
    found.set(keyOfNode(after), after);
  }
  return [...found.values()].map((to) => ({
    event: to.slots.some(({ kept }) => (kept?.standing ?? 0) > 1) ? 'opens frozen' : 'opens',
    to,
  }));
}

/** By member of the version before: the contents that can be shown as its map. */
function mapsIn(world: World, heard: number, version: number): readonly (readonly number[])[] {
  const all = Array.from({ length: contents }, (_, content) => content);
  let code = (heard >> shownFrom(version)) & 1_023;
  const maps = [0, 1, 2].map(() => {
    const one = code % (contents + 1);
    code = Math.floor(code / (contents + 1));
    return all.filter((claimed) => world.isShown(version, one - 1, claimed));
  });
  return [...maps, all.slice(0, world.slots.length === 1 ? 4 : contents)];
}

/** One content each of three members, whichever they are. */
function triples(maps: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return maps.flatMap((_, left) =>
    maps
      .filter((__, i) => i !== left)
      .reduce<readonly (readonly number[])[]>(
        (made, contentsOf) => made.flatMap((some) => contentsOf.map((one) => [...some, one])),
        [[]],
      ),
  );
}

function takenFrom({ slots }: World, opened: NodeHeld, shown: readonly number[]): NodeHeld {
  const seen = shown.map((content) => standing(slots, content));
  const after = opened.slots.map((held, slot): SlotHeld => {
    const values = taken(seen.map((one) => one[slot]!));
    if (values.length === 0) return held;
    const kept = takenOver(held.kept, slots[slot]![0]!.place, values);
    const stood = kept.values.slice(0, kept.standing).map(({ value }) => value);
    return { ...held, kept, history: historyAfter(held.history, opened.open + 1, stood) };
  });
  return { ...opened, slots: after };
}

// What is on the network.

/**
 * By version three bits of certified values, then by closed version what the three honest members
 * show: nothing or one of eight contents each.
 */
function shownFrom(version: number): number {
  return 9 + version * 10;
}

/** By version three bits of votes, then by version whether it is closed and its content; then `open`. */
function saidBy({ slots, open, isClosed }: NodeHeld, versions: number): number {
  let bits = 0;
  for (let version = 0; version < versions; version++) {
    const votes = slots.map(({ votes: all }, slot) => all[version]! << (slot === 0 ? 0 : 2));
    bits |= votes.reduce((sum, one) => sum | one, 0) << (version * 3);
    if (version === 2) continue;
    const isPast = open > version || (open === version && isClosed);
    bits |= (isPast ? contentOf(slots, version) + 1 : 0) << (9 + version * 4);
  }
  return bits | (open << 17);
}

function openIn(said: number): number {
  return said >> 17;
}

/** What the map of the closed version says, from the history alone. */
function contentOf(slots: readonly SlotHeld[], version: number): number {
  return slots.reduce((bits, { history }, slot) => {
    const stood = stoodIn(history, version + 1);
    const own = stood.reduce((sum, value) => sum | valueBit(value), 0);
    return bits | (own << (slot === 0 ? 0 : 2));
  }, 0);
}

function heardOf(world: World, said: readonly number[]): number {
  const { memberships, chain, slots } = world;
  let heard = 0;
  for (let version = 0; version < chain.versions.length; version++) {
    const members = said.filter((_, part) => memberships[part]![version]!);
    for (let value = 0; value < (slots.length === 1 ? 2 : 3); value++) {
      const count = members.filter((one) => ((one >> (version * 3 + value)) & 1) === 1).length;
      if (isCertifiable(world, version, value, count)) heard |= 1 << (version * 3 + value);
    }
    if (version === 2) continue;
    const shown = members.map((one) => (one >> (9 + version * 4)) & 15).toSorted((a, b) => a - b);
    const code = shown.reduce((sum, one) => sum * (contents + 1) + one, 0);
    heard |= code << shownFrom(version);
  }
  return heard;
}

function certified(heard: number, version: number, slot: number): number {
  const bits = (heard >> (version * 3)) & 7;
  return slot === 0 ? bits & 3 : bits >> 2;
}

/** Asked for each number of honest votes once; the certificate is kept, to be shown later. */
function isCertifiable(world: World, version: number, bit: number, count: number): boolean {
  const at = `${version} ${bit} ${count}`;
  if (!world.made.has(at)) world.made.set(at, madeOf(world, version, bit, count));
  return world.made.get(at) !== undefined;
}

function madeOf(
  { casts, slots, chain }: World,
  version: number,
  bit: number,
  count: number,
): Certificate | undefined {
  const { place, value } = bit < bitsOf[0]! ? slots[0]![bit]! : slots[1]![0]!;
  const { members, indexOf } = chain.versions[version]!;
  const honest = members.filter((number) => number !== cheat).map(indexOf);
  return forged(casts[version]!, { key: slotKey(place), value }, honest.slice(0, count), []);
}

function certificateOf(world: World, version: number, slot: number, value: number): Certificate {
  const bit = slot === 0 ? value : 2;
  const made = [0, 1, 2, 3].map((count) => world.made.get(`${version} ${bit} ${count}`));
  return made.find((one) => one !== undefined)!;
}

// What must hold.

function judgeNode({ slots, wrong }: NodeHeld): string | undefined {
  const forked = slots.some(({ votes }) => votes.some((bits) => (bits & (bits - 1)) !== 0));
  return forked ? 'one-vote-each-version' : wrong;
}

function judgeNetwork(heard: number, versions: number): string | undefined {
  let all = 0;
  for (let version = 0; version < versions; version++) all |= certified(heard, version, 0);
  return all === 3 ? 'one-value-in-all-versions' : undefined;
}

function meansOf(heard: number, versions: number): readonly string[] {
  const found: string[] = [];
  for (let version = 0; version < versions; version++) {
    if (certified(heard, version, 0) !== 0) found.push(`certified in version ${version + 1}`);
  }
  return found;
}

function keyOfNode({ open, isClosed, slots, wrong }: NodeHeld): string {
  const held = slots.map(({ kept, history, votes }) => {
    const stood = history.map(
      ({ version, values }) => `${version}:${values.map(valueBit).join('+')}`,
    );
    return `${keyOfKept(kept)},${stood.join(' ')},${votes.join('')}`;
  });
  return `${open}${isClosed ? 'c' : ''}/${held.join('/')}${wrong ?? ''}`;
}
