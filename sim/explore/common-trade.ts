/**
 * `common-trade`, a bound that the explorer shares with Spin (sim/formal/spin/trade.pml): two honest
 * devices, one trade each way, crashes without end, walked here over the core itself.
 *
 * A local state is all that a device holds, byte for byte, and all that it has ever said. What is to
 * be signed is signed at once.
 */

import {
  device,
  message,
  relationship,
  step,
  type Effect,
  type Event,
  type Message,
  type State,
  type Trade,
} from '@dsm/bilateral';
import { concat, consentDigest, countersignature, equal, kinds } from '@dsm/primitive';
import { encodeOperation } from '@dsm/protocols';
import {
  keptAbsorbed,
  keptAppended,
  opened,
  person,
  signedAs,
  signedBy,
  worldOf,
  type Kept,
  type Person,
} from '../formal/party.ts';
import { installIdeal } from '../ideal.ts';
import { emptySet, rows, sets, things } from './intern.ts';
import type { Space } from './space.ts';

interface Local {
  readonly state: State;
  readonly disk: { readonly kept: Kept; readonly trade: Trade };
  readonly proposed: boolean;
  /** What it has ever said, as a set. */
  readonly said: number;
}

interface Scene {
  readonly persons: readonly Person[];
  /** The set with the message in it. */
  readonly with: (set: number, said: Message) => number;
  readonly count: (what: string) => void;
}

const idle: Trade = { at: 'idle' };

export function commonTrade(): Space {
  installIdeal();
  const persons = [person('a'), person('b')];
  const messages = things<Message>(message.encode);
  const spoken = sets();
  const locals = things(bytesOf);
  const heads = things<Uint8Array>((head) => head);
  const facts = rows(4);
  const reached = new Map<string, number>();
  const scene: Scene = {
    persons,
    with: (set, said) => spoken.with(set, messages.of(said)),
    count: (what) => reached.set(what, (reached.get(what) ?? 0) + 1),
  };
  const after = (part: number, from: Local, event: Event): number =>
    locals.of(turned(scene, part, from, event));
  return {
    parts: persons.map(({ name }) => name),
    start: [0, 1].map((part) => locals.of(openedLocal(persons, part))),
    alone: (part, local, move) => {
      for (const [name, from, event] of wishesOf(part, locals.at(local))) {
        move(after(part, from, event), () => name);
      }
    },
    hears: (part, local, number, move) => {
      for (const event of eventsOf(messages.at(number))) {
        move(after(part, locals.at(local), event), () => event.type);
      }
    },
    said: (part, local, to) => (part === to ? emptySet : locals.at(local).said),
    messages: spoken.members,
    judge: (part, local) => judged(locals.at(local), part),
    fact: (_, local) => {
      const { mine, theirs } = locals.at(local).state.on;
      const four = [mine.start, mine.head, theirs.start, theirs.head];
      return facts.of(four.map(heads.of));
    },
    judgePair: (_, left, __, right) => {
      const [x, y] = [facts.row(left), facts.row(right)];
      // A lane here has one entry at most: what is absorbed of it is its start or its head.
      const isWritten = (by: number[], of: number[]): boolean => of[3] === by[0] || of[3] === by[1];
      return isWritten(x, y) && isWritten(y, x) ? undefined : 'absorbed-is-written';
    },
    tellMessage: (number) => messages.at(number).type,
    tellLocal: (_, local) => {
      const { trade, on } = locals.at(local).state;
      return `${trade.at}, ${on.mine.index} written, ${on.theirs.index} absorbed`;
    },
    reached: () => reached,
    bytes: () => locals.bytes() + messages.bytes(),
  };
}

function peerOf(part: number): string {
  return part === 0 ? 'b' : 'a';
}

function openedLocal(persons: readonly Person[], part: number): Local {
  const kept = opened(persons[part]!, [persons[1 - part]!]);
  const { on } = kept.edges[peerOf(part)]!;
  const state = { me: kept.device, on, trade: idle };
  return { state, disk: { kept, trade: idle }, proposed: false, said: emptySet };
}

