/** Ada and Bob, a trade between them by hand: one device, one event, what it does. */

import assert from 'node:assert/strict';

import type { Policy } from '@dsm/protocols';
import type { Message } from '../src/message.ts';
import { step, type Event, type Trade, type Turn } from '../src/trade.ts';
import {
  collected,
  edgeTo,
  introduced,
  issueOf,
  openDurable,
  payment,
  person,
  policyOf,
  sent,
  worldOf,
  type Durable,
  type Person,
} from './fixture.ts';

export const ada: Person = person('ada');
export const bob: Person = person('bob');
export const policies: readonly [Policy] = [policyOf(ada)];

/** Ada holds two notes of her own token. */
export function funded(): readonly [Durable, Durable] {
  const mint = collected(ada, issueOf(ada, policies[0], [60n, 40n]));
  const { durable } = sent(ada, openDurable(ada), ada, [mint], policies);
  return introduced(ada, bob, durable, openDurable(bob));
}

export const pay = (of: Durable, amount: bigint): Uint8Array => {
  const note = [...of.notes.values()].find((each) => each.amount >= amount)!;
  return payment(ada, bob, [note], amount);
};

export const idle: Trade = { at: 'idle' };

/** The state machine by hand: one device, one event, what it does. */
export function turned(of: Durable, peer: Person, event: Event, trade: Trade = idle): Turn {
  const who = peer === bob ? ada : bob;
  const state = { me: of.device, on: edgeTo(of, peer), trade };
  return step(state, event, worldOf(of, who, policies));
}

export const doings = ({ effects }: Turn): string[] =>
  effects.map((effect) => {
    if (effect.do === 'send') return `send ${effect.message.type}`;
    if (effect.do !== 'tell') return effect.do;
    const { outcome } = effect;
    return outcome.type === 'declined' ? `declined ${outcome.code}` : outcome.type;
  });

export function messageIn<T extends Message['type']>(
  { effects }: Turn,
  type: T,
): Message & { type: T } {
  const found = effects.find((effect) => effect.do === 'send' && effect.message.type === type);
  assert.ok(found?.do === 'send');
  return found.message as Message & { type: T };
}
