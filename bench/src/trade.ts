/**
 * The whole offline trade between two parties of `pair.ts`, through the state machine of the core,
 * every message as bytes: offer, consent, commit, ack, and later the peer's absorb step.
 *
 * Three signatures are made (the peer's consent, the proposer's step, the peer's absorb step) and
 * three verifications, each by the other side.
 */

import {
  checkSignedStep,
  consentDigest,
  kinds,
  signatureContext,
  signatures,
  type Kind,
  type SignedStep,
} from '@dsm/primitive';
import {
  message,
  step,
  type Effect,
  type Event,
  type Message,
  type State,
  type Trade,
} from '@dsm/bilateral';
import { keep, learn, network, type Party } from './pair.ts';

/** What was said, in order. */
export interface Said {
  readonly message: Message;
  readonly bytes: Uint8Array;
}

interface Talker {
  readonly me: Party;
  readonly at: number;
  trade: Trade;
  readonly outbox: Uint8Array[];
}

/** Trade `operation` over the relationship `at`. Answers with everything that was said. */
export function trade(from: Party, to: Party, at: number, operation: Uint8Array): readonly Said[] {
  const a = talker(from, at);
  const b = talker(to, at);
  const said: Said[] = [];
  handle(a, { type: 'propose', operations: [operation] });
  for (;;) {
    const [sender, receiver] = a.outbox.length > 0 ? [a, b] : [b, a];
    const bytes = sender.outbox.shift();
    if (bytes === undefined) break;
    const heard = message.decode(bytes);
    if (!heard.ok) throw new Error(`not understood: ${heard.refusal}`);
    said.push({ message: heard.value, bytes });
    hear(receiver, sender.me, heard.value);
  }
  if (said.at(-1)?.message.type !== 'absorbed')
    throw new Error('the trade did not come to its end');
  return said;
}

function talker(me: Party, at: number): Talker {
  return { me, at, trade: { at: 'idle' }, outbox: [] };
}

function hear(by: Talker, from: Party, heard: Message): void {
  switch (heard.type) {
    case 'offer':
      return handle(by, { type: 'offer', offer: heard, standing: 'taken' });
    case 'consent':
      return handle(by, { type: 'consent', consent: heard });
    case 'commit':
      return handle(by, { type: 'commit', commit: heard });
    case 'ack':
      return handle(by, { type: 'ack', ack: heard });
    case 'absorbed': {
      const fault = checkSignedStep(heard.signed, from.card);
      if (fault !== undefined) throw new Error(`the absorb step: ${fault}`);
      return;
    }
    case 'hello':
    case 'agree':
    case 'agreed':
    case 'introduce':
    case 'want':
    case 'parts':
    case 'refuse':
    case 'marks':
    case 'half':
    case 'evidence':
    case 'request':
    case 'present':
    case 'challenge':
    case 'attest':
    case 'edges':
    case 'reveal':
    case 'given-up':
    case 'end':
    case 'membership':
    case 'remint':
    case 'reminted':
    case 'stream':
    case 'terms':
    case 'ticks':
    case 'settle':
    case 'registry':
    case 'fresh':
    case 'card':
      throw new Error(`no part of a trade: ${heard.type}`);
  }
}

function handle(by: Talker, event: Event): void {
  const { me, at } = by;
  const state: State = { me: me.device, on: me.relationships[at]!, trade: by.trade };
  const next = step(state, event, me.world);
  by.trade = next.state.trade;
  for (const effect of next.effects) perform(by, effect);
}

function perform(by: Talker, effect: Effect): void {
  const { me, at } = by;
  switch (effect.do) {
    case 'send':
      by.outbox.push(message.encode(effect.message));
      return;
    case 'persist-appended':
      return keep(me, at, effect.change);
    case 'persist-absorbed': {
      const { run } = effect.change.absorbed;
      learn(me, run.claim.signed.step, run.statement);
      return keep(me, at, effect.change);
    }
    case 'sign-step': {
      const { step: taken, slots, statement } = effect.run;
      const signature = sign(me, kinds.signedStep, statement);
      const signed: SignedStep = { step: taken, slots, signature, further: [] };
      return handle(by, { type: 'step-signed', statement, signed });
    }
    case 'sign-consent': {
      const { consent } = effect;
      const signature = sign(me, kinds.countersignature, consentDigest(consent));
      return handle(by, { type: 'consent-signed', consent, signature });
    }
    case 'persist-acked':
      return;
    case 'tell':
      if (effect.outcome.type === 'unaccepted') throw new Error(JSON.stringify(effect.outcome));
  }
}

export function sign({ device, working }: Party, kind: Kind, digest: Uint8Array): Uint8Array {
  const context = signatureContext(kind, device.suite, network);
  return signatures().sign(working.secretKey, digest, context);
}
