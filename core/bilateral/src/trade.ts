/**
 * The offline trade (seed 003's two rounds) as a state machine without I/O.
 *
 *                proposer                                       peer
 *     idle ──propose──▶ offered ──── offer ────────▶ idle ──offer judged──▶ (sign) ──┐
 *       ▲                 │ ◀──────── consent ─────────────────────────────────────── ┘
 *       │ refuse, cancel  ▼
 *       └──────────── committing ── commit ───────▶ absorbed, durable
 *                         │ ◀──────── ack ──────────┘   then its own step: absorbed
 *                        idle
 *
 * `step` takes a state and an event and returns the next state and the effects to perform, in
 * order; persist comes before send, always. Before `commit` leaves, nothing happened and either may
 * walk away. After it the proposer has paid and resends for ever. Any loss, repeat, reorder or
 * crash is harmless: `resume` says again what is still unanswered, then with the consent that the
 * peer may have forgotten; the first commit leaves it out, for the peer has just given it.
 */

import {
  compare,
  equal,
  hash,
  isZero,
  pendings,
  refusals,
  refused,
  zero32,
  type Consent,
  type Countersignature,
  type SignedStep,
  type Unaccepted,
} from '@dsm/primitive';
import type { Device } from './device.ts';
import type { Relationship } from './relationship.ts';
import { headOfOffer, judgeConsent, judgeOffer } from './offer.ts';
import type { Message } from './message.ts';
import {
  absorb,
  append,
  claimOf,
  propose,
  type Absorbed,
  type AppendedRun,
  type Appended,
  type World,
} from './run.ts';

export interface State {
  readonly me: Device;
  readonly on: Relationship;
  readonly trade: Trade;
  /** The consent that was given last, while the talk lasts: its commit need not repeat it. */
  readonly consented?: Countersignature | undefined;
}

export type Trade =
  | { readonly at: 'idle' }
  /** An offer is out. Nothing is durable and nothing is owed. */
  | {
      readonly at: 'offered';
      readonly operations: readonly Uint8Array[];
      readonly head: Uint8Array;
    }
  /** The statement is durable: paid. The signature may still have to be made again. */
  | { readonly at: 'committing'; readonly run: OwnRun; readonly again: boolean };

/** An own run as it is kept until the peer has acknowledged it. */
export interface OwnRun extends AppendedRun {
  readonly countersignature: Countersignature | undefined;
}

export type Event =
  | { readonly type: 'propose'; readonly operations: readonly Uint8Array[] }
  | { readonly type: 'cancel' }
  | { readonly type: 'resume' }
  /** `standing`: whether this wallet takes the notes of the offer; a refusal's code and sentence. */
  | {
      readonly type: 'offer';
      readonly offer: Message & { type: 'offer' };
      readonly standing: Standing;
    }
  | { readonly type: 'consent'; readonly consent: Message & { type: 'consent' } }
  | { readonly type: 'refuse'; readonly refuse: Message & { type: 'refuse' } }
  | { readonly type: 'commit'; readonly commit: Message & { type: 'commit' } }
  | { readonly type: 'ack'; readonly ack: Message & { type: 'ack' } }
  | { readonly type: 'step-signed'; readonly statement: Uint8Array; readonly signed: SignedStep }
  | { readonly type: 'consent-signed'; readonly consent: Consent; readonly signature: Uint8Array };

export type Standing = 'taken' | { readonly code: string; readonly why: string };

export type Effect =
  | { readonly do: 'persist-appended'; readonly change: Appended; readonly run: OwnRun }
  | {
      readonly do: 'persist-absorbed';
      readonly change: Absorbed;
      readonly countersignature: Countersignature | undefined;
    }
  | { readonly do: 'persist-acked'; readonly head: Uint8Array }
  | {
      readonly do: 'sign-step';
      readonly run: Pick<OwnRun, 'step' | 'slots' | 'statement' | 'demand'>;
    }
  | { readonly do: 'sign-consent'; readonly consent: Consent }
  | { readonly do: 'send'; readonly message: Message }
  | { readonly do: 'tell'; readonly outcome: Outcome };

