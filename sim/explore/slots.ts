/**
 * The space of a slot group: three honest nodes and one that lies, writers that lie, an honest one.
 *
 * A node decides a write in memory (`admit`), makes it durable, then answers with its vote; it may
 * crash between any two. The cheat signs every value of its own slots at any time, forges the others
 * and repeats what it saw. The liar votes for everything, so what counts for a certificate is how many
 * honest nodes have voted; what certificates that makes is asked of the shipped check once for each
 * combination (`forged`), with every trick of the liars.
 */

import { admit, type KeptSlot } from '@dsm/availability';
import {
  checkEvidence,
  equal,
  registriesOf,
  registryLineage,
  slotKey,
  type NodeVote,
  type SlotWrite,
} from '@dsm/primitive';
import {
  authorOf,
  certifies,
  forged,
  named,
  network,
  nodesOf,
  placeOf,
  voteOf,
  type Cast,
} from './plane.ts';
import type { Move, PlaneSpace } from './plane-space.ts';

/** Which slots there are: how many values the cheat signs in each of its own, and the honest one. */
export interface SlotsBound {
  readonly cheats: readonly number[];
  readonly honest: boolean;
}

/** A node: what is durable, what is only decided, and its votes, by slot as bits of values. */
export interface NodeAt {
  readonly kept: readonly (KeptSlot | undefined)[];
  readonly draft: { readonly slot: number; readonly kept: KeptSlot } | undefined;
  readonly voted: readonly number[];
}

/**
 * The honest writer. It decides for one of two values, and may forget that before it is durable;
 * from then on it says this one for ever.
 */
export interface WriterAt {
  readonly decided: number | undefined;
  readonly durable: number | undefined;
  readonly isSaid: boolean;
  readonly isCertified: boolean;
}

export type SlotsLocal = NodeAt | WriterAt;

const valuesMax = 3;
const honestNodes = [1, 2, 3];
const nodes = nodesOf(5);
const known = registriesOf(nodes.registry);
const cast: Cast = { nodes, known, liar: 0, outsider: 4 };
const cheat = authorOf('the cheat');
const honest = authorOf('the honest writer');
const values = [0, 1, 2].map((i) => named(`value ${i}`));
const forgedValue = named('a forged value');

interface SlotOf {
  readonly key: Uint8Array;
  readonly isHonest: boolean;
  /** By value: what its writer signs. */
  readonly writes: readonly SlotWrite[];
  /** What nobody may write: without the writer's key, for another slot, of another value. */
  readonly forgeries: readonly SlotWrite[];
}

function slotOf(number: number, count: number, isHonest: boolean): SlotOf {
  const by = isHonest ? honest : cheat;
  const place = placeOf(1, by, `note ${number}`);
  const elsewhere = placeOf(1, by, 'another note');
  const good = by.write(place, values[0]!);
  const stranger = authorOf('a stranger').write(place, forgedValue);
  return {
    key: slotKey(place),
    isHonest,
    writes: values.slice(0, count).map((value) => by.write(place, value)),
    forgeries: [
      stranger,
      { ...good, value: forgedValue },
      { ...by.write(elsewhere, forgedValue), place },
      { ...stranger, authorisation: { ...stranger.authorisation, publicKey: by.pair.publicKey } },
    ],
  };
}

/** Bits of what is heard: two of the honest writer, then three for each slot's certified values. */
const writtenBits = 2;

