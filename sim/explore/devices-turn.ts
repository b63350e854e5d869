/**
 * Turns: one event at one device, executed by the shipped `step`, its effects performed one by one.
 *
 * The stages of a turn are what a crash leaves: between any two effects the device may stop, and then
 * the effects so far are done and the others never are. Each effect is checked as it is performed.
 */

import { consentDigest, entry, equal, kinds } from '@dsm/primitive';
import { decodeOperation } from '@dsm/protocols';
import type { Effect, Event, Standing } from '@dsm/bilateral';
import { signAs, signedBy } from './devices-cast.ts';
import { keepAbsorbed, keepAcked, keepAppended, type Disk } from './devices-disk.ts';
import { keepConvicted } from './devices-evidence.ts';
import { faultOfEffect, faultOfTurn } from './devices-rules.ts';
import { stepped, type Scenario } from './devices-step.ts';
import { reach, type Job, type Scene, type Spoken, type Talk } from './devices-scene.ts';

/** What is done after some of the effects of a turn. */
export interface Stage {
  readonly disk: Disk;
  /** What was said to the other end of the talk. */
  readonly said: readonly Spoken[];
  readonly jobs: readonly Job[];
}

export interface Turned {
  /** Before the first effect, and after each. */
  readonly stages: readonly Stage[];
  readonly talk: Talk;
  /** The invariant that the turn broke. */
  readonly fault: string | undefined;
}

export function turn(scene: Scene, from: Scenario): Turned {
  const { part, edge, disk, event } = from;
  reach(scene, `event ${event.type}`);
  const { state, effects } = stepped(scene, from);
  const stages: Stage[] = [{ disk, said: [], jobs: [] }];
  let fault: string | undefined;
  for (const effect of effects) {
    reachEffect(scene, effect);
    const before = stages.at(-1)!;
    const after = performed(edge, before, effect);
    fault ??= faultOfEffect(scene, from, effect, before.disk);
    stages.push(after);
  }
  const last = stages.at(-1)!;
  const convicted = keepConvicted(scene, last.disk, edge, event);
  if (convicted !== last.disk) {
    reach(scene, `brick ${scene.cast.persons[part]!.name}`);
    stages.push({ ...last, disk: convicted });
  }
  fault ??= faultOfTurn(scene, from, state, effects, last.disk, convicted);
  return { stages, talk: { trade: state.trade, consented: state.consented }, fault };
}

function reachEffect(scene: Scene, effect: Effect): void {
  reach(scene, `effect ${effect.do}`);
  if (effect.do === 'send') reach(scene, `said ${effect.message.type}`);
  if (effect.do !== 'tell') return;
  const { outcome } = effect;
  reach(scene, `outcome ${outcome.type}`);
  if (outcome.type === 'declined') reach(scene, `declined ${outcome.code}`);
  if (outcome.type !== 'unaccepted') return;
  const { verdict } = outcome;
  if (verdict.type === 'refused') reach(scene, `refused ${verdict.refusal}`);
  if (verdict.type === 'pending') reach(scene, `pending ${verdict.pending}`);
}

function performed(edge: number, before: Stage, effect: Effect): Stage {
  const { disk, said, jobs } = before;
  switch (effect.do) {
    case 'persist-appended':
      return { ...before, disk: keepAppended(disk, edge, effect.change, effect.run) };
    case 'persist-absorbed':
      return { ...before, disk: keepAbsorbed(disk, edge, effect.change) };
    case 'persist-acked':
      return { ...before, disk: keepAcked(disk, edge, effect.head) };
    case 'sign-step':
      return { ...before, jobs: [...jobs, { sign: 'step', edge, run: effect.run }] };
    case 'sign-consent':
      return { ...before, jobs: [...jobs, { sign: 'consent', edge, consent: effect.consent }] };
    case 'send':
      return { ...before, said: [...said, effect.message as Spoken] };
    case 'tell':
      return before;
  }
}

/** The event with which a job ends. */
export function signedJob({ cast }: Scene, part: number, job: Job): Event {
  const me = cast.persons[part]!;
  if (job.sign === 'step') {
    const { step: body, slots, statement } = job.run;
    return { type: 'step-signed', statement, signed: signedBy(me, body, slots) };
  }
  const { consent } = job;
  const signature = signAs(me, kinds.countersignature, consentDigest(consent));
  return { type: 'consent-signed', consent, signature };
}

/** The largest amount that a device of these spaces takes. */
export const takenMax = 32n;

/** What arrives as an event; the step that completes a receipt is the host's. */
export function eventOf(scene: Scene, part: number, said: Spoken): Event | undefined {
  switch (said.type) {
    case 'offer':
      return { type: 'offer', offer: said, standing: standingOf(scene, part, said.entries) };
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

function standingOf({ cast }: Scene, part: number, entries: readonly Uint8Array[]): Standing {
  const { id } = cast.persons[part]!;
  for (const bytes of entries) {
    const decoded = entry.decode(bytes);
    if (!decoded.ok) continue;
    const operation = decodeOperation(decoded.value.operation);
    if (typeof operation === 'string' || operation.type !== 'transfer') continue;
    for (const { owner, amount } of operation.outputs) {
      if (equal(owner, id) && amount > takenMax) return { code: 'limit', why: 'too much' };
    }
  }
  return 'taken';
}
