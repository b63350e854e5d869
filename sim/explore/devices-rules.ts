/**
 * What must hold while a device acts: before each effect, and from one state to the next.
 */

import { consentDigest, equal, kinds, nextHead } from '@dsm/primitive';
import type { Effect, Message, OwnRun, State } from '@dsm/bilateral';
import { isSignedBy } from './devices-cast.ts';
import type { Disk } from './devices-disk.ts';
import { heardFrom } from './devices-evidence.ts';
import { contradict } from './devices-contradiction.ts';
import type { Scene } from './devices-scene.ts';
import { stepped, type Scenario } from './devices-step.ts';

/** What an effect broke, if anything. `disk` is what was kept before it. */
export function faultOfEffect(
  scene: Scene,
  from: Scenario,
  effect: Effect,
  disk: Disk,
): string | undefined {
  switch (effect.do) {
    case 'sign-step':
      return disk.own.some((statement) => equal(statement, effect.run.statement))
        ? undefined
        : 'persist before sign: the statement is not kept';
    case 'sign-consent':
      return faultOfConsent(from, effect.consent.head);
    case 'send':
      return faultOfSaying(from, disk, effect.message);
    case 'persist-appended':
      return faultOfPaying(scene, from, effect.run);
    case 'persist-absorbed':
      return from.disk.edges[from.edge]!.on.bricked === 0
        ? undefined
        : 'bricked: something new of a convicted device was absorbed';
    case 'persist-acked':
    case 'tell':
      return undefined;
  }
}

/** Consent is given to what was offered in this very event, and taken. */
function faultOfConsent({ event, disk, edge }: Scenario, head: Uint8Array): string | undefined {
  if (event.type !== 'offer') return 'consent: without an offer';
  if (event.standing !== 'taken') return 'consent: to what is not taken';
  const { on } = disk.edges[edge]!;
  if (on.bricked !== 0) return 'bricked: consent to a convicted device';
  const offered = event.offer.entries.reduce(nextHead, on.theirs.head);
  return equal(offered, head) ? undefined : 'consent: to another head than the offered one';
}

function faultOfSaying({ edge }: Scenario, disk: Disk, said: Message): string | undefined {
  const { mine, theirs } = disk.edges[edge]!;
  if (said.type === 'ack') {
    const isKept = theirs.heads.some((head) => equal(head, said.head));
    return isKept ? undefined : 'persist before send: an ack of what is not kept';
  }
  if (said.type === 'commit') {
    const { cause } = said.signed.step;
    const isKept = cause.type === 'append' && mine.heads.some((head) => equal(head, cause.head));
    return isKept ? undefined : 'persist before send: a commit that is not kept';
  }
  return undefined;
}

/** An own run is made after the peer's consent to this very head, and to no other's. */
function faultOfPaying(
  { cast }: Scene,
  { event, part, edge, disk }: Scenario,
  run: OwnRun,
): string | undefined {
  if (event.type !== 'consent') return 'paid without consent: nobody consented';
  const { consent, signature } = event.consent.countersignature;
  const [me, peer] = [cast.persons[part]!, cast.persons[edge]!];
  const { incarnation } = disk.device;
  const fits =
    equal(consent.head, run.heads.at(-1)!) &&
    equal(consent.proposer, me.id) &&
    equal(consent.peer, peer.id) &&
    consent.proposerIncarnation === incarnation &&
    consent.peerIncarnation === disk.edges[edge]!.on.peer.incarnation;
  if (!fits) return 'paid without consent: to another statement';
  return isSignedBy(peer, kinds.countersignature, consentDigest(consent), signature)
    ? undefined
    : 'paid without consent: the peer has not signed it';
}

/** What a whole turn broke, if anything. `last` is what the effects left, `convicted` what is kept. */
export function faultOfTurn(
  scene: Scene,
  from: Scenario,
  state: State,
  effects: readonly Effect[],
  last: Disk,
  convicted: Disk,
): string | undefined {
  return (
    faultOfMemory(from, state, last) ??
    faultOfMark(from, last) ??
    faultOfDecline(from, effects) ??
    faultOfRepetition(scene, from, effects, last) ??
    faultOfFork(scene, from, convicted)
  );
}

/** What the state machine thinks is what was kept. */
function faultOfMemory({ edge }: Scenario, { me, on }: State, last: Disk): string | undefined {
  const kept = last.edges[edge]!.on;
  const same =
    equal(me.previous, last.device.previous) &&
    equal(me.root, last.device.root) &&
    equal(on.mine.head, kept.mine.head) &&
    equal(on.theirs.head, kept.theirs.head);
  return same ? undefined : 'memory ahead of disk: a turn ends with what was not kept';
}

/** What the peer is known to have absorbed never becomes less. */
function faultOfMark({ disk, edge }: Scenario, last: Disk): string | undefined {
  const before = disk.edges[edge]!.on.absorbed.index;
  return last.edges[edge]!.on.absorbed.index < before
    ? 'absorbed goes back: the peer is known to have absorbed more'
    : undefined;
}

/**
 * An offer ends by a refusal of that very offer. Of an offer that came before the run under it nobody
 * can say which it was.
 */
function faultOfDecline({ event, talk }: Scenario, effects: readonly Effect[]): string | undefined {
  if (event.type !== 'refuse' || talk.trade.at !== 'offered') return undefined;
  const ends = effects.some((each) => each.do === 'tell' && each.outcome.type === 'declined');
  const { head, code } = event.refuse;
  return !ends || code === 'early' || equal(head, talk.trade.head)
    ? undefined
    : 'declined for another: an offer ended by a refusal of something else';
}

/** A run that was absorbed is acknowledged when it comes again, and has no second effect. */
function faultOfRepetition(
  scene: Scene,
  from: Scenario,
  effects: readonly Effect[],
  last: Disk,
): string | undefined {
  const absorbed = effects.some((effect) => effect.do === 'persist-absorbed');
  if (!absorbed) return undefined;
  const talk = { trade: from.talk.trade, consented: undefined };
  const again = stepped(scene, { ...from, disk: last, talk });
  const acks = again.effects.some((each) => each.do === 'send' && each.message.type === 'ack');
  const changes = again.effects.some((each) => each.do.startsWith('persist'));
  if (changes) return 'second effect: the same run was absorbed twice';
  return acks ? undefined : 'second effect: a repeated run is not acknowledged';
}

/** A run that contradicts one that is held convicts its author, if both are really the author's. */
function faultOfFork(scene: Scene, { event, edge }: Scenario, kept: Disk): string | undefined {
  if (event.type !== 'commit' || kept.edges[edge]!.on.bricked !== 0) return undefined;
  const { entries, signed } = event.commit;
  const heard = heardFrom(kept, edge, entries, signed);
  const forked = kept.held.some((held) => contradict(scene, held, heard));
  return forked ? 'fork without conviction: two statements are in sight' : undefined;
}