/** All that a device can do by itself, and from where: a restart begins with what is on the disk. */
function wishesOf(part: number, local: Local): (readonly [string, Local, Event])[] {
  const { state, disk, proposed } = local;
  const { on } = disk.kept.edges[peerOf(part)]!;
  const restarted = { ...local, state: { me: disk.kept.device, on, trade: disk.trade } };
  const wishes: (readonly [string, Local, Event])[] = [['restarts', restarted, { type: 'resume' }]];
  if (!proposed) {
    const operations = [encodeOperation({ type: 'memo', text: 'one trade' })];
    wishes.push(['proposes', { ...local, proposed: true }, { type: 'propose', operations }]);
  }
  if (state.trade.at === 'offered') wishes.push(['cancels', local, { type: 'cancel' }]);
  return wishes;
}

/** What a message can be to its reader; an offer, one that is liked and one that is not. */
function eventsOf(said: Message): readonly Event[] {
  if (said.type === 'offer') {
    const disliked = { code: 'taste', why: 'not liked' };
    return [
      { type: 'offer', offer: said, standing: 'taken' },
      { type: 'offer', offer: said, standing: disliked },
    ];
  }
  if (said.type === 'consent') return [{ type: 'consent', consent: said }];
  if (said.type === 'refuse') return [{ type: 'refuse', refuse: said }];
  if (said.type === 'commit') return [{ type: 'commit', commit: said }];
  return said.type === 'ack' ? [{ type: 'ack', ack: said }] : [];
}

function turned(scene: Scene, part: number, from: Local, event: Event): Local {
  const { state, effects } = step(from.state, event, worldOf(from.disk.kept));
  return effects.reduce<Local>(
    (local, effect) => {
      scene.count(nameOf(effect));
      return performed(scene, part, local, effect);
    },
    { ...from, state },
  );
}

function nameOf(effect: Effect): string {
  if (effect.do === 'send') return `send ${effect.message.type}`;
  return effect.do === 'tell' ? `tell ${effect.outcome.type}` : effect.do;
}

function performed(scene: Scene, part: number, local: Local, effect: Effect): Local {
  const by = scene.persons[part]!;
  const { kept, trade } = local.disk;
  switch (effect.do) {
    case 'send':
      return { ...local, said: scene.with(local.said, effect.message) };
    case 'sign-step': {
      const { step: taken, slots, statement } = effect.run;
      const signed = signedBy(by, taken, slots);
      return turned(scene, part, local, { type: 'step-signed', statement, signed });
    }
    case 'sign-consent': {
      const { consent } = effect;
      const signature = signedAs(by.working, kinds.countersignature, consentDigest(consent));
      return turned(scene, part, local, { type: 'consent-signed', consent, signature });
    }
    case 'persist-appended': {
      const next = keptAppended(kept, peerOf(part), effect.change);
      const committing: Trade = { at: 'committing', run: effect.run, again: true };
      return { ...local, disk: { kept: next, trade: committing } };
    }
    case 'persist-absorbed':
      return {
        ...local,
        disk: { kept: keptAbsorbed(kept, peerOf(part), effect.change), trade },
      };
    case 'persist-acked': {
      const isOurs = trade.at === 'committing' && equal(trade.run.heads.at(-1)!, effect.head);
      return isOurs ? { ...local, disk: { kept, trade: idle } } : local;
    }
    case 'tell':
      return local;
  }
}

/** Everything that the future of a device depends on. Its keys and what it looks up follow from it. */
function bytesOf({ state, disk, proposed, said }: Local): Uint8Array {
  const { me, on, trade, consented } = state;
  const numbers = new Uint8Array(Int32Array.of(said, proposed ? 1 : 0).buffer);
  return concat(
    numbers,
    device.encode(me),
    relationship.encode(on),
    bytesOfTrade(trade),
    bytesOfTrade(disk.trade),
    disk.kept.device.previous,
    consented === undefined ? Uint8Array.of(0) : countersignature.encode(consented),
  );
}

function bytesOfTrade(trade: Trade): Uint8Array {
  if (trade.at === 'idle') return Uint8Array.of(0);
  if (trade.at === 'offered') return concat(Uint8Array.of(1), trade.head, ...trade.operations);
  const { run, again } = trade;
  const consent = run.countersignature;
  return concat(
    Uint8Array.of(2, again ? 1 : 0),
    run.statement,
    consent === undefined ? Uint8Array.of(0) : countersignature.encode(consent),
  );
}

function judged({ state, disk }: Local, part: number): string | undefined {
  const { on } = disk.kept.edges[peerOf(part)]!;
  const isKept =
    equal(state.me.previous, disk.kept.device.previous) &&
    equal(state.on.mine.head, on.mine.head) &&
    equal(state.on.theirs.head, on.theirs.head);
  return isKept ? undefined : 'ahead-of-disk';
}
