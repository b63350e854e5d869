/**
 * Forgeries: what a dishonest device can make with its own key and what it knows. Each breaks one rule
 * and keeps all others, so that whoever takes the rule away takes the forgery in.
 */

import {
  concat,
  consentDigest,
  deviceMap,
  demandedSlot,
  entry,
  kinds,
  merged,
  nextEntropy,
  nextHead,
  noteKey,
  signatureContext,
  signatures,
  stepStatement,
  zero32,
  type Demand,
  type DeviceMap,
  type Entry,
  type SignedStep,
  type Slot,
  type Step,
  type StepWrite,
} from '@dsm/primitive';
import {
  decodeOperation,
  encodeOperation,
  noteBlind,
  noteId,
  noteLeaf,
  spendPlace,
} from '@dsm/protocols';
import { leafOf, mySide, takeStep, type Device } from '@dsm/bilateral';
import { memo, named, network, payment, signAs, signedBy, type Person } from './devices-cast.ts';
import { worldOf, type Disk } from './devices-disk.ts';
import type { Said, Scene, Spoken } from './devices-scene.ts';

/** A message, and what was changed in it. */
export interface Forgery {
  readonly name: string;
  readonly said: Said;
}

/** Entries in a form that can be changed before they are encoded. */
interface Draft {
  readonly entries: readonly Entry[];
  /** The entries' bytes, if they are not what encoding gives. */
  readonly bytes?: readonly Uint8Array[];
}

/** Where runs are forged: a state of a device, and the one who signs. */
interface Desk {
  readonly scene: Scene;
  /** Whose lane it is. */
  readonly author: Person;
  readonly signer: Person;
  readonly disk: Disk;
  readonly to: number;
}

/** Runs of its own lane, each wrong in one thing. */
export function forgedRuns(scene: Scene, me: Person, to: number): readonly Forgery[] {
  const desk: Desk = { scene, author: me, signer: me, disk: scene.cast.disks[me.index]!, to };
  const say = (name: string, body: Spoken): Forgery => ({ name, said: { edge: me.index, body } });
  return [
    ...Object.entries(draftsOf(desk)).map(([name, draft]) => say(name, runOf(desk, draft))),
    ...Object.entries(stepsOf(desk)).flatMap(([name, body]) => {
      // Without a former incarnation this one is good.
      return name === 'old-incarnation' ? [] : [say(name, body)];
    }),
  ];
}

/** Entries that break a rule about entries; the step is made for them as they are. */
function draftsOf(desk: Desk): Readonly<Record<string, Draft>> {
  const [first, second] = chain(desk, [memo('word'), memo('another')]) as [Entry, Entry];
  const odd = (operation: Uint8Array): Draft => ({ entries: chain(desk, [operation]) });
  const many = Array.from({ length: 60 }, (_, i) => memo(`${i}`.padEnd(250, '.')));
  const bytes = entry.encode(first);
  const { author, scene, to, disk } = desk;
  const { on } = disk.edges[to]!;
  const skipped = { ...second, index: 3, entropy: nextEntropy(first.entropy, memo('another'), 3) };
  const late = chain(desk, [memo('word')], { ...on.mine, index: 1 });
  return {
    'too-large': { entries: chain(desk, many) },
    version: { entries: [first], bytes: [bytes.with(0, 2)] },
    malformed: { entries: [first], bytes: [concat(bytes, zero32)] },
    early: { entries: late },
    index: { entries: [first, skipped] },
    side: { entries: [{ ...first, side: first.side === 0 ? 1 : 0 }] },
    entropy: { entries: [{ ...first, entropy: named('another entropy') }] },
    absorbed: { entries: [{ ...first, absorbed: named('a head of nobody') }] },
    'absorbed twice': { entries: [first, { ...second, absorbed: named('a head of nobody') }] },
    'operation unknown': odd(Uint8Array.of(99)),
    'operation malformed': odd(Uint8Array.of(1, 2)),
    policy: odd(strange(desk)),
    conservation: odd(generous(author, scene.cast.persons[to]!, disk)),
  };
}

