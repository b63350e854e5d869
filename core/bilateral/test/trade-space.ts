/**
 * The whole space of a trade between two devices over a bad network.
 *
 * A message that was sent may arrive at any later time, any number of times, or never. A device may
 * stop at any moment: what it had not kept is gone, then it starts again. Signing takes time. All
 * orders of all of that are walked, every state once.
 */

import assert from 'node:assert/strict';

import { concat, consentDigest, equal, keyOf, kinds, type Consent } from '@dsm/primitive';
import type { Policy } from '@dsm/protocols';
import { signAs } from '@dsm/primitive/fixture';
import type { Message } from '../src/message.ts';
import {
  step,
  type Effect,
  type Event,
  type OwnRun,
  type State,
  type Trade,
} from '../src/trade.ts';
import {
  edgeTo,
  keepAbsorbed,
  keepAppended,
  signedBy,
  worldOf,
  type Durable,
  type Person,
} from './fixture.ts';

/** What waits to be signed, away from the state machine. */
type Job =
  | { readonly sign: 'step'; readonly run: Pick<OwnRun, 'step' | 'slots' | 'statement'> }
  | { readonly sign: 'consent'; readonly consent: Consent };

export interface Disk {
  readonly durable: Durable;
  readonly trade: Trade;
}

/** A device alone: what it thinks, what it has kept, what it signs just now. */
export interface Inside {
  readonly state: State;
  readonly disk: Disk;
  readonly jobs: readonly Job[];
}

export interface Side {
  readonly inside: Inside;
  /** Messages that were sent to this side, at any time. */
  readonly inbox: readonly Said[];
  /** What was signed, by position. */
  readonly signed: ReadonlyMap<string, Uint8Array>;
  readonly proposals: readonly (readonly Uint8Array[])[];
  readonly crashes: number;
  readonly cancels: number;
}

export type Sides = readonly [Side, Side];

export interface Scene {
  readonly persons: readonly [Person, Person];
  readonly policies: readonly Policy[];
  /** What events made of devices before, and which devices were the same. */
  readonly made: Map<string, Made>;
  readonly signed: Map<string, Event>;
  readonly names: Names;
}

/** What an event makes of a device. It depends on that device alone, so each is computed once. */
interface Made {
  readonly inside: Inside;
  readonly sent: readonly Said[];
}

/** Short names for things that are the same if their long keys are. */
interface Names {
  readonly of: (thing: object, key: () => string) => number;
}

export function openScene(persons: Scene['persons'], policies: Scene['policies']): Scene {
  return { persons, policies, made: new Map(), signed: new Map(), names: openNames() };
}

function openNames(): Names {
  const byThing = new WeakMap<object, number>();
  const byKey = new Map<string, number>();
  return {
    of: (thing, key) => {
      const before = byThing.get(thing);
      if (before !== undefined) return before;
      const long = key();
      const name = byKey.get(long) ?? byKey.size;
      byKey.set(long, name);
      byThing.set(thing, name);
      return name;
    },
  };
}

export function openSide(
  of: Durable,
  peer: Person,
  proposals: Side['proposals'],
  budget: { readonly crashes: number; readonly cancels: number },
): Side {
  const idle: Trade = { at: 'idle' };
  const state = { me: of.device, on: edgeTo(of, peer), trade: idle };
  const inside = { state, disk: { durable: of, trade: idle }, jobs: [] };
  return { inside, inbox: [], signed: new Map(), proposals, ...budget };
}

type Who = 0 | 1;

const other = (who: Who): Who => (who === 0 ? 1 : 0);

/** Everything that can happen next. */
function nextOf(scene: Scene, sides: Sides): Sides[] {
  return ([0, 1] as const).flatMap((who) => {
    const { inbox, inside, proposals, crashes, cancels } = sides[who];
    const delivered = inbox.flatMap((said) => {
      const event = eventOf(said);
      return event === undefined ? [] : [happened(scene, sides, who, event)];
    });
    const finished = inside.jobs.map((_, i) => jobDone(scene, sides, who, i));
    const proposed = proposals.slice(0, 1).map((operations) => {
      const rest = changed(sides, who, { proposals: proposals.slice(1) });
      return happened(scene, rest, who, { type: 'propose', operations });
    });
    const crashed = crashes === 0 ? [] : [restarted(scene, sides, who)];
    const cancelled =
      cancels === 0
        ? []
        : [happened(scene, changed(sides, who, { cancels: cancels - 1 }), who, { type: 'cancel' })];
    return [...delivered, ...finished, ...proposed, ...crashed, ...cancelled];
  });
}