export function slotsSpace({ cheats, honest: hasHonest }: SlotsBound): PlaneSpace<SlotsLocal> {
  const slots = cheats.map((count, i) => slotOf(i, count, false));
  if (hasHonest) slots.push(slotOf(slots.length, 2, true));
  const fresh: NodeAt = {
    kept: slots.map(() => undefined),
    draft: undefined,
    voted: slots.map(() => 0),
  };
  const writer: WriterAt = {
    decided: undefined,
    durable: undefined,
    isSaid: false,
    isCertified: false,
  };
  const honestSlot = slots.findIndex(({ isHonest }) => isHonest);
  const certifiable = certifiedBy(slots);
  return {
    parts: ['node 1', 'node 2', 'node 3', ...(hasHonest ? ['writer'] : [])],
    roles: [0, 0, 0, ...(hasHonest ? [1] : [])],
    start: [fresh, fresh, fresh, ...(hasHonest ? [writer] : [])],
    keyOf: (local) => keyOfLocal(local),
    said: (local) => ('kept' in local ? votesOf(local) : writtenOf(local)),
    heard: (said) => heardOf(said, slots.length, hasHonest, certifiable),
    hears: (role) => (role === 0 ? (1 << writtenBits) - 1 : -1),
    moves: (local, heard) =>
      'kept' in local ? nodeMoves(local, heard, slots) : writerMoves(local, heard, honestSlot),
    judge: (local) => ('kept' in local ? judgeNode(local, slots) : undefined),
    judgeNetwork: (heard) => judgeNetwork(heard, slots),
    means: (heard) => meansOf(heard, slots),
    isDone: (heard) => honestSlot < 0 || (heard & 3) === 0 || certifiedIn(heard, honestSlot) !== 0,
    stuck: 'written-gets-certified',
  };
}

// A node.

function nodeMoves(
  node: NodeAt,
  heard: number,
  slots: readonly SlotOf[],
): readonly Move<SlotsLocal>[] {
  const moves: Move<SlotsLocal>[] = [];
  const { draft } = node;
  if (draft !== undefined) {
    const kept = node.kept.with(draft.slot, draft.kept);
    moves.push({ event: 'makes it durable', to: { ...node, kept, draft: undefined } });
    moves.push({ event: 'crashes', to: { ...node, draft: undefined }, isFault: true });
    return moves;
  }
  for (const [slot, { writes, forgeries, isHonest }] of slots.entries()) {
    for (const [value, write] of writes.entries()) {
      if (isHonest && (heard & (1 << value)) === 0) continue;
      moves.push(taken(node, slot, write, `value ${value} of slot ${slot}`));
    }
    for (const write of forgeries) moves.push(taken(node, slot, write, `forged, slot ${slot}`));
    const answer = answered(node, slot, slots);
    if (answer !== undefined) moves.push(answer);
  }
  return moves;
}

function taken(node: NodeAt, slot: number, write: SlotWrite, detail: string): Move<SlotsLocal> {
  const before = node.kept[slot];
  const admission = admit(before, write, { network, registries: known });
  const { type, kept } = admission;
  const isChanged = kept !== undefined && kept !== before;
  const to = isChanged ? { ...node, draft: { slot, kept } } : node;
  return { event: `write ${type}`, to, detail };
}

/** A vote for the value that stands, from what is durable alone. */
function answered(
  node: NodeAt,
  slot: number,
  slots: readonly SlotOf[],
): Move<SlotsLocal> | undefined {
  const kept = node.kept[slot];
  if (kept === undefined || kept.standing !== 1) return undefined;
  const bit = 1 << valueOf(kept.values[0]!.value, slots[slot]!);
  const voted = node.voted.with(slot, node.voted[slot]! | bit);
  return { event: 'votes', to: { ...node, voted }, detail: `in slot ${slot}` };
}

function valueOf(value: Uint8Array, { writes }: SlotOf): number {
  const index = writes.findIndex((write) => equal(write.value, value));
  return index < 0 ? valuesMax : index;
}

function judgeNode({ kept, voted, draft }: NodeAt, slots: readonly SlotOf[]): string | undefined {
  for (const [slot, of] of slots.entries()) {
    const all = [kept[slot], draft?.slot === slot ? draft.kept : undefined];
    const stray = all
      .flatMap((one) => one?.values ?? [])
      .some(({ value }) => valueOf(value, of) === valuesMax);
    if (stray) return `only-authorised-stored: slot ${slot}`;
    const bits = voted[slot]!;
    if ((bits & (bits - 1)) !== 0) return `one-vote-each: slot ${slot}`;
    if (bits !== 0 && !isKept(kept[slot], bits, of)) {
      return `vote-is-durable: slot ${slot}`;
    }
  }
  return convictable(voted, slots) ? 'honest-not-convictable' : undefined;
}