/** A payment in a token that nobody knows. */
function strange({ author, scene, to, disk }: Desk): Uint8Array {
  const note = { ...disk.notes[0]!, token: named('an unknown token') };
  return payment(author, scene.cast.persons[to]!, note, note.amount);
}

/** A payment that gives more than it takes. */
function generous(from: Person, to: Person, disk: Disk): Uint8Array {
  const note = disk.notes[0]!;
  const honest = decodeOperation(payment(from, to, note, note.amount));
  if (typeof honest === 'string' || honest.type !== 'transfer') throw new RangeError('no payment');
  const outputs = honest.outputs.map((output) => ({ ...output, amount: output.amount + 1n }));
  return encodeOperation({ ...honest, outputs });
}

/** Entries of the operations, one after the other, as the shipped code would number them. */
function chain(
  { author, disk, to }: Desk,
  operations: readonly Uint8Array[],
  lane: { readonly index: number; readonly entropy: Uint8Array } = disk.edges[to]!.on.mine,
): readonly Entry[] {
  const { on, theirs } = disk.edges[to]!;
  let { index, entropy } = lane;
  return operations.map((operation): Entry => {
    index += 1;
    entropy = nextEntropy(entropy, operation, index);
    const side = mySide(on, { ...disk.device, id: author.id });
    return { side, index, entropy, absorbed: theirs.heads.at(-1)!, operation };
  });
}

/** What a step is made of, before it is made: any of it may be changed. */
interface Parts {
  readonly device: Device;
  readonly head: Uint8Array;
  readonly index: number;
  readonly count: number;
  readonly writes: readonly StepWrite[];
  readonly slots: readonly Slot[];
  readonly entries: readonly Uint8Array[];
  readonly map: DeviceMap;
}

function partsOf(desk: Desk, { entries, bytes }: Draft): Parts {
  const { disk, to } = desk;
  const { on } = disk.edges[to]!;
  const encoded = bytes ?? entries.map((each) => entry.encode(each));
  const head = encoded.reduce(nextHead, on.mine.head);
  // Who says to have absorbed a head has it in its map, too: so the map is forged along.
  const theirs = entries[0]!.absorbed;
  const before = leafOf(on, disk.device, on.mine.head, theirs);
  const map = deviceMap();
  map.apply([...disk.leaves.values(), { key: on.key, value: before }]);
  const device = { ...disk.device, root: map.root() };
  const view: StepWrite = { key: on.key, before, after: leafOf(on, device, head, theirs) };
  const demand = demandOf(desk, entries, encoded);
  const slots = demand.slots.map(({ key, value }): Slot => ({ key, value }));
  const leaves = demand.writes.map(({ key, before, after }): StepWrite => ({
    key,
    before,
    after: after ?? named('some note'),
  }));
  return {
    device,
    head,
    index: entries.at(-1)!.index,
    count: encoded.length,
    writes: [view, ...leaves],
    slots,
    entries: encoded,
    map,
  };
}

/** What the rules would demand, if they demand anything: else what the payment itself moves. */
function demandOf(
  { scene, author, disk, to }: Desk,
  entries: readonly Entry[],
  encoded: readonly Uint8Array[],
): Demand {
  const { rules } = worldOf(disk, author, scene.policies);
  let { head } = disk.edges[to]!.on.mine;
  const demands = entries.map(({ operation }, i): Demand => {
    head = nextHead(head, encoded[i]!);
    const peer = scene.cast.persons[to]!.id;
    const verdict = rules(operation, { writer: author.id, peer, head });
    return verdict.type === 'accepted' ? verdict.value : spendingOf(author, disk, operation, head);
  });
  return merged(demands);
}

