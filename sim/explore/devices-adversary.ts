/**
 * The adversary: everything that one dishonest device can say, given what was said to it.
 *
 *     clones      the shipped core, run from every past state of the device, as often as it likes: so it
 *                 pays two peers with one note, signs two steps with one number, two entries after one head
 *     forgeries   runs with one thing changed, signed anew with its own key, so that one rule alone is
 *                 broken (devices-forgeries.ts); consents and offers likewise; and runs in the name of
 *                 honest devices, which it cannot sign
 *     replays     what honest devices said, said again by it to others
 *
 * It has no state: it has all its states at once. What it can say depends on what was said to it alone.
 */

import { consentDigest, entry, keyOf, kinds, nextHead, stepStatement } from '@dsm/primitive';
import { absorb, ackMac, append, commitMessage, type OwnRun } from '@dsm/bilateral';
import { memo, payment, signAs, signedBy, type Person } from './devices-cast.ts';
import { keepAbsorbed, keepAppended, mapOf, worldOf, type Disk } from './devices-disk.ts';
import {
  consentForgeries,
  forgedRuns,
  impostures,
  offerForgeries,
  type Forgery,
} from './devices-forgeries.ts';
import { emptySet } from './intern.ts';
import type { Scene, Spoken } from './devices-scene.ts';

export interface AdversaryBound {
  /** Entries of its own that a clone may write towards one peer, and steps that it may take in all. */
  readonly laneMax: number;
  readonly stepsMax: number;
  /** What it may say to each honest device: a word, or amounts out of its notes. */
  readonly words: number;
  readonly amounts: readonly bigint[];
  /** The honest devices that it talks to; all if it says nothing. */
  readonly to?: readonly number[];
  /** Whether it forges, and whether it forges in the name of honest devices, too. */
  readonly forges: boolean;
  readonly impostures: boolean;
}

/** What a clone did: to whom it matters, and what it says of it. */
interface Doing {
  readonly disk: number;
  readonly to: number;
  readonly says: readonly Spoken[];
}

interface Mind {
  readonly scene: Scene;
  readonly bound: AdversaryBound;
  readonly me: Person;
  /** What a clone can do of its own, by its disk; and what it makes of a run that it heard. */
  readonly own: Map<number, readonly Doing[]>;
  readonly heard: Map<string, Doing | undefined>;
  readonly forged: Map<number, readonly number[]>;
}

/** The set of messages that may be said to `part`. */
export function openAdversary(
  scene: Scene,
  bound: AdversaryBound,
): (part: number, said: readonly number[]) => number {
  const me = scene.cast.persons[scene.honest]!;
  const mind: Mind = { scene, bound, me, own: new Map(), heard: new Map(), forged: new Map() };
  return (part, said) => {
    if (bound.to?.includes(part) === false) return emptySet;
    const known = said.map((set) => scene.sets.members(set));
    const clones = clonesOf(mind, known);
    const messages = [
      ...clones
        .flatMap(({ to, says }) => (to === part ? says : []))
        .map((body) => plain(mind, body)),
      ...known[part]!.flatMap((message) => answersTo(mind, clones, part, message)),
      ...replays(mind, part, known),
      ...(bound.forges ? forgeriesTo(mind, part) : []),
    ];
    return scene.sets.of(messages);
  };
}

function plain({ scene, me }: Mind, body: Spoken): number {
  return scene.messages.of({ edge: me.index, body });
}

/** Everything that clones do, from the beginning on, breadth first: each state of a clone once. */
function clonesOf(mind: Mind, known: readonly (readonly number[])[]): readonly Doing[] {
  const first = mind.scene.disks.of(mind.scene.cast.disks[mind.me.index]!);
  const walked = new Set<number>();
  const doings: Doing[] = [{ disk: first, to: -1, says: [] }];
  for (let at = 0; at < doings.length; at++) {
    const { disk } = doings[at]!;
    if (walked.has(disk)) continue;
    walked.add(disk);
    const heard = known.flatMap((messages, part) =>
      messages.flatMap((message) => absorbedBy(mind, disk, part, message) ?? []),
    );
    doings.push(...ownDoings(mind, disk), ...heard);
  }
  return doings;
}

/** The runs that a clone may append next. */
function ownDoings(mind: Mind, at: number): readonly Doing[] {
  const before = mind.own.get(at);
  if (before !== undefined) return before;
  const { scene, bound, me } = mind;
  const disk = scene.disks.at(at);
  const first = scene.cast.disks[me.index]!.device.seq;
  const doings: Doing[] = [];
  for (let to = 0; to < scene.honest; to++) {
    const isFull = disk.edges[to]!.on.mine.index >= bound.laneMax;
    if (isFull || disk.device.seq - first >= bound.stepsMax) continue;
    for (const operation of operationsTo(mind, disk, to)) {
      const doing = appended(mind, disk, to, operation);
      if (doing !== undefined) doings.push(doing);
    }
  }
  mind.own.set(at, doings);
  return doings;
}

function operationsTo({ scene, bound, me }: Mind, disk: Disk, to: number): readonly Uint8Array[] {
  const peer = scene.cast.persons[to]!;
  const words = Array.from({ length: bound.words }, (_, i) => memo(`word ${i}`));
  const payments = bound.amounts.flatMap((amount) => {
    const note = disk.notes.find((each) => each.amount >= amount);
    return note === undefined ? [] : [payment(me, peer, note, amount)];
  });
  return [...words, ...payments];
}