function isKept(kept: KeptSlot | undefined, bits: number, of: SlotOf): boolean {
  return kept?.values.some(({ value }) => bits === 1 << valueOf(value, of)) ?? false;
}

/** Evidence out of two votes that the node has given, about one slot or about two, or twice one. */
function convictable(voted: readonly number[], slots: readonly SlotOf[]): boolean {
  const votes = slots.flatMap(({ key, writes }, slot) =>
    writes.flatMap(({ value }, i) => (((voted[slot]! >> i) & 1) === 1 ? [{ key, value }] : [])),
  );
  return votes.some((a) => votes.some((b) => convicts(1, a.key, a, b)));
}

interface Said {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

const voteKeyOf = (node: number): Uint8Array => nodes.registry.nodes[node]!.voteKey;

function convicts(node: number, key: Uint8Array, a: Said, b: Said): boolean {
  const [first, second] = [a, b].map((slot): NodeVote => ({
    value: slot.value,
    ...voteOf(nodes, node, slot),
  })) as [NodeVote, NodeVote];
  const { registry } = nodes;
  const claim = {
    type: 'votes',
    suite: 1,
    voteKey: voteKeyOf(node),
    lineage: registryLineage(registry),
    version: registry.version,
    key,
    first,
    second,
  } as const;
  return checkEvidence(claim, network, () => false, known).ok;
}

// The honest writer.

function writerMoves(writer: WriterAt, heard: number, slot: number): readonly Move<SlotsLocal>[] {
  const { decided, durable, isSaid } = writer;
  if (durable !== undefined) {
    const moves: Move<SlotsLocal>[] = [
      { event: 'says its value', to: { ...writer, isSaid: true } },
    ];
    if (isSaid && ((certifiedIn(heard, slot) >> durable) & 1) === 1) {
      moves.push({ event: 'has its certificate', to: { ...writer, isCertified: true } });
    }
    return moves;
  }
  if (decided === undefined) {
    return [0, 1].map((value) => ({ event: 'decides', to: { ...writer, decided: value } }));
  }
  return [
    { event: 'writer makes it durable', to: { ...writer, decided: undefined, durable: decided } },
    { event: 'writer crashes', to: { ...writer, decided: undefined }, isFault: true },
  ];
}

// The network.

/** Two bits for each slot: 0 no vote, else the value and one; votes for two values are found before. */
function votesOf({ voted }: NodeAt): number {
  return voted.reduce((bits, one, slot) => bits | (one << (slot * valuesMax)), 0);
}

function writtenOf({ durable, isSaid }: WriterAt): number {
  return isSaid && durable !== undefined ? 1 << durable : 0;
}

function certifiedIn(heard: number, slot: number): number {
  return (heard >> (writtenBits + slot * valuesMax)) & 7;
}

type Certifiable = (slot: number, value: number, count: number, others: number) => boolean;

/** Whether so many honest votes, with all that liars add, make a certificate that holds. */
function certifiedBy(slots: readonly SlotOf[]): Certifiable {
  const answers = new Map<string, boolean>();
  return (slot, value, count, others) => {
    const at = `${slot} ${value} ${count} ${others}`;
    const before = answers.get(at);
    if (before !== undefined) return before;
    const { key } = slots[slot]!;
    const wanted = { key, value: values[value]! };
    const other = values[(value + 1) % valuesMax]!;
    const made = forged(
      cast,
      wanted,
      honestNodes.slice(0, count),
      honestNodes.slice(count, count + others).map((node) => ({ node, value: other })),
    );
    answers.set(at, made !== undefined);
    return made !== undefined;
  };
}

function heardOf(
  said: readonly number[],
  slots: number,
  hasHonest: boolean,
  certifiable: Certifiable,
): number {
  let heard = hasHonest ? said[3]! : 0;
  for (let slot = 0; slot < slots; slot++) {
    const counts = [0, 0, 0];
    for (let node = 0; node < 3; node++) {
      const votes = said[node]! >> (slot * valuesMax);
      for (let value = 0; value < valuesMax; value++) counts[value]! += (votes >> value) & 1;
    }
    const all = counts[0]! + counts[1]! + counts[2]!;
    for (let value = 0; value < valuesMax; value++) {
      // The liars vote for everything, and an honest value is one that nobody else signs.
      if (counts[value] === 0 && all === 0) continue;
      if (!certifiable(slot, value, counts[value]!, all - counts[value]!)) continue;
      heard |= 1 << (writtenBits + slot * valuesMax + value);
    }
  }
  return heard;
}

function judgeNetwork(heard: number, slots: readonly SlotOf[]): string | undefined {
  for (const [slot, { key, isHonest }] of slots.entries()) {
    const bits = certifiedIn(heard, slot);
    if ((bits & (bits - 1)) !== 0) return `one-value-certified: slot ${slot}`;
    if (bits === 0) continue;
    const value = 31 - Math.clz32(bits);
    if (isHonest && (heard & (1 << value)) === 0) return `written-by-its-writer: slot ${slot}`;
    const wrong = certificateWrong({ key, value: values[value]! });
    if (wrong !== undefined) return `certificate-holds-for-all: ${wrong}`;
  }
  return liarsGoFree(slots) ? 'two-votes-convict' : undefined;
}

const judged = new Map<string, string | undefined>();

/** What is wrong with certificates of the votes of any q nodes. */
function certificateWrong(slot: Said): string | undefined {
  const at = slot.key.join() + slot.value.join();
  if (!judged.has(at)) {
    const group = nodes.registry.groups[0]!;
    const wrong = group.map((left) =>
      certifies(
        nodes,
        slot,
        group.filter((node) => node !== left).map((node) => voteOf(nodes, node, slot)),
      ),
    );
    judged.set(
      at,
      wrong.find((one) => one !== undefined),
    );
  }
  return judged.get(at);
}

/** The liar votes for two values of one slot; whoever holds both votes convicts it. */
function liarsGoFree([first]: readonly SlotOf[]): boolean {
  const { key } = first!;
  const [a, b] = [values[0]!, values[1]!].map((value) => ({ key, value }));
  return !convicts(cast.liar, key, a!, b!);
}

function meansOf(heard: number, slots: readonly SlotOf[]): readonly string[] {
  return slots.flatMap(({ isHonest }, slot) =>
    certifiedIn(heard, slot) === 0 ? [] : [isHonest ? 'the honest value certified' : 'certified'],
  );
}

function keyOfLocal(local: SlotsLocal): string {
  if (!('kept' in local)) {
    const { decided, durable, isSaid, isCertified } = local;
    return `${decided ?? '-'}${durable ?? '-'}${isSaid ? 's' : ''}${isCertified ? 'c' : ''}`;
  }
  const { kept, draft, voted } = local;
  const drafted = draft === undefined ? '' : `${draft.slot}=${keyOfKept(draft.kept)}`;
  return `${kept.map(keyOfKept).join('/')}|${drafted}|${voted.join('')}`;
}

const digits = new Map<string, string>();

export function keyOfKept(kept: KeptSlot | undefined): string {
  if (kept === undefined) return '';
  const names = kept.values.map(({ value, hints }) => nameOf(value) + String(hints.length || ''));
  return `${kept.standing}${names.join('')}`;
}

/** A letter for each different value. */
function nameOf(value: Uint8Array): string {
  const at = value.join();
  const before = digits.get(at);
  if (before !== undefined) return before;
  const next = String.fromCharCode(97 + digits.size);
  digits.set(at, next);
  return next;
}
