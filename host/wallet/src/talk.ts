/** A talk: what one conversation with one device knows while it lasts. */

import { keyOf, zero32, type Card, type Countersignature, type Unaccepted } from '@dsm/primitive';
import {
  message as messageObject,
  type Relationship,
  type Message,
  type Trade,
} from '@dsm/bilateral';
import type { Connection } from '@dsm/ports';
import type { MeetOptions } from './api.ts';
import type { Attesting } from './attesting.ts';
import type { Engine } from './engine.ts';
import { DsmError, type ErrorCode } from './errors.ts';
import type { ContactRow, PaymentRow } from './rows.ts';
import type { Paying } from './stream-paying.ts';
import type { Taken } from './stream-taking.ts';

export interface Talk {
  readonly engine: Engine;
  readonly connection: Connection;
  readonly options: MeetOptions;
  readonly ready: Deferred<ContactRow>;
  /** Own runs that were said and not acknowledged yet, by head. */
  readonly acks: Map<string, Deferred<boolean>>;
  peer: { readonly device: Uint8Array; readonly card: Card } | undefined;
  trade: Trade;
  /** The newest version of the registry that the peer has named, and a card that waits for it. */
  peerVersion: number;
  waitingHello: (Message & { type: 'hello' }) | undefined;
  consented: Countersignature | undefined;
  /** Whether each side has accepted the other and said what was old. */
  resumed: boolean;
  peerResumed: boolean;
  /** The trade that this side asked for. */
  asked: Asked | undefined;
  /** An offer of the peer that waits for lineage, and how often parts were asked for. */
  offer: { readonly message: Message & { type: 'offer' }; readonly rounds: number } | undefined;
  /** Parts that wait for others, and whether this side asked for any. */
  kept: readonly Uint8Array[];
  wants: boolean;
  /** Runs of the peer that wait for an earlier one or for a policy; whether the last one does. */
  early: readonly EarlyRun[];
  pending: boolean;
  /** Why the last run of the peer was not taken. */
  unaccepted: Unaccepted | undefined;
  /** Digests of the parts and policies that were asked for last: only those are kept. */
  asking: ReadonlySet<string>;
  /** Heads under the offer that is judged, known here without certificates, that were asked for. */
  doubted: ReadonlySet<string>;
  /** Messages of the peer since something moved; runs that gave nothing since the owner acted. */
  idle: number;
  emptyRuns: number;
  /** The newest known run that the peer has said again, and whether the last commit was one. */
  repeated: number;
  repeats: boolean;
  /** Bytes of the message that is being heard. */
  heardBytes: number;
  /** True once this side has refused to go on: the talk ends when that is said. */
  refused: boolean;
  /** Streams that this side pays and takes, by escrow. */
  readonly paying: Map<string, Paying>;
  readonly taken: Map<string, Taken>;
  /** Own runs whose ack came and is not kept yet. */
  readonly ackedLate: number[];
  /** Whether the own step for the newest run of a stream is to be signed later, or waits for it. */
  stepOwed: 'no' | 'late' | 'owed';
  /** Bytes said and heard in this talk, and how many they were when the last offer began. */
  wireBytes: number;
  offeredAt: number;
  /** The re-mint that this side asked for, and whether one is being made for the peer. */
  reminting: Deferred<Message & { type: 'reminted' }> | undefined;
  isMaking: boolean;
  /** Signatures by the things that both are sealed to. */
  readonly attesting: Attesting;
  /** The credential that this side asked for, and whether its owner decides on one that the peer asks for. */
  requesting: Deferred<Message & { type: 'present' }> | undefined;
  isDeciding: boolean;
  /** Questions whose answers have not come: what comes before is no answer to the last one. */
  unanswered: number;
  /** What is on its way out, in order, and how many bytes of it the connection has not taken. */
  sending: Promise<void>;
  unsentBytes: number;
  /** Why this side ended the talk, if it had to. */
  failure: unknown;
  /** Runs while the peer, who ended first, may still have something to say. */
  farewell: ReturnType<typeof setTimeout> | undefined;
  ended: boolean;
  peerEnded: boolean;
}

/** A run that cannot be judged yet, and how much room it takes. */
export interface EarlyRun {
  readonly said: Message & { type: 'commit' };
  readonly size: number;
}

export interface Asked {
  readonly done: Deferred<readonly PaymentRow[]>;
  readonly release: () => void;
  /** Asked once more when the peer consents: throws if the run is not to be written after all. */
  readonly check: () => void;
  payments: readonly PaymentRow[];
  committed: boolean;
}

export interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

/** A promise to keep later. A rejection that nobody waits for is no fault. */
export function deferred<T>(): Deferred<T> {
  const { promise, resolve, reject } = Promise.withResolvers<T>();
  promise.catch(() => undefined);
  return { promise, resolve, reject };
}

/** A peer that asks and does not read is let go once this much waits for it. */
export const unsentBytesMax: number = 8 * 1_048_576;

/**
 * Say something. Decisions do not wait for the peer to read: two devices that both have much to say
 * would wait for each other. A connection that is gone is noticed by the reader, and the talk
 * resumes later.
 */
export async function say(talk: Talk, message: Message): Promise<void> {
  const bytes = messageObject.encode(message);
  if (message.type !== 'absorbed') talk.wireBytes += bytes.length;
  talk.unsentBytes += bytes.length;
  if (talk.unsentBytes > unsentBytesMax) return talk.connection.close();
  talk.sending = talk.sending
    .then(() => talk.connection.send(bytes))
    .catch(() => undefined)
    .then(() => {
      talk.unsentBytes -= bytes.length;
    });
}

/** End the talk because of what the other side is or said; the line is closed once it is told. */
export async function giveUp(talk: Talk, code: ErrorCode, sentence: string): Promise<void> {
  talk.ready.reject(new DsmError(code, sentence));
  talk.refused = true;
  await say(talk, { type: 'refuse', head: zero32, code, why: sentence });
}

/** Both sides have accepted each other: payments can begin. */
export function settleReady(talk: Talk): void {
  const contact = contactOf(talk);
  if (talk.resumed && talk.peerResumed && contact !== undefined) talk.ready.resolve(contact);
}

export function contactOf({ peer, engine }: Talk): ContactRow | undefined {
  return peer === undefined ? undefined : engine.model.contacts.get(keyOf(peer.device));
}

/** The relationship of the talk, or undefined before there is one. */
export function relationshipOf(talk: Talk): Relationship | undefined {
  const relationship = contactOf(talk)?.relationship;
  return relationship === undefined
    ? undefined
    : talk.engine.model.relationships.get(keyOf(relationship));
}