function changed(sides: Sides, who: Who, change: Partial<Side>): Sides {
  const next = { ...sides[who], ...change };
  return who === 0 ? [next, sides[1]] : [sides[0], next];
}

/** What the two say in a trade. */
type Said = Message & { type: 'offer' | 'consent' | 'refuse' | 'commit' | 'ack' | 'absorbed' };

const spoken = new Set<Message['type']>([
  'offer',
  'consent',
  'refuse',
  'commit',
  'ack',
  'absorbed',
]);

/** What arrives as an event of the state machine; the step that completes a receipt is the host's. */
function eventOf(said: Said): Event | undefined {
  switch (said.type) {
    case 'offer':
      return { type: 'offer', offer: said, standing: 'taken' };
    case 'consent':
      return { type: 'consent', consent: said };
    case 'refuse':
      return { type: 'refuse', refuse: said };
    case 'commit':
      return { type: 'commit', commit: said };
    case 'ack':
      return { type: 'ack', ack: said };
    case 'absorbed':
      return undefined;
  }
}

function happened(scene: Scene, sides: Sides, who: Who, event: Event): Sides {
  const { inside, sent } = madeOf(scene, sides[who].inside, who, event);
  let next = changed(sides, who, { inside });
  for (const said of sent) next = withMessage(scene, next, other(who), said);
  return next;
}

function madeOf(scene: Scene, inside: Inside, who: Who, event: Event): Made {
  const key = `${who} ${nameOf(scene, inside)} ${eventKey(scene, event)}`;
  const before = scene.made.get(key);
  if (before !== undefined) return before;
  const world = worldOf(inside.disk.durable, scene.persons[who], scene.policies);
  const turn = step(inside.state, event, world);
  let made: Made = { inside: { ...inside, state: turn.state }, sent: [] };
  for (const effect of turn.effects) made = performed(made, effect);
  scene.made.set(key, made);
  return made;
}

/** One effect, in its turn. What a send or a signature depends on must be on the disk by then. */
function performed({ inside, sent }: Made, effect: Effect): Made {
  const { durable, trade } = inside.disk;
  const onDisk = (disk: Disk): Made => ({ inside: { ...inside, disk }, sent });
  switch (effect.do) {
    case 'persist-appended':
      return onDisk({
        durable: keepAppended(durable, effect.change),
        trade: { at: 'committing', run: effect.run, again: true },
      });
    case 'persist-absorbed':
      return onDisk({ trade, durable: keepAbsorbed(durable, effect.change) });
    case 'persist-acked': {
      const ours = trade.at === 'committing' && equal(trade.run.heads.at(-1)!, effect.head);
      return ours ? onDisk({ durable, trade: { at: 'idle' } }) : { inside, sent };
    }
    case 'sign-step':
      assertStated(inside, effect.run.statement);
      return { inside: withJob(inside, { sign: 'step', run: effect.run }), sent };
    case 'sign-consent':
      return { inside: withJob(inside, { sign: 'consent', consent: effect.consent }), sent };
    case 'send':
      return { inside, sent: [...sent, mayBeSent(inside, effect.message)] };
    case 'tell':
      return { inside, sent };
  }
}

function assertStated({ disk }: Inside, statement: Uint8Array): void {
  const stated = [...disk.durable.steps.values()].some((known) =>
    equal(known.statement, statement),
  );
  assert.ok(stated, 'a signature was asked for before its statement was kept');
}