function spendingOf(author: Person, disk: Disk, operation: Uint8Array, head: Uint8Array): Demand {
  const decoded = decodeOperation(operation);
  if (typeof decoded === 'string' || decoded.type !== 'transfer') return { writes: [], slots: [] };
  const note = disk.notes[0]!;
  const id = noteId(note.source, note.index);
  const before = noteLeaf(note, noteBlind(author.secret, id));
  const place = spendPlace(note);
  return {
    writes: [{ key: noteKey(id), before, after: zero32 }],
    slots: [demandedSlot(place, head)],
  };
}

function stepOf(
  { disk, to }: Desk,
  parts: Parts,
): { readonly step: Step; readonly slots: readonly Slot[] } {
  const { on } = disk.edges[to]!;
  const { index, head, count } = parts;
  const cause = { type: 'append', relationship: on.key, index, head, count } as const;
  return takeStep(parts.device, cause, parts.writes, parts.slots, parts.map);
}

/** A run with the step that fits it. */
function runOf(desk: Desk, draft: Draft): Spoken {
  const parts = partsOf(desk, draft);
  const { step, slots } = stepOf(desk, parts);
  return commitOf(parts, signedBy(desk.signer, step, slots));
}

function commitOf({ entries }: Pick<Parts, 'entries'>, signed: SignedStep): Spoken {
  return { type: 'commit', entries, signed, countersignature: undefined };
}

/** Good entries, and a step that breaks a rule about steps. */
function stepsOf(desk: Desk): Readonly<Record<string, Spoken>> {
  const { scene, disk, signer, author, to } = desk;
  const parts = partsOf(desk, { entries: chain(desk, [memo('word')]) });
  const { step, slots } = stepOf(desk, parts);
  const other = scene.cast.persons.find((each) => each !== author && each.index !== to)!;
  const { cause } = step;
  if (cause.type !== 'append') throw new RangeError('a run is appended');
  const { on } = disk.edges[to]!;
  const elsewhere = disk.edges[other.index]!.on;
  const signed = (changed: Step, lines: readonly Slot[] = slots): Spoken =>
    commitOf(parts, signedBy(signer, changed, lines));
  const absorbs: Step['cause'] = { ...cause, type: 'absorb' };
  const good = signedBy(signer, step, slots);
  const paid = partsOf(desk, {
    entries: chain(desk, [payment(author, scene.cast.persons[to]!, disk.notes[0]!, 1n)]),
  });
  const paying = stepOf(desk, paid);
  const unspent = stepOf(desk, { ...paid, writes: paid.writes.slice(0, 1) });
  const unsaid = stepOf(desk, { ...paid, slots: [] });
  const paidBy = (made: { readonly step: Step; readonly slots: readonly Slot[] }): Spoken =>
    commitOf(paid, signedBy(signer, made.step, made.slots));
  return {
    'wrong-device': signed({ ...step, device: other.id }),
    'wrong-cause': signed({ ...step, cause: absorbs }),
    'wrong-relationship': signed({ ...step, cause: { ...cause, relationship: elsewhere.key } }),
    incarnation: signed({ ...step, incarnation: step.incarnation + 1 }),
    'old-incarnation': signed({ ...step, incarnation: 0 }),
    'head of another run': signed({ ...step, cause: { ...cause, head: on.theirs.head } }),
    'index of another run': signed({ ...step, cause: { ...cause, index: 7 } }),
    'count of another run': signed({ ...step, cause: { ...cause, count: 2 } }),
    'writes a note that stays': paidBy(unspent),
    'slots without the spend': paidBy(unsaid),
    'slots with another': signed(step, [...slots, { key: named('a slot'), value: zero32 }]),
    'another slot alone': signed(step, [{ key: named('a slot'), value: zero32 }]),
    'proof-before': signed({ ...step, before: elsewhere.key }),
    'proof-after': signed({ ...step, after: disk.device.root }),
    'a key too many': commitOf(paid, withKey(signedBy(signer, paying.step, paying.slots))),
    'signature of another': commitOf(parts, signedBy(other, step, slots)),
    'signature bent': commitOf(parts, { ...good, signature: good.signature.with(9, 77) }),
  };
}

