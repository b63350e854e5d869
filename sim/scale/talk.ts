/**
 * A device that trades over all its relationships at once: what a host does with the effects of the
 * core's trade. Messages are bytes in both directions; whoever carries them may do what he likes.
 */

import {
  message,
  step,
  type Absorbed,
  type Appended,
  type Effect,
  type Event,
  type Message,
  type Trade,
} from '@dsm/bilateral';
import { consentDigest, kinds, type Countersignature } from '@dsm/primitive';
import { encodeOperation } from '@dsm/protocols';
import { keep, learn, worldOf, type Edge, type Party } from './party.ts';
import { learned, signedBy } from './transition.ts';

/** A message on its way, or lost, or on its way again. */
export interface Parcel {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
}

/** Who looks on when something becomes durable. */
export interface Watch {
  readonly appended: (me: Party, edge: Edge, change: Appended) => void;
  readonly absorbed: (me: Party, edge: Edge, change: Absorbed) => void;
}

interface Open {
  trade: Trade;
  consented: Countersignature | undefined;
  /** Trades of this device that the peer has acknowledged, and how many are wanted. */
  done: number;
  wanted: number;
}

export interface Talker {
  readonly me: Party;
  readonly open: Map<number, Open>;
  readonly out: (parcel: Parcel) => void;
  readonly watch: Watch;
}

export const unwatched: Watch = { appended: () => {}, absorbed: () => {} };

export function talker(me: Party, out: (parcel: Parcel) => void, watch: Watch): Talker {
  const open = new Map(
    [...me.edges.keys()].map((peer) => [peer, fresh()] as const satisfies [number, Open]),
  );
  return { me, open, out, watch };
}

function fresh(): Open {
  return { trade: { at: 'idle' }, consented: undefined, done: 0, wanted: 0 };
}

/** Say again what is unanswered, or propose the next trade that is wanted. */
export function attempt(by: Talker, peer: number): void {
  const of = by.open.get(peer)!;
  if (of.trade.at !== 'idle') act(by, peer, { type: 'resume' });
  if (of.trade.at !== 'idle' || of.done >= of.wanted) return;
  const text = `trade ${of.done} with ${peer}`;
  act(by, peer, { type: 'propose', operations: [encodeOperation({ type: 'memo', text })] });
}

/** Bytes that claim to come from `from`. Whatever they are, nothing worse happens than nothing. */
export function hear(by: Talker, from: number, bytes: Uint8Array): void {
  if (!by.open.has(from)) return;
  const heard = message.decode(bytes);
  if (!heard.ok) return;
  const event = eventOf(heard.value);
  if (event !== undefined) act(by, from, event);
  if (heard.value.type === 'absorbed') learned(by.me, from, bytes);
}

function eventOf(heard: Message): Event | undefined {
  if (heard.type === 'offer') return { type: 'offer', offer: heard, standing: 'taken' };
  if (heard.type === 'consent') return { type: 'consent', consent: heard };
  if (heard.type === 'refuse') return { type: 'refuse', refuse: heard };
  if (heard.type === 'commit') return { type: 'commit', commit: heard };
  return heard.type === 'ack' ? { type: 'ack', ack: heard } : undefined;
}

function act(by: Talker, peer: number, event: Event): void {
  const { me } = by;
  const edge = me.edges.get(peer)!;
  const of = by.open.get(peer)!;
  const { trade, consented } = of;
  const state = { me: me.device, on: edge.relationship, trade, consented };
  const next = step(state, event, worldOf(me, edge));
  if (trade.at === 'committing' && next.state.trade.at === 'idle') of.done += 1;
  of.trade = next.state.trade;
  of.consented = next.state.consented;
  for (const effect of next.effects) perform(by, edge, effect);
}

function perform(by: Talker, edge: Edge, effect: Effect): void {
  const { me, out, watch } = by;
  const { peer } = edge;
  switch (effect.do) {
    case 'send':
      return out({ from: me.number, to: peer, bytes: message.encode(effect.message) });
    case 'persist-appended':
      watch.appended(me, edge, effect.change);
      return keep(me, edge, effect.change);
    case 'persist-absorbed': {
      const { run } = effect.change.absorbed;
      watch.absorbed(me, edge, effect.change);
      learn(edge, run.claim.signed.step, run.statement);
      return keep(me, edge, effect.change);
    }
    case 'sign-step': {
      const { step: taken, slots, statement } = effect.run;
      const signature = signedBy(me, kinds.signedStep, statement);
      const signed = { step: taken, slots, signature, further: [] };
      return act(by, peer, { type: 'step-signed', statement, signed });
    }
    case 'sign-consent': {
      const { consent } = effect;
      const signature = signedBy(me, kinds.countersignature, consentDigest(consent));
      return act(by, peer, { type: 'consent-signed', consent, signature });
    }
    case 'persist-acked':
    case 'tell':
  }
}