/** The message, if everything that it promises is kept. */
function mayBeSent({ disk, state }: Inside, said: Message): Said {
  if (said.type === 'ack') {
    const heads = disk.durable.theirs.get(keyOf(state.on.key))!;
    assert.ok(
      heads.some((head) => equal(head, said.head)),
      'an ack of what is not kept',
    );
  }
  if (said.type === 'absorbed') assert.equal(said.signed.step.cause.type, 'absorb');
  if (said.type === 'commit') {
    const { cause } = said.signed.step;
    const { trade } = state;
    // Said again, a commit brings the consent that its reader may have forgotten in a crash.
    const again = trade.at === 'committing' && trade.again;
    assert.equal(said.countersignature !== undefined, again, 'consent is said again, not at first');
    const consent = trade.at === 'committing' ? trade.run.countersignature?.consent : undefined;
    const consented = cause.type === 'append' && consent !== undefined;
    assert.ok(consented && equal(consent.head, cause.head), 'consent to another head');
    assertStated({ disk, state, jobs: [] }, disk.durable.device.previous);
  }
  assert.ok(spoken.has(said.type), `a trade does not say ${said.type}`);
  return said as Said;
}

function withJob(inside: Inside, job: Job): Inside {
  const key = jobKey(job);
  return inside.jobs.some((each) => jobKey(each) === key)
    ? inside
    : { ...inside, jobs: [...inside.jobs, job] };
}

function withMessage(scene: Scene, sides: Sides, to: Who, said: Said): Sides {
  const { inbox } = sides[to];
  const name = messageName(scene, said);
  return inbox.some((each) => messageName(scene, each) === name)
    ? sides
    : changed(sides, to, { inbox: [...inbox, said] });
}

function jobDone(scene: Scene, sides: Sides, who: Who, at: number): Sides {
  const { inside } = sides[who];
  const job = inside.jobs[at]!;
  const jobs = inside.jobs.filter((_, i) => i !== at);
  const rest = changed(sides, who, { inside: { ...inside, jobs } });
  const noting = job.sign === 'step' ? noted(rest, who, job.run) : rest;
  return happened(scene, noting, who, signedEvent(scene, who, job));
}

/** The event that ends a job. Each job is signed once, which saves most of the work. */
function signedEvent({ signed, persons }: Scene, who: Who, job: Job): Event {
  const key = `${who} ${jobKey(job)}`;
  const event = signed.get(key) ?? signJob(persons[who], job);
  signed.set(key, event);
  return event;
}

function signJob(by: Person, job: Job): Event {
  if (job.sign === 'step') {
    const { run } = job;
    return { type: 'step-signed', statement: run.statement, signed: signedBy(by, run) };
  }
  const { consent } = job;
  const digest = consentDigest(consent);
  const signature = signAs(by.keys, by.keys.working, kinds.countersignature, digest);
  return { type: 'consent-signed', consent, signature };
}

/** Two statements at one position would convict this honest device. */
function noted(
  sides: Sides,
  who: Who,
  { step: taken, statement }: Pick<OwnRun, 'step' | 'statement'>,
): Sides {
  const positions = [`number ${taken.seq}`, `after ${keyOf(taken.previous)}`];
  const signed = new Map(sides[who].signed);
  for (const position of positions) {
    const before = signed.get(position) ?? statement;
    assert.ok(equal(before, statement), 'two statements were signed at one position');
    signed.set(position, statement);
  }
  return changed(sides, who, { signed });
}

function restarted(scene: Scene, sides: Sides, who: Who): Sides {
  const { inside, crashes } = sides[who];
  const { disk } = inside;
  const on = edgeTo(disk.durable, scene.persons[other(who)]);
  const state = { me: disk.durable.device, on, trade: disk.trade };
  const fresh = changed(sides, who, { inside: { state, disk, jobs: [] }, crashes: crashes - 1 });
  return happened(scene, fresh, who, { type: 'resume' });
}

/** From here on nothing is lost: both meet again and talk until all is said. */
export function settled(scene: Scene, sides: Sides): Sides {
  let now: Sides = [
    { ...sides[0], inbox: [], proposals: [] },
    { ...sides[1], inbox: [], proposals: [] },
  ];
  for (const who of [0, 1] as const) now = happened(scene, now, who, { type: 'resume' });
  for (let turns = 0; turns < 60; turns++) {
    const who = ([0, 1] as const).find(
      (each) => now[each].inside.jobs.length + now[each].inbox.length > 0,
    );
    if (who === undefined) return now;
    const { inside, inbox } = now[who];
    if (inside.jobs.length > 0) {
      now = jobDone(scene, now, who, 0);
      continue;
    }
    const event = eventOf(inbox[0]!);
    now = changed(now, who, { inbox: inbox.slice(1) });
    if (event !== undefined) now = happened(scene, now, who, event);
  }
  throw new Error('they never stop talking');
}