/** The step with a good signature by one key more, which no slot asks for. */
function withKey(signed: SignedStep): SignedStep {
  const { publicKey, secretKey } = signatures().keyPair('ml-dsa-65', named('one more key'));
  const statement = stepStatement(signed.step, signed.slots);
  const context = signatureContext(kinds.signedStep, 1, network);
  const signature = signatures().sign(secretKey, statement, context);
  return { ...signed, further: [{ suite: 1, publicKey, signature }] };
}

/** Runs in the name of honest devices. It knows everything that they know, but has no key of theirs. */
export function impostures(scene: Scene, me: Person, to: number): readonly Forgery[] {
  return scene.cast.persons.slice(0, scene.honest).flatMap((author): readonly Forgery[] => {
    if (author.index === to) return [];
    const disk = scene.cast.disks[author.index]!;
    const desk: Desk = { scene, author, signer: me, disk, to };
    const entries = chain(desk, [memo('in another name')]);
    const body = runOf(desk, { entries });
    const say = (name: string, edge: Person, said: Spoken): Forgery => ({
      name,
      said: { edge: edge.index, body: said },
    });
    // One that has never been restored has no former self to pass off as.
    const former =
      disk.device.incarnation === 0
        ? []
        : [say(`of a former ${author.name}`, author, stepsOf(desk)['old-incarnation']!)];
    return [
      say(`in the name of ${author.name}`, author, body),
      say(`in the name of ${author.name}, as its own`, me, body),
      ...former,
    ];
  });
}

/** Offers whose notes or lanes do not stand where they say. */
export function offerForgeries(scene: Scene, me: Person, to: number): readonly Forgery[] {
  const desk: Desk = { scene, author: me, signer: me, disk: scene.cast.disks[me.index]!, to };
  const parts = partsOf(desk, { entries: chain(desk, [memo('an offer')]) });
  const { step } = stepOf(desk, parts);
  const offer = {
    type: 'offer',
    entries: parts.entries,
    root: step.before,
    seq: 0,
    proof: step.proof,
  } as const;
  const say = (name: string, body: Spoken): Forgery => ({ name, said: { edge: me.index, body } });
  return [
    say('offer under another root', { ...offer, root: step.after }),
    say('offer of a run that is early', {
      ...offer,
      entries: chain(desk, [memo('an offer')], {
        index: 5,
        entropy: zero32,
      }).map((each) => entry.encode(each)),
    }),
  ];
}

/** Consents that are not what they seem. */
export function consentForgeries(
  scene: Scene,
  me: Person,
  to: number,
  good: Spoken & { type: 'consent' },
): readonly Forgery[] {
  const { consent } = good.countersignature;
  const other = scene.cast.persons.find((each) => each !== me && each.index !== to)!;
  const say = (name: string, body: Spoken): Forgery => ({ name, said: { edge: me.index, body } });
  const resigned = (name: string, changes: Partial<typeof consent>): Forgery => {
    const changed = { ...consent, ...changes };
    const signature = signAs(me, kinds.countersignature, consentDigest(changed));
    return say(name, { ...good, countersignature: { consent: changed, signature } });
  };
  const { signature } = good.countersignature;
  const byOther = signAs(other, kinds.countersignature, consentDigest(consent));
  return [
    resigned('consent to another proposer', { proposer: other.id }),
    resigned('consent to another incarnation', { proposerIncarnation: 1 }),
    resigned('consent of another peer', { peer: other.id }),
    resigned('consent of another incarnation', { peerIncarnation: 1 }),
    resigned('consent under another root', { root: named('no root') }),
    resigned('consent to another head', { head: named('no head') }),
    say('consent with another view', { ...good, head: named('no head') }),
    say('consent signed by another', {
      ...good,
      countersignature: { consent, signature: byOther },
    }),
    say('consent with a bent signature', {
      ...good,
      countersignature: { consent, signature: signature.with(9, 77) },
    }),
  ];
}