/** What the wallet is told. */
export type Outcome =
  | { readonly type: 'offered'; readonly head: Uint8Array }
  | { readonly type: 'committed'; readonly head: Uint8Array }
  | { readonly type: 'acked'; readonly head: Uint8Array }
  | { readonly type: 'received'; readonly change: Absorbed }
  | { readonly type: 'repeated'; readonly head: Uint8Array }
  | { readonly type: 'declined'; readonly code: string; readonly why: string }
  | { readonly type: 'cancelled' }
  | {
      readonly type: 'unaccepted';
      readonly verdict: Unaccepted;
      readonly of: 'offer' | 'consent' | 'commit' | 'propose';
    };

export interface Turn {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export function step(state: State, event: Event, world: World): Turn {
  switch (event.type) {
    case 'propose':
      return state.trade.at === 'idle'
        ? proposed(state, event.operations, world)
        : declined(state, 'busy', 'another trade with this contact is under way');
    case 'cancel':
      return cancelled(state);
    case 'resume':
      return resumed(state);
    case 'offer':
      return offered(state, event.offer, event.standing, world);
    case 'consent':
      return consented(state, event.consent, world);
    case 'refuse':
      return refusedBy(state, event.refuse, world);
    case 'commit':
      return committed(state, event.commit, world);
    case 'ack':
      return acked(state, event.ack);
    case 'step-signed':
      return stepSigned(state, event.statement, event.signed);
    case 'consent-signed':
      return consentSigned(state, event.consent, event.signature, world);
  }
}

// The proposer.

function proposed(state: State, operations: readonly Uint8Array[], world: World): Turn {
  const { me, on } = state;
  if (on.bricked !== 0) return unaccepted(state, refused('bricked'), 'propose');
  const verdict = propose(me, on, operations, world);
  if (verdict.type !== 'accepted') return unaccepted(state, verdict as Unaccepted, 'propose');
  const { entries, lane, demand } = verdict.value;
  const keys = [on.key, ...demand.writes.map(({ key }) => key)].toSorted(compare);
  const proof = world.map.prove(keys);
  return {
    state: { ...state, trade: { at: 'offered', operations, head: lane.head } },
    effects: [
      { do: 'send', message: { type: 'offer', entries, root: me.root, seq: me.seq, proof } },
      { do: 'tell', outcome: { type: 'offered', head: lane.head } },
    ],
  };
}

function consented(state: State, answer: Message & { type: 'consent' }, world: World): Turn {
  const { me, on, trade } = state;
  if (trade.at !== 'offered') return stay(state);
  const { consent } = answer.countersignature;
  if (!equal(consent.head, trade.head)) return stay(state);
  const verdict = append(me, on, trade.operations, world);
  if (verdict.type !== 'accepted') return unaccepted(state, verdict as Unaccepted, 'propose');
  const change = verdict.value;
  // The lanes moved while the offer was out: the peer consented to an entry that is none any more,
  // with a view of what this lane was.
  if (!equal(change.relationship.mine.head, trade.head)) {
    return proposed({ ...state, trade: { at: 'idle' } }, trade.operations, world);
  }
  const refusal = judgeConsent(me, on, answer);
  if (refusal !== undefined) return unaccepted(state, refusal, 'consent');
  const run: OwnRun = { ...change.run, countersignature: answer.countersignature };
  return {
    state: {
      me: change.device,
      on: change.relationship,
      trade: { at: 'committing', run, again: false },
    },
    effects: [
      { do: 'persist-appended', change, run },
      { do: 'sign-step', run },
    ],
  };
}

function stepSigned(state: State, statement: Uint8Array, signed: SignedStep): Turn {
  const { trade } = state;
  if (signed.step.cause.type !== 'append') {
    return { state, effects: [{ do: 'send', message: { type: 'absorbed', signed } }] };
  }
  // Signing takes time: the run may have been acknowledged meanwhile, on an earlier signature.
  if (trade.at !== 'committing' || !equal(trade.run.statement, statement)) return stay(state);
  const head = trade.run.heads.at(-1)!;
  const countersignature = trade.again ? trade.run.countersignature : undefined;
  return {
    state,
    effects: [
      { do: 'send', message: commitMessage({ ...trade.run, countersignature }, signed) },
      { do: 'tell', outcome: { type: 'committed', head } },
    ],
  };
}

/** The message that pays. Sent again, with a fresh or the same signature, until it is answered. */
export function commitMessage(
  run: Pick<OwnRun, 'entries' | 'step' | 'slots' | 'countersignature'>,
  { signature, further }: SignedStep,
): Message & { type: 'commit' } {
  const { countersignature } = run;
  return { type: 'commit', ...claimOf(run, signature, further), countersignature };
}

function acked(state: State, { head, mac }: Message & { type: 'ack' }): Turn {
  if (!equal(mac, ackMac(state.on, head))) return stay(state);
  const { trade } = state;
  const ours = trade.at === 'committing' && equal(trade.run.heads.at(-1)!, head);
  return {
    state: ours ? { ...state, trade: { at: 'idle' } } : state,
    effects: [
      { do: 'persist-acked', head },
      { do: 'tell', outcome: { type: 'acked', head } },
    ],
  };
}

function refusedBy(
  state: State,
  { head, code, why }: Message & { type: 'refuse' },
  world: World,
): Turn {
  const { trade } = state;
  if (trade.at !== 'offered' || !(isZero(head) || equal(trade.head, head))) return stay(state);
  const idle: State = { ...state, trade: { at: 'idle' } };
  return isOvertaken(state, trade, code, world)
    ? proposed(idle, trade.operations, world)
    : declined(idle, code, why);
}

/** True if the offer was refused for its place alone: a run of this device took it meanwhile. */
function isOvertaken(
  { me, on }: State,
  { head, operations }: Trade & { at: 'offered' },
  code: string,
  world: World,
): boolean {
  if (code !== 'fork' && code !== 'index') return false;
  const again = propose(me, on, operations, world);
  return again.type === 'accepted' && !equal(again.value.lane.head, head);
}

function cancelled(state: State): Turn {
  const { trade } = state;
  if (trade.at === 'idle') return stay(state);
  if (trade.at === 'committing') {
    return declined(state, 'too-late', 'the payment is made: it can only be completed');
  }
  const { head } = trade;
  return {
    state: { ...state, trade: { at: 'idle' } },
    effects: [
      { do: 'send', message: { type: 'refuse', head, code: 'cancelled', why: 'cancelled' } },
      { do: 'tell', outcome: { type: 'cancelled' } },
    ],
  };
}

/** After a crash or a lost connection: an offer is forgotten, a commit is said again. */
function resumed(state: State): Turn {
  const { trade } = state;
  if (trade.at === 'idle') return stay(state);
  if (trade.at === 'offered') return stay({ ...state, trade: { at: 'idle' } });
  const again = { ...trade, again: true };
  return { state: { ...state, trade: again }, effects: [{ do: 'sign-step', run: trade.run }] };
}

// The peer.

function offered(
  state: State,
  offer: Message & { type: 'offer' },
  standing: Standing,
  world: World,
): Turn {
  const { me, on } = state;
  const verdict = judgeOffer(me, on, offer, world);
  if (verdict.type !== 'accepted') {
    return unaccepted(state, verdict as Unaccepted, 'offer', headOfOffer(on, offer, world));
  }
  const { head } = verdict.value.lane;
  if (standing !== 'taken') {
    const message: Message = { type: 'refuse', head, ...standing };
    // Nothing to tell: an own offer that is out meanwhile has not been declined by anybody.
    return { state, effects: [{ do: 'send', message }] };
  }
  const consent: Consent = {
    head,
    proposer: on.peer.device,
    proposerIncarnation: on.peer.incarnation,
    peer: me.id,
    peerIncarnation: me.incarnation,
    root: me.root,
    seq: me.seq,
  };
  return { state, effects: [{ do: 'sign-consent', consent }] };
}

function consentSigned(state: State, consent: Consent, signature: Uint8Array, world: World): Turn {
  const { on, me } = state;
  if (!equal(consent.root, me.root)) return stay(state);
  const proof = world.map.prove([on.key]);
  const countersignature = { consent, signature };
  return {
    state: { ...state, consented: countersignature },
    effects: [
      { do: 'send', message: { type: 'consent', countersignature, head: on.mine.head, proof } },
    ],
  };
}

function committed(state: State, commit: Message & { type: 'commit' }, world: World): Turn {
  const { me, on } = state;
  const { entries, signed, countersignature } = commit;
  const verdict = absorb(me, on, { entries, signed }, world);
  if (verdict.type === 'already-accepted') return repeated(state, commit);
  if (verdict.type !== 'accepted') {
    const { cause } = signed.step;
    const about = cause.type === 'append' ? cause.head : zero32;
    return unaccepted(state, verdict as Unaccepted, 'commit', about);
  }
  const change = verdict.value;
  const { head } = change.absorbed.run.lane;
  const { step: taken, statement } = change.absorbed;
  const demand = { writes: [], slots: [] };
  const { consented: given } = state;
  const remembered = given !== undefined && equal(given.consent.head, head) ? given : undefined;
  return {
    state: { ...state, me: change.device, on: change.relationship, consented: undefined },
    effects: [
      {
        do: 'persist-absorbed',
        change,
        countersignature: countersignature ?? remembered,
      },
      { do: 'send', message: { type: 'ack', head, mac: ackMac(on, head) } },
      { do: 'tell', outcome: { type: 'received', change } },
      { do: 'sign-step', run: { step: taken, slots: [], statement, demand } },
    ],
  };
}

/** The same run once more: it was durable then, so it is acknowledged again. No second effect. */
function repeated(state: State, { signed }: Message & { type: 'commit' }): Turn {
  const { cause } = signed.step;
  if (cause.type !== 'append') return stay(state);
  const { head } = cause;
  return {
    state,
    effects: [
      { do: 'send', message: { type: 'ack', head, mac: ackMac(state.on, head) } },
      { do: 'tell', outcome: { type: 'repeated', head } },
    ],
  };
}

/** Says that a head is durable at its reader. It only stops resending. */
export function ackMac({ ackKey }: Relationship, head: Uint8Array): Uint8Array {
  return hash('ack', ackKey, head);
}

function unaccepted(
  state: State,
  verdict: Unaccepted,
  of: 'offer' | 'consent' | 'commit' | 'propose',
  about: Uint8Array = zero32,
): Turn {
  const tell: Effect = { do: 'tell', outcome: { type: 'unaccepted', verdict, of } };
  if (of === 'consent' || of === 'propose') {
    return { state: { ...state, trade: { at: 'idle' } }, effects: [tell] };
  }
  const [code, why] = explain(verdict);
  const no: Message = { type: 'refuse', head: about, code, why };
  return { state, effects: [{ do: 'send', message: no }, tell] };
}

/** A verdict as a code and a sentence that people can read. */
export function explain(verdict: Unaccepted): readonly [code: string, why: string] {
  switch (verdict.type) {
    case 'already-accepted':
      return ['already-accepted', 'this run was accepted before'];
    case 'pending':
      return [verdict.pending, pendings[verdict.pending]];
    case 'refused':
      return [verdict.refusal, refusals[verdict.refusal]];
  }
}

function declined(state: State, code: string, why: string): Turn {
  return { state, effects: [{ do: 'tell', outcome: { type: 'declined', code, why } }] };
}

function stay(state: State): Turn {
  return { state, effects: [] };
}