function messageName({ names }: Scene, said: Said): number {
  return names.of(said, () => messageKey(said));
}

/** Enough of a message to tell it from the others of one space. */
function messageKey(said: Said): string {
  switch (said.type) {
    case 'offer':
      return `offer ${keyOf(said.root)} ${said.entries.map(keyOf).join()}`;
    case 'consent':
      return `consent ${keyOf(said.countersignature.signature.subarray(0, 32))}`;
    case 'commit':
    case 'absorbed':
      return `${said.type} ${keyOf(said.signed.signature.subarray(0, 32))}`;
    case 'ack':
      return `ack ${keyOf(said.head)}`;
    case 'refuse':
      return `refuse ${keyOf(said.head)} ${said.code}`;
  }
}

function eventKey(scene: Scene, event: Event): string {
  switch (event.type) {
    case 'propose':
      return `propose ${event.operations.map(keyOf).join()}`;
    case 'cancel':
    case 'resume':
      return event.type;
    case 'offer':
      return `heard ${messageName(scene, event.offer)}`;
    case 'consent':
      return `heard ${messageName(scene, event.consent)}`;
    case 'refuse':
      return `heard ${messageName(scene, event.refuse)}`;
    case 'commit':
      return `heard ${messageName(scene, event.commit)}`;
    case 'ack':
      return `heard ${messageName(scene, event.ack)}`;
    case 'step-signed':
      return `signed ${keyOf(event.statement)}`;
    case 'consent-signed':
      return `signed ${keyOf(event.signature.subarray(0, 32))}`;
  }
}

const jobKeys = new WeakMap<Job, string>();

function jobKey(job: Job): string {
  const key =
    jobKeys.get(job) ?? keyOf(job.sign === 'step' ? job.run.statement : consentDigest(job.consent));
  jobKeys.set(job, key);
  return key;
}

function tradeKey(trade: Trade): string {
  if (trade.at === 'idle') return 'idle';
  const head = trade.at === 'offered' ? trade.head : trade.run.heads.at(-1)!;
  return `${trade.at} ${keyOf(head)}`;
}

/** The name of a device in this very condition, whatever is under way to it. */
function nameOf({ names }: Scene, inside: Inside): number {
  const { state, disk, jobs } = inside;
  const { me, on, trade } = state;
  return names.of(inside, () =>
    [
      keyOf(concat(me.id, on.mine.head, on.theirs.head, me.previous)),
      tradeKey(trade),
      keyOf(disk.durable.device.previous),
      tradeKey(disk.trade),
      ...jobs.map(jobKey).toSorted(),
    ].join(),
  );
}

/** The same for two states that nothing can tell apart. */
function sidesKey(scene: Scene, sides: Sides): string {
  return sides
    .map(({ inside, inbox, crashes, cancels, proposals, signed }) => {
      const said = inbox.map((each) => messageName(scene, each)).toSorted((a, b) => a - b);
      const rest = [crashes, cancels, proposals.length, signed.size];
      return [nameOf(scene, inside), ...rest, ...said].join();
    })
    .join('|');
}

export interface Space {
  /** How many states there are. */
  readonly size: number;
  /** One of each kind of state, apart from what is under way between the two. */
  readonly insides: readonly Sides[];
}

/** Every state that can be reached. A space of more than `max` states is a failure, not a sample. */
export function reachable(scene: Scene, from: Sides, max: number): Space {
  const seen = new Set([sidesKey(scene, from)]);
  const insides = new Map<string, Sides>();
  const waiting = [from];
  for (let sides = waiting.pop(); sides !== undefined; sides = waiting.pop()) {
    insides.set(sides.map(({ inside }) => nameOf(scene, inside)).join(), sides);
    for (const next of nextOf(scene, sides)) {
      const key = sidesKey(scene, next);
      if (seen.has(key)) continue;
      seen.add(key);
      assert.ok(seen.size <= max, `more than ${max} states`);
      waiting.push(next);
    }
  }
  return { size: seen.size, insides: [...insides.values()] };
}