/** An own run of a clone, with the offer that goes before it and the commit that says it. */
function appended(mind: Mind, disk: Disk, to: number, operation: Uint8Array): Doing | undefined {
  const { scene, me } = mind;
  const { on } = disk.edges[to]!;
  const world = worldOf(disk, me, scene.policies);
  const verdict = append(disk.device, on, [operation], world);
  if (verdict.type !== 'accepted') return undefined;
  const { run } = verdict.value;
  const own: OwnRun = { ...run, countersignature: undefined };
  scene.genuine.add(keyOf(run.statement));
  const { root, seq } = disk.device;
  const { proof } = run.step;
  return {
    disk: scene.disks.of(keepAppended(disk, to, verdict.value, undefined)),
    to,
    says: [
      { type: 'offer', entries: run.entries, root, seq, proof },
      commitMessage(own, signedBy(me, run.step, run.slots)) as Spoken,
    ],
  };
}

/** What a clone becomes that absorbs a run of an honest device. */
function absorbedBy(mind: Mind, at: number, part: number, message: number): Doing | undefined {
  const { scene, me, bound } = mind;
  const said = scene.messages.at(message);
  if ('half' in said || said.body.type !== 'commit') return undefined;
  const key = `${at} ${message}`;
  if (mind.heard.has(key)) return mind.heard.get(key);
  const disk = scene.disks.at(at);
  const first = scene.cast.disks[me.index]!.device.seq;
  const { entries, signed } = said.body;
  const { on } = disk.edges[part]!;
  const world = worldOf(disk, me, scene.policies);
  const tired = disk.device.seq - first >= bound.stepsMax;
  const verdict = tired ? undefined : absorb(disk.device, on, { entries, signed }, world);
  const doing: Doing | undefined =
    verdict?.type === 'accepted'
      ? { disk: scene.disks.of(keepAbsorbed(disk, part, verdict.value)), to: part, says: [] }
      : undefined;
  mind.heard.set(key, doing);
  return doing;
}

/** Acknowledgements, consents and refusals: what it needs no run for. */
function answersTo(
  mind: Mind,
  clones: readonly Doing[],
  part: number,
  message: number,
): readonly number[] {
  const { scene, me, bound } = mind;
  const said = scene.messages.at(message);
  if ('half' in said) return [];
  const { body } = said;
  const { on } = scene.cast.disks[me.index]!.edges[part]!;
  if (body.type === 'commit' && body.signed.step.cause.type === 'append') {
    const { head } = body.signed.step.cause;
    return [plain(mind, { type: 'ack', head, mac: ackMac(on, head) })];
  }
  if (body.type !== 'offer') return [];
  const consents = consentsTo(mind, clones, part, body);
  const head = consents[0]?.countersignature.consent.head;
  const refusals = (head === undefined ? [] : ['fork', 'taste']).map((code) =>
    plain(mind, { type: 'refuse', head: head!, code, why: 'because' }),
  );
  const forged = bound.forges
    ? consents.flatMap((consent) => named(mind, consentForgeries(scene, me, part, consent)))
    : [];
  return [...consents.map((consent) => plain(mind, consent)), ...refusals, ...forged];
}

/** The consent of the first clone that stands where the offer goes on. Others differ in its root alone. */
function consentsTo(
  { scene, me }: Mind,
  clones: readonly Doing[],
  part: number,
  { entries }: Spoken & { type: 'offer' },
): readonly (Spoken & { type: 'consent' })[] {
  const peer = scene.cast.persons[part]!;
  for (const { disk: at } of clones) {
    const disk = scene.disks.at(at);
    const { on } = disk.edges[part]!;
    const next = entry.decode(entries[0]!);
    if (!next.ok || next.value.index !== on.theirs.index + 1) continue;
    const head = entries.reduce(nextHead, on.theirs.head);
    const { root, seq, incarnation } = disk.device;
    const consent = {
      head,
      proposer: peer.id,
      proposerIncarnation: on.peer.incarnation,
      peer: me.id,
      peerIncarnation: incarnation,
      root,
      seq,
    };
    const signature = signAs(me, kinds.countersignature, consentDigest(consent));
    const proof = mapOf(disk).prove([on.key]);
    const countersignature = { consent, signature };
    return [{ type: 'consent', countersignature, head: on.mine.head, proof }];
  }
  return [];
}

/** What honest devices said to it, said again: to the same, and to others in either name. */
function replays(
  { scene, me }: Mind,
  part: number,
  known: readonly (readonly number[])[],
): readonly number[] {
  return known.flatMap((messages, from) =>
    messages.flatMap((message) => {
      const said = scene.messages.at(message);
      if ('half' in said) return [];
      const again = (edge: number): number => {
        const id = scene.messages.of({ edge, body: said.body });
        scene.forgeries.set(id, 'replay');
        return id;
      };
      return from === part ? [again(me.index)] : [again(me.index), again(from)];
    }),
  );
}

/** Forgeries that rest on nothing that anybody said. */
function forgeriesTo(mind: Mind, part: number): readonly number[] {
  const known = mind.forged.get(part);
  if (known !== undefined) return known;
  const { scene, me, bound } = mind;
  const made = named(mind, [
    ...forgedRuns(scene, me, part),
    ...offerForgeries(scene, me, part),
    ...(bound.impostures ? impostures(scene, me, part) : []),
  ]);
  mind.forged.set(part, made);
  return made;
}

/** Messages with what was changed in them. */
function named({ scene }: Mind, forged: readonly Forgery[]): readonly number[] {
  return forged.map(({ name, said }) => {
    const id = scene.messages.of(said);
    scene.forgeries.set(id, name);
    if ('body' in said && said.body.type === 'commit') {
      const { step, slots } = said.body.signed;
      const statement = keyOf(stepStatement(step, slots));
      if (!scene.genuine.has(statement)) scene.forgedStatements.set(statement, name);
    }
    return id;
  });
}
